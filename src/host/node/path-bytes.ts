/**
 * Paths as bytes and back. Linux names are bytes, JavaScript's are UTF-16: a byte that is not part of valid UTF-8
 * stands as one lone surrogate U+DC00 + byte (PEP 383), so that every name goes round unchanged.
 */
import { isUtf8 } from 'node:buffer';

/** With the flag `u` only surrogates outside a pair match. */
const escapedByte = /[\udc80-\udcff]/u;

/** What Node's file functions take: the string itself, or its bytes where it holds escaped ones. */
export function nativePath(path: string): string | Buffer {
  if (!escapedByte.test(path)) return path;
  const parts: Buffer[] = [];
  for (const char of path) {
    const code = char.codePointAt(0)!;
    parts.push(code >= 0xdc80 && code <= 0xdcff ? Buffer.of(code - 0xdc00) : Buffer.from(char));
  }
  return Buffer.concat(parts);
}

export function pathFromBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString();
  let path = '';
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    path += length === 0 ? String.fromCharCode(0xdc00 + bytes[at]!) : bytes.toString('utf8', at, at + length);
    at += Math.max(1, length);
  }
  return path;
}

/** Bytes of the valid UTF-8 sequence that begins at `at`; 0 when none does. */
function sequenceLength(bytes: Buffer, at: number): number {
  const lead = bytes[at]!;
  const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (at + length > bytes.length) return 0;
  return isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}
