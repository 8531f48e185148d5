/**
 * A source brings segments of streams. The agent pulls, so back-pressure is simply not pulling.
 *
 * Order: the pieces of one stream come in the order of the stream, without holes (what cannot be read comes as a
 * segment of kind `gap`). Across streams there is no order, and no stream starves another.
 * Ack: `release` tells how far every output has settled a stream; a file is let go only when all of it is.
 * Failure: a file that cannot be read is not a failed source: it is logged, counted, kept and tried again. `take`
 * rejects only when the state cannot be written.
 * Cancellation: an aborted signal makes `take` resolve with what it has, perhaps nothing.
 */
import type { Segment } from '../event/batch.ts';
import type { Hold } from '../event/hold.ts';
import type { Proof, StreamId, StreamRecord } from '../event/stream.ts';

export interface Source {
  /** Waits until there is something, then gives at most `bytesMax` bytes of bodies (but always at least one line). */
  take(bytesMax: number, signal: AbortSignal): Promise<readonly Piece[]>;
  /**
   * The bytes of a segment that was given out before; null when they can no longer be had. Rejects with a `DiskError`
   * when they cannot be read now: ask again later.
   */
  reread(segment: Segment): Promise<Uint8Array | null>;
  release(stream: StreamId, position: number): void;
  streams(): readonly StreamStatus[];
  close(): Promise<void>;
}

export interface Piece {
  readonly segment: Segment;
  readonly body: Uint8Array;
  readonly records: number;
  /** The bytes that end at `segment.to`, up to 4 KiB, from which the proof of that position is made; empty for a gap. */
  readonly tail: Uint8Array;
  /** Where body and tail lie in lent memory, the right to them; whoever gets the piece lets go of it. */
  readonly hold?: Hold | null;
}

/** What the source needs done above it. */
export interface Memory {
  /**
   * Keeps new and changed streams, in one transaction, before it returns. `start` is given when a stream is new:
   * where reading begins, and how many bytes before it are skipped on purpose (`start_at`).
   */
  remember(entries: readonly Remembered[]): void;
  /** The evidence of positions that were given out, newest last; kept up to date as batches close. */
  proofs(id: StreamId): readonly Proof[];
  forget(ids: readonly StreamId[]): void;
  /**
   * No name leads to the stream's file any more: once let go it cannot be read again, so what was given out of it
   * and is not settled must be spooled durably now, and all that follows at once.
   */
  fleeting(id: StreamId): void;
  /** A file was shortened or changed before the position up to which it had been read; a new stream follows. */
  edited(id: StreamId, position: number): void;
}

export interface Remembered {
  readonly stream: StreamRecord;
  readonly start: { readonly position: number; readonly skipped: number } | null;
}

export interface StreamStatus {
  readonly id: StreamId;
  readonly path: string;
  readonly status: StreamRecord['status'];
  /** Size of the file when it was last looked at, bytes. */
  readonly size: number;
  /** Read up to here, bytes. */
  readonly position: number;
  /** When it was last seen to grow, milliseconds since the epoch. */
  readonly grownAtMs: number;
  /** Why it is not being read at present; null when all is well. */
  readonly trouble: string | null;
}
