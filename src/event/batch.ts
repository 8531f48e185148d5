/**
 * What travels from a source to an output: segments of streams, and their bytes. Data only.
 *
 * A segment is a range of one stream. Bytes stay the file's own bytes, line ends included; a line becomes text
 * only in a protocol that needs it.
 */
import type { Chain, Statement } from './chain.ts';
import type { StreamId } from './stream.ts';

/**
 * `lines`: the body is the file's own bytes `from`..`to`. Every line ends with LF, but for the last of the segment,
 *          which may have none (the unfinished end of a file that is finished).
 * `cut`:   one line over the line limit. The body is its first `kept` bytes, without a line end; `from`..`to` is the
 *          whole line with its line end.
 * `gap`:   bytes that can no longer be read, or that are no line, with the reason. No body.
 * `filtered`: whole lines that a rule left out, which is the reason, and how many they are. No body.
 */
export type Segment = {
  readonly stream: StreamId;
  readonly path: string;
  readonly from: number;
  readonly to: number;
} & (
  | { readonly kind: 'lines' }
  | { readonly kind: 'cut'; readonly kept: number }
  | { readonly kind: 'gap'; readonly reason: GapReason }
  | { readonly kind: 'filtered'; readonly reason: string; readonly lines: number }
);

export type GapReason =
  | 'truncated-before-read' // the file was shortened before its end had been read
  | 'gone-before-read' // the file vanished, and with it bytes that had been seen
  | 'gone-before-sent' // boundaries were committed, the process died, and the file is gone
  | 'nul-bytes' // a hole that the file system or a writer left, too long to be part of a line
  | 'unreadable' // the disk refuses these bytes for good
  | 'hub-went-back'; // acked once, lost by the hub (restored, replaced), and no longer readable here

/** The place of a batch in its output's order. Parts of a split batch share its sequence; '' sorts before '0'. */
export interface BatchKey {
  readonly output: string;
  readonly sequence: number;
  /** '' for a whole batch; a split of part p gives p + '0' and p + '1'. */
  readonly part: string;
}

/** A closed batch: boundaries and read time, from which the same bytes can be made again. */
export interface Batch {
  readonly key: BatchKey;
  /** SHA-256 of agent, output and segments, in hexadecimal: the same after a restart. */
  readonly id: string;
  readonly readAtMs: number;
  readonly segments: readonly Segment[];
  /** Lines in the bodies of the segments. */
  readonly records: number;
  /** Bytes of the bodies together. */
  readonly bytes: number;
  /** SHA-256 of the bodies together, in hexadecimal, where it is known. */
  readonly contentHash?: string;
  /** Its place in the chain; left out where the destination offers none. */
  readonly chain?: Chain;
  /** What the agent remembers of streams, to be told with this batch: objects of at most 4 KiB as JSON. */
  readonly descriptions?: ReadonlyMap<StreamId, object>;
  /** Batches that were set aside, to be told with this one. */
  readonly statements?: readonly Statement[];
}

/** The bodies of a batch's segments, one for each, in order; empty where a segment has none. */
export type BatchBody = readonly Uint8Array[];

/** A segment that brings bytes. */
export type CarryingSegment = Extract<Segment, { readonly kind: 'lines' | 'cut' }>;

/** Whether a segment brings bytes. */
export function hasBody(segment: Segment): segment is CarryingSegment {
  return segment.kind === 'lines' || segment.kind === 'cut';
}

/** How many body bytes a segment carries. */
export function bodyBytesOf(segment: Segment): number {
  switch (segment.kind) {
    case 'lines':
      return segment.to - segment.from;
    case 'cut':
      return segment.kept;
    case 'gap':
    case 'filtered':
      return 0;
  }
}

/** Cuts the one block of bytes in which a spool keeps a batch into the bodies of its segments. */
export function splitBody(segments: readonly Segment[], block: Uint8Array): BatchBody {
  let at = 0;
  return segments.map((segment) => {
    const from = at;
    at += bodyBytesOf(segment);
    return block.subarray(from, at);
  });
}

/** -1, 0 or 1, by sequence, then by part. */
export function compareKeys(a: BatchKey, b: BatchKey): number {
  if (a.sequence !== b.sequence) return a.sequence < b.sequence ? -1 : 1;
  return a.part < b.part ? -1 : a.part > b.part ? 1 : 0;
}
