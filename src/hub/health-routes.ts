/** For what watches the hub: whether it does what it is for, and in numbers. */
import type { Fleet } from './fleet.ts';
import { hubMeasures } from './measures.ts';
import type { Receiver } from './receiver.ts';
import { json } from './reply.ts';
import type { Route } from './router.ts';

const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

export function healthRoutes(receiver: Receiver, fleet: Fleet): Route[] {
  const alive: Route['answer'] = () => json(200, { status: 'success' });
  /** Why is in the hub's own log: who asks need not bring a key. */
  const health: Route['answer'] = () =>
    receiver.stores
      ? json(200, { status: 'success' })
      : json(503, { status: 'error', code: 'STORE_REFUSES' });
  const metrics: Route['answer'] = () => ({
    status: 200,
    headers: { 'content-type': metricsType },
    body: hubMeasures(fleet),
  });
  return [
    { method: 'GET', path: '/health', access: 'open', answer: alive },
    { method: 'GET', path: '/healthz', access: 'open', answer: health },
    { method: 'GET', path: '/metrics', access: 'key', answer: metrics },
  ];
}
