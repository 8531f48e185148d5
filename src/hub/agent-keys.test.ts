import assert from 'node:assert/strict';
import { test } from 'node:test';
import { envelope, startHub } from '../../test/hub/fixture.ts';

/** Asked as over the socket, which only the hub's own user may open. */
function control(hub: Awaited<ReturnType<typeof startHub>>, path: string, body?: object) {
  const reply = hub.hub.control({
    method: body === undefined ? 'GET' : 'POST',
    path,
    query: '',
    headers: {},
    body: Buffer.from(body === undefined ? '' : JSON.stringify(body)),
    remoteAddress: '',
    signal: new AbortController().signal,
  });
  return JSON.parse(reply.body as string);
}

const ingest = '/api/agent/ingest-batch';

test('an agent’s key delivers lines and reads nothing', async (context) => {
  const hub = await startHub(context);
  const { secret } = control(hub, '/keys', { name: 'web' });
  assert.equal((await hub.ask(ingest, { key: secret, body: envelope(0, ['one']) })).status, 200);
  const who = { agent_id: 'web', hostname: 'web', os_type: 'Linux' };
  assert.equal((await hub.ask('/api/agent/register', { key: secret, body: who })).status, 200);
  assert.equal((await hub.ask('/api/logs', { key: secret, body: { source: 'a', logs: [] } })).status, 200);
  for (const path of [
    '/api/export',
    '/api/lines',
    '/api/tail',
    '/api/streams',
    '/api/agents',
    '/api/agent/web',
  ]) {
    const reply = await hub.ask(path, { key: secret });
    assert.deepEqual([reply.status, reply.json.code], [403, 'KEY_OF_AGENT'], path);
  }
  assert.equal((await hub.ask('/api/agent/web', { key: secret, method: 'DELETE' })).status, 403);
  assert.equal((await hub.ask('/api/login', { key: null, body: { key: secret } })).status, 401);
  await hub.close();
});

test('a key of one agent brings no lines of another, by any protocol', async (context) => {
  const hub = await startHub(context);
  const { secret: key } = control(hub, '/keys', { name: 'web', agent: 'web' });
  assert.equal((await hub.ask(ingest, { key, body: envelope(0, ['one']) })).status, 200);
  const others = [
    [ingest, envelope(0, ['forged'], { agent: 'database' })],
    ['/api/agent/register', { agent_id: 'database', hostname: 'h', os_type: 'Linux' }],
    ['/api/agent/heartbeat', { agent_id: 'database' }],
    ['/api/logs', { source: 'database', logs: ['forged'] }],
  ] as const;
  for (const [path, body] of others) {
    const reply = await hub.ask(path, { key, body });
    assert.deepEqual([reply.status, reply.json.code], [403, 'KEY_OF_OTHER'], path);
  }
  assert.equal((await hub.ask('/api/export')).text.includes('forged'), false);
  assert.deepEqual(Object.keys((await hub.ask('/api/agents')).json.agents), ['web']);
  await hub.close();
});

test('a revoked key is refused by the next request, also after a restart, and others are not', async (context) => {
  const hub = await startHub(context);
  const first = control(hub, '/keys', { name: 'first' });
  const second = control(hub, '/keys', { name: 'second' });
  const status = async (one: typeof hub, key: string) =>
    (await one.ask('/api/test', { key, body: {} })).status;
  assert.deepEqual([await status(hub, first.secret), await status(hub, second.secret)], [200, 200]);
  assert.equal(control(hub, '/keys/revoke', { id: first.key.id }).revoked, true);
  assert.equal(control(hub, '/keys/revoke', { id: first.key.id }).revoked, false);
  assert.deepEqual([await status(hub, first.secret), await status(hub, second.secret)], [401, 200]);
  await hub.close();
  const again = await startHub(context, { directory: hub.directory });
  assert.deepEqual([await status(again, first.secret), await status(again, second.secret)], [401, 200]);
  assert.deepEqual(
    control(again, '/keys').keys.map((key: { name: string }) => key.name),
    ['second'],
  );
  await again.close();
});

test('of a key only its hash is kept, and what is nearly a key is none', async (context) => {
  const hub = await startHub(context);
  const { secret, key } = control(hub, '/keys', { name: 'web' });
  assert.match(secret, /^[0-9a-f]{8}\.[\w-]{43}$/);
  assert.ok(secret.startsWith(key.id));
  assert.equal(JSON.stringify(control(hub, '/keys')).includes(secret.slice(9)), false);
  const wrong = [
    key.id,
    `${key.id}.`,
    secret.slice(0, -1),
    `${secret}x`,
    `${'0'.repeat(8)}${secret.slice(8)}`,
    '.',
    '',
  ];
  for (const candidate of wrong) {
    assert.equal((await hub.ask('/api/test', { key: candidate, body: {} })).status, 401, candidate);
  }
  await hub.close();
});
