import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { intersect, subtract } from './range.ts';

const positions = fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 2, maxLength: 14 });

/** Sorted, disjoint ranges. */
const ranges = positions.map((list) => {
  const sorted = list.toSorted((a, b) => a - b);
  const found = [];
  for (let at = 0; at + 1 < sorted.length; at += 2) found.push({ from: sorted[at]!, to: sorted[at + 1]! });
  return found;
});

function covered(list: readonly { from: number; to: number }[], position: number): boolean {
  return list.some((range) => position >= range.from && position < range.to);
}

test('every position of a range is either left or shared, and no other', () => {
  fc.assert(
    fc.property(
      ranges,
      fc.integer({ min: 0, max: 59 }),
      fc.integer({ min: 1, max: 30 }),
      (others, from, length) => {
        const range = { from, to: from + length };
        for (let position = 0; position < 100; position++) {
          const within = position >= range.from && position < range.to;
          assert.equal(covered(subtract(range, others), position), within && !covered(others, position));
          assert.equal(covered(intersect(range, others), position), within && covered(others, position));
        }
      },
    ),
  );
});
