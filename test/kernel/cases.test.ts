/** The byte kernel against the naive reference: some thousand random cases; `npm run kernel-cases` runs a million. */
import { test } from 'node:test';
import { openCases, pieces } from './cases.ts';

/** About two seconds. */
const cases = 4000;

test('both builds of the kernel give what TextDecoder and JSON.stringify give', () => {
  const { check } = openCases();
  for (let seed = 0; seed < cases; seed += 1) {
    try {
      check(seed);
    } catch (error) {
      throw new Error(`case ${seed} failed; repeat it: npm run kernel-cases -- 1 ${seed}`, { cause: error });
    }
  }
});

test('every piece does the same at every place in a chunk', () => {
  const { checkSource } = openCases();
  for (const piece of pieces) {
    for (let before = 0; before < 36; before += 1) {
      for (const after of [0, 3, 20]) {
        checkSource(Buffer.concat([Buffer.alloc(before, 'b'), piece, Buffer.alloc(after, 'a')]));
      }
    }
  }
});
