/**
 * What a running agent answers on its local socket, which only its own user may open:
 *
 *   GET  /status                  `AgentStatus` as JSON
 *   GET  /audit[?since=ms]        `Audit` as JSON, with what happened since (milliseconds since the epoch)
 *   GET  /dead-letters            {"dead_letters": [DeadLetter, …]}
 *   GET  /dead-letters/<id>       the lines as they were read
 *   POST /dead-letters/replay     {"ids": ["default/42", …] | "all"} -> {"count": n}
 *   POST /dead-letters/drop       likewise
 *
 * and on its metrics port: GET /metrics (Prometheus) and GET /health.
 */
import { posix } from 'node:path';
import { AlmadiaError } from '../host/errors.ts';
import type { Metrics } from '../host/metrics.ts';
import type { HttpRequest, ServerReply } from '../host/net.ts';
import type { Agent } from './agent.ts';
import { takeMeasures } from './measures.ts';

/** Requests name a few batches; more is not ours. */
export const controlBodyBytesMax = 1024 * 1024;

export function handleControl(
  agent: Pick<Agent, 'status' | 'deadLetters' | 'audit'>,
  request: HttpRequest,
): ServerReply {
  const route = `${request.method} ${request.path}`;
  if (route === 'GET /status') return json(200, agent.status());
  if (route === 'GET /audit') return auditReply(agent, request);
  if (route === 'GET /dead-letters') return json(200, { dead_letters: agent.deadLetters.list() });
  if (route === 'POST /dead-letters/replay' || route === 'POST /dead-letters/drop') {
    const ids = idsOf(request.body);
    if (ids === null) return json(400, { error: 'ids: a list of texts, or "all"' });
    const action = posix.basename(request.path) as 'replay' | 'drop';
    return orRefused(() => json(200, { count: agent.deadLetters[action](ids) }));
  }
  const prefix = '/dead-letters/';
  if (request.method === 'GET' && request.path.startsWith(prefix)) {
    const id = decoded(request.path.slice(prefix.length));
    const body = id === null ? null : agent.deadLetters.body(id);
    if (body !== null) return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body };
  }
  return json(404, { error: 'not found' });
}

function auditReply(agent: Pick<Agent, 'audit' | 'status'>, { query }: HttpRequest): ServerReply {
  const since = new URLSearchParams(query).get('since');
  if (since !== null && !/^\d{1,15}$/.test(since)) return json(400, { error: 'since: whole milliseconds' });
  return orRefused(() => {
    const audit = agent.audit(since === null ? null : Number(since));
    if (audit !== null) return json(200, audit);
    throw new AlmadiaError('AUDIT_WAITS', { path: agent.status().stateDirectory });
  });
}

function orRefused(work: () => ServerReply): ServerReply {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof AlmadiaError)) throw error;
    return json(503, { code: error.code, values: error.values });
  }
}

/** `/health` answers 200 as long as the agent lives; `status` tells whether anything holds it up. */
export function handleMetrics(
  agent: Pick<Agent, 'status'>,
  metrics: Metrics,
  request: HttpRequest,
): ServerReply {
  const route = `${request.method} ${request.path}`;
  if (route === 'GET /metrics') {
    const headers = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' };
    takeMeasures(agent.status(), metrics);
    return { status: 200, headers, body: metrics.text() };
  }
  if (route === 'GET /health') {
    const { output, buffer } = agent.status();
    const held = output.connection === 'refused' || output.connection === 'away' || buffer.full;
    return json(200, {
      status: held ? 'degraded' : 'ok',
      connection: output.connection,
      buffer_full: buffer.full,
    });
  }
  return json(404, { error: 'not found' });
}

/** What the address of a Unix socket holds at most on the systems that matter (104 to 108), with some room. */
export const socketPathBytesMax = 100;

/** The socket's usual place; a longer path needs another one. */
export function controlSocketPath(stateDirectory: string): string {
  return posix.join(stateDirectory, 'agent.sock');
}

function json(status: number, value: unknown): ServerReply {
  return { status, headers: { 'content-type': 'application/json' }, body: `${JSON.stringify(value)}\n` };
}

function idsOf(body: Uint8Array): readonly string[] | 'all' | null {
  try {
    const found = (JSON.parse(Buffer.from(body).toString('utf8')) as { ids?: unknown } | null)?.ids;
    if (found === 'all') return 'all';
    const texts = Array.isArray(found) && found.every((id) => typeof id === 'string');
    return texts ? found : null;
  } catch {
    return null;
  }
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
