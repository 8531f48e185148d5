/** White space as `src/lines/white-space.ts` defines it, at memory. LF is left to the callers: it ends the line. */
import { LF } from './bytes';
import { asciiEscape } from './escapes';

/** False when no white space begins with the byte. */
export function mayBeSpace(first: u8): bool {
  return first <= 0x20 || first >= 0x80;
}

/** Where the first byte stands that is no white space: in the line, or its LF, or `to`. */
export function skipWhiteSpace(from: usize, to: usize): usize {
  let at = from;
  while (at < to && load<u8>(at) != LF) {
    const width = spaceAt(at, to);
    if (width == 0) break;
    at += width;
  }
  return at;
}

/** Where the text ends when white space at its end is left out. */
export function trimmedEnd(from: usize, to: usize): usize {
  let end = to;
  for (let width = spaceBefore(from, end); width != 0; width = spaceBefore(from, end)) end -= width;
  return end;
}

/** What white space takes in a JSON string. */
export function spaceBytes(from: usize, to: usize): usize {
  let bytes: usize = 0;
  for (let at = from; at < to; at++) {
    const byte = load<u8>(at);
    bytes += byte < 0x80 ? usize(asciiEscape(byte) >> 56) : 1;
  }
  return bytes;
}

/** Bytes of the white space character that begins at `at`; 0 when none does. */
function spaceAt(at: usize, to: usize): usize {
  const first = load<u8>(at);
  if (first < 0x80) return usize(isAsciiSpace(first));
  if (first == 0xc2) return to - at >= 2 && isLatinSpace(load<u8>(at, 1)) ? 2 : 0;
  return to - at >= 3 && isWideSpace(first, load<u8>(at, 1), load<u8>(at, 2)) ? 3 : 0;
}

/** Bytes of the white space character that ends at `to`; 0 when none does. */
function spaceBefore(from: usize, to: usize): usize {
  if (to <= from) return 0;
  const last = load<u8>(to - 1);
  if (last < 0x80) return usize(isAsciiSpace(last));
  if (to - from >= 2 && load<u8>(to - 2) == 0xc2) return isLatinSpace(last) ? 2 : 0;
  return to - from >= 3 && isWideSpace(load<u8>(to - 3), load<u8>(to - 2), last) ? 3 : 0;
}

function isAsciiSpace(byte: u8): bool {
  return (byte >= 0x09 && byte <= 0x0d) || (byte >= 0x1c && byte <= 0x20);
}

function isLatinSpace(second: u8): bool {
  return second == 0x85 || second == 0xa0;
}

function isWideSpace(first: u8, second: u8, third: u8): bool {
  if (first == 0xe1) return second == 0x9a && third == 0x80;
  if (first == 0xe3) return second == 0x80 && third == 0x80;
  if (first != 0xe2) return false;
  if (second == 0x81) return third == 0x9f;
  if (second != 0x80) return false;
  return (third >= 0x80 && third <= 0x8a) || third == 0xa8 || third == 0xa9 || third == 0xaf;
}
