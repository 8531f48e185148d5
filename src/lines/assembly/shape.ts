/** What the caller says about lines and what the kernel says about its work: the words of `src/lines/kernel.ts`. */

/** Options, as bits. */
export const LEAVE_OUT_BLANK: u32 = 1;
export const TRIM: u32 = 2;
export const REPLACE: u32 = 4;
export const ENDS: u32 = 8;

/** Why it stopped. No memory is there at such small offsets, so they can stand for one. */
export const DONE: usize = 0;
export const FULL: usize = 1;
export const INVALID: usize = 2;
export const LONG: usize = 3;

/** Room for what stands around each text. */
const SURROUNDINGS_BYTES_MAX: usize = 32 * 1024;

/** `closing` and after it `opening`: in this order they stand between two texts, and are copied at once. */
export const surroundings: usize = memory.data(32 * 1024 + 16, 16);

const report: usize = memory.data(8 * 4, 16);

export function surroundingsAt(): usize {
  return surroundings;
}

export function surroundingsBytesMax(): usize {
  return SURROUNDINGS_BYTES_MAX;
}

/** Where the numbers of the last `reports` stand, four bytes each. */
export function reportAt(): usize {
  return report;
}

/** The end of all tables; what the caller uses begins later. */
export function tablesEnd(): usize {
  return __heap_base;
}

export function reports(index: usize, value: usize): void {
  store<u32>(report + index * 4, u32(value));
}
