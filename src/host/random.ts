/** Randomness: for names, keys and jitter. */
export interface Random {
  /** `count` bytes fit for keys. */
  bytes(count: number): Uint8Array;
  /** A number in [0, 1), for jitter only. */
  fraction(): number;
}

/** A name of 128 random bits, in lower-case hexadecimal. */
export function randomName(random: Random): string {
  return Buffer.from(random.bytes(16)).toString('hex');
}
