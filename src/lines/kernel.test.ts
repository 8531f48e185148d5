/** The byte kernel, both builds against naive references, with everything at every place against the 16-byte lanes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openKernel, reservedBytes } from './kernel.ts';

for (const build of ['simd', 'scalar'] as const) {
  test(`counts line ends wherever they stand (${build})`, () => {
    const { memory, countLineEnds } = openKernel(4 * 65536, build);
    for (let from = reservedBytes; from < reservedBytes + 17; from += 1) {
      for (let length = 0; length < 40; length += 1) {
        const block = memory.subarray(from, from + length);
        block.fill(0x41);
        assert.equal(countLineEnds(from, from + length), 0);
        for (let at = 0; at < length; at += 1) {
          block[at] = 0x0a;
          assert.equal(countLineEnds(from, from + length), at + 1);
        }
      }
    }
  });

  test(`counts more line ends than a lane can hold (${build})`, () => {
    const { memory, countLineEnds } = openKernel(4 * 65536, build);
    memory.fill(0x0a, reservedBytes);
    assert.equal(countLineEnds(reservedBytes + 1, memory.length), memory.length - reservedBytes - 1);
  });
}
