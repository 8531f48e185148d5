/** The agent's own log on its way, of which the newest entries are remembered for whoever asks how the agent is. */
import type { Clock } from '../host/clock.ts';
import type { LogLevel, LogValues, SelfLog } from '../host/selflog.ts';
import type { Transition } from '../protocol/condition.ts';

export const rememberedMax = 50;

export class RecentLog implements SelfLog {
  readonly #log: SelfLog;
  readonly #clock: Clock;
  #entries: readonly Transition[] = [];

  constructor(log: SelfLog, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** The oldest first; what is only of level `debug` is not among them. */
  get entries(): readonly Transition[] {
    return this.#entries;
  }

  write(level: LogLevel, event: string, message: string, values?: LogValues): void {
    this.#log.write(level, event, message, values);
    if (level === 'debug') return;
    const entry = { atMs: this.#clock.now(), level, event, message };
    this.#entries = [...this.#entries, entry].slice(-rememberedMax);
  }
}
