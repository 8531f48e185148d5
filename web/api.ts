/**
 * The page's calls to its hub. Every answer is a value: `signed-out` leads to the log-in, `failed` carries what went
 * wrong and what to do about it. Only the page's own origin is ever asked.
 */
import { type AgentDetail, type FleetAgent, readAgents, readDetail } from './agent-wire.ts';
import type { ProofParts } from './proof-of.ts';
import type { TailLine } from './tail-buffer.ts';
import {
  type FoundPage,
  readChains,
  readEvents,
  readFound,
  readLines,
  readMessage,
  readStreams,
} from './wire.ts';

export type Answer<T> =
  | { readonly kind: 'ok'; readonly value: T; readonly hubTimeMs: number | null }
  | Refusal;

export type Refusal =
  | { readonly kind: 'signed-out' }
  | { readonly kind: 'failed'; readonly trouble: Trouble; readonly retryAfterMs: number | null };

/** For the person: what happened, and what to do. */
export interface Trouble {
  readonly what: string;
  readonly fix: string;
}

const timeoutMs = 10_000;
/** A page of a search may look at many blocks. */
const searchTimeoutMs = 60_000;
/** A wait that the hub asks for is simply waited when it is no longer than this. */
const shortWaitMs = 3_000;

export function checkSession(): Promise<Answer<null>> {
  return call('/api/session', { read: () => null });
}

/** `signed-out` means here that the key was refused. The hub makes everybody wait a moment after a wrong key. */
export async function logIn(key: string): Promise<Answer<null>> {
  const attempt = () => call('/api/login', { method: 'POST', body: { key }, read: () => null });
  const answer = await attempt();
  const waitMs = answer.kind === 'failed' ? answer.retryAfterMs : null;
  if (waitMs === null || waitMs > shortWaitMs) return answer;
  await new Promise((done) => setTimeout(done, waitMs));
  return attempt();
}

export function logOut(): Promise<Answer<null>> {
  return call('/api/logout', { method: 'POST', body: {}, read: () => null });
}

export function fetchAgents(): Promise<Answer<readonly FleetAgent[]>> {
  return call('/api/agents', { read: readAgents });
}

/** What an agent said of itself; null: nothing, or the hub does not know it. */
export function fetchAgentDetail(id: string): Promise<Answer<AgentDetail | null>> {
  return call(`/api/agent/${encodeURIComponent(id)}`, { read: readDetail, absent: null });
}

/** The newest lines, oldest first. An agent that the hub does not know (yet) has none. */
export function fetchLines(agent: string | null, limit: number): Promise<Answer<readonly TailLine[]>> {
  return call(`/api/lines?${scopeOf(agent, { limit: String(limit) })}`, { read: readLines, absent: [] });
}

/** Stored lines that a query asks for, the newest first, from a cursor on. */
export function fetchFound(
  asked: { readonly query: string; readonly agent: string | null },
  page: { readonly cursor: string | null; readonly signal: AbortSignal },
): Promise<Answer<FoundPage>> {
  const values = { q: asked.query, ...(page.cursor === null ? {} : { cursor: page.cursor }) };
  const address = `/api/search?${scopeOf(asked.agent, values)}`;
  return call(address, { read: readFound, signal: page.signal, timeoutMs: searchTimeoutMs });
}

/** Where the browser downloads what a query finds. */
export function exportAddress(
  asked: { readonly query: string; readonly agent: string | null },
  format: 'text' | 'ndjson' | 'csv',
): string {
  return `/api/export?${scopeOf(asked.agent, { q: asked.query, format })}`;
}

/** What is stored of an agent, or of all, and what happened to it. An agent that the hub does not know has nothing. */
export async function fetchProof(agent: string | null): Promise<Answer<ProofParts>> {
  const scope = scopeOf(agent, {});
  const [streams, chains, events] = await Promise.all([
    call(`/api/streams?${scope}`, { read: readStreams, absent: [] }),
    call(`/api/chains?${scope}`, { read: readChains, absent: [] }),
    call(`/api/events?${scope}`, { read: readEvents, absent: [] }),
  ]);
  if (streams.kind !== 'ok') return streams;
  if (chains.kind !== 'ok') return chains;
  if (events.kind !== 'ok') return events;
  const value = { streams: streams.value, chains: chains.value, events: events.value };
  return { kind: 'ok', value, hubTimeMs: streams.hubTimeMs };
}

