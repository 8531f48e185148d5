/**
 * Random cases for the byte kernel, by seed: a source of pieces that are likely to meet at a boundary, a shape, and
 * rooms of any size. Every answer of every build must be that of the reference, and nothing may be written outside the
 * regions that were named.
 */
import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { type Kernel, openKernel, reservedBytes } from '../../src/lines/kernel.ts';
import type { LineShape } from '../../src/lines/shape.ts';
import { expectEncoded, expectMeasured, type Line, linesOf } from './reference.ts';

/** Line ends, escapes, controls, white space; whole, halved and ill-formed characters of every kind. */
export const pieces = [
  ...[
    '0a',
    '0a',
    '0a',
    '0d0a',
    '0d',
    '0d0d0a',
    '2020',
    '09',
    '0b',
    '0c',
    '1c',
    '22',
    '22',
    '5c',
    '00',
    '08',
    '1f',
    '7f',
  ],
  ...[
    'c3b1',
    'e282ac',
    'f09f9880',
    'efbbbf',
    'efbfbd',
    'ed9fbf',
    'ee8080',
    'f48fbfbf',
    'f0908080',
    'c280',
    'e0a080',
  ],
  ...[
    'c285',
    'c2a0',
    'e19a80',
    'e28080',
    'e2808a',
    'e2808b',
    'e280a8',
    'e280af',
    'e2819f',
    'e38080',
    'e38081',
  ],
  // Truncated, continued by nothing, overlong, surrogates, past U+10FFFF, no UTF-8 at all.
  ...[
    'c3',
    'e2',
    'e282',
    'f0',
    'f09f',
    'f09f98',
    '80',
    'bf',
    '8080',
    'c080',
    'c1bf',
    'e08080',
    'e09fbf',
    'f0808080',
  ],
  ...['f08fbfbf', 'eda080', 'edbfbf', 'f4908080', 'f5808080', 'f8888080', 'fe', 'ff'],
].map((hex) => Buffer.from(hex, 'hex'));

const openings = ['"', '{"log_text":"', '', `{"a":"${'o'.repeat(90)}","b":"`].map((text) =>
  Buffer.from(text),
);
const closings = [
  '",',
  '","source":"app.log","timestamp":"2026-11-22T11:00:00.000Z"},',
  '',
  `"${'c'.repeat(140)}`,
].map((text) => Buffer.from(text));

const list = { opening: Buffer.from('"'), closing: Buffer.from('",'), textBytesMax: 0 };
const plainShapes: readonly LineShape[] = [
  { ...list, blank: 'keep', trim: false, invalid: 'replace' },
  { ...list, blank: 'leave-out', trim: true, invalid: 'replace' },
  { ...list, blank: 'keep', trim: false, invalid: 'stop' },
];

const untouched = 0xa5;
const arenaBytes = 64 * 1024;
const clean = Buffer.alloc(arenaBytes, untouched);
/** Regions keep clear of each other by so much. */
const gapBytes = 80;

/** Sources are shorter than this. */
const sourceBytesMax = 2048;

export interface Cases {
  /** Throws when a build does not do what is expected. */
  check(seed: number): void;
  /** The same for a source as it stands, in three shapes, with room. */
  checkSource(source: Buffer): void;
}

/** Both builds, each with its memory. */
export function openCases(): Cases {
  const kernels = (['simd', 'scalar'] as const).map((build) => openKernel(reservedBytes + arenaBytes, build));
  for (const { memory } of kernels) memory.fill(untouched, reservedBytes);
  return {
    check: (seed) => {
      for (const kernel of kernels) checkCase(kernel, dice(seed));
    },
    checkSource: (source) => {
      for (const kernel of kernels) for (const shape of plainShapes) checkPlain(kernel, source, shape);
    },
  };
}

/** Gives an integer from 0 to below its argument. */
type Dice = (below: number) => number;

