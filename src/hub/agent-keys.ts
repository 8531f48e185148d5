/**
 * Keys of agents: each opens what an agent needs to deliver its lines, and nothing that reads them. The hub keeps of a
 * key its name, its id and the SHA-256 of all of it.
 *
 * A key is `id.secret`: 32 random bits by which it is found, and 256 that prove it. So one comparison is made, in
 * constant time, however many keys there are. What is revoked is refused from the next request on.
 */
import type { Random } from '../host/random.ts';
import type { Work } from '../host/work.ts';
import type { Notes } from '../store/store.ts';
import { equalInConstantTime, keyCharactersMax } from './keys.ts';

export interface AgentKey {
  /** Public: names the key where it is listed and revoked. 8 hexadecimal digits. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** The only agent that may use it; null: any. */
  readonly agent: string | null;
  readonly createdAtMs: number;
}

interface Kept extends AgentKey {
  readonly hash: string;
}

const noteKind = 'agent-key';

export class AgentKeys {
  readonly #machine: { readonly notes: Notes; readonly random: Random; readonly work: Work };
  readonly #byId = new Map<string, Kept>();

  constructor(machine: { readonly notes: Notes; readonly random: Random; readonly work: Work }) {
    this.#machine = machine;
    for (const { name: id, value } of machine.notes.list(noteKind)) {
      const { name, agent, createdAtMs, hash } = JSON.parse(value) as Omit<Kept, 'id'>;
      this.#byId.set(id, { id, name, agent, createdAtMs, hash });
    }
  }

  /** The key that somebody brings; null where it is none, or revoked. */
  find(candidate: string): AgentKey | null {
    if (candidate.length > keyCharactersMax) return null;
    const kept = this.#byId.get(candidate.slice(0, candidate.indexOf('.')));
    if (kept === undefined) return null;
    return equalInConstantTime(this.#machine.work.sha256([candidate]), kept.hash) ? kept : null;
  }

  /** The oldest first, without anything secret. */
  list(): readonly AgentKey[] {
    const keys = [...this.#byId.values()].sort((a, b) => a.createdAtMs - b.createdAtMs);
    return keys.map(({ id, name, agent, createdAtMs }) => ({ id, name, agent, createdAtMs }));
  }

  /** `secret` is the whole key, to be shown once. It is on the disk when this returns; throws as the store does. */
  add(
    { name, agent }: Pick<AgentKey, 'name' | 'agent'>,
    nowMs: number,
  ): { readonly key: AgentKey; readonly secret: string } {
    const { notes, random, work } = this.#machine;
    let id: string;
    do id = Buffer.from(random.bytes(4)).toString('hex');
    while (this.#byId.has(id));
    const secret = `${id}.${Buffer.from(random.bytes(32)).toString('base64url')}`;
    const key = { id, name, agent, createdAtMs: nowMs };
    const hash = work.sha256([secret]);
    const value = JSON.stringify({ name, agent, createdAtMs: nowMs, hash });
    notes.put(noteKind, id, { value, durability: 'full' });
    this.#byId.set(id, { ...key, hash });
    return { key, secret };
  }

  /** False where there is no such key. It is off the disk when this returns; throws as the store does. */
  revoke(id: string): boolean {
    if (!this.#byId.has(id)) return false;
    this.#machine.notes.put(noteKind, id, { value: null, durability: 'full' });
    return this.#byId.delete(id);
  }
}
