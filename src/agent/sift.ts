/** Leaves lines out by a rule: what the rule names becomes a segment without a body, so that the ledger has it. Pure. */
import type { StreamId } from '../event/stream.ts';
import { walkLines } from '../lines/ends.ts';
import type { Piece } from '../source/source.ts';

/** Names the rule by which a line (without its line end; of one over the limit its beginning) is left out; null: none. */
export type Filter = (line: Uint8Array, stream: StreamId) => string | null;

const tailBytesMax = 4096;

/** The same range in pieces of lines that go on and lines that do not, in order. */
export function sift(piece: Piece, filter: Filter): readonly Piece[] {
  const { segment, body, hold } = piece;
  if (segment.kind === 'cut') {
    const reason = filter(body, segment.stream);
    return [
      reason === null ? piece : leftOut(piece, { from: 0, to: segment.to - segment.from, lines: 1, reason }),
    ];
  }
  if (segment.kind !== 'lines') return [piece];
  const runs = runsOf(body, (line) => filter(line, segment.stream));
  if (runs.length === 1 && runs[0]!.reason === null) return [piece];
  const pieces = runs.map((run) => ({
    ...(run.reason === null ? kept(piece, run) : leftOut(piece, { ...run, reason: run.reason })),
    hold: hold?.share() ?? null,
  }));
  hold?.release();
  return pieces;
}

/** Lines that follow one another with the same outcome; offsets in the body. */
interface Run {
  readonly from: number;
  readonly to: number;
  readonly lines: number;
  readonly reason: string | null;
}

function runsOf(body: Uint8Array, ruleOf: (line: Uint8Array) => string | null): readonly Run[] {
  const runs: Run[] = [];
  let from = 0;
  walkLines(body, (line, to) => {
    const reason = ruleOf(line);
    const last = runs.at(-1);
    if (last !== undefined && last.reason === reason) {
      runs[runs.length - 1] = { ...last, to, lines: last.lines + 1 };
    } else runs.push({ from, to, lines: 1, reason });
    from = to;
    return true;
  });
  return runs;
}

function kept({ segment, body }: Piece, { from, to, lines }: Run): Piece {
  const range = { from: segment.from + from, to: segment.from + to };
  return {
    segment: { ...segment, ...range },
    body: body.subarray(from, to),
    records: lines,
    tail: body.subarray(Math.max(0, to - tailBytesMax), to),
  };
}

function leftOut(piece: Piece, { from, to, lines, reason }: Run & { readonly reason: string }): Piece {
  const { stream, path, from: start } = piece.segment;
  const { body } = piece;
  return {
    segment: { stream, path, from: start + from, to: start + to, kind: 'filtered', reason, lines },
    body: body.subarray(0, 0),
    records: 0,
    // The bytes before the end of a cut line are not in its body, but the piece has them.
    tail: to > body.length ? piece.tail : body.subarray(Math.max(0, to - tailBytesMax), to),
    hold: piece.hold ?? null,
  };
}