/** xorshift, 32 bits, seeded well apart. */
function dice(seed: number): Dice {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function pick<T>(random: Dice, values: readonly T[]): T {
  return values[random(values.length)]!;
}

/** Mostly short, sometimes long runs between the pieces, so that everything comes to stand everywhere in a chunk. */
function randomSource(random: Dice): Buffer {
  const parts: Buffer[] = [];
  const run = pick(random, [1, 4, 20, 60]);
  const kinds = pick(random, [18, 29, 40, pieces.length, pieces.length]);
  for (let count = random(pick(random, [4, 12, 40])); count > 0; count -= 1) {
    if (random(3) > 0) parts.push(pieces[random(kinds)]!);
    if (random(2) > 0) parts.push(Buffer.alloc(random(run), pick(random, ['a', 'a', ' ', '"', 'ñ', '語'])));
    if (random(40) === 0) parts.push(Buffer.from([random(256), random(256), random(256)]));
  }
  return Buffer.concat(parts).subarray(0, sourceBytesMax);
}

function randomShape(random: Dice): LineShape {
  return {
    opening: pick(random, openings),
    closing: pick(random, closings),
    blank: pick(random, ['keep', 'leave-out']),
    trim: random(2) === 0,
    invalid: pick(random, ['replace', 'replace', 'stop']),
    textBytesMax: pick(random, [0, 0, 1, 16, 40]),
  };
}

/** An offset at any distance to the 16-byte lanes, or one from which `bytes` reach the very end of the memory. */
function place(random: Dice, kernel: Kernel, base: number, bytes: number): number {
  return random(8) === 0 ? kernel.memory.length - bytes : base + random(33);
}

function checkCase(kernel: Kernel, random: Dice): void {
  const source = randomSource(random);
  const shape = randomShape(random);
  const { memory } = kernel;
  const from = place(random, kernel, reservedBytes + 8192, source.length);
  const to = from + source.length;
  // What lies around the source must not matter.
  const around = pick(random, [0x0a, 0x0d, 0x80, 0xe2, 0x22, 0x61]);
  memory.fill(around, from - 16, from);
  memory.fill(around, to, Math.min(to + 16, memory.length));
  source.copy(memory, from);
  const lines = linesOf(source, shape.trim);

  checkEnds(kernel, random, { source, from, lines });
  checkMeasure(kernel, random, { shape, from, to, lines });
  checkEncode(kernel, random, { shape, source, from, to, lines });

  memory.fill(untouched, from - 16, Math.min(to + 16, memory.length));
  assert.ok(memory.subarray(reservedBytes).equals(clean), 'nothing is written outside the regions');
}

function checkEnds(
  kernel: Kernel,
  random: Dice,
  {
    source,
    from,
    lines,
  }: { readonly source: Buffer; readonly from: number; readonly lines: readonly Line[] },
): void {
  const to = from + source.length;
  assert.equal(kernel.isUtf8(from, to), isUtf8(source));
  assert.equal(kernel.countLineEnds(from, to), source.filter((byte) => byte === 0x0a).length);
  const into = reservedBytes + 4 * random(32);
  const room = pick(random, [lines.length + 100, lines.length, random(lines.length + 1)]);
  const count = kernel.lineEnds({ from, to, into, intoEnd: into + 4 * room + random(4) });
  assert.equal(count, Math.min(room, lines.length));
  let end = 0;
  for (let index = 0; index < count; index += 1) {
    end += lines[index]!.bytes;
    assert.equal(kernel.memory.readUInt32LE(into + 4 * index), end);
  }
  kernel.memory.fill(untouched, into, into + 4 * room);
}

interface EncodeCase {
  readonly shape: LineShape;
  readonly from: number;
  readonly to: number;
  readonly lines: readonly Line[];
}

function checkMeasure(kernel: Kernel, random: Dice, { shape, from, to, lines }: EncodeCase): void {
  const room = {
    roomBytes: random(2) === 0 ? Number.POSITIVE_INFINITY : random(4000),
    perLineBytes: random(100),
    recordsMax: random(4) === 0 ? random(8) : 1e6,
  };
  assert.deepEqual(kernel.measureLines(shape, { from, to, ...room }), expectMeasured(shape, lines, room));
}

/** Encodes with as many regions as it takes; a line at which it stops for good is passed over, as a caller would. */
function checkEncode(
  kernel: Kernel,
  random: Dice,
  { shape, source, from, to, lines }: EncodeCase & { readonly source: Buffer },
): void {
  const { memory } = kernel;
  const generous = random(3) === 0;
  const asksEnds = random(2) === 0;
  let offset = 0;
  let index = 0;
  while (offset < source.length) {
    const roomBytes = generous ? 20_000 : random(pick(random, [300, 1000, 4000]));
    const endsRoomBytes = asksEnds ? (generous ? 4000 : random(60)) : null;
    const recordsMax = random(4) === 0 ? random(8) : 1e6;
    const into =
      from > memory.length - 8192 ? reservedBytes + 8192 + random(33) : placeLate(random, kernel, roomBytes);
    const endsInto = reservedBytes + random(33);
    const rest = lines.slice(index);
    const expected = expectEncoded(shape, rest, { roomBytes, endsRoomBytes, recordsMax });
    const actual = kernel.encodeLines(shape, {
      ...{ from: from + offset, to, into, intoEnd: into + roomBytes, recordsMax },
      ...(endsRoomBytes === null ? {} : { ends: { into: endsInto, intoEnd: endsInto + endsRoomBytes } }),
    });
    const { elements, ends, ...numbers } = expected;
    assert.equal(memory.toString('utf8', into, actual.written), elements);
    assert.deepEqual(
      {
        ...actual,
        consumed: actual.consumed - from - offset,
        written: actual.written - into,
        endsWritten: asksEnds ? actual.endsWritten - endsInto : 0,
      },
      numbers,
    );
    assert.equal(memory.toString('latin1', endsInto, endsInto + numbers.endsWritten), ends);
    memory.fill(untouched, into, into + roomBytes);
    memory.fill(untouched, endsInto, endsInto + (endsRoomBytes ?? 0));
    for (let consumed = numbers.consumed; consumed > 0; index += 1) consumed -= lines[index]!.bytes;
    offset += numbers.consumed;
    if (numbers.consumed > 0 && random(4) > 0) continue;
    // No progress, or none wanted: the next line goes another way.
    offset += lines[index]?.bytes ?? 0;
    index += 1;
  }
}

function checkPlain(kernel: Kernel, source: Buffer, shape: LineShape): void {
  const { memory } = kernel;
  const from = memory.length - source.length;
  source.copy(memory, from);
  const into = reservedBytes + 1;
  const limits = { roomBytes: 8 * sourceBytesMax, endsRoomBytes: null, recordsMax: 1e6 };
  const expected = expectEncoded(shape, linesOf(source, shape.trim), limits);
  const actual = kernel.encodeLines(shape, {
    from,
    to: memory.length,
    into,
    intoEnd: into + limits.roomBytes,
  });
  assert.equal(memory.toString('utf8', into, actual.written), expected.elements);
  assert.equal(actual.consumed - from, expected.consumed);
  assert.equal(actual.stop, expected.stop);
  memory.fill(untouched, into, into + limits.roomBytes);
  memory.fill(untouched, from);
}

function placeLate(random: Dice, kernel: Kernel, bytes: number): number {
  return place(random, kernel, reservedBytes + 8192 + sourceBytesMax + gapBytes, bytes);
}
