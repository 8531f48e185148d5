/**
 * What a stream is: one generation of one file. Data only.
 *
 * A stream's name is 128 random bits in lower-case hexadecimal, drawn when a generation of a file is first
 * seen and never derived from its path, its inode or a counter. Positions are byte offsets in the file.
 */

export type StreamId = string;

/** Where the operating system keeps a file. A path leads to it; it is not part of it. */
export interface FileIdentity {
  readonly device: bigint;
  readonly inode: bigint;
  /** Nanoseconds since the epoch; null where the system does not really have it. */
  readonly birthTimeNs: bigint | null;
}

/** Evidence of content: the SHA-256, in hexadecimal, of the `length` bytes that end at `position`. */
export interface Proof {
  readonly position: number;
  readonly length: number;
  readonly hash: string;
}

/** A stream as it is remembered between two runs. */
export interface StreamRecord {
  readonly id: StreamId;
  /** The path under which it was last seen, as `host/disk.ts` has paths: not fit to be shown as it is. */
  readonly path: string;
  readonly identity: FileIdentity;
  /** The file's first bytes, up to 1 KiB: `position` equals `length`. It grows with a short file. */
  readonly head: Proof;
  /** Evidence before positions that were read, oldest first, at doubling distances; the last is the newest. */
  readonly proofs: readonly Proof[];
  /** The stream that this generation continues, and from which position, where it does. */
  readonly parent: { readonly stream: StreamId; readonly from: number } | null;
  /** `followed`: may still grow. `ended`: read to its end, no longer watched. */
  readonly status: 'followed' | 'ended';
  /** The largest size at which it was seen when it was last remembered, bytes. */
  readonly size: number;
  /** Lines that were given out of it, in closed batches; absent where not all of them were counted. */
  readonly lines?: number;
  /** Milliseconds since the epoch at which its generation was met, or was made when it was met late; absent in old states. */
  readonly metAtMs?: number;
  /** Milliseconds since the epoch at which its file was last seen on the disk. */
  readonly seenAtMs: number;
}
