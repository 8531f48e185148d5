/**
 * The state, with patience. Changes are committed strictly in the order in which they were handed in, so that what is
 * on the disk is always a beginning of what happened: a small transaction that would fit on a full disk never
 * overtakes a large one that does not. Once one was given up, none after it is written.
 *
 * What need not be on the disk yet waits for the next commit and becomes part of it: each transaction costs more than what
 * stands in it.
 */
import type { Durability } from '../host/database.ts';
import { AlmadiaError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import type { SelfLog } from '../host/selflog.ts';
import type { Change, State } from '../state/state.ts';

interface Waiting {
  readonly changes: readonly Change[];
  readonly durability: Durability;
  done(committed: boolean): void;
  failed(error: unknown): void;
}

const retryMs = 1000;

export class Journal {
  readonly #state: State;
  readonly #clock: Host['clock'];
  readonly #log: SelfLog;
  readonly #giveUp: AbortSignal;
  #waiting: Waiting[] = [];
  /** Handed in before everything that is handed in next. */
  #later: Change[] = [];
  #retrying = false;
  #givenUp = false;
  /** Why the state cannot be written at present; null when it can. */
  trouble: string | null = null;

  /** Once `giveUp` is aborted, nothing that could not be written by then is written any more. */
  constructor(
    state: State,
    given: { readonly host: Pick<Host, 'clock'>; readonly log: SelfLog; readonly giveUp: AbortSignal },
  ) {
    this.#state = state;
    this.#clock = given.host.clock;
    this.#log = given.log;
    this.#giveUp = given.giveUp;
  }

  /** Whether the state has all that was handed in, but for what may wait. */
  get idle(): boolean {
    return this.#waiting.length === 0 && !this.#givenUp;
  }

  /** For changes that may wait for the next commit; `settle` is one. */
  later(changes: readonly Change[]): void {
    this.#later.push(...changes);
  }

  /** Commits what waits for the next commit. Resolves as `commit` does. */
  async settle(): Promise<boolean> {
    return this.#later.length === 0 || (await this.commit([], 'normal'));
  }

  /** Resolves true once the changes are committed, false when they were given up. Tried before it returns. */
  commit(changes: readonly Change[], durability: Durability): Promise<boolean> {
    return new Promise((done, failed) => {
      if (this.#givenUp) {
        done(false);
        return;
      }
      this.#waiting.push({ changes: [...this.#later.splice(0), ...changes], durability, done, failed });
      if (!this.#retrying && !this.#flush()) this.#retry().catch((error: unknown) => this.#fail(error));
    });
  }

  /** For changes that may as well be left out: false when they cannot be written now. */
  tryCommit(changes: readonly Change[], durability: Durability): boolean {
    if (this.#waiting.length > 0 || !this.#try([...this.#later, ...changes], durability)) return false;
    this.#later = [];
    return true;
  }

  async #retry(): Promise<void> {
    this.#retrying = true;
    do {
      await this.#clock.sleep(retryMs, this.#giveUp);
    } while (!this.#flush() && !this.#giveUp.aborted);
    this.#retrying = false;
    this.#givenUp = this.#waiting.length > 0;
    for (const { done } of this.#waiting) done(false);
  }

  #fail(error: unknown): void {
    for (const { failed } of this.#waiting) failed(error);
  }

  /** All that waits, in one transaction. */
  #flush(): boolean {
    const durability = this.#waiting.some((one) => one.durability === 'full') ? 'full' : 'normal';
    const all = this.#waiting.flatMap((one) => one.changes);
    if (!this.#try(all, durability)) return false;
    const written = this.#waiting;
    this.#waiting = [];
    for (const { done } of written) done(true);
    return true;
  }

  #try(changes: readonly Change[], durability: Durability): boolean {
    try {
      this.#state.commit(changes, durability);
      if (this.trouble !== null) this.#log.write('info', 'state.written', 'the state can be written again');
      this.trouble = null;
      return true;
    } catch (error) {
      if (!(error instanceof AlmadiaError)) throw error;
      if (this.trouble === null) {
        this.#log.write('error', 'state.unwritable', `${error.message}; reading waits, nothing is lost`);
      }
      this.trouble = error.message;
      return false;
    }
  }
}
