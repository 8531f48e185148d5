/** UTF-8: whether bytes are it, bytes as text, and cutting without splitting a character. */
import { isUtf8 } from 'node:buffer';

export function isValidUtf8(bytes: Uint8Array): boolean {
  return isUtf8(bytes);
}

/**
 * The text; every maximal ill-formed part becomes one U+FFFD (WHATWG Encoding, "UTF-8 decode without BOM"). A byte
 * order mark is kept: it is part of the line's bytes.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}

/**
 * The longest beginning of at most `bytesMax` bytes that does not end inside a character. Ill-formed bytes are cut
 * anywhere.
 */
export function cutUtf8(bytes: Uint8Array, bytesMax: number): Uint8Array {
  if (bytes.length <= bytesMax) return bytes;
  const lead = leadBefore(bytes, bytesMax);
  const splits = lead < bytesMax && lead + sequenceLength(bytes[lead]!) > bytesMax;
  return bytes.subarray(0, splits ? lead : bytesMax);
}

/** Where the character begins that byte `at` may belong to; `at` itself when that byte begins one. */
function leadBefore(bytes: Uint8Array, at: number): number {
  let lead = at;
  while (lead > 0 && at - lead < 3 && isContinuation(bytes[lead]!)) lead -= 1;
  return lead;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** Bytes that a lead byte announces (RFC 3629); 1 for anything else. */
function sequenceLength(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 1;
}
