/**
 * What a running hub answers on `hub.sock` in its data directory, which only its own user may open:
 *
 *   GET  /keys          {"keys": [AgentKey, …]}
 *   POST /keys          {"name", "agent"} -> {"key": AgentKey, "secret"}
 *   POST /keys/revoke   {"id"} -> {"revoked": boolean}
 */
import { join } from 'node:path';
import type { Clock } from '../host/clock.ts';
import type { HttpRequest, ServerReply } from '../host/net.ts';
import { isName, readObject } from '../protocol/received.ts';
import type { AgentKeys } from './agent-keys.ts';
import { json } from './reply.ts';

/** As long as the id of an agent may be, in characters. */
export const keyNameMax = 1024;

export const controlBodyBytesMax = 64 * 1024;

export function hubSocketPath(dataDirectory: string): string {
  return join(dataDirectory, 'hub.sock');
}

/** Throws as the store does. */
export function handleHubControl(keys: AgentKeys, clock: Clock, request: HttpRequest): ServerReply {
  const route = `${request.method} ${request.path}`;
  if (route === 'GET /keys') return json(200, { keys: keys.list() });
  const body = request.method === 'POST' ? readObject(request.body) : null;
  if (body?.kind === 'decoded') {
    const { name, id, agent = null } = body.value;
    if (route === 'POST /keys' && isName(name, keyNameMax) && (agent === null || isName(agent, keyNameMax))) {
      return json(200, keys.add({ name, agent }, clock.now()));
    }
    if (route === 'POST /keys/revoke' && isName(id, keyNameMax)) {
      return json(200, { revoked: keys.revoke(id) });
    }
  }
  return json(404, { error: 'not found' });
}
