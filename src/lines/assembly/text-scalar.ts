/** `encodeText` without SIMD: eight bytes at a time in one word. The contract is in `text.ts`. */
import { BACKSLASH, LF, QUOTE } from './bytes';
import { isLineEnd } from './line';
import { atOf, encodeOne, outOf, pair, writes } from './text';
import { characterBytes } from './utf8';

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
    // With bit 1 flipped the quotation mark stands beside the control characters: one subtraction finds both. A borrow
    // disturbs only bytes above one that was found, and only the lowest is used.
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
    const byte = load<u8>(at);
    if (byte == QUOTE || byte == BACKSLASH) {
      if (writes<Way>()) store<u16>(out, BACKSLASH | (u16(byte) << 8));
      at++;
      out += 2;
      continue;
    }
    if (byte == LF || isLineEnd(at, to)) break;
    if (!replaces && byte >= 0x80 && characterBytes(at, to) < 0) break;
    const after = encodeOne<Way>(at, to, out);
    at = atOf(after);
    out = outOf(after);
  }
  return pair(at, out);
}
