/** What a hub lacks of what it had acked: found, read once more, and cut into pieces as they are sent. */
import type { GapReason, Segment } from '../event/batch.ts';
import type { StreamId } from '../event/stream.ts';
import { countLines, lastLineEnd } from '../lines/ends.ts';
import type { HubStream, Range } from '../protocol/agent-streams.ts';
import { isGapReason } from '../protocol/segment-head.ts';
import { splitBlock } from '../source/file/split.ts';
import type { Piece, Source } from '../source/source.ts';
import type { Loss } from '../state/state.ts';
import { without } from './ranges.ts';

/** A range that is to be sent again; with a reason, bytes that could never be read. */
export interface Lacking extends Range {
  readonly stream: StreamId;
  readonly reason: GapReason | null;
  /** What of it the hub claims to have: it is sent all the same, so that the content decides, but it is no gap. */
  readonly claimed: readonly Range[];
}

/** What an agent knows of a stream. */
export interface Settled {
  readonly stream: StreamId;
  /** From where reading began. */
  readonly ranges: readonly Range[];
  /** Set aside: they wait to be replayed. */
  readonly dead: readonly Range[];
  /** Where other generations continue it: what is before stands in their file too. */
  readonly continuedAt: readonly number[];
  /** What became gaps. */
  readonly losses: readonly Loss[];
  /** The hub's bytes of these positions may be others, of before a loss of power: all is sent, and the content decides. */
  readonly doubtful: boolean;
}

/** In the order of the stream. `found`: what the hub has of it; undefined: nothing. */
export function lackingOf(settled: Settled, found: HubStream | undefined): readonly Lacking[] {
  const { stream, dead, losses } = settled;
  const told: readonly Range[] = [...(found?.ranges ?? []), ...(found?.gaps ?? [])];
  const claimed = settled.doubtful ? told : [];
  const there = settled.doubtful ? dead : [...told, ...dead];
  const lacking = settled.ranges
    .flatMap((range) => without(range, there))
    .flatMap((range) => cutAt(range, settled.continuedAt));
  return lacking
    .flatMap((range): Lacking[] => [
      ...without(range, losses).map((one) => ({ ...one, stream, reason: null, claimed })),
      ...losses.flatMap((loss) => lost(range, loss)).flatMap((one) => unclaimed(one, claimed)),
    ])
    .sort((a, b) => a.from - b.from);
}

function cutAt({ from, to }: Range, positions: readonly number[]): Range[] {
  const within = [...new Set(positions)].filter((one) => from < one && one < to).sort((a, b) => a - b);
  return [from, ...within].map((begin, index) => ({ from: begin, to: within[index] ?? to }));
}

function unclaimed(lost: Lacking, claimed: readonly Range[]): Lacking[] {
  return without(lost, claimed).map((range) => ({ ...lost, ...range }));
}

function lost(range: Range, { stream, from, to, reason }: Loss): Lacking[] {
  const within = { from: Math.max(range.from, from), to: Math.min(range.to, to) };
  if (within.from >= within.to) return [];
  return [{ ...within, stream, reason: isGapReason(reason) ? reason : 'unreadable', claimed: [] }];
}

export interface Reading {
  readonly source: Pick<Source, 'reread'>;
  /** For people. */
  readonly path: string;
  readonly lineBytesMax: number;
  /** Read at once, more than a line may have; a longer line is cut. */
  readonly bytesMax: number;
}

/** What can be had no more is a gap, `hub-went-back`. Rejects with a `DiskError` when it cannot be read now. */
export async function* piecesOf(lacking: Lacking, reading: Reading): AsyncGenerator<Piece> {
  const { stream, to, reason, claimed } = lacking;
  const { path, lineBytesMax } = reading;
  const gaps = (from: number, why: GapReason): Piece[] =>
    without({ from, to }, claimed).map((range) =>
      pieceOf({ stream, path, ...range, kind: 'gap', reason: why }, new Uint8Array(0)),
    );
  if (reason !== null) {
    yield* gaps(lacking.from, reason);
    return;
  }
  let at = lacking.from;
  while (at < to) {
    const end = Math.min(to, at + Math.max(reading.bytesMax, lineBytesMax + 2));
    const bytes = await reading.source.reread({ stream, path, from: at, to: end, kind: 'lines' });
    if (bytes === null) {
      yield* gaps(at, 'hub-went-back');
      return;
    }
    const whole = lastLineEnd(bytes);
    if (whole > 0) {
      yield* linesOf(Buffer.from(bytes.buffer, bytes.byteOffset, whole), { stream, path, at, lineBytesMax });
      at += whole;
      if (at < end && end < to) continue;
    }
    const rest = bytes.subarray(whole);
    if (rest.length === 0) continue;
    // A line without its end: the last of its file, or one that is too long.
    const lineTo = end < to ? await lineEndIn({ ...lacking, from: end }, reading) : to;
    if (lineTo === null) {
      yield* gaps(at, 'hub-went-back');
      return;
    }
    const short = lineTo - at <= lineBytesMax;
    const segment: Segment = short
      ? { stream, path, from: at, to: lineTo, kind: 'lines' }
      : { stream, path, from: at, to: lineTo, kind: 'cut', kept: Math.min(rest.length, lineBytesMax) };
    yield pieceOf(segment, rest.subarray(0, lineBytesMax));
    at = lineTo;
  }
}

function* linesOf(
  block: Buffer,
  given: {
    readonly stream: StreamId;
    readonly path: string;
    readonly at: number;
    readonly lineBytesMax: number;
  },
): Generator<Piece> {
  const { stream, path, at, lineBytesMax } = given;
  for (const part of splitBlock(block, lineBytesMax)) {
    const place = { stream, path, from: at + part.from, to: at + part.to };
    if (part.kind === 'hole') {
      yield pieceOf({ ...place, kind: 'gap', reason: 'nul-bytes' }, new Uint8Array(0));
    } else if (part.kind === 'cut') {
      const body = block.subarray(part.from, part.from + part.kept);
      yield pieceOf({ ...place, kind: 'cut', kept: part.kept }, body);
    } else yield pieceOf({ ...place, kind: 'lines' }, block.subarray(part.from, part.to));
  }
}

/** Behind the first line end of a range, or its end; null when it can be read no more. */
async function lineEndIn({ stream, from, to }: Lacking, reading: Reading): Promise<number | null> {
  for (let at = from; at < to; at += reading.bytesMax) {
    const end = Math.min(to, at + reading.bytesMax);
    const bytes = await reading.source.reread({
      stream,
      path: reading.path,
      from: at,
      to: end,
      kind: 'lines',
    });
    if (bytes === null) return null;
    const found = bytes.indexOf(0x0a);
    if (found >= 0) return at + found + 1;
  }
  return to;
}

/** Its position was proved when it was read first. */
function pieceOf(segment: Segment, body: Uint8Array): Piece {
  const records = segment.kind === 'cut' ? 1 : countLines(body);
  return { segment, body, records, tail: new Uint8Array(0) };
}
