/**
 * New files that may be the copies that `copytruncate` makes. One whose bytes so far are those of a followed file is
 * held back until the original is truncated (then it is the old generation's body), until it differs, or for
 * `copy_wait`.
 */
import type { FileStat } from '../../host/disk.ts';
import type { Follow } from './follow.ts';
import type { Ground } from './ground.ts';
import type { Handles, Sibling } from './handles.ts';
import type { Patterns } from './patterns.ts';

export interface Held {
  readonly path: string;
  readonly original: Follow;
  readonly patterns: Patterns;
  readonly sinceMs: number;
  readonly provenBytes: number;
}

export class Copies {
  readonly #ground: Ground;
  readonly #handles: Handles;
  readonly #held = new Map<string, Held>();

  constructor(ground: Ground, handles: Handles) {
    this.#ground = ground;
    this.#handles = handles;
  }

  get held(): readonly Held[] {
    return [...this.#held.values()];
  }

  holds(path: string): boolean {
    return this.#held.has(path);
  }

  release(path: string): void {
    this.#held.delete(path);
  }

  /** Holds a file back when it looks like the copy of a followed one; false when it does not. */
  async hold(
    path: string,
    stat: FileStat,
    {
      patterns,
      sinceMs = this.#ground.uptimeMs(),
    }: { readonly patterns: Patterns; readonly sinceMs?: number },
  ): Promise<boolean> {
    const found = await this.#ground.evidence.originalOf(path, stat);
    if (found === null) return false;
    const provenBytes = found.likeness === 'same' ? stat.size : 0;
    this.#held.set(path, { path, original: found.original, patterns, sinceMs, provenBytes });
    return true;
  }

  /** Up to here the held file was seen to be the same as the original, before that was truncated. */
  prove(held: Held, provenBytes: number): void {
    this.#held.set(held.path, { ...held, provenBytes });
  }

  provenBytes(path: string, original: Follow): number {
    const held = this.#held.get(path);
    return held?.original === original ? held.provenBytes : 0;
  }

  /** Files that may be copies of a followed one: those beside it, newest first, and those held for it. */
  async candidatesFor(follow: Follow): Promise<readonly Sibling[]> {
    const { disk } = this.#ground.options.host;
    const found: Sibling[] = [...(await this.#handles.siblings(follow.record.path))];
    for (const { path, original } of this.#held.values()) {
      const stat = original === follow ? await disk.stat(path).catch(() => null) : null;
      if (stat !== null && found.every((one) => one.path !== path)) found.push({ path, stat });
    }
    return found;
  }
}
