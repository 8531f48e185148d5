// The full check: that every line of a file arrived exactly once, with its content, and whether in order. Lines are
// told apart by their sequence numbers (data.mjs); the contents are compared by one sum over all lines, which does not
// depend on their order.
import { readFileSync } from 'node:fs';

const sequencePattern = /\d{10}/;

/** What a file holds, to be compared with what a `Proof` has seen. */
export function describeFile(path) {
  const proof = new Proof();
  const texts = readFileSync(path, 'utf8').split('\n');
  texts.pop();
  proof.add(texts);
  return proof.summary();
}

export class Proof {
  #seen = new Set();
  #repeated = 0;
  #disorder = 0;
  #sum = 0;
  #last = -1;

  add(texts) {
    for (const text of texts) {
      const sequence = Number(sequencePattern.exec(text)?.[0] ?? -1);
      if (this.#seen.has(sequence)) this.#repeated += 1;
      else this.#seen.add(sequence);
      if (sequence < this.#last) this.#disorder += 1;
      this.#last = sequence;
      this.#sum = (this.#sum + hash(text)) % Number.MAX_SAFE_INTEGER;
    }
  }

  summary() {
    return { different: this.#seen.size, repeated: this.#repeated, disorder: this.#disorder, sum: this.#sum };
  }
}

/** FNV-1a of 32 bits over the text's UTF-16 units. */
function hash(text) {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
