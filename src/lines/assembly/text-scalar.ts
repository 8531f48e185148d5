/** `encodeText` without SIMD: eight bytes at a time in one word. The contract is in `text.ts`. */
import { LF } from './bytes';
import { asciiEscape } from './escapes';
import { isLineEnd } from './line';
import { pair, REPLACEMENT, writes } from './text';
import { characterBytes, usualCharacterBytes } from './utf8';

const HIGH_BITS: u64 = 0x8080808080808080;

export function encodeTextScalar<Way>(
  from: usize,
  to: usize,
  into: usize,
  roomLimit: usize,
  replaces: bool,
): u64 {
  let at = from;
  let out = into;
  while (out <= roomLimit) {
    let word = load<u64>(at);
    if (to - at < 8) word &= ((<u64>1) << ((to - at) << 3)) - 1;
    if (writes<Way>()) store<u64>(out, word);
    const found = unusual(word);
    if (found == 0) {
      at += 8;
      out += 8;
      continue;
    }
    const length = usize(ctz(found) >> 3);
    at += length;
    out += length;
    if (at == to) break;
    const byte = load<u8>(at);
    if (byte < 0x80) {
      if (byte == LF || isLineEnd(at, to)) break;
      const escaped = asciiEscape(byte);
      if (writes<Way>()) store<u64>(out, escaped);
      at++;
      out += usize(escaped >> 56);
      continue;
    }
    do {
      const four = load<u32>(at);
      let width: i32 = to - at >= 4 ? usualCharacterBytes(four) : 0;
      if (width == 0) width = characterBytes(at, to);
      if (width < 0 && !replaces) return pair(at, out);
      if (writes<Way>()) store<u32>(out, width > 0 ? four : REPLACEMENT);
      at += abs(width);
      out += width > 0 ? width : 3;
    } while (out <= roomLimit && at < to && load<u8>(at) >= 0x80);
  }
  return pair(at, out);
}

/**
 * The high bit of each byte that does not stand for itself: escaped ones, controls, and what is no ASCII. A borrow
 * disturbs only bytes above one that was found: whether there is one, and which is the lowest, is exact.
 */
function unusual(word: u64): u64 {
  // With bit 1 flipped the quotation mark stands beside the control characters: one subtraction finds both.
  const quotes = (word ^ 0x0202020202020202) - 0x2121212121212121;
  const backslashes = (word ^ 0x5c5c5c5c5c5c5c5c) - 0x0101010101010101;
  return (word | quotes | backslashes) & HIGH_BITS;
}
