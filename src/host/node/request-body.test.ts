import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { nodeNet } from './net.ts';
import { readBody, refusal, refuseBody } from './request-body.ts';

test('a body for which there is no room now is refused with the time to come again', async (context) => {
  const asked: number[] = [];
  const server = http.createServer(async (incoming, outgoing) => {
    const hold = (bytes: number) => {
      asked.push(bytes);
      return false;
    };
    const read = await readBody(incoming, outgoing, { bytesMax: 100, hold });
    if (read.kind === 'refused') await refuseBody(incoming, outgoing, refusal(read.status, 100));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const reply = await nodeNet().send({
    method: 'POST',
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    headers: {},
    body: [Buffer.from('12345')],
    timeoutMs: 10_000,
    replyBytesMax: 1000,
  });
  assert.deepEqual([reply.status, reply.headers['retry-after']], [503, '1']);
  assert.deepEqual(asked, [5]);
});
