import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { directoryFor, type HubUnderTest, startHub } from '../../test/hub/fixture.ts';
import { loadConfig } from '../config/load.ts';
import { createHost } from '../host/node/host.ts';
import { installText } from './install.ts';

const dayMs = 24 * 3600 * 1000;

const opens = async (hub: HubUnderTest, key: string) =>
  (await hub.ask('/api/test', { key, body: {} })).status === 200;

const made = async (hub: HubUnderTest, body: object) => (await hub.ask('/api/keys', { body })).json;

test('a key is made, listed with its last use, and revoked with the next request', async (context) => {
  const hub = await startHub(context);
  const { secret, key } = await made(hub, { name: 'web', agent: 'web-1' });
  const beat = () => hub.ask('/api/agent/register', { key: secret, body: { agent_id: 'web-1' } });
  assert.deepEqual((await hub.ask('/api/keys')).json.keys, [{ ...key, last_used: key.last_used }]);
  hub.clock.advance(5000);
  assert.equal((await beat()).status, 200);
  const listed = await hub.ask('/api/keys');
  assert.deepEqual(listed.json.keys, [{ ...key, last_used: '2026-01-01T00:00:05.000Z' }]);
  assert.equal(listed.text.includes(secret.slice(9)), false);
  assert.equal((await hub.ask(`/api/keys/${key.id}`, { method: 'DELETE' })).status, 200);
  assert.equal((await beat()).status, 401);
  assert.equal((await hub.ask(`/api/keys/${key.id}`, { method: 'DELETE' })).status, 404);
  await hub.close();
});

test('after a rotation both keys are valid for the overlap, also over a restart, then the new one alone', async (context) => {
  const directory = directoryFor(context);
  const first = await startHub(context, { directory });
  const old = await made(first, { name: 'web' });
  const rotated = await first.ask(`/api/keys/${old.key.id}/rotate`, { body: { overlap_ms: dayMs } });
  const { secret } = rotated.json;
  assert.deepEqual([await opens(first, old.secret), await opens(first, secret)], [true, true]);
  await first.close();
  first.clock.advance(dayMs - 1);
  const hub = await startHub(context, { directory, clock: first.clock });
  assert.deepEqual([await opens(hub, old.secret), await opens(hub, secret)], [true, true]);
  hub.clock.advance(1);
  assert.deepEqual([await opens(hub, old.secret), await opens(hub, secret)], [false, true]);
  const ids = (await hub.ask('/api/keys')).json.keys.map(({ id }: { id: string }) => id);
  assert.deepEqual(ids, [rotated.json.key.id]);
  const again = await hub.ask(`/api/keys/${old.key.id}/rotate`, { body: {} });
  assert.deepEqual([again.status, again.json.code], [404, 'KEY_UNKNOWN']);
  await hub.close();
});

test('what is no name, agent or overlap is refused, and nothing is made', async (context) => {
  const hub = await startHub(context);
  for (const body of [{}, { name: '' }, { name: 'a', agent: 7 }, { name: 'a'.repeat(1025) }, []]) {
    assert.equal((await hub.ask('/api/keys', { body })).status, 400, JSON.stringify(body));
  }
  assert.deepEqual((await hub.ask('/api/keys')).json.keys, []);
  const { key } = await made(hub, { name: 'web' });
  for (const overlap_ms of [-1, 91 * dayMs, 'long']) {
    assert.equal((await hub.ask(`/api/keys/${key.id}/rotate`, { body: { overlap_ms } })).status, 400);
  }
  await hub.close();
});

test('an agent’s key makes no keys', async (context) => {
  const hub = await startHub(context);
  const { secret, key } = await made(hub, { name: 'web' });
  const asked = [
    ['/api/keys', {}],
    ['/api/keys', { body: { name: 'more' } }],
    [`/api/keys/${key.id}/rotate`, { body: {} }],
    [`/api/keys/${key.id}`, { method: 'DELETE' }],
  ] as const;
  for (const [path, how] of asked)
    assert.equal((await hub.ask(path, { ...how, key: secret })).status, 403, path);
  await hub.close();
});

test('what is to be pasted makes a configuration that loads, with the key in a file for its owner alone', async (context) => {
  const hub = await startHub(context);
  const headers = { 'x-forwarded-host': 'logs.example', 'x-forwarded-proto': 'https' };
  const body = { name: 'web', agent: 'web-1' };
  const { install, secret } = (await hub.ask('/api/keys', { body, headers })).json;
  const directory = directoryFor(context);
  mkdirSync(join(directory, 'etc'));
  // As pasted, but into a directory of the test's own, and without the service.
  const script = install.replaceAll('/etc/', `${directory}/etc/`).replace('almadia service install', 'true');
  execFileSync('sh', ['-e'], { input: script });
  const environment = readFileSync(join(directory, 'etc/almadia/almadia.env'), 'utf8');
  assert.equal(environment, `ALMADIA_KEY=${secret}\n`);
  const host = createHost();
  const process = { ...host.process, environment: { ALMADIA_KEY: secret } };
  const file = join(directory, 'etc/almadia/almadia.yaml');
  const loaded = await loadConfig({ ...host, process }, { file });
  assert.equal(loaded.kind, 'loaded', JSON.stringify(loaded));
  const { agent, output } = (loaded as Extract<typeof loaded, { kind: 'loaded' }>).config.settings;
  assert.deepEqual(
    [agent.id, agent.stateDirectory, output.url, output.key],
    ['web-1', '/var/lib/almadia', 'https://logs.example', secret],
  );
  await hub.close();
});

test('a name that a shell could take for a command is not put into one', () => {
  const wanted = { agent: 'web', secret: 's', origin: 'http://hub:5000' };
  assert.ok(installText(wanted)?.includes('id: "web"'));
  for (const agent of ['a"b', 'a\nEND\nrm -rf /', '$(id)', '`id`', 'a b', '']) {
    assert.equal(installText({ ...wanted, agent }), null, agent);
  }
  for (const origin of [null, 'http://a b', 'http://a\nEND', 'http://$(id)', 'http://u@h', 'javascript:x']) {
    assert.equal(installText({ ...wanted, origin }), null, String(origin));
  }
});
