/**
 * White space at both ends of a line, as Python's `str.strip()` sees it: U+0009 to U+000D, U+001C to U+0020, U+0085,
 * U+00A0, U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F, U+3000. (JavaScript's `trim` differs: it leaves
 * U+001C to U+001F and U+0085, and takes U+FEFF.)
 *
 * Works on bytes. Looking backwards is safe: a lead byte always begins a character, so the bytes of a white space
 * character are one wherever they stand, also among ill-formed bytes.
 */

/** The line without its white space at both ends, as a view. */
export function trimWhiteSpace(line: Uint8Array): Uint8Array {
  let from = 0;
  let to = line.length;
  for (let width = spaceAt(line, from, to); width > 0; width = spaceAt(line, from, to)) from += width;
  for (let width = spaceBefore(line, from, to); width > 0; width = spaceBefore(line, from, to)) to -= width;
  return from === 0 && to === line.length ? line : line.subarray(from, to);
}

/** Whether there is nothing but white space. */
export function isBlank(line: Uint8Array): boolean {
  let from = 0;
  for (let width = spaceAt(line, from, line.length); width > 0; width = spaceAt(line, from, line.length)) {
    from += width;
  }
  return from === line.length;
}

/** Bytes of the white space character that begins at `from`; 0 when none does. */
function spaceAt(line: Uint8Array, from: number, to: number): number {
  if (from >= to) return 0;
  const first = line[from]!;
  if (first < 0x80) return isAsciiSpace(first) ? 1 : 0;
  if (first === 0xc2) return from + 2 <= to && isLatinSpace(line[from + 1]!) ? 2 : 0;
  return from + 3 <= to && isWideSpace(first, line[from + 1]!, line[from + 2]!) ? 3 : 0;
}

/** Bytes of the white space character that ends at `to`; 0 when none does. */
function spaceBefore(line: Uint8Array, from: number, to: number): number {
  if (to <= from) return 0;
  const last = line[to - 1]!;
  if (last < 0x80) return isAsciiSpace(last) ? 1 : 0;
  if (to - from >= 2 && line[to - 2] === 0xc2) return isLatinSpace(last) ? 2 : 0;
  return to - from >= 3 && isWideSpace(line[to - 3]!, line[to - 2]!, last) ? 3 : 0;
}

function isAsciiSpace(byte: number): boolean {
  return (byte >= 0x09 && byte <= 0x0d) || (byte >= 0x1c && byte <= 0x20);
}

/** After C2: U+0085 and U+00A0. */
function isLatinSpace(second: number): boolean {
  return second === 0x85 || second === 0xa0;
}

function isWideSpace(first: number, second: number, third: number): boolean {
  if (first === 0xe1) return second === 0x9a && third === 0x80;
  if (first === 0xe3) return second === 0x80 && third === 0x80;
  if (first !== 0xe2) return false;
  if (second === 0x81) return third === 0x9f;
  if (second !== 0x80) return false;
  return (third >= 0x80 && third <= 0x8a) || third === 0xa8 || third === 0xa9 || third === 0xaf;
}
