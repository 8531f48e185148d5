import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { directoryFor, envelope, ndjson, startHub, testKey } from '../../test/hub/fixture.ts';
import { DatabaseError, type Databases } from '../host/database.ts';
import { nodeDatabases } from '../host/node/database.ts';

const ingest = '/api/agent/ingest-batch';
const registration = { agent_id: 'web', hostname: 'web-1', os_type: 'Linux' };

test('protocol A: stores the lines of a source under its name', async (context) => {
  const hub = await startHub(context);
  const body = { logs: ['one', 'two'], source: 'shop', timestamp: 1_700_000_000 };
  for (const path of ['/api/logs', '/logs', '/api/logs/']) {
    const reply = await hub.ask(path, { body });
    assert.deepEqual([reply.status, reply.json.status], [200, 'success']);
  }
  const lines = ndjson((await hub.ask('/api/export?agent=shop')).text);
  assert.deepEqual(
    lines.map((line) => [line.source, line.text, line.from, line.to]),
    [0, 8, 16].flatMap((at) => [
      ['shop', 'one', at, at + 4],
      ['shop', 'two', at + 4, at + 8],
    ]),
  );
  assert.equal((await hub.ask('/api/agents')).json.agents.shop.type, 'sync-logs');
  await hub.close();
});

test('protocol A: the connection test and an empty list store nothing', async (context) => {
  const hub = await startHub(context);
  const probe = await hub.ask('/api/test', { body: { source: 'shop', test_run: true, message: 'hello' } });
  assert.deepEqual([probe.status, probe.json.status], [200, 'success']);
  const empty = await hub.ask('/api/logs', { body: { logs: [], source: 'shop', timestamp: 1 } });
  assert.equal(empty.status, 200);
  assert.equal((await hub.ask('/api/agents')).json.total, 0);
  assert.equal((await hub.ask('/api/export')).text, '');
  await hub.close();
});

test('protocol A: refuses what Laravel refuses, and names the field', async (context) => {
  const hub = await startHub(context);
  const status = async (body: unknown) => (await hub.ask('/api/logs', { body })).status;
  assert.equal(await status('{"logs":'), 400);
  assert.equal(await status({ source: 'shop' }), 422);
  const wrong = await hub.ask('/api/logs', { body: { logs: ['a', 7], source: 'shop' } });
  assert.equal(wrong.status, 422);
  assert.match(wrong.json.message, /logs\[1\]/);
  await hub.close();
});

test('protocol B: registers, beats and ingests as the original hub answers', async (context) => {
  const hub = await startHub(context);
  const registered = await hub.ask('/api/agent/register', { body: registration });
  assert.equal(registered.json.status, 'success');
  assert.equal(registered.json.server_time, '2026-01-01T00:00:00.000Z');
  const { encodings, ...offer } = registered.json.almadia;
  assert.deepEqual(offer, { envelope: 1, gzip: true, block: 1 });
  assert.ok(encodings.includes('br') && encodings.includes('gzip'));
  assert.equal((await hub.ask('/api/agent/heartbeat', { body: { agent_id: 'web' } })).status, 200);
  const logs = [
    { log_text: 'one', source: 'syslog', timestamp: '2026-01-01T00:00:00Z' },
    { log_text: 'two', source: 'auth.log', timestamp: '2026-01-01T00:00:00Z' },
    { log_text: 'three', source: 'syslog', timestamp: '2026-01-01T00:00:00Z' },
  ];
  const reply = await hub.ask(ingest, { body: { agent_id: 'web', logs } });
  assert.deepEqual(reply.json, {
    ...{ status: 'success', message: 'Batch stored', total: 3 },
    ...{ malicious: 0, suspicious: 0, results: [] },
  });
  const texts = async (query: string) =>
    ndjson((await hub.ask(`/api/export?agent=web${query}`)).text).map((line) => line.text);
  assert.deepEqual(await texts('&source=syslog'), ['one', 'three']);
  assert.deepEqual(await texts('&source=auth.log'), ['two']);
  await hub.close();
});

test('protocol B: refuses empty logs and a missing agent with 400', async (context) => {
  const hub = await startHub(context);
  assert.equal((await hub.ask(ingest, { body: { agent_id: 'web', logs: [] } })).status, 400);
  assert.equal((await hub.ask(ingest, { body: { logs: [{ log_text: 'x' }] } })).status, 400);
  assert.equal((await hub.ask('/api/agent/register', { body: { hostname: 'web-1' } })).status, 400);
  assert.equal((await hub.ask('/api/agent/register', { body: '' })).status, 400);
  await hub.close();
});

test('lines of an agent that never registered are stored, and its heartbeat makes it register', async (context) => {
  const hub = await startHub(context);
  const beat = () => hub.ask('/api/agent/heartbeat', { body: { agent_id: 'web' } });
  assert.equal((await beat()).status, 404);
  assert.equal((await hub.ask(ingest, { body: { agent_id: 'web', logs: [{ log_text: 'x' }] } })).status, 200);
  assert.equal((await beat()).status, 404);
  await hub.ask('/api/agent/register', { body: registration });
  assert.equal((await beat()).status, 200);
  await hub.close();
});

