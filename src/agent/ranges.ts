/** Byte ranges of a stream. Pure. */
import type { Range } from '../protocol/agent-streams.ts';

/** What of a range the others leave, in order. */
export function without(range: Range, others: readonly Range[]): readonly Range[] {
  const left: Range[] = [];
  let at = range.from;
  for (const { from, to } of [...others].sort((a, b) => a.from - b.from)) {
    if (from > at && at < range.to) left.push({ from: at, to: Math.min(from, range.to) });
    at = Math.max(at, to);
  }
  if (at < range.to) left.push({ from: at, to: range.to });
  return left;
}
