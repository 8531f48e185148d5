/**
 * Protocol A's routes. `POST /api/logs` stores, `POST /api/test` only proves that the key is accepted. The agent is
 * the body's `source`. The protocol carries no ids: what is sent twice is stored twice.
 */

import type { LogScanner } from '../lines/decode.ts';
import { readObject } from '../protocol/received.ts';
import { readLogs } from '../protocol/scan.ts';
import { refuseOther } from './guard.ts';
import type { Receiver } from './receiver.ts';
import { json } from './reply.ts';
import type { Route } from './router.ts';

export function syncLogsRoutes(receiver: Receiver, scanner: LogScanner): Route[] {
  const logs: Route['answer'] = (request) =>
    receiver.receive(
      request,
      (body) => readLogs(body, scanner),
      async (batch) => {
        const source = batch.segments[0]?.source;
        if (source !== undefined) {
          refuseOther(request.sender, source);
          await receiver.take(source, 'sync-logs', batch);
        }
        return json(200, { status: 'success', message: 'Logs received', total: batch.records });
      },
    );
  const test: Route['answer'] = async (request) => {
    await receiver.read(request, readObject);
    return json(200, { status: 'success', message: 'The key is accepted; nothing was stored' });
  };
  return [
    { method: 'POST', path: '/api/logs', access: 'agent', answer: logs },
    { method: 'POST', path: '/logs', access: 'agent', answer: logs },
    { method: 'POST', path: '/api/test', access: 'agent', answer: test },
    { method: 'POST', path: '/test', access: 'agent', answer: test },
  ];
}
