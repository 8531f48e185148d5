/** Arithmetic of byte ranges: half open, sorted, disjoint. */
import type { Range } from './store.ts';

/** The parts of `range` that none of the sorted, disjoint `others` covers. */
export function subtract(range: Range, others: readonly Range[]): Range[] {
  const left: Range[] = [];
  let from = range.from;
  for (const other of others) {
    if (other.to <= from || other.from >= range.to) continue;
    if (other.from > from) left.push({ from, to: other.from });
    from = Math.max(from, other.to);
  }
  if (from < range.to) left.push({ from, to: range.to });
  return left;
}

/** The parts of `range` that the others cover. */
export function intersect(range: Range, others: readonly Range[]): Range[] {
  return others
    .map((other) => ({ from: Math.max(range.from, other.from), to: Math.min(range.to, other.to) }))
    .filter((part) => part.from < part.to);
}

/** One range from the least to the greatest position of all. */
export function hull(ranges: readonly Range[]): Range {
  return {
    from: Math.min(...ranges.map((range) => range.from)),
    to: Math.max(...ranges.map((range) => range.to)),
  };
}

/** In order, and those that overlap or touch as one. */
export function joined(ranges: readonly Range[]): Range[] {
  const whole: Range[] = [];
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = whole.at(-1);
    if (last === undefined || last.to < range.from) whole.push(range);
    else whole[whole.length - 1] = hull([last, range]);
  }
  return whole;
}
