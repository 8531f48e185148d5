import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { lines } from '../../test/compat/batches.ts';
import { blockOf, ChainOfTests, type Made } from '../../test/hub/chained.ts';
import { directoryFor, envelope, type HubUnderTest, ndjson, startHub } from '../../test/hub/fixture.ts';
import { until } from '../../test/support/until.ts';
import { nodeDatabases } from '../host/node/database.ts';
import { linksKeptMin } from '../store/retention.ts';
import { storeName } from './hub.ts';

const ingest = '/api/agent/ingest-batch';
const [one, two] = ['a'.repeat(32), 'b'.repeat(32)];
const hourMs = 3_600_000;

async function send(hub: HubUnderTest, made: Made) {
  const headers = { 'content-type': 'application/vnd.almadia.block' };
  const reply = await hub.ask(ingest, { body: blockOf(made), headers });
  assert.equal(reply.status, 200);
  return reply.json.almadia;
}

async function keep(hub: HubUnderTest, ...rules: object[]) {
  assert.equal((await hub.ask('/api/retention', { body: { rules } })).status, 200);
}

async function audit(hub: HubUnderTest) {
  const found = ndjson((await hub.ask('/api/audit?content=1')).text);
  return {
    streams: found.filter(({ stream }) => stream),
    chain: found.find(({ epoch }) => epoch),
    end: found.at(-1)!,
  };
}

const exported = async (hub: HubUnderTest): Promise<string[]> =>
  ndjson((await hub.ask('/api/export')).text).map(({ text }) => text);

/** Lets the next round of removing be done. */
async function round(hub: HubUnderTest, left: readonly string[]) {
  hub.clock.advance(60_000);
  await until(`only ${left} is left`, async () => (await exported(hub)).join() === left.join());
}

test('what is older than a rule keeps is removed, and the proof says removed, not missing', async (context) => {
  const hub = await startHub(context);
  const chain = new ChainOfTests();
  await send(hub, chain.next([lines('one\ntwo\n', { from: 0, stream: one })]));
  hub.clock.advance(2 * hourMs);
  await send(hub, chain.next([lines('three\n', { from: 8, stream: one })]));
  await keep(hub, { age_ms: hourMs });
  await round(hub, ['three']);
  const { streams, chain: told, end } = await audit(hub);
  assert.deepEqual([end.complete, streams[0].complete_to, streams[0].missing], [true, 14, []]);
  assert.deepEqual([streams[0].removed, streams[0].ranges], [[{ from: 0, to: 8 }], [{ from: 0, to: 14 }]]);
  assert.deepEqual([told.contiguous_to, told.lost, told.broken], [2, [], []]);
  const { ranges, gaps } = (await hub.ask('/api/agent/streams?agent_id=web')).json.streams[0];
  assert.deepEqual([ranges, gaps], [[[0, 14]], []], 'an agent has nothing to send again');
  assert.deepEqual((await hub.ask('/api/events')).json.events, []);
  await hub.close();
});

test('a batch that comes again after its lines were removed is a repeat; other bytes are a fork', async (context) => {
  const hub = await startHub(context);
  const chain = new ChainOfTests();
  const made = chain.next([lines('one\ntwo\n', { from: 0, stream: one })]);
  await send(hub, made);
  await send(hub, chain.next([lines('kept\n', { from: 0, stream: two })]));
  await keep(hub, { agent: 'web', age_ms: hourMs }, { agent: 'web', source: 'b.log' });
  hub.clock.advance(2 * hourMs);
  await round(hub, []);
  const again = await send(hub, made);
  assert.deepEqual([again.records, again.duplicates, (await exported(hub)).length], [0, 2, 0]);
  const forged = new ChainOfTests('f'.repeat(32)).next([lines('six\nten\n', { from: 0, stream: one })]);
  assert.equal((await send(hub, forged)).records, 2);
  assert.deepEqual(await exported(hub), ['six', 'ten']);
  await hub.close();
});

test('the rule that names a stream most closely is the one that counts', async (context) => {
  const hub = await startHub(context);
  for (const agent of ['web', 'db', 'mail']) {
    await hub.ask(ingest, { body: envelope(0, [`of ${agent}`], { agent }) });
  }
  hub.clock.advance(2 * hourMs);
  await keep(
    hub,
    { age_ms: hourMs },
    { agent: 'db', age_ms: 24 * hourMs },
    { source: 'a.log', age_ms: hourMs },
    { agent: 'mail', source: 'a.log' },
  );
  await round(hub, ['of db', 'of mail']);
  await hub.close();
});

