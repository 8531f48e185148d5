/** The agents as the original hub lists them, with what this hub knows beside. See docs/api.md. */
import type { Clock } from '../host/clock.ts';
import type { Trouble, TroubleCause } from '../protocol/condition.ts';
import type { Store } from '../store/store.ts';
import type { Told } from './details.ts';
import type { Agent, Fleet } from './fleet.ts';
import { type Hour, hourMs, hourOf, hoursKept } from './hours.ts';
import type { Proof, Proofs } from './proofs.ts';
import { json, Refusal } from './reply.ts';
import type { Route, RoutedRequest } from './router.ts';

export interface FleetParts {
  readonly fleet: Fleet;
  readonly proofs: Proofs;
  readonly clock: Clock;
}

export function fleetRoutes(parts: FleetParts): Route[] {
  const { fleet, proofs } = parts;
  const list: Route['answer'] = () => {
    const agents = fleet.list().map((agent) => describe(agent, parts));
    const count = (status: string) => agents.filter((agent) => agent.status === status).length;
    return json(200, {
      status: 'success',
      // Own properties whatever the names are, `__proto__` too.
      agents: Object.fromEntries(agents.map((agent) => [agent.agent_id, agent])),
      total: agents.length,
      active: count('active'),
      inactive: count('idle'),
      offline: count('offline'),
    });
  };
  const one: Route['answer'] = (request) => {
    const agent = fleet.get(request.params.id ?? '');
    if (agent === null) throw unknownAgent();
    return json(200, {
      status: 'success',
      agent: describe(agent, parts),
      detail: describeDetail(fleet.detail(agent.id)),
    });
  };
  const remove: Route['answer'] = (request) => {
    if (!fleet.remove(request.params.id ?? '')) throw unknownAgent();
    proofs.delete(request.params.id ?? '');
    return json(200, { status: 'success', message: 'The agent was removed; its lines are kept' });
  };
  return [
    { method: 'GET', path: '/api/agents', access: 'key', answer: list },
    { method: 'GET', path: '/api/agent/:id', access: 'key', answer: one },
    { method: 'DELETE', path: '/api/agent/:id', access: 'key', answer: remove },
  ];
}

/** The agent that a query asks for; null when it asks for none. Throws `Refusal` 404 for one nobody has heard of. */
export function askedAgent({ search }: RoutedRequest, parts: { fleet: Fleet; store: Store }): string | null {
  const id = search.get('agent');
  if (id === null || id === '') return null;
  if (
    parts.fleet.get(id) === null &&
    parts.fleet.totals(id).lines === 0 &&
    parts.store.streams(id).length === 0
  ) {
    throw unknownAgent();
  }
  return id;
}

function unknownAgent(): Refusal {
  return new Refusal(404, 'AGENT_UNKNOWN', { message: 'There is no agent of this name.' });
}

function describe(agent: Agent, { fleet, proofs, clock }: FleetParts) {
  const { report } = agent;
  const condition = report?.condition ?? null;
  const { lines, bytes } = fleet.totals(agent.id);
  return {
    agent_id: agent.id,
    hostname: agent.hostname,
    os_type: agent.osType,
    status: fleet.stateOf(agent),
    registered_at: timeOf(agent.registeredAtMs),
    last_heartbeat: timeOf(agent.lastHeartbeatAtMs),
    type: agent.type,
    last_seen: timeOf(agent.lastSeenAtMs),
    version: report?.version ?? null,
    lines,
    bytes,
    hours: describeHours(fleet.hours(agent.id), clock.now()),
    lag_bytes: report?.lagBytes ?? null,
    lag_ms: condition?.lagMs ?? null,
    spool_bytes: report?.spoolBytes ?? null,
    spool_bytes_max: condition?.spoolBytesMax ?? null,
    dead_letters: report?.deadLetters ?? null,
    open_streams: condition?.openStreams ?? null,
    heartbeat_ms: condition?.intervalMs ?? null,
    last_error: describeError(condition?.lastError ?? null),
    proof: describeProof(proofs.of(agent.id)),
  };
}

/** 24 numbers each, the oldest hour first, the one that is running last. */
function describeHours(hours: readonly Hour[], nowMs: number) {
  const first = hourOf(nowMs) - hoursKept + 1;
  const lines = new Array<number>(hoursKept).fill(0);
  const bytes = new Array<number>(hoursKept).fill(0);
  for (const one of hours) {
    // The hub's clock may have been set back since.
    const at = Math.min(one.hour - first, hoursKept - 1);
    lines[at]! += one.lines;
    bytes[at]! += one.bytes;
  }
  return { from: timeOf(first * hourMs), lines, bytes };
}

function describeError(trouble: Trouble | null) {
  if (trouble === null) return null;
  return { reason: trouble.reason, at: timeOf(trouble.atMs), hint: hints[trouble.cause] };
}

const hints: Readonly<Record<TroubleCause, string>> = {
  away: 'The agent kept everything and sends it when it is answered; `almadia check` on its host looks closer.',
  refused: 'The agent kept everything; `almadia check` on its host tells what to correct.',
  file: 'The file waits and nothing of it is given up; look at its rights and its disk on the agent’s host.',
  state: 'The agent cannot write its state and waits; look at the disk of its state directory.',
};

function describeProof(proof: Proof | null) {
  if (proof === null) return null;
  const { atMs, complete, missingBytes, gapBytes } = proof;
  return { at: timeOf(atMs), complete, missing_bytes: missingBytes, gap_bytes: gapBytes };
}

function describeDetail(told: Told | null) {
  if (told === null) return null;
  const { streamCount, streams, configuration, transitions } = told.detail;
  return {
    at: timeOf(told.atMs),
    stream_count: streamCount,
    streams: streams.map(({ lagMs, ...stream }) => ({ ...stream, lag_ms: lagMs })),
    configuration,
    transitions: transitions.map(({ atMs, ...transition }) => ({ at: timeOf(atMs), ...transition })),
  };
}

function timeOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
