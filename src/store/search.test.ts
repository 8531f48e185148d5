import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { nodeDatabases } from '../host/node/database.ts';
import { nodeWork } from '../host/node/work.ts';
import { silentLog } from '../host/selflog.ts';
import { lineTest, ofOrigin, Subject } from '../query/match.ts';
import { parseQuery } from '../query/parse.ts';
import type { PageAsked, Place, SearchPage } from './search.ts';
import { openStore, type SqliteStore } from './sqlite.ts';
import type { Arrival } from './store.ts';

/** A store of its own, and what is done whenever a search lets others go on. */
function open(context: TestContext): { store: SqliteStore; meanwhile: { run: () => Promise<void> } } {
  const directory = mkdtempSync(join(tmpdir(), 'almadia-search-'));
  const meanwhile = { run: async () => undefined };
  let within = false;
  const turn = async () => {
    // What runs meanwhile commits, which waits for turns of its own.
    if (within) return nodeWork.turn();
    within = true;
    await meanwhile.run();
    within = false;
  };
  const work = { ...nodeWork, turn };
  const store = openStore(join(directory, 'hub.sqlite'), {
    databases: nodeDatabases(),
    work,
    log: silentLog,
  });
  context.after(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });
  return { store, meanwhile };
}

const positions = new WeakMap<SqliteStore, Map<string, number>>();

interface Sent {
  readonly agent: string;
  readonly file: string;
  readonly atMs: number;
  readonly texts: readonly string[];
  /** As objects, not as the bytes of a file. */
  readonly asLines?: boolean;
}

/** Goes on where the file's stream ends. */
async function send(store: SqliteStore, { agent, file, atMs, texts, asLines }: Sent): Promise<void> {
  const ends = positions.get(store) ?? new Map<string, number>();
  positions.set(store, ends);
  const name = `${agent} ${file}`;
  const from = ends.get(name) ?? 0;
  const text = Buffer.from(texts.map((one) => `${one}\n`).join(''));
  ends.set(name, from + text.length);
  const head = { stream: Buffer.from(name).toString('hex'), path: `/${file}`, source: file, from } as const;
  let to = from;
  const records = texts.map((one) => {
    to += Buffer.byteLength(one) + 1;
    return { to, bytes: Buffer.from(one), cut: false };
  });
  const segment =
    asLines === true
      ? ({ ...head, kind: 'lines', records } as const)
      : ({ ...head, kind: 'text', text, count: texts.length } as const);
  await store.commit({ agent, receivedAtMs: atMs, segments: [segment] } satisfies Arrival);
}

type Asked = Partial<PageAsked> & { readonly text?: string };

function page(store: SqliteStore, { text = '', ...asked }: Asked = {}): Promise<SearchPage> {
  return store.search.page({
    query: parseQuery(text).query,
    agent: null,
    source: null,
    sinceMs: 0,
    untilMs: Number.MAX_SAFE_INTEGER,
    before: null,
    lines: 100,
    bytes: 1_000_000,
    scannedBytes: Number.MAX_SAFE_INTEGER,
    hostOf: () => '',
    signal: new AbortController().signal,
    ...asked,
  });
}

/** All pages, one after another. */
async function pages(store: SqliteStore, asked: Asked): Promise<string[]> {
  const all: string[] = [];
  let before: Place | null = null;
  do {
    const one: SearchPage = await page(store, { ...asked, before });
    assert.ok(one.lines.length <= (asked.lines ?? 100));
    all.push(...one.lines.map(({ line }) => Buffer.from(line.bytes).toString()));
    before = one.next;
  } while (before !== null);
  return all;
}

test('finds the lines that the query asks for, the newest first, in pages', async (context) => {
  const { store } = open(context);
  await send(store, { agent: 'web', file: 'a.log', atMs: 1000, texts: ['one error', 'two', 'three ERROR'] });
  await send(store, { agent: 'db', file: 'b.log', atMs: 3000, texts: ['four error'] });
  await send(store, {
    agent: 'web',
    file: 'a.log',
    atMs: 2000,
    texts: ['five', 'six error'],
    asLines: false,
  });
  const all = ['four error', 'six error', 'three ERROR', 'one error'];
  assert.deepEqual(await pages(store, { text: 'error' }), all);
  assert.deepEqual(await pages(store, { text: 'error', lines: 1 }), all);
  assert.deepEqual(await pages(store, { text: 'error', bytes: 1 }), all);
  assert.deepEqual(await pages(store, { text: 'error', scannedBytes: 0 }), all);
  assert.deepEqual(await pages(store, { text: 'error', agent: 'web' }), all.slice(1));
  assert.deepEqual(await pages(store, { text: 'error agent:db' }), ['four error']);
  assert.deepEqual(await pages(store, { text: 'error', source: 'a.log', sinceMs: 2000 }), ['six error']);
  assert.deepEqual(await pages(store, { text: 'error', untilMs: 2000 }), ['three ERROR', 'one error']);
  assert.deepEqual(await pages(store, { text: 'nowhere' }), []);
});

