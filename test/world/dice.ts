/**
 * The seed's dice: the only randomness of the world. The generator is sfc32 (Chris Doty-Humphrey, PractRand).
 *
 * Whoever needs dice takes a fork of its own by name, so that one part that throws once more does not shift what all
 * the others throw.
 */
export class Dice {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number | string) {
    const words = hash(String(seed));
    this.#a = words[0];
    this.#b = words[1];
    this.#c = words[2];
    for (let round = 0; round < 12; round += 1) this.word();
  }

  /** A fork that depends on the name and on nothing thrown so far but the seed and earlier forks. */
  fork(name: string): Dice {
    return new Dice(`${name}:${this.word()}:${this.word()}`);
  }

  /** 32 random bits. */
  word(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + sum) | 0;
    return sum >>> 0;
  }

  /** In [0, 1). */
  fraction(): number {
    return this.word() / 2 ** 32;
  }

  /** A whole number in [low, high]. */
  between(low: number, high: number): number {
    return low + Math.floor(this.fraction() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.fraction() * items.length)]!;
  }

  bytes(count: number): Uint8Array {
    const out = new Uint8Array(count);
    for (let at = 0; at < count; at += 1) out[at] = this.word() & 0xff;
    return out;
  }
}

/** Three well-mixed words of a text (FNV-1a with different starts, then a finalizer). */
function hash(text: string): [number, number, number] {
  const words: [number, number, number] = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b];
  for (let which = 0; which < 3; which += 1) {
    let word = words[which]!;
    for (let at = 0; at < text.length; at += 1) {
      word = Math.imul(word ^ text.charCodeAt(at), 0x01000193);
    }
    word = Math.imul(word ^ (word >>> 16), 0x7feb352d);
    word = Math.imul(word ^ (word >>> 15), 0x846ca68b);
    words[which] = word ^ (word >>> 16);
  }
  return words;
}