test('with the envelope, a batch that comes again is stored once, also after a restart', async (context) => {
  const directory = directoryFor(context);
  const body = envelope(0, ['one', 'two']);
  const first = await startHub(context, { directory });
  const stored = await first.ask(ingest, { body });
  assert.deepEqual(stored.json.almadia, { batch_id: 'batch-0-8', records: 2, duplicates: 0 });
  await first.close();
  const second = await startHub(context, { directory });
  const again = await second.ask(ingest, { body });
  assert.deepEqual(again.json.almadia, { batch_id: 'batch-0-8', records: 0, duplicates: 2 });
  assert.equal(again.json.total, 2);
  assert.equal(ndjson((await second.ask('/api/export')).text).length, 2);
  await second.close();
});

test('with the envelope, raw bytes, cut lines, CRLF and gaps are kept as the agent told them', async (context) => {
  const hub = await startHub(context);
  const stream = 'b'.repeat(32);
  const raw = Buffer.from([0x61, 0xff, 0x62]);
  const body = {
    agent_id: 'web',
    logs: [
      { log_text: 'a\ufffdb', source: 'a.log', raw: raw.toString('base64') },
      { log_text: 'crlf', source: 'a.log' },
      { log_text: 'begin', source: 'a.log', original_bytes: 100 },
    ],
    almadia: {
      batch_id: 'x',
      segments: [
        { stream, path: '/a.log', from: 0, to: 10, kind: 'lines', ends: [4, 6] },
        { stream, path: '/a.log', from: 10, to: 110, kind: 'cut', ends: [100] },
        { stream, path: '/a.log', from: 110, to: 200, kind: 'gap', reason: 'unreadable' },
      ],
    },
  };
  const reply = await hub.ask(ingest, { body });
  assert.deepEqual(reply.json.almadia, { batch_id: 'x', records: 3, duplicates: 0 });
  const [first, second, third] = ndjson((await hub.ask('/api/export')).text);
  assert.deepEqual([first.text, first.raw, first.from, first.to], ['a\ufffdb', raw.toString('base64'), 0, 4]);
  assert.deepEqual([second.text, second.raw, second.to], ['crlf', undefined, 10]);
  assert.deepEqual([third.text, third.cut, third.original_bytes, third.to], ['begin', true, 100, 110]);
  const { streams } = (await hub.ask('/api/streams?agent=web')).json;
  assert.deepEqual(streams[0].ranges, [{ from: 0, to: 110 }]);
  assert.deepEqual(streams[0].gaps, [{ from: 110, to: 200, reason: 'unreadable' }]);
  await hub.close();
});

test('a dry run checks everything and stores nothing', async (context) => {
  const hub = await startHub(context);
  const probe = { agent_id: 'web', logs: [], almadia: { batch_id: 'dry-run', segments: [] } };
  const reply = await hub.ask(`${ingest}?dry_run=1`, { body: probe });
  assert.deepEqual(reply.json.almadia, { batch_id: 'dry-run', records: 0, duplicates: 0 });
  assert.equal((await hub.ask(`${ingest}?dry_run=1`, { body: envelope(0, ['one']) })).status, 200);
  assert.equal((await hub.ask(`${ingest}?dry_run=1`, { body: { agent_id: 'web', logs: 7 } })).status, 400);
  assert.equal((await hub.ask('/api/export')).text, '');
  assert.equal((await hub.ask('/api/agents')).json.total, 0);
  await hub.close();
});

test('takes gzip, and refuses bombs, garbage and unknown encodings', async (context) => {
  const hub = await startHub(context, { settings: { expandedBytesMax: 100_000 } });
  const send = (body: Uint8Array, encoding: string) =>
    hub.ask(ingest, { body, headers: { 'content-encoding': encoding } });
  const good = await send(gzipSync(JSON.stringify(envelope(0, ['one']))), 'gzip');
  assert.equal(good.json.almadia.records, 1);
  assert.equal((await send(gzipSync(Buffer.alloc(200_000)), 'gzip')).status, 413);
  assert.equal((await send(Buffer.from('no gzip'), 'gzip')).status, 400);
  assert.equal((await send(Buffer.from('{}'), 'zip')).status, 415);
  await hub.close();
});

test('refuses a body over the limit with 413', async (context) => {
  const hub = await startHub(context, { settings: { bodyBytesMax: 1000 } });
  const reply = await hub.ask(ingest, { body: envelope(0, ['x'.repeat(1000)]) });
  assert.deepEqual([reply.status, reply.json.code], [413, 'BODY_TOO_LARGE']);
  await hub.close();
});

test('a refused body is told where it is wrong, and that nothing of it was stored', async (context) => {
  const hub = await startHub(context);
  const said = async (body: string) => (await hub.ask('/api/logs', { body })).json.message;
  assert.equal(
    await said('{"logs":["a" 1]}'),
    'the body is not JSON, from character 13 on; nothing of it was stored',
  );
  assert.equal(await said('{"logs":'), 'the body is not JSON: it ends too early; nothing of it was stored');
  assert.equal(await said('{"logs":[secret]}'), 'the body is not JSON; nothing of it was stored');
  assert.match(await said(''), /^the body is empty/);
  assert.equal(await said('{"logs":[1]}'), 'logs[0] is not a string; nothing of it was stored');
  await hub.close();
});

