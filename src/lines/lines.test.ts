/** The byte kernel against naive references, with line ends and ill-formed bytes at every boundary. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { countLineEnds, countLines, lastLineEnd, offsetAfterLines, walkLines } from './ends.ts';
import { JsonWriter, jsonLine, jsonLineBytes } from './json.ts';
import { cutUtf8, decodeUtf8, isValidUtf8 } from './utf8.ts';
import { isBlank, trimWhiteSpace } from './white-space.ts';

/** Pieces that are likely to meet at a boundary: line ends, escapes, whole, halved and ill-formed characters. */
const piece = fc.oneof(
  fc.constantFrom(
    '0a',
    '0d',
    '0d0a',
    '0d0d0a',
    '20',
    '09',
    '1c',
    '22',
    '5c',
    '00',
    '1f',
    '7f',
    'c3b1',
    'c3',
    'b1',
    'e282ac',
    'e282',
    'f09f9880',
    'f09f98',
    'f0',
    'eda080',
    'c080',
    'ff',
    'efbbbf',
    'efbfbd',
    'c285',
    'c2a0',
    'e19a80',
    'e28080',
    'e2808a',
    'e280a8',
    'e280af',
    'e2819f',
    'e38080',
    '61',
    '616263',
  ),
  fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes).toString('hex')),
);
const block = fc.array(piece, { maxLength: 24 }).map((pieces) => Buffer.from(pieces.join(''), 'hex'));

/** The bytes at an odd offset of a larger buffer, as they come from a read. */
function placed(bytes: Uint8Array): Uint8Array {
  const larger = new Uint8Array(bytes.length + 7).fill(0x0a);
  larger.set(bytes, 3);
  return larger.subarray(3, 3 + bytes.length);
}

/** Latin-1 keeps bytes and characters one to one, so that strings can be the reference. */
function splitReference(bytes: Uint8Array): string[] {
  const lines = Buffer.from(bytes).toString('latin1').split('\n');
  const last = lines.pop()!;
  return [...lines.map((line) => line.replace(/\r$/, '')), ...(last === '' ? [] : [last])];
}

test('walks the lines that split would give, and every end lies after its LF', () => {
  fc.assert(
    fc.property(block, (bytes) => {
      const view = placed(bytes);
      const lines: string[] = [];
      const ends: number[] = [];
      walkLines(view, (line, end) => {
        lines.push(Buffer.from(line).toString('latin1'));
        ends.push(end);
        return true;
      });
      assert.deepEqual(lines, splitReference(bytes));
      for (const end of ends.slice(0, -1)) assert.equal(view[end - 1], 0x0a);
      assert.equal(ends.at(-1) ?? 0, bytes.length);
    }),
  );
});

test('counts and finds line ends', () => {
  fc.assert(
    fc.property(block, fc.nat(8), (bytes, count) => {
      const view = placed(bytes);
      const text = bytes.toString('latin1');
      assert.equal(countLineEnds(view), text.split('\n').length - 1);
      assert.equal(countLines(view), splitReference(bytes).length);
      assert.equal(lastLineEnd(view), text.lastIndexOf('\n') + 1);
      const whole = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
      assert.equal(offsetAfterLines(view, count), whole.slice(0, count).join('').length);
    }),
  );
});

test('stops walking when told to', () => {
  const seen: number[] = [];
  walkLines(Buffer.from('a\nb\nc\n'), (_, end) => {
    seen.push(end);
    return seen.length < 2;
  });
  assert.deepEqual(seen, [2, 4]);
});

test('reads ill-formed UTF-8 as TextDecoder does and keeps a byte order mark', () => {
  fc.assert(
    fc.property(block, (bytes) => {
      const reference = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
      assert.equal(decodeUtf8(placed(bytes)), reference);
      let fatal = true;
      try {
        new TextDecoder('utf-8', { fatal: true }).decode(bytes);
      } catch {
        fatal = false;
      }
      assert.equal(isValidUtf8(placed(bytes)), fatal);
    }),
  );
});

test('writes a line as JSON.stringify would, and knows its length before', () => {
  fc.assert(
    fc.property(block, (bytes) => {
      const reference = JSON.stringify(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
      assert.equal(
        Buffer.from(jsonLine(placed(bytes))).toString('latin1'),
        Buffer.from(reference).toString('latin1'),
      );
      assert.equal(jsonLineBytes(placed(bytes)), Buffer.byteLength(reference));
    }),
  );
});

test('escapes every control character as JSON.stringify does', () => {
  const all = Uint8Array.from({ length: 128 }, (_, index) => index);
  assert.equal(Buffer.from(jsonLine(all)).toString(), JSON.stringify(Buffer.from(all).toString()));
});

test('tells which lines were not valid UTF-8, among others in one writer', () => {
  const writer = new JsonWriter(0);
  const valid = ['61', 'ff', 'c3b1', 'c3'].map((hex) => writer.line(Buffer.from(hex, 'hex')));
  assert.deepEqual(valid, [true, false, true, false]);
  assert.equal(Buffer.from(writer.written()).toString(), '"a""\uFFFD""ñ""\uFFFD"');
});

test('cuts text at the last boundary of a character that fits', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.nat(40), (text, bytesMax) => {
      let expected = '';
      for (const char of text) {
        if (Buffer.byteLength(expected + char) > bytesMax) break;
        expected += char;
      }
      assert.equal(Buffer.from(cutUtf8(Buffer.from(text), bytesMax)).toString(), expected);
    }),
  );
});

test('cuts ill-formed bytes too, losing at most the beginning of one character', () => {
  fc.assert(
    fc.property(block, fc.nat(40), (bytes, bytesMax) => {
      const kept = cutUtf8(placed(bytes), bytesMax);
      assert.ok(kept.length <= bytesMax);
      assert.ok(kept.length >= Math.min(bytes.length, bytesMax) - 3);
      assert.equal(Buffer.from(kept).compare(bytes.subarray(0, kept.length)), 0);
    }),
  );
});

test("strips what Python's str.strip strips", () => {
  const space = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]*';
  const ends = new RegExp(`^${space}|${space}$`, 'g');
  fc.assert(
    fc.property(block, (bytes) => {
      const expected = decodeUtf8(bytes).replace(ends, '');
      assert.equal(decodeUtf8(trimWhiteSpace(placed(bytes))), expected);
      assert.equal(isBlank(placed(bytes)), expected === '');
    }),
    { numRuns: 500 },
  );
});
