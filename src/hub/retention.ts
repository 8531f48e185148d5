/** What the hub keeps and for how long: the rules, in the store's notes, and their carrying out every minute. */
import type { Clock } from '../host/clock.ts';
import type { SelfLog } from '../host/selflog.ts';
import type { RetentionRule, Store } from '../store/store.ts';

const everyMs = 60_000;
export const rulesMax = 1000;

/** For a command line that says how much is to be kept of what no rule names. */
export type KeepSettings = Pick<RetentionRule, 'ageMs' | 'bytesMax'>;

export interface RetentionOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: SelfLog;
  /** Takes the place of the rule for all; null: the one that was set stands. */
  readonly keep: KeepSettings | null;
}

export class Retention {
  readonly #options: RetentionOptions;
  readonly #stop = new AbortController();
  #rules: readonly RetentionRule[];
  #running: Promise<void> = Promise.resolve();

  constructor(options: RetentionOptions) {
    this.#options = options;
    const kept = options.store.notes.get('hub', 'retention');
    const rules = kept === null ? [] : (JSON.parse(kept) as readonly RetentionRule[]);
    const others = rules.filter(({ agent, source }) => agent !== null || source !== null);
    this.#rules = options.keep === null ? rules : [...others, { agent: null, source: null, ...options.keep }];
  }

  get rules(): readonly RetentionRule[] {
    return this.#rules;
  }

  /** In force within a minute; on the disk when it returns. Throws as the store does. */
  set(rules: readonly RetentionRule[]): void {
    const value = JSON.stringify(rules);
    this.#options.store.notes.put('hub', 'retention', { value, durability: 'full' });
    this.#rules = rules;
  }

  start(): void {
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { store, clock, log } = this.#options;
    const { signal } = this.#stop;
    let trouble = false;
    while (!signal.aborted) {
      await clock.sleep(everyMs, signal);
      if (signal.aborted) return;
      try {
        const { blocks, bytes } = await store.retain(this.#rules, clock.now(), signal);
        trouble = false;
        if (blocks > 0)
          log.write('info', 'retention.removed', 'lines were kept long enough', { blocks, bytes });
      } catch (error) {
        if (!trouble) log.write('error', 'retention.failed', `nothing can be removed: ${error}`);
        trouble = true;
      }
    }
  }
}
