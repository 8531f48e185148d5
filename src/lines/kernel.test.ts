/** The byte kernel: its contract by example, in both builds. `test/kernel/` holds it against a naive reference. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Kernel, openKernel, reservedBytes } from './kernel.ts';
import type { LineShape } from './shape.ts';

const record: LineShape = {
  opening: Buffer.from('{"log_text":"'),
  closing: Buffer.from('","source":"app.log"},'),
  blank: 'keep',
  trim: false,
  invalid: 'replace',
  textBytesMax: 0,
};

/** Puts a source and gives its range; the regions for output begin a page later. */
function put(kernel: Kernel, source: Buffer | string): { from: number; to: number } {
  const from = reservedBytes + 3;
  const bytes = Buffer.from(source);
  bytes.copy(kernel.memory, from);
  return { from, to: from + bytes.length };
}

const into = 2 * 65536 + 5;
const endsInto = 3 * 65536;

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

  test(`writes lines as elements, and the source bytes of each (${build})`, () => {
    const kernel = openKernel(4 * 65536, build);
    const range = put(kernel, 'one "1"\r\n\ttwo\nñ\u0000');
    const ends = { into: endsInto, intoEnd: endsInto + 100 };
    const result = kernel.encodeLines(record, { ...range, into, intoEnd: into + 1000, ends });
    const elements = ['one \\"1\\"', '\\ttwo', 'ñ\\u0000'].map(
      (text) => `{"log_text":"${text}","source":"app.log"},`,
    );
    assert.equal(kernel.memory.toString('utf8', into, result.written), elements.join(''));
    assert.equal(kernel.memory.toString('utf8', endsInto, result.endsWritten), '9,5,3,');
    const { consumed, records, stop } = result;
    assert.deepEqual({ consumed, records, stop }, { consumed: range.to, records: 3, stop: 'done' });
  });

  test(`goes on in another region where one was full, to the last byte of each (${build})`, () => {
    const kernel = openKernel(4 * 65536, build);
    const { from, to } = put(kernel, 'a line\n'.repeat(9));
    const elementBytes = '{"log_text":"a line","source":"app.log"},'.length;
    const first = kernel.encodeLines(record, { from, to, into, intoEnd: into + 4 * elementBytes });
    assert.deepEqual([first.records, first.stop, first.written - into], [4, 'full', 4 * elementBytes]);
    const second = kernel.encodeLines(record, {
      ...{ from: first.consumed, to, into, intoEnd: into + 5 * elementBytes - 1 },
    });
    assert.deepEqual([second.records, second.stop, second.consumed - from], [4, 'full', 8 * 7]);
  });

  test(`leaves out and counts blank lines, and trims (${build})`, () => {
    const kernel = openKernel(4 * 65536, build);
    const range = put(kernel, ' \r\n\u00a0x\u3000\t\n\n');
    const shape: LineShape = { ...record, blank: 'leave-out', trim: true };
    const result = kernel.encodeLines(shape, { ...range, into, intoEnd: into + 1000 });
    assert.equal(
      kernel.memory.toString('utf8', into, result.written),
      '{"log_text":"x","source":"app.log"},',
    );
    assert.deepEqual([result.blankLines, result.blankBytes, result.consumed], [2, 4, range.to]);
  });

  test(`stops before a line that is too long or ill-formed (${build})`, () => {
    const kernel = openKernel(4 * 65536, build);
    const range = put(kernel, Buffer.from('short\r\ntoo long\nbad \xff', 'latin1'));
    const shape: LineShape = { ...record, invalid: 'stop', textBytesMax: 7 };
    const first = kernel.encodeLines(shape, { ...range, into, intoEnd: into + 1000 });
    assert.deepEqual([first.stop, first.consumed - range.from, first.records], ['long', 7, 1]);
    const second = kernel.encodeLines(shape, { ...range, from: range.from + 16, into, intoEnd: into + 1000 });
    assert.deepEqual([second.stop, second.records], ['invalid', 0]);
  });

  test(`gives the end of an unfinished line that reaches to the end of a step (${build})`, () => {
    const kernel = openKernel(4 * 65536, build);
    const range = put(kernel, `${'a'.repeat(40)}\n${'b'.repeat(23)}`);
    assert.equal(kernel.lineEnds({ ...range, into: endsInto, intoEnd: endsInto + 1024 }), 2);
    assert.deepEqual([...new Uint32Array(kernel.memory.buffer, endsInto, 2)], [41, 64]);
  });

  test(`measures how many lines a room takes (${build})`, () => {
    const kernel = openKernel(4 * 65536, build);
    const range = put(kernel, 'a\n"\nb\n');
    const measure = (roomBytes: number, recordsMax?: number) =>
      kernel.measureLines(record, {
        ...range,
        perLineBytes: 10,
        roomBytes,
        ...(recordsMax && { recordsMax }),
      });
    assert.deepEqual(measure(22), { bytes: 2, records: 1, encodedBytes: 11, stop: 'full' });
    assert.deepEqual(measure(23), { bytes: 4, records: 2, encodedBytes: 23, stop: 'full' });
    assert.deepEqual(measure(Number.POSITIVE_INFINITY), {
      bytes: 6,
      records: 3,
      encodedBytes: 34,
      stop: 'done',
    });
    assert.deepEqual(measure(1000, 1), { bytes: 2, records: 1, encodedBytes: 11, stop: 'full' });
  });

  test(`refuses a shape that is too large for its tables (${build})`, () => {
    const kernel = openKernel(4 * 65536, build);
    const shape = { ...record, closing: Buffer.alloc(40_000, 'x') };
    const range = put(kernel, 'a');
    assert.throws(() => kernel.encodeLines(shape, { ...range, into, intoEnd: into + 65536 }), RangeError);
  });

  test(`keeps its tables within what is reserved (${build})`, () => {
    assert.ok(openKernel(65536, build).tablesEnd <= reservedBytes);
  });
}