/** The live lines, as a stream of server-sent events. The time limit ends with the head of the reply. */
export async function openTail(
  agent: string | null,
  signal: AbortSignal,
): Promise<Answer<ReadableStream<Uint8Array>>> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  try {
    const reply = await fetch(`/api/tail?${scopeOf(agent, {})}`, {
      signal: AbortSignal.any([signal, late.signal]),
      headers: { accept: 'text/event-stream' },
      credentials: 'same-origin',
      redirect: 'error',
      cache: 'no-store',
    });
    const refused = await refusalOf(reply);
    if (refused !== null) return refused;
    if (reply.body === null) throw new SyntaxError('a tail without a body');
    return { kind: 'ok', value: reply.body, hubTimeMs: null };
  } catch (error) {
    return { kind: 'failed', trouble: unreachable(error), retryAfterMs: null };
  } finally {
    clearTimeout(timer);
  }
}

function scopeOf(agent: string | null, values: Record<string, string>): URLSearchParams {
  return new URLSearchParams(agent === null ? values : { agent, ...values });
}

interface Call<T> {
  readonly method?: 'GET' | 'POST';
  readonly body?: unknown;
  readonly read: (body: unknown) => T;
  readonly signal?: AbortSignal;
  /** Instead of the usual one. */
  readonly timeoutMs?: number;
  /** What stands for 404; without it 404 is a failure. */
  readonly absent?: T;
}

async function call<T>(address: string, options: Call<T>): Promise<Answer<T>> {
  try {
    const reply = await fetch(address, {
      method: options.method ?? 'GET',
      signal: AbortSignal.any([
        AbortSignal.timeout(options.timeoutMs ?? timeoutMs),
        ...(options.signal === undefined ? [] : [options.signal]),
      ]),
      credentials: 'same-origin',
      redirect: 'error',
      ...(options.body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(options.body) }),
    });
    if (reply.status === 404 && options.absent !== undefined) {
      return { kind: 'ok', value: options.absent, hubTimeMs: null };
    }
    const refused = await refusalOf(reply);
    if (refused !== null) return refused;
    const date = Date.parse(reply.headers.get('date') ?? '');
    const body: unknown = reply.status === 204 ? null : await reply.json();
    return { kind: 'ok', value: options.read(body), hubTimeMs: Number.isNaN(date) ? null : date };
  } catch (error) {
    return { kind: 'failed', trouble: unreachable(error), retryAfterMs: null };
  }
}

async function refusalOf(reply: Response): Promise<Refusal | null> {
  if (reply.ok) return null;
  if (reply.status === 401) return { kind: 'signed-out' };
  const body: unknown = await reply.json().catch(() => null);
  const seconds = Number(reply.headers.get('retry-after') ?? Number.NaN);
  return {
    kind: 'failed',
    trouble: {
      what: readMessage(body) || `The hub answered with status ${reply.status}.`,
      fix: fixOf(reply.status, seconds),
    },
    retryAfterMs: Number.isNaN(seconds) ? null : seconds * 1000,
  };
}

function fixOf(status: number, retryAfterSeconds: number): string {
  if (status === 429) return Number.isNaN(retryAfterSeconds) ? '' : `Try again in ${retryAfterSeconds} s.`;
  if (status === 403) return 'Open the page under the hub’s own address.';
  if (status >= 500) return 'Look at the hub’s own log for the cause. The page goes on trying.';
  return 'Page and hub may be of different versions: reload the page.';
}

function unreachable(error: unknown): Trouble {
  if (error instanceof SyntaxError) {
    return {
      what: 'Something else than the hub answered.',
      fix: 'Is there a proxy or a log-in page of a network between? Reload the page.',
    };
  }
  return {
    what: 'The hub does not answer.',
    fix: 'Is it still running, and is the network up? The page goes on trying by itself.',
  };
}
