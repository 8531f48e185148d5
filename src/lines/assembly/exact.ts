/** The text of one line where room is scarce: byte by byte, nothing written past the end. Once or so for each region. */
import { asciiEscape } from './escapes';
import { FULL, INVALID } from './shape';
import { characterBytes } from './utf8';

/** Gives where the output ends; or FULL, or INVALID when ill-formed UTF-8 is not replaced and came first. */
export function encodeExactly(from: usize, to: usize, into: usize, intoEnd: usize, replaces: bool): usize {
  let at = from;
  let out = into;
  while (at < to) {
    const byte = load<u8>(at);
    if (byte >= 0x80) {
      const width = characterBytes(at, to);
      if (width < 0 && !replaces) return INVALID;
      const bytes: usize = width < 0 ? 3 : width;
      if (intoEnd - out < bytes) return FULL;
      if (width > 0) {
        for (let index: usize = 0; index < bytes; index++) store<u8>(out + index, load<u8>(at + index));
      } else {
        store<u16>(out, 0xbfef);
        store<u8>(out, 0xbd, 2);
      }
      at += abs(width);
      out += bytes;
      continue;
    }
    let escaped = asciiEscape(byte);
    const bytes = usize(escaped >> 56);
    if (intoEnd - out < bytes) return FULL;
    for (let index: usize = 0; index < bytes; index++, escaped >>= 8) store<u8>(out + index, u8(escaped));
    at++;
    out += bytes;
  }
  return out;
}
