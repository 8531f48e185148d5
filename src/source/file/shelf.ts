/**
 * An index of follows by some key. Nearly every key has one follow, and there are many keys: one such entry is the follow
 * itself, and only several under one key are kept in a set, in the order in which they came.
 */
import type { Follow } from './follow.ts';

export class Shelf<Key> {
  readonly #kept = new Map<Key, Follow | Set<Follow>>();

  get size(): number {
    return this.#kept.size;
  }

  add(key: Key, follow: Follow): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) this.#kept.set(key, follow);
    else if (kept instanceof Set) kept.add(follow);
    else if (kept !== follow) this.#kept.set(key, new Set([kept, follow]));
  }

  delete(key: Key, follow: Follow): void {
    const kept = this.#kept.get(key);
    if (kept instanceof Set) kept.delete(follow);
    if (kept === follow || (kept instanceof Set && kept.size === 0)) this.#kept.delete(key);
  }

  /** Those under a key, the first that came first. */
  get(key: Key): readonly Follow[] {
    const kept = this.#kept.get(key);
    if (kept === undefined) return [];
    return kept instanceof Set ? [...kept] : [kept];
  }
}
