/**
 * Something to wait for: a ring wakes whoever waits, and one that comes before the wait is not lost. One waiter at a
 * time.
 */
import type { Clock } from './clock.ts';

/** Why a timer is ended; without a reason, an error with its stack is made each time. */
const ended = 'the wait is over';

export class Bell {
  #rung = false;
  #wake: (() => void) | null = null;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Resolves at the ring, after `ms`, or when the signal is aborted, whichever comes first. */
  async wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted) await this.#sleep(clock, ms, signal);
    this.#rung = false;
  }

  /** What waits for each line of a quiet file: no timer where none is asked for, and no error made to end one. */
  #sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const alarm = ms < Number.POSITIVE_INFINITY ? new AbortController() : null;
      let over = false;
      const end = () => {
        if (over) return;
        over = true;
        this.#wake = null;
        signal.removeEventListener('abort', end);
        alarm?.abort(ended);
        resolve();
      };
      this.#wake = end;
      signal.addEventListener('abort', end, { once: true });
      if (alarm !== null) clock.sleep(ms, alarm.signal).then(end, reject);
    });
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