const word = fc.constantFrom('error', 'Warn', 'ok', 'x=1', 'é', '');
const sent = fc.record({
  agent: fc.constantFrom('web', 'db'),
  file: fc.constantFrom('a.log', 'b.log'),
  atMs: fc.integer({ min: 0, max: 6 }),
  texts: fc.array(
    fc.array(word, { maxLength: 3 }).map((words) => words.join(' ')),
    { minLength: 1, maxLength: 4 },
  ),
  asLines: fc.boolean(),
});
const asked = fc.record({
  text: fc.constantFrom('', 'error', 'error OR warn', '-error', 'x:1', 'level:warn', 'agent:web ok', 'é'),
  lines: fc.integer({ min: 1, max: 5 }),
  scannedBytes: fc.constantFrom(0, 50, Number.MAX_SAFE_INTEGER),
  sinceMs: fc.integer({ min: 0, max: 3 }),
  untilMs: fc.integer({ min: 2, max: 9 }),
});

test('finds what looking at every line finds, in any pages, while lines come and blocks are merged', async (context) => {
  await fc.assert(
    fc.asyncProperty(fc.array(sent, { maxLength: 12 }), asked, async (arrivals, { text, ...scope }) => {
      const { store, meanwhile } = open(context);
      for (const one of arrivals) await send(store, one);
      const expected: { text: string; order: readonly number[] }[] = [];
      for await (const { stream, lines } of store.read({
        agent: null,
        stream: null,
        source: null,
        newest: null,
      })) {
        const test = lineTest(
          ofOrigin(parseQuery(text).query, { agent: stream.agent, source: stream.source, host: '' }),
        );
        for (const { bytes, receivedAtMs, from } of lines) {
          const line = Buffer.from(bytes).toString();
          if (receivedAtMs < scope.sinceMs || receivedAtMs >= scope.untilMs || !test(new Subject(line)))
            continue;
          expected.push({ text: line, order: [-receivedAtMs, -stream.number, -from] });
        }
      }
      expected.sort(
        (left, right) => left.order.map((one, at) => one - right.order[at]!).find((one) => one !== 0) ?? 0,
      );
      let turns = 0;
      meanwhile.run = async () => {
        turns += 1;
        if (turns > 1) return;
        // Later than what is asked for; so many bytes in small blocks that they are merged.
        for (let count = 0; count < 6; count++) {
          await send(store, { agent: 'web', file: 'a.log', atMs: 50, texts: [`error${' '.repeat(50_000)}`] });
        }
        await store.merged();
      };
      assert.deepEqual(
        await pages(store, { text, ...scope }),
        expected.map((one) => one.text),
      );
    }),
    { numRuns: 15 },
  );
});

test('counts by time and level', async (context) => {
  const { store } = open(context);
  await send(store, { agent: 'web', file: 'a.log', atMs: 1000, texts: ['ERROR a', 'INFO a', 'a', 'b'] });
  await send(store, { agent: 'web', file: 'a.log', atMs: 2500, texts: ['ERROR a'] });
  const scope = {
    query: parseQuery('a').query,
    agent: null,
    source: null,
    sinceMs: 1000,
    untilMs: 3000,
    scannedBytes: 1e9,
  };
  const rest = { hostOf: () => '', signal: new AbortController().signal };
  const { buckets, countedFromMs } = await store.search.histogram({ ...scope, ...rest }, 1000);
  const none = { trace: 0, debug: 0, info: 0, warn: 0, error: 0, fatal: 0, none: 0 };
  assert.deepEqual(buckets, [
    { ...none, error: 1, info: 1, none: 1 },
    { ...none, error: 1 },
  ]);
  assert.equal(countedFromMs, null);
  const little = await store.search.histogram({ ...scope, ...rest, scannedBytes: 1 }, 1000);
  assert.equal(little.countedFromMs, 1001);
  assert.equal(little.buckets[1]!.error, 1);
});

test('gives the neighbours of a line in its stream, over blocks', async (context) => {
  const { store } = open(context);
  for (let part = 0; part < 4; part++) {
    await send(store, { agent: 'web', file: 'a.log', atMs: part, texts: [`${part}a`, `${part}b`] });
    await send(store, { agent: 'web', file: 'b.log', atMs: part, texts: ['other'] });
  }
  const [found] = (await page(store, { text: '1b' })).lines;
  const around = await store.search.context(found!.stream.number, found!.line.to, { before: 2, behind: 3 });
  const texts = around!.lines.map(({ bytes }) => Buffer.from(bytes).toString());
  assert.deepEqual(texts, ['0b', '1a', '1b', '2a', '2b', '3a']);
  assert.equal(
    await store.search.context(found!.stream.number, found!.line.to + 1, { before: 2, behind: 3 }),
    null,
  );
  assert.equal(await store.search.context(99, 3, { before: 2, behind: 3 }), null);
});

test('stops when nobody waits any more', async (context) => {
  const { store, meanwhile } = open(context);
  for (let part = 0; part < 5; part++)
    await send(store, { agent: `web${part}`, file: 'a.log', atMs: part, texts: ['a'] });
  const waiting = new AbortController();
  let turns = 0;
  meanwhile.run = async () => {
    turns += 1;
    waiting.abort();
  };
  await page(store, { signal: waiting.signal });
  assert.equal(turns, 1);
  assert.deepEqual(await pages(store, { text: 'a', lines: 2 }), ['a', 'a', 'a', 'a', 'a']);
});

test('lets others go on also while no block is of interest', async (context) => {
  const { store, meanwhile } = open(context);
  await send(store, { agent: 'web', file: 'a.log', atMs: 1, texts: ['a'] });
  let turns = 0;
  meanwhile.run = async () => {
    turns += 1;
  };
  assert.deepEqual((await page(store, { text: 'agent:db' })).lines, []);
  assert.equal(turns, 1);
});