test('what is no batch must be short, most of all the log-in, which anybody may ask', async (context) => {
  const hub = await startHub(context);
  const bounds = [
    ...['/api/login', '/api/test', '/api/agent/register'].map((path) => [path, 64 * 1024] as const),
    // It tells of events, with their paths.
    ['/api/agent/heartbeat', 1024 * 1024] as const,
  ];
  for (const [path, bytes] of bounds) {
    const padded = JSON.stringify({ ...registration, key: testKey, padding: 'x'.repeat(bytes) });
    assert.equal((await hub.ask(path, { body: padded })).status, 413, path);
    const bomb = { body: gzipSync(padded), headers: { 'content-encoding': 'gzip' } };
    assert.equal((await hub.ask(path, bomb)).status, 413, path);
  }
  await hub.close();
});

test('a malformed envelope is refused as a whole, and the field is named', async (context) => {
  const hub = await startHub(context);
  const good = envelope(0, ['one', 'two']);
  const [segment] = good.almadia.segments;
  const wrong = { ...good, almadia: { ...good.almadia, segments: [{ ...segment, stream: '../../etc' }] } };
  const reply = await hub.ask(ingest, { body: wrong });
  assert.deepEqual([reply.status, reply.json.status], [400, 'error']);
  assert.match(reply.json.message, /segments\[0\]\.stream/);
  assert.equal((await hub.ask('/api/export')).text, '');
  await hub.close();
});

test('on a full disk senders are told to come again, and reading goes on', async (context) => {
  let full = false;
  const databases: Databases = {
    open: (path) => {
      const real = nodeDatabases().open(path);
      return {
        exec: (sql) => real.exec(sql),
        all: (sql, ...values) => real.all(sql, ...values),
        run: (sql, ...values) => real.run(sql, ...values),
        transaction: (durability, work) => {
          if (full) throw new DatabaseError('full', 'no space left');
          return real.transaction(durability, work);
        },
        close: () => real.close(),
      };
    },
  };
  const hub = await startHub(context, { databases });
  await hub.ask('/api/agent/register', { body: registration });
  await hub.ask(ingest, { body: envelope(0, ['one']) });
  full = true;
  const refused = await hub.ask(ingest, { body: envelope(4, ['two']) });
  assert.deepEqual(
    [refused.status, refused.headers['retry-after'], refused.json.code],
    [503, '30', 'STORE_FULL'],
  );
  assert.equal((await hub.ask('/api/agent/heartbeat', { body: { agent_id: 'web' } })).status, 200);
  assert.equal(ndjson((await hub.ask('/api/export')).text).length, 1);
  const health = async () => (await hub.ask('/healthz', { key: null })).status;
  assert.equal(await health(), 503);
  full = false;
  assert.equal((await hub.ask(ingest, { body: envelope(4, ['two']) })).json.almadia.records, 1);
  assert.equal(await health(), 200);
  await hub.close();
});

test('an agent whose name is hostile is a name and nothing else', async (context) => {
  const hub = await startHub(context);
  for (const agent of [
    '__proto__',
    '../../etc/passwd',
    '<script>',
    "x'; DROP TABLE streams",
    'a\ud800b',
    '\0',
  ]) {
    assert.equal((await hub.ask(ingest, { body: envelope(0, ['one'], { agent }) })).status, 200, agent);
    const known = agent.replace(/[\ud800\0]/, '\ufffd');
    const one = await hub.ask(`/api/agent/${encodeURIComponent(known)}`);
    assert.deepEqual([one.status, one.json.agent?.agent_id], [200, known], agent);
    const exported = ndjson((await hub.ask(`/api/export?agent=${encodeURIComponent(known)}`)).text);
    assert.deepEqual(
      exported.map((line) => [line.agent, line.text]),
      [[known, 'one']],
    );
  }
  assert.equal((await hub.ask('/api/agents')).text.match(/"agent_id"/g)?.length, 6);
  await hub.close();
});

test('the longest name that a protocol takes can be asked for and removed', async (context) => {
  const hub = await startHub(context);
  const source = '日'.repeat(1024);
  assert.equal((await hub.ask('/api/logs', { body: { logs: ['one'], source } })).status, 200);
  const path = `/api/agent/${encodeURIComponent(source)}`;
  assert.equal((await hub.ask(path)).status, 200);
  assert.equal((await hub.ask(path, { method: 'DELETE' })).status, 200);
  await hub.close();
});

test('a second hub on the same directory is refused', async (context) => {
  const hub = await startHub(context);
  await assert.rejects(startHub(context, { directory: hub.directory }), { code: 'HUB_LOCKED' });
  await hub.close();
  await (await startHub(context, { directory: hub.directory, settings: { key: testKey } })).close();
});
