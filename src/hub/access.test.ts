import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directoryFor, type HubUnderTest, startHub, testKey } from '../../test/hub/fixture.ts';

const own = { 'sec-fetch-site': 'same-origin' };

async function logIn(hub: HubUnderTest): Promise<string> {
  const reply = await hub.ask('/api/login', { body: { key: testKey }, key: null, headers: own });
  assert.equal(reply.status, 200);
  return reply.headers['set-cookie']!.split(';')[0]!;
}

test('makes a key at the first start, shows it once and keeps only its hash', async (context) => {
  const directory = directoryFor(context);
  const first = await startHub(context, { directory, settings: { key: null } });
  const key = first.hub.newKey!;
  assert.ok(Buffer.from(key, 'base64url').length === 32);
  assert.equal((await first.ask('/api/agents', { key })).status, 200);
  await first.close();
  const second = await startHub(context, { directory, settings: { key: null } });
  assert.equal(second.hub.newKey, null);
  assert.equal((await second.ask('/api/agents', { key })).status, 200);
  await second.close();
});

test('a key from the settings takes the place of the one before', async (context) => {
  const directory = directoryFor(context);
  const first = await startHub(context, { directory, settings: { key: null } });
  const old = first.hub.newKey!;
  await first.close();
  const second = await startHub(context, { directory, settings: { key: 'another' } });
  assert.equal((await second.ask('/api/agents', { key: old })).status, 401);
  assert.equal((await second.ask('/api/agents', { key: 'another' })).status, 200);
  await second.close();
});

test('a key that no header could carry is refused at once, and the store is free again', async (context) => {
  const directory = directoryFor(context);
  for (const key of ['clave-ñ', ' key', 'key\n', 'k'.repeat(1025)]) {
    await assert.rejects(startHub(context, { directory, settings: { key } }), /cannot travel/);
  }
  const hub = await startHub(context, { directory, settings: { key: 'two words' } });
  assert.equal((await hub.ask('/api/agents', { key: 'two words' })).status, 200);
  await hub.close();
});

test('takes the key in either header, and answers 401 without it or with a wrong one', async (context) => {
  const hub = await startHub(context);
  const status = async (headers: Record<string, string>) =>
    (await hub.ask('/api/agents', { key: null, headers })).status;
  assert.equal(await status({ 'x-api-key': testKey }), 200);
  assert.equal(await status({ authorization: `Bearer ${testKey}` }), 200);
  assert.equal(await status({}), 401);
  assert.equal(await status({ 'x-api-key': `${testKey}x` }), 401);
  assert.equal(await status({ 'x-api-key': testKey.slice(1) }), 401);
  assert.equal(await status({ cookie: 'almadia_session=guess' }), 401);
  await hub.close();
});

test('nothing but the page, the health and the log-in is answered without a key', async (context) => {
  const hub = await startHub(context);
  const body = {};
  for (const path of ['/api/logs', '/api/test', '/api/agent/register', '/api/agent/ingest-batch']) {
    assert.equal((await hub.ask(path, { body, key: null })).status, 401, path);
  }
  for (const path of [
    '/api/agents',
    '/api/export',
    '/api/lines',
    '/api/tail',
    '/api/streams',
    '/api/session',
  ]) {
    assert.equal((await hub.ask(path, { key: null })).status, 401, path);
  }
  assert.equal((await hub.ask('/api/agent/x', { method: 'DELETE', key: null })).status, 401);
  assert.equal((await hub.ask('/health', { key: null })).status, 200);
  await hub.close();
});

test('answers 405 with the methods that are possible, and 404 for what is not there', async (context) => {
  const hub = await startHub(context);
  for (const method of ['GET', 'HEAD', 'PUT', 'OPTIONS']) {
    const reply = await hub.ask('/api/agent/ingest-batch', { method });
    assert.deepEqual([reply.status, reply.headers.allow, reply.json.code], [405, 'POST', 'METHOD_WRONG']);
  }
  assert.equal((await hub.ask('/api/agents', { body: {} })).headers.allow, 'GET');
  const missing = await hub.ask('/etc/passwd');
  assert.deepEqual([missing.status, missing.json.status, missing.json.code], [404, 'error', 'PATH_UNKNOWN']);
  assert.equal((await hub.ask('/api/agent/%zz')).status, 404);
  await hub.close();
});

test('a session lasts over a restart, and ends with a log-out, with its time and with its key', async (context) => {
  const directory = directoryFor(context);
  const first = await startHub(context, { directory });
  const cookie = await logIn(first);
  const other = await logIn(first);
  const holds = async (hub: HubUnderTest, value: string) =>
    (await hub.ask('/api/session', { key: null, headers: { cookie: value } })).status === 200;
  assert.ok(await holds(first, cookie));
  await first.close();

  const second = await startHub(context, { directory, clock: first.clock });
  assert.ok(await holds(second, `theme=dark; ${cookie}`));
  await second.ask('/api/logout', { body: {}, key: null, headers: { ...own, cookie: other } });
  assert.equal(await holds(second, other), false);
  second.clock.advance(31 * 24 * 3600 * 1000);
  assert.equal(await holds(second, cookie), false);
  const third = await logIn(second);
  await second.close();

  const changed = await startHub(context, { directory, clock: first.clock, settings: { key: 'another' } });
  assert.equal(await holds(changed, third), false);
  await changed.close();
});

