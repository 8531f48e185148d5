// The byte kernel beside `split` and `JSON.stringify` on the same lines and with the same output, in this process, by
// the CPU time of each. Needs a build.
import { openKernel, reservedBytes } from '../../dist/src/lines/kernel.js';
import { makeBlock } from './data.mjs';

const mebibyte = 1024 * 1024;
const source = 'bench.log';
const timestamp = '2026-11-22T11:00:00.000Z';
const shape = {
  opening: Buffer.from('{"log_text":"'),
  closing: Buffer.from(`","source":"${source}","timestamp":"${timestamp}"},`),
  ...{ blank: 'keep', trim: false, invalid: 'replace', textBytesMax: 0 },
};
/** How long each side is measured in each round, about. */
const sliceMs = 120;

/** The CPU time of one pass over 1 MiB, microseconds, in each round. */
export function encodingCosts({ kind, rounds }) {
  const { bytes } = makeBlock(kind, mebibyte);
  const fast = kernelWay(bytes);
  const slow = () => naiveWay(bytes);
  if (!fast().equals(slow())) throw new Error(`${kind}: the kernel's output is not that of JSON.stringify`);
  const costs = Array.from({ length: rounds + 1 }, () => ({
    naive: cpuPerPass(slow),
    ours: cpuPerPass(fast),
  }));
  // The first round warms up.
  costs.shift();
  return { ours: costs.map(({ ours }) => ours), naive: costs.map(({ naive }) => naive) };
}

function kernelWay(bytes) {
  const kernel = openKernel(16 * mebibyte);
  const into = reservedBytes + 4 * mebibyte;
  bytes.copy(kernel.memory, reservedBytes);
  const regions = {
    from: reservedBytes,
    to: reservedBytes + bytes.length,
    into,
    intoEnd: kernel.memory.length,
  };
  return () => kernel.memory.subarray(into, kernel.encodeLines(shape, regions).written);
}

function naiveWay(bytes) {
  const lines = bytes.toString('utf8').split('\n');
  lines.pop();
  const elements = lines.map((line) => JSON.stringify({ log_text: line, source, timestamp }));
  return Buffer.from(`${elements.join(',')},`);
}

function cpuPerPass(work) {
  const before = process.cpuUsage();
  const start = performance.now();
  let passes = 0;
  do {
    work();
    passes += 1;
  } while (performance.now() - start < sliceMs);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / passes;
}
