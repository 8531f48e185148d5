/**
 * One incarnation of a process: what it waits for, and what dies with it. After `kill` nothing it asked for ever
 * answers, its locks, servers and open files are free, and whatever it still tries to do synchronously throws
 * `Killed`. Its memory is whatever only its closures hold.
 */
import type { Time } from './time.ts';

export class Killed extends Error {
  constructor() {
    super('this process of the simulated world was killed');
    this.name = 'Killed';
  }
}

export class WorldProcess {
  readonly name: string;
  readonly pid: number;
  readonly time: Time;
  readonly startedMs: number;
  #alive = true;
  #diedAtMs = Number.POSITIVE_INFINITY;
  readonly #last: (() => void)[] = [];

  constructor(name: string, pid: number, time: Time) {
    this.name = name;
    this.pid = pid;
    this.time = time;
    this.startedMs = time.nowMs;
  }

  get alive(): boolean {
    return this.#alive;
  }

  get diedAtMs(): number {
    return this.#diedAtMs;
  }

  /** Does the work after so long and gives its result; never, when the process has died meanwhile. */
  later<T>(delayMs: number, work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.time.after(delayMs, () => {
        if (!this.#alive) return;
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** Throws when the process is dead: for what answers at once. */
  mustLive(): void {
    if (!this.#alive) throw new Killed();
  }

  /** Called when the process dies, last first. Gives what takes the call back. */
  atDeath(work: () => void): () => void {
    this.#last.push(work);
    return () => {
      const index = this.#last.lastIndexOf(work);
      if (index >= 0) this.#last.splice(index, 1);
    };
  }

  kill(): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#diedAtMs = this.time.nowMs;
    for (const work of this.#last.splice(0).reverse()) work();
  }
}
