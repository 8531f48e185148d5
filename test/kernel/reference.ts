/** What the byte kernel must give, told the naive way: `TextDecoder`, `JSON.stringify`, one line after the other. */
import type { Encoded, LineShape, Measured, Stop } from '../../src/lines/shape.ts';

/** What a call may use; offsets in `source`. */
export interface Limits {
  readonly roomBytes: number;
  /** Null: the records' source bytes are not asked for. */
  readonly endsRoomBytes: number | null;
  readonly recordsMax: number;
}

/** As the kernel's answer, with offsets from 0, and what was written. */
export interface Expected extends Encoded {
  readonly elements: string;
  readonly ends: string;
}

/** Python's `str.strip()`. */
const space =
  '[\\u0009-\\u000d\\u001c-\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const spaceBefore = new RegExp(`^${space}+`);
const spaceAfter = new RegExp(`${space}+$`);
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export interface Line {
  /** From one line end to the next, with it. */
  readonly bytes: number;
  readonly text: string;
  readonly textBytes: number;
  readonly blank: boolean;
  /** The text before the first ill-formed part; null when there is none. */
  readonly validBefore: string | null;
}

/** Lines with their texts; offsets of their ends as the kernel's `lineEnds` gives them. */
export function linesOf(source: Buffer, trim: boolean): Line[] {
  const lines: Line[] = [];
  for (let from = 0; from < source.length; ) {
    const lineFeed = source.indexOf(0x0a, from);
    const next = lineFeed < 0 ? source.length : lineFeed + 1;
    lines.push(lineOf(source.subarray(from, next), trim));
    from = next;
  }
  return lines;
}

function lineOf(line: Buffer, trim: boolean): Line {
  const raw = Buffer.from(line.toString('latin1').replace(/\r?\n$/, ''), 'latin1');
  const whole = decoder.decode(raw);
  const trimmed = whole.replace(spaceBefore, '').replace(spaceAfter, '');
  const text = trim ? trimmed : whole;
  const before = validBefore(raw, whole);
  return {
    bytes: line.length,
    text,
    // White space is well-formed wherever it stands, so what trimming takes off can be told from the text.
    textBytes: raw.length - Buffer.byteLength(whole) + Buffer.byteLength(text),
    blank: trimmed === '',
    validBefore: trim && before !== null ? before.replace(spaceBefore, '') : before,
  };
}

/** The part of `text` before what stands for the first ill-formed part of `raw`; null when `raw` is well-formed. */
function validBefore(raw: Buffer, text: string): string | null {
  // A U+FFFD that the line brings itself is well-formed.
  for (let at = text.indexOf('\ufffd'); at >= 0; at = text.indexOf('\ufffd', at + 1)) {
    const through = Buffer.from(text.slice(0, at + 1));
    if (!raw.subarray(0, through.length).equals(through)) return text.slice(0, at);
  }
  return null;
}

/** What a call of `encodeLines` must give. */
export function expectEncoded(shape: LineShape, lines: readonly Line[], limits: Limits): Expected {
  const opening = Buffer.from(shape.opening).toString('latin1');
  const closing = Buffer.from(shape.closing).toString('latin1');
  const result = { consumed: 0, records: 0, blankLines: 0, blankBytes: 0 };
  let elements = '';
  let ends = '';
  let elementsBytes = 0;
  let stop: Stop = 'done';
  for (const line of lines) {
    if (result.records === limits.recordsMax) stop = 'full';
    else if (line.blank && shape.blank === 'leave-out') {
      result.blankLines += 1;
      result.blankBytes += line.bytes;
      result.consumed += line.bytes;
      continue;
    } else {
      const room = limits.roomBytes - elementsBytes - opening.length - closing.length;
      const endsFit =
        limits.endsRoomBytes === null || ends.length + `${line.bytes},`.length <= limits.endsRoomBytes;
      stop = stopBefore(line, shape, endsFit ? room : -1);
    }
    if (stop !== 'done') break;
    elements += opening + inside(line.text) + closing;
    elementsBytes += opening.length + Buffer.byteLength(inside(line.text)) + closing.length;
    if (limits.endsRoomBytes !== null) ends += `${line.bytes},`;
    result.records += 1;
    result.consumed += line.bytes;
  }
  return { ...result, elements, ends, written: elementsBytes, endsWritten: ends.length, stop };
}

/** What a call of `measureLines` must give. */
export function expectMeasured(
  shape: LineShape,
  lines: readonly Line[],
  room: { readonly roomBytes: number; readonly perLineBytes: number; readonly recordsMax: number },
): Measured {
  const result = { bytes: 0, records: 0, encodedBytes: 0 };
  for (const line of lines) {
    if (result.records === room.recordsMax) return { ...result, stop: 'full' };
    if (line.blank && shape.blank === 'leave-out') {
      result.bytes += line.bytes;
      continue;
    }
    const more = Buffer.byteLength(inside(line.text)) + room.perLineBytes;
    if (isLong(line, shape)) return { ...result, stop: 'long' };
    if (line.validBefore !== null && shape.invalid === 'stop') return { ...result, stop: 'invalid' };
    if (result.encodedBytes + more > room.roomBytes) return { ...result, stop: 'full' };
    result.bytes += line.bytes;
    result.records += 1;
    result.encodedBytes += more;
  }
  return { ...result, stop: 'done' };
}

/** `room` is left for the text; negative: not even for what stands around it. */
function stopBefore(line: Line, shape: LineShape, room: number): Stop {
  if (isLong(line, shape)) return 'long';
  if (room < 0) return 'full';
  const stops = line.validBefore !== null && shape.invalid === 'stop';
  if (Buffer.byteLength(inside(stops ? line.validBefore! : line.text)) > room) return 'full';
  return stops ? 'invalid' : 'done';
}

function isLong(line: Line, shape: LineShape): boolean {
  return shape.textBytesMax > 0 && line.textBytes > shape.textBytesMax;
}

function inside(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
