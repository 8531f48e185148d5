/** Bodies that the kernel writes, against the writer in JavaScript, wherever lines and room happen to lie. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { walkLines } from './ends.ts';
import { JsonWriter } from './json.ts';
import { Decimals, JsonBody } from './json-body.ts';
import { type LineMemory, openLineMemory } from './line-memory.ts';
import type { LineShape } from './shape.ts';
import { isValidUtf8 } from './utf8.ts';
import { isBlank, trimWhiteSpace } from './white-space.ts';

const opening = Buffer.from('{"t":"');
const closing = Buffer.from('","n":1},');

/** Scratch alone takes 576 KiB of it. */
const small = 1024 * 1024;
const memories = {
  roomy: openLineMemory({ poison: true }),
  crowded: openLineMemory({ bytes: small, poison: true }),
};

function reference(shape: LineShape, block: Uint8Array): { text: string; ends: string; blankBytes: number } {
  const out = new JsonWriter(block.length);
  const ends: number[] = [];
  let blankBytes = 0;
  let before = 0;
  walkLines(block, (line, end) => {
    const sourceBytes = end - before;
    before = end;
    if (shape.blank === 'leave-out' && isBlank(line)) {
      blankBytes += sourceBytes;
      return true;
    }
    const text = shape.trim ? trimWhiteSpace(line) : line;
    const stops =
      (shape.textBytesMax > 0 && text.length > shape.textBytesMax) ||
      (shape.invalid === 'stop' && !isValidUtf8(text));
    if (stops) out.text(`"stopped ${sourceBytes}",`);
    else {
      out.bytes(opening.subarray(0, -1));
      out.line(text);
      out.bytes(closing.subarray(1));
    }
    ends.push(sourceBytes);
    return true;
  });
  return { text: Buffer.from(out.written()).toString('latin1'), ends: ends.join(','), blankBytes };
}

function write(memory: LineMemory, shape: LineShape, given: { block: Uint8Array; expected: number }) {
  const json = new JsonBody(memory, given.expected);
  const ends = new Decimals();
  const written = json.lines(shape, given.block, {
    ends,
    stopped: (_, sourceBytes) => json.text(`"stopped ${sourceBytes}",`),
  });
  const { parts, hold } = json.finish();
  const text = Buffer.concat([...parts]).toString('latin1');
  hold.release();
  return { text, ends: ends.text(), blankBytes: written.blankBytes };
}

const piece = fc.oneof(
  fc.constantFrom('\n', '\r\n', ' ', '"', '\\', '\u0001', 'ñ', '€', '😀', 'plain words of a line', '\n\n'),
  fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);
const shapes = fc.record({
  blank: fc.constantFrom('keep', 'leave-out'),
  trim: fc.boolean(),
  invalid: fc.constantFrom('replace', 'stop'),
  textBytesMax: fc.constantFrom(0, 5, 40),
}) satisfies fc.Arbitrary<Omit<LineShape, 'opening' | 'closing'>>;

test('writes what the writer in JavaScript would, whatever the shape, the room and the place', () => {
  const blocks = fc.array(piece, { maxLength: 40 }).map((pieces) => Buffer.from(pieces.join(''), 'utf8'));
  fc.assert(
    fc.property(
      blocks,
      shapes,
      fc.nat(200),
      fc.boolean(),
      fc.boolean(),
      (block, rest, expected, inside, roomy) => {
        const memory = roomy ? memories.roomy : memories.crowded;
        const shape: LineShape = { opening, closing, ...rest };
        const source = memory.take(block.length + 1);
        source.bytes.set(block);
        const placed = inside ? source.bytes.subarray(0, block.length) : block;
        assert.deepEqual(write(memory, shape, { block: placed, expected }), reference(shape, block));
        source.release();
        assert.equal(memory.lentBytes, 0);
      },
    ),
    { numRuns: 2000 },
  );
});

test('writes lines longer than any room, into memory of its own when there is none to lend', () => {
  const shape: LineShape = {
    opening,
    closing,
    blank: 'keep',
    trim: false,
    invalid: 'replace',
    textBytesMax: 0,
  };
  const long = Buffer.from(`short\n${'\u0001"é'.repeat(200_000)}\n${'x'.repeat(700_000)}\r\nlast`);
  const expected = reference(shape, long);
  for (const memory of [memories.roomy, memories.crowded]) {
    assert.deepEqual(write(memory, shape, { block: long, expected: 10 }), expected);
    const crowd = memory.take(small);
    const pieces = [1, 2, 3].map(() => memory.take(100 * 1024));
    assert.deepEqual(write(memory, shape, { block: long, expected: 10 }), expected);
    for (const one of [crowd, ...pieces]) one.release();
    assert.equal(memory.lentBytes, 0);
  }
});

test('takes back the comma after the last element, also from the region before', () => {
  const json = new JsonBody(memories.roomy, 4);
  json.text('[1,');
  json.bytes(new Uint8Array(0));
  json.dropLast();
  json.text(']');
  const { parts, hold } = json.finish();
  assert.equal(Buffer.concat([...parts]).toString(), '[1]');
  hold.release();
});
