/**
 * The byte kernel: what is done to every byte of every log, compiled to WebAssembly. One source, two builds: with SIMD
 * (`ASC_FEATURE_SIMD`) and without, for engines that lack it. `src/lines/kernel.ts` is the contract; the build writes
 * both into `kernel-code.js`.
 *
 * Pointers are byte offsets into the one memory, which is given from outside and never grows. Nothing is allocated.
 */

export { scanLogs } from './decode';
export { countLineEnds, lineEnds } from './ends';
export { encodeLines } from './lines';
export { measureLines } from './measure';
export { reportAt, surroundingsAt, surroundingsBytesMax, tablesEnd } from './shape';
export { isUtf8 } from './utf8';
