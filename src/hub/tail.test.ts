import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Ask, envelope, type HubUnderTest, startHub } from '../../test/hub/fixture.ts';

const ingest = '/api/agent/ingest-batch';

async function watch(hub: HubUnderTest, target: string, options: Ask = {}): Promise<AsyncIterator<string>> {
  const reply = await hub.raw(target, options);
  assert.equal(reply.headers['content-type'], 'text/event-stream; charset=utf-8');
  const events = (reply.body as AsyncIterable<string>)[Symbol.asyncIterator]();
  assert.deepEqual(await events.next(), { done: false, value: ': watching\n\n' });
  return events;
}

/** What one piece of the stream tells: texts of lines, and how many were skipped. */
function told(piece: IteratorResult<string>): { texts: string[]; skipped: number } {
  const texts: string[] = [];
  let skipped = 0;
  for (const event of String(piece.value).split('\n\n')) {
    const [, kind, data] = /^event: (\w+)\ndata: ([^\n]*)$/.exec(event) ?? [];
    if (kind === 'line') texts.push(JSON.parse(data!).text);
    if (kind === 'skipped') skipped += JSON.parse(data!).count;
  }
  return { texts, skipped };
}

/** The same of as many pieces as it takes to hear of so many lines. */
async function toldOf(events: AsyncIterator<string>, count: number): Promise<ReturnType<typeof told>> {
  const all = { texts: [] as string[], skipped: 0 };
  while (all.texts.length + all.skipped < count) {
    const piece = await events.next();
    assert.ok(String(piece.value).length < 300_000);
    const { texts, skipped } = told(piece);
    all.texts.push(...texts);
    all.skipped += skipped;
  }
  return all;
}

test('shows lines as they are stored, of all agents or of one, and not what came again', async (context) => {
  const hub = await startHub(context);
  const all = await watch(hub, '/api/tail');
  const web = await watch(hub, '/api/tail?agent=web');
  await hub.ask(ingest, { body: envelope(0, ['one'], { agent: 'db' }) });
  await hub.ask(ingest, { body: envelope(0, ['two']) });
  await hub.ask(ingest, { body: envelope(0, ['two']) });
  assert.deepEqual(told(await all.next()).texts, ['one', 'two']);
  assert.deepEqual(told(await web.next()).texts, ['two']);
  await hub.close();
  assert.equal((await all.next()).done, true);
  assert.equal((await web.next()).done, true);
});

test('shows only lines that contain the text, whatever their case', async (context) => {
  const hub = await startHub(context);
  const events = await watch(hub, '/api/tail?q=Error');
  await hub.ask(ingest, { body: envelope(0, ['an ERROR', 'all well', 'errors']) });
  assert.deepEqual(told(await events.next()).texts, ['an ERROR', 'errors']);
  await hub.close();
});

test('line breaks and markup in a line cannot make events of their own', async (context) => {
  const hub = await startHub(context);
  const events = await watch(hub, '/api/tail');
  const text = 'x\r\rdata: y\u2028event: skipped';
  await hub.ask(ingest, { body: envelope(0, [text]) });
  assert.deepEqual(told(await events.next()), { texts: [text], skipped: 0 });
  await hub.close();
});

test('a reader that is too slow loses lines and is told how many; receiving does not wait', async (context) => {
  const hub = await startHub(context);
  const events = await watch(hub, '/api/tail');
  let sent = 0;
  let from = 0;
  for (let batch = 0; batch < 6; batch++) {
    const lines = Array.from({ length: 1000 }, (_, index) => `line ${batch * 1000 + index}`);
    const body = envelope(from, lines);
    from = body.almadia.segments[0]!.to;
    sent += lines.length;
    assert.equal((await hub.ask(ingest, { body })).status, 200);
  }
  const { texts, skipped } = await toldOf(events, sent);
  assert.ok(skipped > 0);
  assert.equal(texts.length + skipped, sent);
  assert.equal(texts.at(-1), 'line 5999');
  await hub.close();
});

test('of a large arrival the newest lines are shown and the others counted', async (context) => {
  const hub = await startHub(context);
  const events = await watch(hub, '/api/tail');
  const lines = Array.from({ length: 1000 }, (_, index) => `${index} ${'x'.repeat(1000)}`);
  await hub.ask(ingest, { body: envelope(0, lines) });
  const { texts, skipped } = await toldOf(events, 1000);
  assert.ok(texts.length < 300 && texts.length > 200, `${texts.length} lines`);
  assert.equal(texts.length + skipped, 1000);
  assert.equal(texts.at(-1), lines.at(-1));
  await hub.close();
});

test('a line that is too long to be shown live is counted, its neighbours are shown', async (context) => {
  const hub = await startHub(context);
  const events = await watch(hub, '/api/tail');
  await hub.ask(ingest, { body: envelope(0, ['before', 'x'.repeat(3 * 1024 * 1024), 'after']) });
  assert.deepEqual(told(await events.next()), { texts: ['before', 'after'], skipped: 1 });
  await hub.close();
});

test('says something now and then when nothing comes', async (context) => {
  const hub = await startHub(context);
  const events = await watch(hub, '/api/tail');
  const next = events.next();
  hub.clock.advance(15_000);
  assert.equal((await next).value, ': nothing new\n\n');
  await hub.close();
});

test('ends when the reader hangs up, and makes room for another', async (context) => {
  const hub = await startHub(context);
  const gone = new AbortController();
  const readers = [];
  for (let count = 0; count < 200; count++) {
    readers.push(await watch(hub, '/api/tail', { signal: gone.signal }));
  }
  assert.equal((await hub.raw('/api/tail')).status, 503);
  const ends = readers.map((events) => events.next());
  gone.abort();
  for (const end of ends) assert.equal((await end).done, true);
  await watch(hub, '/api/tail');
  await hub.close();
});
