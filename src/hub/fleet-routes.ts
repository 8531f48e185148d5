/** The agents as the original hub lists them, with what this hub knows beside. */
import type { Store } from '../store/store.ts';
import type { Agent, Fleet } from './fleet.ts';
import { json, Refusal } from './reply.ts';
import type { Route, RoutedRequest } from './router.ts';

export function fleetRoutes(fleet: Fleet): Route[] {
  const list: Route['answer'] = () => {
    const agents = fleet.list().map((agent) => describe(agent, fleet));
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
    return json(200, { status: 'success', agent: describe(agent, fleet) });
  };
  const remove: Route['answer'] = (request) => {
    if (!fleet.remove(request.params.id ?? '')) throw unknownAgent();
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

function describe(agent: Agent, fleet: Fleet) {
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
    version: agent.report?.version ?? null,
    lines,
    bytes,
    lag_bytes: agent.report?.lagBytes ?? null,
    spool_bytes: agent.report?.spoolBytes ?? null,
    dead_letters: agent.report?.deadLetters ?? null,
  };
}

function timeOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
