/**
 * Something to wait for: a ring wakes whoever waits, and one that comes before the wait is not lost. One waiter at a
 * time.
 */
import type { Clock } from './clock.ts';

const over = 'over';

export class Bell {
  #rung = false;
  #wake: (() => void) | null = null;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Resolves at the ring, after `ms`, or when the signal is aborted, whichever comes first. */
  async wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted) {
      const alarm = new AbortController();
      // Without a reason an exception would be made for it, with its stack.
      const end = () => alarm.abort(over);
      signal.addEventListener('abort', end, { once: true });
      const rung = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const aborted = new Promise<void>((resolve) => {
        alarm.signal.addEventListener('abort', () => resolve(), { once: true });
      });
      await Promise.race([
        rung,
        aborted,
        ...(ms < Number.POSITIVE_INFINITY ? [clock.sleep(ms, alarm.signal)] : []),
      ]);
      this.#wake = null;
      signal.removeEventListener('abort', end);
      end();
    }
    this.#rung = false;
  }
}

/** Runs one piece of work at a time, in the order in which they were asked for. */
export class Turnstile {
  #last: Promise<unknown> = Promise.resolve();

  pass<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work, work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