test('the cookie is out of reach of scripts and of other sites, and of plain http behind https', async (context) => {
  const hub = await startHub(context);
  const cookie = async (headers: Record<string, string>) =>
    (await hub.ask('/api/login', { body: { key: testKey }, key: null, headers })).headers['set-cookie']!;
  const plain = await cookie(own);
  for (const word of ['HttpOnly', 'SameSite=Strict', 'Path=/']) assert.ok(plain.includes(word), word);
  assert.equal(plain.includes('Secure'), false);
  assert.ok((await cookie({ ...own, 'x-forwarded-proto': 'https' })).includes('; Secure'));
  await hub.close();
});

test('a cookie changes something only from the hub’s own page', async (context) => {
  const hub = await startHub(context);
  const cookie = await logIn(hub);
  const status = async (headers: Record<string, string>) =>
    (await hub.ask('/api/agent/none', { method: 'DELETE', key: null, headers: { cookie, ...headers } }))
      .status;
  assert.equal(await status(own), 404);
  assert.equal(await status({ origin: 'http://hub:5000' }), 404);
  assert.equal(await status({ origin: 'http://evil' }), 403);
  assert.equal(await status({ 'sec-fetch-site': 'cross-site', origin: 'http://hub:5000' }), 403);
  assert.equal(await status({}), 403);
  const foreign = { 'sec-fetch-site': 'cross-site' };
  const reply = await hub.ask('/api/login', { body: { key: testKey }, key: null, headers: foreign });
  assert.equal(reply.status, 403);
  await hub.close();
});

test('no other site’s page may read what the hub answers, whatever name it is reached by', async (context) => {
  const hub = await startHub(context);
  const cookie = await logIn(hub);
  const foreign = { origin: 'http://evil', 'sec-fetch-site': 'cross-site' };
  const asked = [
    await hub.ask('/api/agents', { key: null, headers: { cookie, ...foreign } }),
    await hub.ask('/api/agents', { method: 'OPTIONS', key: null, headers: foreign }),
    // A name that leads here without the owner's will has no cookie, and so nothing.
    await hub.ask('/api/agents', { key: null, headers: { host: 'evil' } }),
  ];
  assert.deepEqual(
    asked.map(({ status }) => status),
    [200, 405, 401],
  );
  for (const { headers } of asked) {
    assert.equal(
      Object.keys(headers).some((name) => name.startsWith('access-control-')),
      false,
    );
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
  }
  await hub.close();
});

test('after a wrong key the address waits, longer each time, and others do not', async (context) => {
  const hub = await startHub(context);
  const attempt = (key: string, address: string) =>
    hub.ask('/api/login', { body: { key }, key: null, address });
  assert.equal((await attempt('wrong', '10.0.0.1')).status, 401);
  const hasty = await attempt(testKey, '10.0.0.1');
  assert.deepEqual([hasty.status, hasty.headers['retry-after']], [429, '1']);
  assert.equal((await attempt(testKey, '10.0.0.2')).status, 200);
  hub.clock.advance(500);
  assert.equal((await attempt('wrong', '10.0.0.1')).status, 401);
  hub.clock.advance(500);
  assert.equal((await attempt(testKey, '10.0.0.1')).status, 429);
  hub.clock.advance(500);
  assert.equal((await attempt(testKey, '10.0.0.1')).status, 200);
  await hub.close();
});

test('the page comes under a policy that lets it ask its own hub only', async (context) => {
  const assets = new Map([
    ['index.html', { type: 'text/html; charset=utf-8', bytes: Buffer.from('<!doctype html>') }],
    ['page.js', { type: 'text/javascript; charset=utf-8', bytes: Buffer.from('1') }],
  ]);
  const hub = await startHub(context, { assets });
  const page = await hub.ask('/', { key: null });
  assert.equal(page.text, '<!doctype html>');
  const policy = page.headers['content-security-policy']!;
  assert.ok(policy.startsWith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"));
  assert.equal(page.headers['x-content-type-options'], 'nosniff');
  assert.equal(
    (await hub.ask('/page.js', { key: null })).headers['content-type'],
    'text/javascript; charset=utf-8',
  );
  const head = await hub.ask('/', { method: 'HEAD', key: null });
  assert.deepEqual([head.status, head.text], [200, '']);
  const api = await hub.ask('/api/agents');
  assert.equal(api.headers['cache-control'], 'no-store');
  assert.equal(api.headers['referrer-policy'], 'no-referrer');
  await hub.close();
});
