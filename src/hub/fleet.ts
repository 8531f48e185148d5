/**
 * The agents that the hub knows: who they are, when they were last seen, what they sent and what they say of
 * themselves. Kept in memory and in the store's notes; what an agent sent is counted by the store's streams.
 *
 * Names and texts are the agents' own and hostile: they are data, never a path, a key of a plain object or markup.
 * A note that cannot be written (a full disk) costs nothing: the agent is told to register again after a restart.
 */
import type { Clock } from '../host/clock.ts';
import type { SelfLog } from '../host/selflog.ts';
import type { ReceivedHeartbeat, ReceivedRegistration } from '../protocol/received.ts';
import { type HubSettings, usualHeartbeatMs } from '../settings/hub.ts';
import type { Store } from '../store/store.ts';
import { Details, type Told } from './details.ts';
import { type Hour, Hours } from './hours.ts';

export type AgentType = 'ila-soc' | 'sync-logs';
export type AgentState = 'active' | 'idle' | 'offline';

export interface Agent {
  readonly id: string;
  readonly type: AgentType;
  /** Null for an agent that sent lines without registering. */
  readonly registeredAtMs: number | null;
  readonly hostname: string | null;
  readonly osType: string | null;
  readonly lastHeartbeatAtMs: number | null;
  readonly lastSeenAtMs: number;
  readonly report: ReceivedHeartbeat['report'];
}

/** Agents beside this number are received, but not shown. */
const agentsMax = 100_000;
/** A restart may set an agent's last sight back by this much. */
const keepIntervalMs = 30_000;
/** However often an agent says that it reports: a heartbeat takes its time on the way. */
const heartbeatMinMs = 5_000;

export interface FleetOptions {
  readonly clock: Clock;
  readonly log: SelfLog;
  readonly settings: Pick<HubSettings, 'idleAfterMs' | 'offlineAfterMs'>;
}

export class Fleet {
  readonly #store: Store;
  readonly #options: FleetOptions;
  readonly #agents = new Map<string, Agent>();
  readonly #totals = new Map<string, { lines: number; bytes: number }>();
  readonly #hours = new Hours();
  readonly #details = new Details();
  readonly #keptAtMs = new Map<string, number>();

  constructor(store: Store, options: FleetOptions) {
    this.#store = store;
    this.#options = options;
    for (const { value } of store.notes.list('agent')) {
      const agent = JSON.parse(value) as Agent;
      this.#agents.set(agent.id, agent);
    }
    for (const { name, value } of store.notes.list('hours')) {
      this.#hours.put(name, JSON.parse(value) as Hour[]);
    }
    for (const { agent, lines, bytes } of store.streams(null)) this.#count(agent, { lines, bytes });
  }

  list(): readonly Agent[] {
    return [...this.#agents.values()];
  }

  get(id: string): Agent | null {
    return this.#agents.get(id) ?? null;
  }

  totals(id: string): { readonly lines: number; readonly bytes: number } {
    return this.#totals.get(id) ?? { lines: 0, bytes: 0 };
  }

  /** By the hour in which they came, the oldest first; the last 24 hours. */
  hours(id: string): readonly Hour[] {
    return this.#hours.of(id, this.#options.clock.now());
  }

  /** What it said last of its streams, its configuration and its log; null: nothing since the hub was started. */
  detail(id: string): Told | null {
    return this.#details.get(id);
  }

  /** By its own interval where it tells one. */
  stateOf({ lastSeenAtMs, report }: Agent): AgentState {
    const { idleAfterMs, offlineAfterMs } = this.#options.settings;
    const intervalMs = Math.max(heartbeatMinMs, report?.condition?.intervalMs ?? usualHeartbeatMs);
    const silentMs = (this.#options.clock.now() - lastSeenAtMs) * (usualHeartbeatMs / intervalMs);
    return silentMs < idleAfterMs ? 'active' : silentMs < offlineAfterMs ? 'idle' : 'offline';
  }

  register({ agentId: id, hostname, osType }: ReceivedRegistration): void {
    const now = this.#options.clock.now();
    const before = this.#agents.get(id);
    if (before?.registeredAtMs == null) {
      this.#options.log.write('info', 'agent.registered', `agent ${id} has registered`, { agent: id });
    }
    this.#put({
      id,
      type: 'ila-soc',
      registeredAtMs: now,
      hostname,
      osType,
      lastHeartbeatAtMs: before?.lastHeartbeatAtMs ?? null,
      lastSeenAtMs: now,
      report: before?.report ?? null,
    });
    this.#keep(id);
  }

  /** False for an agent that has not registered: it is to register (again). */
  heartbeat({ agentId, report, detail }: ReceivedHeartbeat): boolean {
    const agent = this.#agents.get(agentId);
    if (agent === undefined || agent.registeredAtMs === null) return false;
    const now = this.#options.clock.now();
    this.#put({ ...agent, lastHeartbeatAtMs: now, lastSeenAtMs: now, report: report ?? agent.report });
    if (detail !== null) this.#details.put(agentId, { atMs: now, detail });
    this.#keepAtTimes(agentId);
    return true;
  }

  /** Lines of an agent were stored. An agent that never registered is known from now on. */
  received(id: string, type: AgentType, counts: { readonly lines: number; readonly bytes: number }): void {
    const now = this.#options.clock.now();
    const before = this.#agents.get(id) ?? {
      ...{ id, type, registeredAtMs: null, hostname: null, osType: null },
      ...{ lastHeartbeatAtMs: null, report: null },
    };
    this.#put({ ...before, lastSeenAtMs: now });
    this.#hours.add(id, counts, now);
    this.#count(id, counts);
    this.#keepAtTimes(id);
  }

  /** Forgets who it is; its lines and ranges stay. False for an agent that is not known. */
  remove(id: string): boolean {
    if (!this.#agents.has(id)) return false;
    this.#store.notes.put('agent', id, { value: null, durability: 'full' });
    this.#store.notes.put('hours', id, { value: null, durability: 'normal' });
    this.#agents.delete(id);
    this.#hours.delete(id);
    this.#details.delete(id);
    this.#keptAtMs.delete(id);
    this.#options.log.write('info', 'agent.removed', `agent ${id} was removed`, { agent: id });
    return true;
  }

  close(): void {
    for (const id of this.#agents.keys()) this.#keep(id);
  }

  #put(agent: Agent): void {
    if (this.#agents.has(agent.id) || this.#agents.size < agentsMax) this.#agents.set(agent.id, agent);
  }

  #count(id: string, { lines, bytes }: { readonly lines: number; readonly bytes: number }): void {
    const before = this.totals(id);
    this.#totals.set(id, { lines: before.lines + lines, bytes: before.bytes + bytes });
  }

  #keepAtTimes(id: string): void {
    const keptAtMs = this.#keptAtMs.get(id);
    const nowMs = this.#options.clock.monotonicMs();
    if (keptAtMs === undefined || nowMs - keptAtMs >= keepIntervalMs) this.#keep(id);
  }

  #keep(id: string): void {
    const agent = this.#agents.get(id);
    if (agent === undefined) return;
    this.#keptAtMs.set(id, this.#options.clock.monotonicMs());
    try {
      this.#store.notes.put('agent', id, { value: JSON.stringify(agent), durability: 'normal' });
      const hours = this.hours(id);
      if (hours.length > 0) {
        this.#store.notes.put('hours', id, { value: JSON.stringify(hours), durability: 'normal' });
      }
    } catch (error) {
      this.#options.log.write('warn', 'agent.not_kept', `agent ${id} is known in memory only: ${error}`);
    }
  }
}
