/**
 * Whose turn it is to be read. Files that had been silent go before those that are being read at full speed, each once in
 * its line, first come first served; so that no burst makes a quiet file wait. The silent ones cannot starve the others
 * either: after so many of their turns in a row one of the others has its turn.
 */
import type { Follow } from './follow.ts';

/** A file that gave nothing for so long counts as silent. */
export const silenceMs = 250;
/** Turns of silent files in a row while others wait. */
const silentTurnsMax = 16;

export class Turns {
  readonly #silent = new Set<Follow>();
  readonly #busy = new Set<Follow>();
  #silentTurns = 0;

  get size(): number {
    return this.#silent.size + this.#busy.size;
  }

  has(follow: Follow): boolean {
    return this.#silent.has(follow) || this.#busy.has(follow);
  }

  /** False when it waits already. */
  add(follow: Follow, { silent }: { readonly silent: boolean }): boolean {
    if (this.has(follow)) return false;
    (silent ? this.#silent : this.#busy).add(follow);
    return true;
  }

  /** The next one, which waits no more; undefined when none does. */
  next(): Follow | undefined {
    const silentFirst = this.#busy.size === 0 || this.#silentTurns < silentTurnsMax;
    const from = this.#silent.size > 0 && silentFirst ? this.#silent : this.#busy;
    this.#silentTurns = from === this.#silent ? this.#silentTurns + 1 : 0;
    for (const follow of from) {
      from.delete(follow);
      return follow;
    }
    return undefined;
  }
}
