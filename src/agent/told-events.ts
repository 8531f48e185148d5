/** What an agent saw and its hub should show, until a heartbeat has told it. In memory; the caller commits. */
import type { ToldEvent } from '../event/told-event.ts';
import type { Host } from '../host/host.ts';
import { randomName } from '../host/random.ts';
import { toldEventsMax } from '../protocol/told-events.ts';
import type { Change, State } from '../state/state.ts';

/** So many wait to be told; when there are more, the oldest are left out: the agent's own log has them. */
export const waitingEventsMax = 200;

export class ToldEvents {
  readonly #output: string;
  readonly #host: Pick<Host, 'clock' | 'random'>;
  #waiting: readonly ToldEvent[];

  constructor(options: {
    readonly state: Pick<State, 'kept'>;
    readonly output: string;
    readonly host: Pick<Host, 'clock' | 'random'>;
  }) {
    const { state, output, host } = options;
    this.#output = output;
    this.#host = host;
    this.#waiting = state
      .kept(output, 'event')
      .map(({ value }) => JSON.parse(value) as ToldEvent)
      .sort((a, b) => a.atMs - b.atMs);
  }

  add(event: Omit<ToldEvent, 'id' | 'atMs'>): Change[] {
    const added = { ...event, id: randomName(this.#host.random), atMs: this.#host.clock.now() };
    const all = [...this.#waiting, added];
    this.#waiting = all.slice(-waitingEventsMax);
    const { id: name } = added;
    const kept = { output: this.#output, kind: 'event', name, value: JSON.stringify(added) } as const;
    return [{ kind: 'keep', kept }, ...this.#drops(all.slice(0, -waitingEventsMax))];
  }

  /** For the next heartbeat, the oldest first. */
  next(): readonly ToldEvent[] {
    return this.#waiting.slice(0, toldEventsMax);
  }

  /** A heartbeat that held them was answered with success. */
  told(events: readonly ToldEvent[]): Change[] {
    const ids = new Set(events.map(({ id }) => id));
    this.#waiting = this.#waiting.filter(({ id }) => !ids.has(id));
    return this.#drops(events);
  }

  #drops(events: readonly ToldEvent[]): Change[] {
    return events.map(({ id: name }) => ({
      kind: 'drop',
      dropped: { output: this.#output, kind: 'event', name },
    }));
  }
}
