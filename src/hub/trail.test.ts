import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directoryFor, envelope, type HubUnderTest, startHub, testKey } from '../../test/hub/fixture.ts';

interface Entry {
  readonly id: number;
  readonly at: string;
  readonly by: string;
  readonly address: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

const trail = async (hub: HubUnderTest, query = ''): Promise<Entry[]> =>
  (await hub.ask(`/api/trail${query}`)).json.entries;

const own = { 'sec-fetch-site': 'same-origin' };

test('who changed something is told, by what they showed, and outlives a restart', async (context) => {
  const directory = directoryFor(context);
  const first = await startHub(context, { directory });
  const { key } = (await first.ask('/api/keys', { body: { name: 'web' }, address: '10.0.0.7' })).json;
  const logIn = await first.ask('/api/login', { body: { key: testKey }, key: null, headers: own });
  const cookie = logIn.headers['set-cookie']!.split(';')[0]!;
  const headers = { ...own, cookie };
  await first.ask(`/api/keys/${key.id}`, { method: 'DELETE', key: null, headers });
  await first.ask('/api/agent/nobody', { method: 'DELETE' });
  await first.close();
  const hub = await startHub(context, { directory, clock: first.clock });
  const told = (await trail(hub)).map(({ by, address, method, path, status }) => [
    by,
    address,
    method,
    path,
    status,
  ]);
  assert.deepEqual(told, [
    ['hub-key', '127.0.0.1', 'DELETE', '/api/agent/nobody', 404],
    ['log-in', '127.0.0.1', 'DELETE', `/api/keys/${key.id}`, 200],
    ['nobody', '127.0.0.1', 'POST', '/api/login', 200],
    ['hub-key', '10.0.0.7', 'POST', '/api/keys', 200],
  ]);
  await hub.close();
});

test('a wrong log-in is told; what agents send, and reading, is not; nor is anything secret', async (context) => {
  const hub = await startHub(context);
  const { secret } = (await hub.ask('/api/keys', { body: { name: 'web' } })).json;
  await hub.ask('/api/login', { body: { key: 'guess-of-somebody' }, key: null });
  await hub.ask('/api/agent/ingest-batch', { key: secret, body: envelope(0, ['one']) });
  await hub.ask('/api/agents');
  const reply = await hub.ask('/api/trail');
  const told = reply.json.entries.map(({ path, status }: Entry) => [path, status]);
  assert.deepEqual(told, [
    ['/api/login', 401],
    ['/api/keys', 200],
  ]);
  for (const hidden of [secret, testKey, 'guess-of-somebody'])
    assert.equal(reply.text.includes(hidden), false);
  assert.equal((await hub.ask('/api/trail', { key: secret })).status, 403);
  await hub.close();
});

test('the newest two thousand are kept, and given in pages', async (context) => {
  const hub = await startHub(context);
  for (let count = 0; count < 2005; count++) await hub.ask(`/api/agent/${count}`, { method: 'DELETE' });
  const ids: number[] = [];
  for (let next: string | null = ''; next !== null; ) {
    const page: { entries: Entry[]; next: string | null } = (await hub.ask(`/api/trail?after=${next}`)).json;
    ids.push(...page.entries.map(({ id }) => id));
    next = page.next;
  }
  assert.deepEqual(
    ids,
    Array.from({ length: 2000 }, (_, index) => 2005 - index),
  );
  await hub.close();
});
