/**
 * Virtual time: a queue of events in the order of (time, number). It moves only when everything is idle, which is
 * when one turn of the real event loop has let every promise that can settle settle. Milliseconds, fractions allowed.
 *
 * Invariant: between two events nothing of the world is waiting for anything but the queue.
 */
export interface Timer {
  cancel(): void;
}

interface Entry {
  readonly atMs: number;
  readonly number: number;
  run: (() => void) | null;
}

export class Time {
  #nowMs = 0;
  #number = 0;
  #stepped = 0;
  /** A binary heap, the earliest at the root. */
  readonly #heap: Entry[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  /** How many events have run. */
  get steps(): number {
    return this.#stepped;
  }

  after(delayMs: number, run: () => void): Timer {
    const entry: Entry = { atMs: this.#nowMs + Math.max(0, delayMs), number: this.#number, run };
    this.#number += 1;
    push(this.#heap, entry);
    return {
      cancel: () => {
        entry.run = null;
      },
    };
  }

  wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  /** Runs events up to a moment, or until `done` holds, whichever comes first; true when `done` held. */
  async runUntil(untilMs: number, done: () => boolean = () => false): Promise<boolean> {
    await idle();
    while (!done()) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > untilMs) {
        this.#nowMs = Math.max(this.#nowMs, untilMs);
        return false;
      }
      pop(this.#heap);
      if (next.run === null) continue;
      this.#nowMs = next.atMs;
      this.#stepped += 1;
      next.run();
      await idle();
    }
    return true;
  }

  /** Runs events until the promise has settled; fails when the queue runs dry or the time is over before. */
  async finish<T>(promise: Promise<T>, withinMs: number): Promise<T> {
    let settled = false;
    const mark = () => {
      settled = true;
    };
    promise.then(mark, mark);
    if (await this.runUntil(this.#nowMs + withinMs, () => settled)) return promise;
    throw new Error(`nothing came of it within ${withinMs} ms of virtual time`);
  }
}

/** One turn of the event loop: every promise job and nextTick queued by now, and what they queue, has run. */
export function idle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function before(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.number < b.number);
}

function push(heap: Entry[], entry: Entry): void {
  let at = heap.length;
  heap.push(entry);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!before(entry, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop()!;
  if (heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
    if (!before(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
}
