/**
 * Whole numbers from 0 to 2^53-1 in seven bits a byte, low bits first, the high bit set on all but the last byte
 * (LEB128). Signed differences are folded first: 0, -1, 1, -2, … become 0, 1, 2, 3, …
 */

/** The most bytes a number can take. */
export const varintBytesMax = 8;

/** Writes at `offset` and returns the offset behind it. */
export function writeVarint(target: Uint8Array, offset: number, value: number): number {
  let at = offset;
  let rest = value;
  while (rest >= 0x80) {
    target[at++] = (rest % 0x80) + 0x80;
    rest = Math.floor(rest / 0x80);
  }
  target[at++] = rest;
  return at;
}

/** Reads numbers one after another from hostile bytes. Throws `RangeError` at the end or past 2^53-1. */
export class VarintReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get position(): number {
    return this.#at;
  }

  next(): number {
    let value = 0;
    let unit = 1;
    for (let count = 0; count < varintBytesMax; count++) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new RangeError('the bytes end within a number');
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      unit *= 0x80;
    }
    throw new RangeError('a number is larger than 2^53-1');
  }
}

export function fold(signed: number): number {
  return signed < 0 ? -2 * signed - 1 : 2 * signed;
}

export function unfold(folded: number): number {
  return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
}