test('over so many bytes the oldest go, of the streams of the rule alone', async (context) => {
  const hub = await startHub(context);
  for (const [index, agent] of ['web', 'db', 'web', 'db', 'web'].entries()) {
    hub.clock.advance(1000);
    const from = Math.floor(index / 2) * 100;
    await hub.ask(ingest, { body: envelope(from, [`${index}`.repeat(99)], { agent }) });
  }
  await keep(hub, { agent: 'web', bytes_max: 250 });
  await round(
    hub,
    [2, 4, 1, 3].map((digit) => `${digit}`.repeat(99)),
  );
  assert.equal((await audit(hub)).end.complete, true);
  await hub.close();
});

test('links go with their lines, but for the newest, and the chain stays whole', async (context) => {
  const hub = await startHub(context);
  const chain = new ChainOfTests();
  const count = linksKeptMin + 44;
  const all = Array.from({ length: count }, (_, index) =>
    chain.next([lines(`${index % 10}\n`, { from: index * 2, stream: one })]),
  );
  await Promise.all(all.map((made) => send(hub, made)));
  hub.clock.advance(2 * hourMs);
  await keep(hub, { age_ms: hourMs });
  await round(hub, []);
  await until('links are removed', async () => (await audit(hub)).chain.pruned_to > 0);
  const { chain: told, end } = await audit(hub);
  assert.deepEqual([told.pruned_to, told.links, told.contiguous_to], [44, linksKeptMin, count]);
  assert.equal(end.complete, true);
  await send(hub, all[3]!);
  assert.equal((await audit(hub)).chain.links, linksKeptMin, 'no link comes back before those that are left');
  await send(hub, chain.next([lines('next\n', { from: count * 2, stream: one })]));
  assert.deepEqual(
    [(await audit(hub)).chain.contiguous_to, (await audit(hub)).end.complete],
    [count + 1, true],
  );
  await hub.close();
});

test('rules are kept over a restart; the command line takes the place of the one for all', async (context) => {
  const directory = directoryFor(context);
  const first = await startHub(context, { directory });
  const db = { agent: 'db', source: null, age_ms: hourMs, bytes_max: null };
  await keep(first, db, { bytes_max: 7 });
  await first.close();
  const hub = await startHub(context, { directory, settings: { keep: { ageMs: 60_000, bytesMax: null } } });
  const { rules } = (await hub.ask('/api/retention')).json;
  assert.deepEqual(rules, [db, { agent: null, source: null, age_ms: 60_000, bytes_max: null }]);
  await hub.close();
});

test('rules that are not understood change nothing', async (context) => {
  const hub = await startHub(context);
  await keep(hub, { agent: 'web', age_ms: hourMs });
  const wrong = [
    ...[{}, { rules: {} }, { rules: [7] }, { rules: [{ age_ms: 1 }] }, { rules: [{ bytes_max: -1 }] }],
    ...[{ rules: [{ agent: 7 }] }, { rules: [{ age_ms: hourMs }, { bytes_max: 1 }] }],
  ];
  for (const body of wrong) {
    assert.equal((await hub.ask('/api/retention', { body })).status, 400, JSON.stringify(body));
  }
  assert.equal((await hub.ask('/api/retention')).json.rules.length, 1);
  await hub.close();
});

test('a store without retention is taken over with its lines and links', async (context) => {
  const first = await startHub(context);
  const chain = new ChainOfTests();
  await send(first, chain.next([lines('one\n', { from: 0, stream: one })]));
  await first.close();
  const database = nodeDatabases().open(join(first.directory, storeName));
  database.exec(
    'DROP TABLE removed; ALTER TABLE epochs DROP COLUMN pruned; ALTER TABLE epochs DROP COLUMN pruned_hash; PRAGMA user_version = 3',
  );
  database.close();
  const hub = await startHub(context, { directory: first.directory });
  await send(hub, chain.next([lines('two\n', { from: 4, stream: one })]));
  const { chain: told, end } = await audit(hub);
  assert.deepEqual([told.contiguous_to, told.pruned_to, end.complete], [2, 0, true]);
  await hub.close();
});
