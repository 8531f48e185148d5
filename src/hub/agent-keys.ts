/**
 * Keys of agents: each opens what an agent needs to deliver its lines, and nothing that reads them. The hub keeps of a
 * key its name, its id, when it was used last and the SHA-256 of all of it.
 *
 * A key is `id.secret`: 32 random bits by which it is found, and 256 that prove it. So one comparison is made, in
 * constant time, however many keys there are. What is revoked is refused from the next request on. A key that is rotated
 * stays valid beside the new one for as long as it takes to give the agent the new one.
 */
import type { Clock } from '../host/clock.ts';
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
  /** To ten minutes, or more exactly since the hub was started; null: never. */
  readonly usedAtMs: number | null;
  /** When it is refused by itself, because another took its place; null: never. */
  readonly endsAtMs: number | null;
}

/** Shown once: `secret` is the whole key. */
export interface NewKey {
  readonly key: AgentKey;
  readonly secret: string;
}

export interface KeyMachine {
  readonly clock: Clock;
  readonly notes: Notes;
  readonly random: Random;
  readonly work: Work;
}

interface Kept extends AgentKey {
  readonly hash: string;
}

const noteKind = 'agent-key';

/** A hub that is killed forgets so much of when a key was used. */
const usedEveryMs = 600_000;

export class AgentKeys {
  readonly #machine: KeyMachine;
  readonly #byId = new Map<string, Kept>();
  /** When the last use that is on the disk was, by id. */
  readonly #keptUseAtMs = new Map<string, number>();

  constructor(machine: KeyMachine) {
    this.#machine = machine;
    for (const { name: id, value } of machine.notes.list(noteKind)) {
      const kept = JSON.parse(value) as Omit<Kept, 'id' | 'usedAtMs' | 'endsAtMs'>;
      this.#byId.set(id, { usedAtMs: null, endsAtMs: null, ...kept, id });
    }
  }

  /** The key that somebody brings, which is thereby used; null where it is none, or revoked. */
  find(candidate: string): AgentKey | null {
    if (candidate.length > keyCharactersMax) return null;
    const kept = this.#byId.get(candidate.slice(0, candidate.indexOf('.')));
    if (kept === undefined || this.#isOver(kept)) return null;
    if (!equalInConstantTime(this.#machine.work.sha256([candidate]), kept.hash)) return null;
    this.#use(kept);
    return kept;
  }

  /** The oldest first, without anything secret. */
  list(): readonly AgentKey[] {
    const keys = [...this.#byId.values()].filter((key) => !this.#isOver(key));
    return keys.sort((a, b) => a.createdAtMs - b.createdAtMs).map(({ hash: _, ...key }) => key);
  }

  /** It is on the disk when this returns; throws as the store does. */
  add({ name, agent }: Pick<AgentKey, 'name' | 'agent'>): NewKey {
    const { clock, random, work } = this.#machine;
    let id: string;
    do id = Buffer.from(random.bytes(4)).toString('hex');
    while (this.#byId.has(id));
    const secret = `${id}.${Buffer.from(random.bytes(32)).toString('base64url')}`;
    const key = { id, name, agent, createdAtMs: clock.now(), usedAtMs: null, endsAtMs: null };
    this.#keep({ ...key, hash: work.sha256([secret]) });
    return { key, secret };
  }

  /**
   * Another key of the same name and scope; the one before is refused after `overlapMs`. Null where there is no such
   * key. Throws as the store does.
   */
  rotate(id: string, overlapMs: number): NewKey | null {
    const old = this.#byId.get(id);
    if (old === undefined || this.#isOver(old)) return null;
    const added = this.add(old);
    const endsAtMs = this.#machine.clock.now() + overlapMs;
    this.#keep({ ...old, endsAtMs: Math.min(endsAtMs, old.endsAtMs ?? endsAtMs) });
    return added;
  }

  /** False where there is no such key. It is off the disk when this returns; throws as the store does. */
  revoke(id: string): boolean {
    if (!this.#byId.has(id)) return false;
    this.#machine.notes.put(noteKind, id, { value: null, durability: 'full' });
    return this.#byId.delete(id);
  }

  #isOver({ endsAtMs }: Kept): boolean {
    return endsAtMs !== null && endsAtMs <= this.#machine.clock.now();
  }

  #use(key: Kept): void {
    const nowMs = this.#machine.clock.now();
    const used = { ...key, usedAtMs: nowMs };
    this.#byId.set(key.id, used);
    if (nowMs - (this.#keptUseAtMs.get(key.id) ?? Number.NEGATIVE_INFINITY) < usedEveryMs) return;
    this.#keptUseAtMs.set(key.id, nowMs);
    try {
      this.#keep(used, 'normal');
    } catch {
      // A full disk: the lines that come with the key say so themselves.
      return;
    }
  }

  #keep(key: Kept, durability: 'normal' | 'full' = 'full'): void {
    const { id, ...value } = key;
    this.#machine.notes.put(noteKind, id, { value: JSON.stringify(value), durability });
    this.#byId.set(id, key);
  }
}
