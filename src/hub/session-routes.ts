/** The page's log-in: `POST /api/login {"key"}`, `POST /api/logout`, `GET /api/session`. */
import type { Decoded } from '../protocol/received.ts';
import { isName, readObject, refused } from '../protocol/received.ts';
import { cookieOf, fromBrowser, refuseForeign, tokenOf } from './guard.ts';
import type { Receiver } from './receiver.ts';
import { json, Refusal } from './reply.ts';
import type { Route, RoutedRequest } from './router.ts';
import type { Sessions } from './sessions.ts';

export function sessionRoutes(sessions: Sessions, receiver: Receiver): Route[] {
  const logIn: Route['answer'] = async (request) => {
    if (fromBrowser(request)) refuseForeign(request);
    refuseHasty(request, sessions);
    const key = await receiver.read(request, decodeKey);
    // Asked again: several attempts may have been read at the same time.
    refuseHasty(request, sessions);
    const session = sessions.begin(key, request.remoteAddress);
    if (session === null) {
      throw new Refusal(401, 'KEY_WRONG', { message: 'This key is not the hub’s.' });
    }
    const cookie = cookieOf(request, session.token, session.seconds);
    return json(200, { status: 'success' }, { 'set-cookie': cookie });
  };
  const logOut: Route['answer'] = (request) => {
    if (fromBrowser(request)) refuseForeign(request);
    const token = tokenOf(request);
    if (token !== null) sessions.end(token);
    return json(200, { status: 'success' }, { 'set-cookie': cookieOf(request, '', 0) });
  };
  return [
    { method: 'POST', path: '/api/login', access: 'open', answer: logIn },
    { method: 'POST', path: '/api/logout', access: 'open', answer: logOut },
    { method: 'GET', path: '/api/session', access: 'key', answer: () => json(200, { status: 'success' }) },
  ];
}

function refuseHasty({ remoteAddress }: RoutedRequest, sessions: Sessions): void {
  const waitMs = sessions.waitMs(remoteAddress);
  if (waitMs === 0) return;
  throw new Refusal(429, 'ATTEMPTS_TOO_MANY', {
    message: 'A wrong key was tried from this address just now; wait and try again.',
    headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) },
  });
}

function decodeKey(body: Uint8Array): Decoded<string> {
  const object = readObject(body);
  if (object.kind === 'refused') return object;
  const { key } = object.value;
  return isName(key, 1024) ? { kind: 'decoded', value: key } : refused(400, 'key is not a text');
}
