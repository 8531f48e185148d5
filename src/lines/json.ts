/**
 * Lines as JSON strings (RFC 8259, section 7), written as bytes.
 *
 * The output equals `JSON.stringify(decodeUtf8(line))`: the quotation mark, the backslash and the control characters
 * U+0000 to U+001F are escaped, the short form where there is one; everything else stands as its own UTF-8; ill-formed
 * UTF-8 becomes U+FFFD.
 */
import { decodeUtf8, isValidUtf8 } from './utf8.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const ZERO = 0x30;

/** What each byte takes as part of a JSON string: 1, 2 (\n) or 6 (\u001f) bytes. */
const encodedWidth = new Uint8Array(256).fill(1);
/** The letter after the backslash of a short escape; 0 where there is none. */
const shortEscape = new Uint8Array(256);
encodedWidth.fill(6, 0, 0x20);
for (const [char, letter] of [
  ['"', '"'],
  ['\\', '\\'],
  ['\b', 'b'],
  ['\f', 'f'],
  ['\n', 'n'],
  ['\r', 'r'],
  ['\t', 't'],
] as const) {
  encodedWidth[char.charCodeAt(0)] = 2;
  shortEscape[char.charCodeAt(0)] = letter.charCodeAt(0);
}

/** Bytes of the line as a JSON string, quotation marks included, without building it. */
export function jsonLineBytes(line: Uint8Array): number {
  let total = 2;
  let high = 0;
  for (let at = 0; at < line.length; at += 1) {
    const byte = line[at]!;
    high |= byte;
    total += encodedWidth[byte]!;
  }
  if (high < 0x80 || isValidUtf8(line)) return total;
  return jsonLineBytes(wellFormed(line));
}

/** The line as a JSON string. */
export function jsonLine(line: Uint8Array): Uint8Array {
  const writer = new JsonWriter(line.length + 2);
  writer.line(line);
  return writer.written();
}

/** JSON under construction: one buffer that grows by doubling, up to what the caller puts in. */
export class JsonWriter {
  #buffer: Uint8Array;
  #length = 0;

  constructor(bytesExpected: number) {
    this.#buffer = new Uint8Array(Math.max(64, bytesExpected));
  }

  /** JSON text as it stands: punctuation, keys, numbers. */
  text(text: string): void {
    this.bytes(Buffer.from(text));
  }

  /** JSON bytes as they stand. */
  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** The line as a JSON string; tells whether its bytes were valid UTF-8 (else they stand as U+FFFD). */
  line(line: Uint8Array): boolean {
    const before = this.#length;
    if (this.#string(line) < 0x80 || isValidUtf8(line)) return true;
    this.#length = before;
    this.#string(wellFormed(line));
    return false;
  }

  /** A view of what was written so far. */
  written(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Writes bytes as a string, 0x80 and above as they are; gives all bytes or-ed together. */
  #string(line: Uint8Array): number {
    this.#reserve(line.length * 6 + 2);
    const buffer = this.#buffer;
    let to = this.#length;
    let high = 0;
    buffer[to++] = QUOTE;
    for (let at = 0; at < line.length; at += 1) {
      const byte = line[at]!;
      high |= byte;
      if (encodedWidth[byte] === 1) buffer[to++] = byte;
      else to = escapeByte(buffer, to, byte);
    }
    buffer[to++] = QUOTE;
    this.#length = to;
    return high;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    larger.set(this.written());
    this.#buffer = larger;
  }
}

/** Writes the escape of one byte at `to`; gives the offset after it. */
function escapeByte(buffer: Uint8Array, to: number, byte: number): number {
  let at = to;
  buffer[at++] = BACKSLASH;
  if (shortEscape[byte] !== 0) {
    buffer[at++] = shortEscape[byte]!;
    return at;
  }
  buffer[at++] = LETTER_U;
  buffer[at++] = ZERO;
  buffer[at++] = ZERO;
  buffer[at++] = ZERO + (byte >> 4);
  buffer[at++] = '0123456789abcdef'.charCodeAt(byte & 0x0f);
  return at;
}

/** Valid UTF-8 in which U+FFFD stands for what was ill-formed. */
function wellFormed(line: Uint8Array): Uint8Array {
  return Buffer.from(decodeUtf8(line));
}
