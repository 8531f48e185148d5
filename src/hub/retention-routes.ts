/** What is kept, over the API: see docs/api.md. */
import { isCount, isName, isObject, readObject, refused } from '../protocol/received.ts';
import type { RetentionRule } from '../store/store.ts';
import type { Receiver } from './receiver.ts';
import { json } from './reply.ts';
import { type Retention, rulesMax } from './retention.ts';
import type { Route } from './router.ts';

const nameMax = 1024;
/** Lines that were received just now are what somebody looks at, and what an agent may send again. */
const ageMinMs = 60_000;

export function retentionRoutes(retention: Retention, receiver: Receiver): Route[] {
  const told = () => json(200, { status: 'success', rules: retention.rules.map(describe) });
  const set: Route['answer'] = async (request) => {
    retention.set(await receiver.read(request, decodeRules));
    return told();
  };
  return [
    { method: 'GET', path: '/api/retention', access: 'key', answer: told },
    { method: 'POST', path: '/api/retention', access: 'key', answer: set },
  ];
}

function describe({ agent, source, ageMs, bytesMax }: RetentionRule) {
  return { agent, source, age_ms: ageMs, bytes_max: bytesMax };
}

/** All or nothing: a rule that was not understood must not let others remove what it would have kept. */
function decodeRules(body: Uint8Array) {
  const object = readObject(body);
  if (object.kind === 'refused') return object;
  const { rules: told } = object.value;
  if (!Array.isArray(told) || told.length > rulesMax) {
    return refused(400, `rules is not a list of up to ${rulesMax}`);
  }
  const rules: RetentionRule[] = [];
  for (const [index, entry] of told.entries()) {
    const rule = readRule(entry);
    if (typeof rule === 'string') return refused(400, `rules[${index}]${rule}`);
    const twice = rules.some(({ agent, source }) => agent === rule.agent && source === rule.source);
    if (twice) return refused(400, `rules[${index}] is for the same as one before`);
    rules.push(rule);
  }
  return { kind: 'decoded', value: rules } as const;
}

function readRule(entry: unknown): RetentionRule | string {
  if (!isObject(entry)) return ' is not an object';
  const { agent = null, source = null, age_ms: ageMs = null, bytes_max: bytesMax = null } = entry;
  if (agent !== null && !isName(agent, nameMax)) return '.agent is not the id of an agent';
  if (source !== null && !isName(source, nameMax)) return '.source is not the name of a source';
  if (ageMs !== null && (!isCount(ageMs) || ageMs < ageMinMs))
    return `.age_ms is not a whole number from ${ageMinMs}`;
  if (bytesMax !== null && !isCount(bytesMax)) return '.bytes_max is not a whole number';
  return { agent, source, ageMs, bytesMax };
}
