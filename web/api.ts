/**
 * The page's calls to its hub. Every answer is a value: `signed-out` leads to the log-in, `failed` carries what went
 * wrong and what to do about it. Only the page's own origin is ever asked.
 */
import type { TailLine } from './tail-buffer.ts';
import { type FleetAgent, readAgents, readLines } from './wire.ts';

export type Answer<T> =
  | { readonly kind: 'ok'; readonly value: T; readonly hubTimeMs: number | null }
  | { readonly kind: 'signed-out' }
  | { readonly kind: 'failed'; readonly trouble: Trouble };

/** For the person: what happened, and what to do. */
export interface Trouble {
  readonly what: string;
  readonly fix: string;
}

const timeoutMs = 10_000;

export function checkSession(): Promise<Answer<null>> {
  return call('/api/session', { read: () => null });
}

/** `signed-out` means here that the key was refused. */
export function logIn(key: string): Promise<Answer<null>> {
  return call('/api/login', { method: 'POST', body: { key }, read: () => null });
}

export function logOut(): Promise<Answer<null>> {
  return call('/api/logout', { method: 'POST', body: {}, read: () => null });
}

export function fetchAgents(): Promise<Answer<readonly FleetAgent[]>> {
  return call('/api/agents', { read: readAgents });
}

/** The newest lines, oldest first. */
export function fetchLines(agent: string | null, limit: number): Promise<Answer<readonly TailLine[]>> {
  return call(`/api/lines?${scopeOf(agent, { limit: String(limit) })}`, { read: readLines });
}

export function tailAddress(agent: string | null): string {
  return `/api/tail?${scopeOf(agent, {})}`;
}

function scopeOf(agent: string | null, values: Record<string, string>): URLSearchParams {
  return new URLSearchParams(agent === null ? values : { agent, ...values });
}

interface Call<T> {
  readonly method?: 'GET' | 'POST';
  readonly body?: unknown;
  readonly read: (body: unknown) => T;
}

async function call<T>(address: string, options: Call<T>): Promise<Answer<T>> {
  try {
    const reply = await fetch(address, {
      method: options.method ?? 'GET',
      signal: AbortSignal.timeout(timeoutMs),
      credentials: 'same-origin',
      redirect: 'error',
      ...(options.body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(options.body) }),
    });
    if (reply.status === 401 || reply.status === 403) return { kind: 'signed-out' };
    if (!reply.ok)
      return { kind: 'failed', trouble: troubleOf(reply.status, reply.headers.get('retry-after')) };
    const date = Date.parse(reply.headers.get('date') ?? '');
    const body: unknown = reply.status === 204 ? null : await reply.json();
    return { kind: 'ok', value: options.read(body), hubTimeMs: Number.isNaN(date) ? null : date };
  } catch (error) {
    return { kind: 'failed', trouble: unreachable(error) };
  }
}

function troubleOf(status: number, retryAfter: string | null): Trouble {
  const what = `The hub answered with status ${status}.`;
  if (status === 429) {
    const wait = retryAfter === null ? 'a minute' : `${retryAfter} s`;
    return { what: 'The hub has had too many attempts.', fix: `Wait ${wait}, then try again.` };
  }
  if (status === 503)
    return { what, fix: 'Its disk may be full: look at the hub’s own log. The page goes on trying.' };
  if (status >= 500)
    return { what, fix: 'Look at the hub’s own log for the cause. The page goes on trying.' };
  return { what, fix: 'Page and hub may be of different versions: reload the page.' };
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
