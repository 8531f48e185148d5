/**
 * Who may ask. Agents and programs bring a key (`X-API-Key` or `Authorization: Bearer`), the page its cookie. The hub's own
 * key opens everything, an agent's key only what agents need, and for the one agent that it may be bound to.
 *
 * A browser sends the cookie with whatever page makes it ask, so a request that changes something counts under the
 * cookie only when it comes from the hub's own page: `Sec-Fetch-Site: same-origin`, or an `Origin` that names the
 * host asked. https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
 */
import type { RequestHead } from '../host/net.ts';
import type { AgentKeys } from './agent-keys.ts';
import type { Keys } from './keys.ts';
import { Refusal } from './reply.ts';
import type { Sessions } from './sessions.ts';

const cookieName = 'almadia_session';

/** Whose lines a sender may bring: those of one agent, or with null of any. */
export interface Sender {
  readonly agent: string | null;
  /** What was shown. */
  readonly by: 'hub-key' | 'agent-key' | 'log-in' | 'nobody';
}

export interface Gatekeepers {
  readonly keys: Keys;
  readonly agentKeys: AgentKeys;
  readonly sessions: Sessions;
}

/** Throws `Refusal` 401, or 403 for an agent's key elsewhere and for a cookie that another site made the browser send. */
export function admit(request: RequestHead, access: 'key' | 'agent', given: Gatekeepers): Sender {
  const { keys, agentKeys, sessions } = given;
  const key = keyOf(request);
  if (key !== null) {
    if (keys.fits(key)) return { agent: null, by: 'hub-key' };
    const agentKey = agentKeys.find(key);
    if (agentKey === null) {
      throw new Refusal(401, 'KEY_WRONG', { message: 'This key is not the hub’s; check the agent’s key.' });
    }
    if (access === 'agent') return { agent: agentKey.agent, by: 'agent-key' };
    throw new Refusal(403, 'KEY_OF_AGENT', { message: 'An agent’s key delivers lines; it reads nothing.' });
  }
  const token = tokenOf(request);
  if (token === null || !sessions.holds(token)) {
    throw new Refusal(401, 'KEY_MISSING', { message: 'A key is needed, in the header X-API-Key.' });
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') refuseForeign(request);
  return { agent: null, by: 'log-in' };
}

/** Throws `Refusal` 403 where the key is bound to another agent. */
export function refuseOther({ agent }: Sender, agentId: string): void {
  if (agent === null || agent === agentId) return;
  throw new Refusal(403, 'KEY_OF_OTHER', {
    message: 'This key belongs to another agent; nothing was stored. Make one for this agent.',
  });
}

/** Throws `Refusal` 403 when another site's page made the browser ask. Programs name no origin and pass. */
export function refuseForeign(request: RequestHead): void {
  const site = request.headers['sec-fetch-site'];
  const origin = request.headers.origin;
  if (site === 'same-origin' || (site === undefined && namesHost(origin, request))) return;
  throw new Refusal(403, 'ORIGIN_WRONG', { message: 'This may only be asked from the hub’s own page.' });
}

export function fromBrowser({ headers }: RequestHead): boolean {
  return headers['sec-fetch-site'] !== undefined || headers.origin !== undefined;
}

export function tokenOf(request: RequestHead): string | null {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = part.trim().split('=', 2);
    if (name === cookieName && value !== undefined && value !== '') return value;
  }
  return null;
}

/** Sets the cookie, or takes it away with an empty token. */
export function cookieOf(request: RequestHead, token: string, seconds: number): string {
  const secure = isHttps(request) ? '; Secure' : '';
  return `${cookieName}=${token}; Max-Age=${seconds}; Path=/; HttpOnly; SameSite=Strict${secure}`;
}

function keyOf({ headers }: RequestHead): string | null {
  const key = headers['x-api-key'];
  if (key !== undefined && key !== '') return key;
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '');
  return bearer?.[1] ?? null;
}

/** The hub speaks plain HTTP; a proxy before it tells that the browser came by https. */
function isHttps({ headers }: RequestHead): boolean {
  return headers['x-forwarded-proto'] === 'https' || (headers.origin ?? '').startsWith('https:');
}

/** Where whoever asks reaches this hub, such as https://logs.example:5000; null where the request does not tell. */
export function originOf(request: RequestHead): string | null {
  const host = request.headers['x-forwarded-host'] ?? request.headers.host;
  return host === undefined ? null : `${isHttps(request) ? 'https' : 'http'}://${host}`;
}

function namesHost(origin: string | undefined, { headers }: RequestHead): boolean {
  const host = headers['x-forwarded-host'] ?? headers.host;
  return origin !== undefined && host !== undefined && /^https?:\/\/(.+)$/.exec(origin)?.[1] === host;
}
