/**
 * Which processes use an agent's id. An agent that is started again is a new instance, and the one before is never heard
 * of any more. When it is, after another had taken its place, two hosts use one id.
 */
import type { NewEvent, Store } from '../store/store.ts';

interface Instance {
  readonly instance: string;
  readonly hostname: string;
}

/** So many copies of one agent are told apart. */
const rememberedMax = 8;

export class Instances {
  readonly #store: Store;
  /** By agent, the one heard last at the end. */
  readonly #byAgent = new Map<string, readonly Instance[]>();

  constructor(store: Store) {
    this.#store = store;
    for (const { name, value } of store.notes.list('instances')) {
      this.#byAgent.set(name, JSON.parse(value) as Instance[]);
    }
  }

  /**
   * Something new came from an instance; with a registration it says its host. A batch that was stored before is nothing
   * new: the network may repeat it long after its sender is gone. Throws as the store does.
   */
  heard(agent: string, { instance, hostname }: { instance: string; hostname: string | null }, atMs: number) {
    const known = this.#byAgent.get(agent) ?? [];
    const last = known.at(-1);
    if (last?.instance === instance) return;
    const before = known.find((one) => one.instance === instance);
    const own = { instance, hostname: hostname ?? before?.hostname ?? 'a host that has not registered' };
    if (before !== undefined) this.#store.addEvents([clonedEvent(agent, { own, other: last!, atMs })]);
    const list = [...known.filter((one) => one !== before), own].slice(-rememberedMax);
    this.#byAgent.set(agent, list);
    this.#store.notes.put('instances', agent, { value: JSON.stringify(list), durability: 'normal' });
  }
}

function clonedEvent(
  agent: string,
  { own, other, atMs }: { readonly own: Instance; readonly other: Instance; readonly atMs: number },
): NewEvent {
  const [first, second] = [own, other].sort((a, b) => (a.instance < b.instance ? -1 : 1));
  return {
    ...{ agent, kind: 'agent-cloned', atMs, stream: null, path: null },
    name: `cloned ${first!.instance} ${second!.instance}`,
    detail: `two processes use this agent's id, on ${own.hostname} and on ${other.hostname}; give one of them another id`,
  };
}
