import assert from 'node:assert/strict';
import { test } from 'node:test';
import { envelope, ndjson, startHub } from '../../test/hub/fixture.ts';

const ingest = '/api/agent/ingest-batch';

// biome-ignore lint/suspicious/noExplicitAny: tests look into replies of many shapes.
type Json = any;

test('finds lines by a query, the newest first, in pages', async (context) => {
  const hub = await startHub(context);
  await hub.ask(ingest, { body: envelope(0, ['GET /a 200', 'GET /b 500', 'level=error msg="no"']) });
  hub.clock.advance(60_000);
  await hub.ask(ingest, { body: envelope(0, ['GET /c 500'], { agent: 'db' }) });
  const texts = async (target: string) =>
    ((await hub.ask(target)).json as Json).lines.map((line: Json) => line.text);
  assert.deepEqual(await texts('/api/search?q=500'), ['GET /c 500', 'GET /b 500']);
  assert.deepEqual(await texts('/api/search?q=500&agent=web'), ['GET /b 500']);
  assert.deepEqual(await texts('/api/search?q=agent:db'), ['GET /c 500']);
  assert.deepEqual(await texts('/api/search?since=30s'), ['GET /c 500']);
  assert.deepEqual(await texts('/api/search?until=30s&q=GET'), ['GET /b 500', 'GET /a 200']);
  const first = (await hub.ask('/api/search?q=GET&limit=2')).json as Json;
  assert.equal(first.lines.length, 2);
  assert.deepEqual(await texts(`/api/search?q=GET&cursor=${first.next}`), ['GET /a 200']);
  const [line] = ((await hub.ask('/api/search?q=level:error')).json as Json).lines;
  assert.equal(line.level, 'error');
  assert.equal(line.text, 'level=error msg="no"');
  await hub.close();
});

test('says what is odd about a query, and refuses what is no time, cursor, id or number', async (context) => {
  const hub = await startHub(context);
  const { notes } = (await hub.ask('/api/search?q=a%20%22b')).json as Json;
  assert.deepEqual([notes[0].at, notes[0].to, notes[0].code], [2, 3, 'quote-open']);
  for (const target of [
    'search?since=yesterday',
    'search?cursor=x',
    'search?limit=0',
    'context?id=1',
    'histogram?buckets=a',
    'export?format=xls',
    'search?until=2026-13-45',
  ]) {
    assert.equal((await hub.ask(`/api/${target}`)).status, 400, target);
  }
  assert.equal((await hub.ask('/api/context?id=7-1')).status, 404);
  for (const path of ['search', 'histogram', 'context?id=1-1', 'export?q=a']) {
    assert.equal((await hub.ask(`/api/${path}`, { key: null })).status, 401, path);
  }
  await hub.close();
});

test('counts by time and level, and gives the neighbours of a line', async (context) => {
  const hub = await startHub(context);
  await hub.ask(ingest, { body: envelope(0, ['one', 'ERROR two', 'three', 'four']) });
  const { buckets, counted_from } = (await hub.ask('/api/histogram?since=1h&buckets=2')).json as Json;
  assert.equal(buckets.length, 2);
  assert.equal(buckets[1].error, 1);
  assert.equal(buckets[1].none, 3);
  assert.equal(counted_from, null);
  const [found] = ((await hub.ask('/api/search?q=two')).json as Json).lines;
  const { lines } = (await hub.ask(`/api/context?id=${found.id}&before=1&after=1`)).json as Json;
  assert.deepEqual(
    lines.map((line: Json) => line.text),
    ['one', 'ERROR two', 'three'],
  );
  await hub.close();
});

test('gives what a query finds as NDJSON, text and CSV that no spreadsheet runs', async (context) => {
  const hub = await startHub(context);
  const hostile = ['=cmd|" /C calc"!A0', '+1', '-1', '@SUM(1)', '\t=1', ' =1', 'fine, "so"', '＝1'];
  await hub.ask(ingest, { body: envelope(0, hostile) });
  const csv = await hub.ask('/api/export?q=*&format=csv');
  assert.equal(csv.headers['content-type'], 'text/csv; charset=utf-8');
  const rows = csv.text.trimEnd().split('\r\n').slice(1).reverse();
  const cells = rows.map((row) => row.split('","').at(-1)!.slice(0, -1));
  assert.deepEqual(cells, [
    `'=cmd|"" /C calc""!A0`,
    `'+1`,
    `'-1`,
    `'@SUM(1)`,
    `'\t=1`,
    `' =1`,
    'fine, ""so""',
    `'＝1`,
  ]);
  const text = await hub.ask('/api/export?format=text');
  assert.equal(text.text, `${hostile.toReversed().join('\n')}\n`);
  assert.match(text.headers['content-disposition']!, /^attachment/);
  const found = ndjson((await hub.ask('/api/export?q=SUM')).text);
  assert.deepEqual(
    found.map((line) => line.text),
    ['@SUM(1)'],
  );
  const all = ndjson((await hub.ask('/api/export')).text);
  assert.deepEqual(
    all.map((line) => line.text),
    hostile,
  );
  await hub.close();
});

test('refuses a fifth search while four run, and takes one after they are done', async (context) => {
  const hub = await startHub(context);
  await hub.ask(ingest, { body: envelope(0, ['a']) });
  const asked = await Promise.all(Array.from({ length: 5 }, () => hub.ask('/api/search?q=a')));
  assert.deepEqual(asked.map(({ status }) => status).sort(), [200, 200, 200, 200, 503]);
  assert.equal((await hub.ask('/api/search?q=a')).status, 200);
  await hub.close();
});
