/**
 * Runs many random cases of the byte kernel, or one again.
 *
 *   npm run kernel-cases -- 1000000        so many, with progress; ends at the first that fails
 *   npm run kernel-cases -- 1 4711         so many, beginning with this one
 */
import { openCases } from './cases.ts';

const count = Number(process.argv[2] ?? 1_000_000);
const first = Number(process.argv[3] ?? 0);
const { check } = openCases();
for (let seed = first; seed < first + count; seed += 1) {
  try {
    check(seed);
  } catch (error) {
    console.error(`case ${seed} failed; repeat it: npm run kernel-cases -- 1 ${seed}`);
    throw error;
  }
  if ((seed - first + 1) % 50_000 === 0) console.log(`${seed - first + 1} of ${count} cases`);
}
console.log(`${count} cases passed`);
