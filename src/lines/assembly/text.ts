/**
 * The text of a line as the inside of a JSON string. One pass looks for the line end, checks UTF-8, escapes and writes,
 * in steps of 16 bytes (`text-simd.ts`) or 8 (`text-scalar.ts`); what is rare in logs goes byte by byte, here.
 *
 * - Every step begins at a character, and everything before it is written.
 * - Past `to` a step reads zeros. They are control characters, at which every step stops.
 * - A step may write up to `STEP_BYTES_MAX` past where it begins; the room limit keeps that distance.
 */
import { asciiEscape } from './escapes';
import { encodeTextScalar } from './text-scalar';
import { encodeTextSimd } from './text-simd';
import { characterBytes } from './utf8';

export const STEP_BYTES_MAX: usize = 64;

/** The ways of passing over text. When measuring, the output is a count and nothing is written. */
export class Writing {}
export class Measuring {}

/** UTF-8 of U+FFFD, little-endian. */
export const REPLACEMENT: u32 = 0xbdbfef;

/** Two offsets in one value: WebAssembly gives back one only. */
export function pair(at: usize, out: usize): u64 {
  return (u64(at) << 32) | u64(out);
}

export function atOf(both: u64): usize {
  return usize(both >> 32);
}

export function outOf(both: u64): usize {
  return usize(u32(both));
}

/** Known when compiling. */
export function writes<Way>(): bool {
  return idof<Way>() == idof<Writing>();
}

/**
 * Encodes text from `from` on, to `out` on; gives where it stopped and where the output ends. It stopped at the line end
 * (LF, or CR with LF after it), or at `to`; or, anywhere, because the output has passed `roomLimit`; or, when `replaces`
 * is false, at ill-formed UTF-8.
 */
export function encodeText<Way>(from: usize, to: usize, out: usize, roomLimit: usize, replaces: bool): u64 {
  return ASC_FEATURE_SIMD
    ? encodeTextSimd<Way>(from, to, out, roomLimit, replaces)
    : encodeTextScalar<Way>(from, to, out, roomLimit, replaces);
}

/** One character that is no line end, whatever it is, its own way. Gives the offsets after it. */
export function encodeOne<Way>(at: usize, to: usize, out: usize): u64 {
  const byte = load<u8>(at);
  if (byte >= 0x80) {
    const width = characterBytes(at, to);
    if (writes<Way>()) store<u32>(out, width > 0 ? load<u32>(at) : REPLACEMENT);
    return width > 0 ? pair(at + width, out + width) : pair(at - width, out + 3);
  }
  const escaped = asciiEscape(byte);
  if (writes<Way>()) store<u64>(out, escaped);
  return pair(at + 1, out + usize(escaped >> 56));
}
