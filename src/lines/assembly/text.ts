/**
 * The text of a line as the inside of a JSON string: the innermost loop. It looks for the line end, checks UTF-8,
 * escapes and writes in one pass, 16 bytes at a time (8 in the build without SIMD).
 *
 * - Every step begins at a character, and everything before it is written.
 * - Past `to` zeros are read; they are control characters, so every chunk that holds the end stops there.
 * - A step may write up to 64 bytes past where it ends; the room limit keeps a distance.
 */
import { BACKSLASH, CR, LF, QUOTE } from './bytes';
import { controlEscape, escapeMask, keepFirst, spread } from './escapes';
import { characterBytes, illFormed, incomplete } from './utf8';

/** The ways of passing over text. */
export class Writing {}
export class Measuring {}

/** UTF-8 of U+FFFD, little-endian. */
const REPLACEMENT: u32 = 0xbdbfef;

/**
 * Encodes text from `from` on, to `out` on. Gives where it stopped (high half) and where the output ends (low half). It
 * stopped at the line end (LF, or CR with LF after it), or at `to`; or, anywhere, because the output has passed
 * `roomLimit`; or, when `replaces` is false, at ill-formed UTF-8. When measuring, `out` is a count and nothing is written.
 */
export function encodeText<Way>(from: usize, to: usize, out: usize, roomLimit: usize, replaces: bool): u64 {
  let at = from;
  while (out <= roomLimit) {
    if (ASC_FEATURE_SIMD) {
      let chunk = v128.load(at);
      if (to - at < 16) chunk = keepFirst(chunk, to - at);
      const escapes = escapeMask(chunk);
      // Compared with signs, bytes from 0x80 on are less than the control characters.
      const hard: u32 = i8x16.bitmask(i8x16.lt_s(chunk, i8x16.splat(0x20)));
      if ((escapes | hard) == 0) {
        if (writes<Way>()) v128.store(out, chunk);
        at += 16;
        out += 16;
        continue;
      }
      if (hard == 0) {
        if (writes<Way>()) spread(out, chunk, escapes);
        at += 16;
        out += 16 + popcnt(escapes);
        continue;
      }
      let length: u32 = ctz(hard);
      const high: u32 = i8x16.bitmask(chunk);
      if ((high >> length) & 1) {
        const whole: u32 = ctz((hard & ~high) | incomplete(chunk) | 0x10000);
        const errors: u32 = i8x16.bitmask(i8x16.ne(illFormed(chunk), i8x16.splat(0)));
        // What comes too short is seen at the byte after it. With an error the first character goes by itself.
        if ((errors & ((2 << whole) - 1)) == 0) length = whole;
      }
      if (writes<Way>()) spread(out, chunk, escapes);
      at += length;
      out += length + popcnt(escapes & ((1 << length) - 1));
      if (at == to) break;
    } else {
      let word = load<u64>(at);
      if (to - at < 8) word &= ((<u64>1) << ((to - at) << 3)) - 1;
      // With bit 1 flipped the quotation mark stands beside the control characters: one subtraction finds both. A
      // borrow disturbs only bytes above one that was found, and only the lowest is used.
      const found =
        (word |
          ((word ^ 0x0202020202020202) - 0x2121212121212121) |
          ((word ^ 0x5c5c5c5c5c5c5c5c) - 0x0101010101010101)) &
        0x8080808080808080;
      if (writes<Way>()) store<u64>(out, word);
      if (found == 0) {
        at += 8;
        out += 8;
        continue;
      }
      const length = usize(ctz(found) >> 3);
      at += length;
      out += length;
      if (at == to) break;
    }
    const byte = load<u8>(at);
    if (byte >= 0x80) {
      const width = characterBytes(at, to);
      if (width > 0) {
        if (writes<Way>()) store<u32>(out, load<u32>(at));
        at += width;
        out += width;
      } else {
        if (!replaces) break;
        if (writes<Way>()) store<u32>(out, REPLACEMENT);
        at -= width;
        out += 3;
      }
    } else if (byte < 0x20) {
      if (byte == LF || (byte == CR && to - at > 1 && load<u8>(at, 1) == LF)) break;
      const escaped = controlEscape(byte);
      if (writes<Way>()) store<u64>(out, escaped);
      at++;
      out += usize(escaped >> 56);
    } else if (byte == QUOTE || byte == BACKSLASH) {
      if (writes<Way>()) store<u16>(out, BACKSLASH | (u16(byte) << 8));
      at++;
      out += 2;
    }
  }
  return (u64(at) << 32) | u64(out);
}

/** Known when compiling. */
function writes<Way>(): bool {
  return idof<Way>() == idof<Writing>();
}
