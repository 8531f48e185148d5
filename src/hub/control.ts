/**
 * What a running hub answers on `hub.sock` in its data directory, which only its own user may open:
 *
 *   GET  /keys          {"keys": [AgentKey, …]}
 *   POST /keys          {"name", "agent"} -> {"key": AgentKey, "secret"}
 *   POST /keys/rotate   {"id", "overlapMs"} -> {"key": AgentKey, "secret"}, or {} where there is no such key
 *   POST /keys/revoke   {"id"} -> {"revoked": boolean}
 *   POST /backup/begin  {} -> {"id"}; null while another copy is being made
 *   POST /backup/renew  {"id"} -> {"held": boolean}
 *   POST /backup/end    {"id"} -> {"held": boolean}
 */
import { join } from 'node:path';
import type { HttpRequest, ServerReply } from '../host/net.ts';
import { isCount, isName, readObject } from '../protocol/received.ts';
import type { AgentKeys } from './agent-keys.ts';
import type { Holding } from './holding.ts';
import { json } from './reply.ts';

/** As long as the id of an agent may be, in characters. */
export const keyNameMax = 1024;

export const controlBodyBytesMax = 64 * 1024;

export function hubSocketPath(dataDirectory: string): string {
  return join(dataDirectory, 'hub.sock');
}

/** Throws as the store does. */
export function handleHubControl(
  { keys, holding }: { readonly keys: AgentKeys; readonly holding: Holding },
  request: HttpRequest,
): ServerReply {
  const route = `${request.method} ${request.path}`;
  if (route === 'GET /keys') return json(200, { keys: keys.list() });
  const body = request.method === 'POST' ? readObject(request.body) : null;
  if (body?.kind === 'decoded') {
    const { name, id, agent = null, overlapMs } = body.value;
    if (route === 'POST /backup/begin') return json(200, { id: holding.begin() });
    if (route === 'POST /backup/renew' && isCount(id)) return json(200, { held: holding.renew(id) });
    if (route === 'POST /backup/end' && isCount(id)) return json(200, { held: holding.end(id) });
    if (route === 'POST /keys' && isName(name, keyNameMax) && (agent === null || isName(agent, keyNameMax))) {
      return json(200, keys.add({ name, agent }));
    }
    if (route === 'POST /keys/rotate' && isName(id, keyNameMax) && isCount(overlapMs)) {
      return json(200, keys.rotate(id, overlapMs) ?? {});
    }
    if (route === 'POST /keys/revoke' && isName(id, keyNameMax)) {
      return json(200, { revoked: keys.revoke(id) });
    }
  }
  return json(404, { error: 'not found' });
}
