/**
 * Servers that behave as the deployed ones of both seed protocols do, for tests of what the agent sends and of how it
 * takes their answers. Each is `handle(request) -> reply`, so that it runs in the simulated world as well as over a
 * real socket (`socket.ts`).
 *
 * They are written from the protocols alone and share no code with the codecs under test. What they accept is kept in
 * `lines`, in order of arrival; `interrupt` puts any reply (a status, a captive portal's page) in front of their own.
 */
import type { HttpRequest, ServerReply } from '../../src/host/net.ts';

export interface SeedServer {
  handle(request: HttpRequest): Promise<ServerReply>;
  /** Every record that was answered with success, as text and source. */
  readonly lines: readonly { readonly text: string; readonly source: string }[];
  /** Every request that came, in order. */
  readonly requests: readonly HttpRequest[];
  /** Answers the next `count` requests with this reply instead. `stored`: the batch is accepted all the same. */
  interrupt(reply: ServerReply, options?: { readonly count?: number; readonly stored?: boolean }): void;
}

type Stored = { text: string; source: string }[];
type Answer = (request: HttpRequest, stored: Stored) => ServerReply;

/** A log-in page, as a hotel's network puts it in the way of everything. */
export const captivePortal: ServerReply = {
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: '<!DOCTYPE html><html><body>Please log in to use the network.</body></html>',
};

/** The same without a type that gives it away. */
export const captivePortalWithoutType: ServerReply = { ...captivePortal, headers: {} };

export interface SyncLogsServerOptions {
  readonly key: string;
  /** The broadcaster behind the original refuses larger bodies, bytes. */
  readonly bodyBytesMax?: number;
  /** Where the endpoint lies. */
  readonly base?: string;
  /** Older servers have no `/test`. */
  readonly test?: boolean;
  /** What a success is answered with; 204 has no body. */
  readonly success?: 200 | 201 | 204;
}

/** Protocol A: Laravel behind a broadcaster. */
export function syncLogsServer(options: SyncLogsServerOptions): SeedServer {
  const { key, bodyBytesMax = 10_000, base = '/api', test = true, success = 200 } = options;
  return server((request, stored) => {
    if (request.body.length > bodyBytesMax) return json(413, { message: 'Payload too large.' });
    const known = request.path === `${base}/logs` || (test && request.path === `${base}/test`);
    if (!known) return page(404, 'Not Found');
    if (request.method !== 'POST') return json(405, { message: 'Method not allowed.' });
    if (request.headers['x-api-key'] !== key) return json(401, { message: 'Unauthenticated.' });
    const body = objectIn(request);
    if (body === null) return json(400, { message: 'Malformed JSON.' });
    if (request.path.endsWith('/test')) {
      return body.test_run === true
        ? json(200, { status: 'ok' })
        : json(422, { message: 'The test_run field is required.' });
    }
    const { logs, source, timestamp } = body;
    if (!Array.isArray(logs) || !logs.every((line) => typeof line === 'string')) {
      return json(422, { message: 'The logs field must be an array of strings.' });
    }
    if (typeof source !== 'string') return json(422, { message: 'The source field is required.' });
    if (!Number.isInteger(timestamp))
      return json(422, { message: 'The timestamp field must be an integer.' });
    for (const text of logs) stored.push({ text, source });
    if (success === 204) return { status: 204, headers: {}, body: '' };
    return json(success, { status: 'success', message: 'Log received' });
  });
}

/** Protocol B: a Flask application that classifies what it gets. Knows only agents that registered. */
export function ilaSocServer(options: { readonly key: string; readonly now?: () => number }): SeedServer & {
  /** Forgets every agent, as a restart of the original does. */
  forget(): void;
  readonly agents: ReadonlySet<string>;
} {
  const agents = new Set<string>();
  const serverTime = () => new Date(options.now?.() ?? 0).toISOString();
  const routes: Readonly<Record<string, Answer>> = {
    'POST /api/agent/register': (request) => {
      const body = objectIn(request);
      if (body === null) return failure(400, 'No JSON data provided');
      if (typeof body.agent_id !== 'string') return failure(400, 'agent_id is required');
      agents.add(body.agent_id);
      return json(200, { status: 'success', message: 'Agent registered', server_time: serverTime() });
    },
    'POST /api/agent/heartbeat': (request) => {
      const id = objectIn(request)?.agent_id;
      if (typeof id !== 'string' || !agents.has(id)) return failure(404, 'Agent not registered');
      return json(200, { status: 'success', message: 'Heartbeat received' });
    },
    'POST /api/agent/ingest-batch': ingest,
  };
  const base = server((request, stored) => {
    if (request.headers['x-api-key'] !== options.key) return failure(401, 'Invalid API key');
    const answer = routes[`${request.method} ${request.path}`];
    return answer === undefined ? page(404, 'Not Found') : answer(request, stored);
  });
  return { ...base, agents, forget: () => agents.clear() };
}

function ingest(request: HttpRequest, stored: Stored): ServerReply {
  const body = objectIn(request);
  const logs = body?.logs;
  if (!Array.isArray(logs) || logs.length === 0) return failure(400, 'No logs provided');
  if (!logs.every((entry) => typeof entry?.log_text === 'string' && typeof entry.source === 'string')) {
    return failure(500, "Internal error: 'log_text'");
  }
  for (const { log_text: text, source } of logs) stored.push({ text, source });
  return json(200, {
    status: 'success',
    message: `Processed ${logs.length} logs`,
    total: logs.length,
    malicious: 0,
    suspicious: 0,
    results: logs.map((entry) => ({ log: entry.log_text.slice(0, 100), label: 'normal' })),
  });
}

function server(answer: Answer): SeedServer {
  const stored: Stored = [];
  const requests: HttpRequest[] = [];
  const interruptions: { readonly reply: ServerReply; readonly stored: boolean }[] = [];
  return {
    lines: stored,
    requests,
    handle: (request) => {
      requests.push(request);
      const interruption = interruptions.shift();
      if (interruption === undefined) return Promise.resolve(answer(request, stored));
      if (interruption.stored) answer(request, stored);
      return Promise.resolve(interruption.reply);
    },
    interrupt: (reply, { count = 1, stored: alsoStored = false } = {}) => {
      for (let index = 0; index < count; index += 1) interruptions.push({ reply, stored: alsoStored });
    },
  };
}

export function json(status: number, body: unknown): ServerReply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function failure(status: number, message: string): ServerReply {
  return json(status, { status: 'error', message });
}

export function page(status: number, title: string): ServerReply {
  return { status, headers: { 'content-type': 'text/html' }, body: `<html><h1>${title}</h1></html>` };
}

// biome-ignore lint/suspicious/noExplicitAny: bodies are whatever the client wrote.
function objectIn(request: HttpRequest): Record<string, any> | null {
  try {
    const value = JSON.parse(Buffer.from(request.body).toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
