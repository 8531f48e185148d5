/**
 * Holding the store's file still while another process copies it: this one must not open and close the file itself,
 * since that would drop SQLite's lock on it (POSIX). Whoever copies says every few seconds that it still does; when it
 * falls silent, the file is let go of, and it learns at the end that its copy is worth nothing.
 */
import type { Clock } from '../host/clock.ts';
import type { Store } from '../store/store.ts';

export const holdMs = 30_000;

interface Held {
  readonly id: number;
  readonly release: () => void;
  /** Aborted when it has ended. */
  readonly over: AbortController;
  untilMs: number;
}

export class Holding {
  readonly #store: Pick<Store, 'hold'>;
  readonly #clock: Clock;
  #held: Held | null = null;
  #count = 0;

  constructor(store: Pick<Store, 'hold'>, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Null while another copy is being made. Throws as the store does. */
  begin(): number | null {
    if (this.#held !== null) return null;
    const release = this.#store.hold();
    this.#count += 1;
    const untilMs = this.#clock.monotonicMs() + holdMs;
    this.#held = { id: this.#count, release, over: new AbortController(), untilMs };
    void this.#watch(this.#held);
    return this.#count;
  }

  /** False when the file was let go of meanwhile. */
  renew(id: number): boolean {
    if (this.#held?.id !== id) return false;
    this.#held.untilMs = this.#clock.monotonicMs() + holdMs;
    return true;
  }

  /** Whether the file was held from beginning to end. */
  end(id: number): boolean {
    if (this.#held?.id !== id) return false;
    const { release, over } = this.#held;
    this.#held = null;
    over.abort();
    release();
    return true;
  }

  /** What is being copied is worth nothing from now on. */
  close(): void {
    if (this.#held !== null) this.end(this.#held.id);
  }

  async #watch(held: Held): Promise<void> {
    const { signal } = held.over;
    while (!signal.aborted) {
      await this.#clock.sleep(Math.max(1, held.untilMs - this.#clock.monotonicMs()), signal);
      if (!signal.aborted && held.untilMs <= this.#clock.monotonicMs()) this.end(held.id);
    }
  }
}
