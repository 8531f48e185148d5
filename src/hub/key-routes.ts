/** Keys of agents over the API: see docs/api.md. A key is shown in the reply that makes it, and never again. */
import { isCount, isName, readObject, refused } from '../protocol/received.ts';
import type { AgentKey, AgentKeys, NewKey } from './agent-keys.ts';
import { keyNameMax } from './control.ts';
import { originOf } from './guard.ts';
import { installText } from './install.ts';
import type { Receiver } from './receiver.ts';
import { json, Refusal } from './reply.ts';
import type { Route, RoutedRequest } from './router.ts';

const dayMs = 24 * 3600 * 1000;
export const overlapMaxMs = 90 * dayMs;

export function keyRoutes(keys: AgentKeys, receiver: Receiver): Route[] {
  const list: Route['answer'] = () => json(200, { status: 'success', keys: keys.list().map(describe) });
  const add: Route['answer'] = async (request) => {
    const wanted = await receiver.read(request, decodeWanted);
    return json(200, describeNew(keys.add(wanted), request));
  };
  const rotate: Route['answer'] = async (request) => {
    const overlapMs = await receiver.read(request, decodeOverlap);
    const added = keys.rotate(request.params.id ?? '', overlapMs);
    if (added === null) throw unknownKey();
    return json(200, describeNew(added, request));
  };
  const revoke: Route['answer'] = (request) => {
    if (!keys.revoke(request.params.id ?? '')) throw unknownKey();
    return json(200, { status: 'success' });
  };
  return [
    { method: 'GET', path: '/api/keys', access: 'key', answer: list },
    { method: 'POST', path: '/api/keys', access: 'key', answer: add },
    { method: 'POST', path: '/api/keys/:id/rotate', access: 'key', answer: rotate },
    { method: 'DELETE', path: '/api/keys/:id', access: 'key', answer: revoke },
  ];
}

function unknownKey(): Refusal {
  return new Refusal(404, 'KEY_UNKNOWN', { message: 'There is no key of this id.' });
}

function decodeWanted(body: Uint8Array) {
  const object = readObject(body);
  if (object.kind === 'refused') return object;
  const { name, agent = null } = object.value;
  if (!isName(name, keyNameMax)) return refused(400, `name is not a text of 1 to ${keyNameMax} characters`);
  if (agent !== null && !isName(agent, keyNameMax)) return refused(400, 'agent is not the id of an agent');
  return { kind: 'decoded', value: { name, agent } } as const;
}

function decodeOverlap(body: Uint8Array) {
  const object = readObject(body);
  if (object.kind === 'refused') return object;
  const { overlap_ms: overlapMs = dayMs } = object.value;
  if (!isCount(overlapMs) || overlapMs > overlapMaxMs) {
    return refused(400, `overlap_ms is not a whole number up to ${overlapMaxMs}`);
  }
  return { kind: 'decoded', value: overlapMs } as const;
}

function describe({ id, name, agent, createdAtMs, usedAtMs, endsAtMs }: AgentKey) {
  const [created_at, last_used, ends_at] = [createdAtMs, usedAtMs, endsAtMs].map((ms) =>
    ms === null ? null : new Date(ms).toISOString(),
  );
  return { id, name, agent, created_at, last_used, ends_at };
}

function describeNew({ key, secret }: NewKey, request: RoutedRequest) {
  const install = installText({ agent: key.agent, secret, origin: originOf(request) });
  return { status: 'success', key: describe(key), secret, install };
}
