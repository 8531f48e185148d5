/**
 * The state, with patience: what cannot be written now (a full disk) is kept in order and written before anything
 * that comes after it. Nothing goes on as if it had been written.
 */
import type { Durability } from '../host/database.ts';
import { AlmadiaError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import type { SelfLog } from '../host/selflog.ts';
import type { Change, State } from '../state/state.ts';

const retryMs = 1000;

export class Journal {
  readonly #state: State;
  readonly #clock: Host['clock'];
  readonly #log: SelfLog;
  #waiting: Change[] = [];
  #waitingDurability: Durability = 'normal';
  /** Why the state cannot be written at present; null when it can. */
  trouble: string | null = null;

  constructor(state: State, host: Pick<Host, 'clock'>, log: SelfLog) {
    this.#state = state;
    this.#clock = host.clock;
    this.#log = log;
  }

  /** Commits now, or as soon as it can be done; for changes of which nobody waits for the end. */
  note(changes: readonly Change[], durability: Durability = 'normal'): void {
    if (this.#try(changes, durability)) return;
    this.#waiting.push(...changes);
    if (durability === 'full') this.#waitingDurability = 'full';
  }

  /**
   * Resolves true once the changes are committed; false when the signal is aborted before that. A function is asked
   * again before each attempt: what was right at the first may be wrong by then.
   */
  async commit(
    changes: readonly Change[] | (() => readonly Change[]),
    how: { readonly durability: Durability; readonly signal: AbortSignal },
  ): Promise<boolean> {
    const current = typeof changes === 'function' ? changes : () => changes;
    while (!this.#try(current(), how.durability)) {
      if (how.signal.aborted) return false;
      await this.#clock.sleep(retryMs, how.signal);
    }
    return true;
  }

  #try(changes: readonly Change[], durability: Durability): boolean {
    try {
      const both = this.#waitingDurability === 'full' ? 'full' : durability;
      this.#state.commit([...this.#waiting, ...changes], both);
      this.#waiting = [];
      this.#waitingDurability = 'normal';
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
