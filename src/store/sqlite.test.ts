import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { DatabaseError, type Databases, type SqlValue } from '../host/database.ts';
import { AlmadiaError } from '../host/errors.ts';
import { nodeDatabases } from '../host/node/database.ts';
import { nodeWork } from '../host/node/work.ts';
import { silentLog } from '../host/selflog.ts';
import { blockBytesMax, blockBytesMin } from './block.ts';
import { openStore, type SqliteStore } from './sqlite.ts';
import type { Arrival, ArrivedRecord, ArrivedSegment, Newest, Page, Query } from './store.ts';

const stream = 'a'.repeat(32);
const everything: Query = { agent: null, stream: null, source: null, newest: null };

/** A new path at each call, in a directory that is removed after the test. */
function pathFor(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'almadia-store-'));
  context.after(() => rmSync(directory, { recursive: true }));
  return join(directory, 'hub.sqlite');
}

function open(path: string, databases: Databases = nodeDatabases()): SqliteStore {
  return openStore(path, { databases, work: nodeWork, log: silentLog });
}

function newest(lines: number, bytes = 1_000_000): Newest {
  return { lines, bytes };
}

/** The real thing, with something done before each statement, question or transaction. */
function databasesWith(hooks: {
  readonly all?: (sql: string) => void;
  readonly run?: (sql: string, values: readonly SqlValue[]) => void;
  readonly transaction?: () => void;
}): Databases {
  return {
    open: (path) => {
      const real = nodeDatabases().open(path);
      return {
        exec: (sql) => real.exec(sql),
        all: (sql, ...values) => {
          hooks.all?.(sql);
          return real.all(sql, ...values);
        },
        run: (sql, ...values) => {
          hooks.run?.(sql, values);
          return real.run(sql, ...values);
        },
        transaction: (durability, work) => {
          hooks.transaction?.();
          return real.transaction(durability, work);
        },
        close: () => real.close(),
      };
    },
  };
}

function records(from: number, texts: readonly string[]): ArrivedRecord[] {
  let to = from;
  return texts.map((text) => {
    to += Buffer.byteLength(text) + 1;
    return { to, bytes: Buffer.from(text), cut: false };
  });
}

function lines(from: number, texts: readonly string[], id = stream): ArrivedSegment {
  return {
    kind: 'lines',
    stream: id,
    path: '/var/log/a.log',
    source: 'a.log',
    from,
    records: records(from, texts),
  };
}

function gap(from: number, to: number, id = stream): ArrivedSegment {
  return { kind: 'gap', stream: id, path: '/var/log/a.log', source: 'a.log', from, to, reason: 'unreadable' };
}

function arrival(segments: readonly ArrivedSegment[], receivedAtMs = 1000): Arrival {
  return { agent: 'web', receivedAtMs, segments };
}

async function pagesOf(store: SqliteStore, query: Partial<Query> = {}) {
  const pages: Page[] = [];
  for await (const page of store.read({ ...everything, ...query })) pages.push(page);
  return pages;
}

async function textsOf(store: SqliteStore, query: Partial<Query> = {}) {
  const pages = await pagesOf(store, query);
  return pages.flatMap((page) => page.lines.map((line) => Buffer.from(line.bytes).toString()));
}

test('gives back lines in the order of their positions, after a restart too', async (context) => {
  const path = pathFor(context);
  const first = open(path);
  await first.commit(arrival([lines(8, ['three', 'four'])]));
  await first.commit(arrival([lines(0, ['one', 'two'])]));
  await first.close();
  const second = open(path);
  assert.deepEqual(await textsOf(second), ['one', 'two', 'three', 'four']);
  assert.deepEqual(second.streams('web')[0]!.ranges, [{ from: 0, to: 19 }]);
  await second.close();
});

test('stores the same lines once and counts them when they come again', async (context) => {
  const store = open(pathFor(context));
  const batch = arrival([lines(0, ['one', 'two', 'three'])]);
  const first = await store.commit(batch);
  assert.deepEqual([first.stored, first.duplicates], [3, 0]);
  const again = await store.commit(batch);
  assert.deepEqual([again.stored, again.duplicates, again.pages], [0, 3, []]);
  assert.deepEqual(await textsOf(store), ['one', 'two', 'three']);
  assert.equal(store.streams(null)[0]!.duplicates, 3);
  await store.close();
});

test('stores what is new of lines that overlap stored ones', async (context) => {
  const store = open(pathFor(context));
  await store.commit(arrival([lines(4, ['two'])]));
  const receipt = await store.commit(arrival([lines(0, ['one', 'two', 'three'])]));
  assert.deepEqual([receipt.stored, receipt.duplicates], [2, 1]);
  assert.deepEqual(await textsOf(store), ['one', 'two', 'three']);
  await store.close();
});

test('stores other content at the same positions as a fork, and finds it there again', async (context) => {
  const store = open(pathFor(context));
  await store.commit(arrival([lines(0, ['one', 'two'])]));
  const other = arrival([lines(0, ['one', 'TWO'])]);
  assert.deepEqual((await store.commit(other)).stored, 2);
  assert.deepEqual((await store.commit(other)).duplicates, 2);
  const [, fork] = store.streams('web');
  assert.deepEqual([fork!.id, fork!.forkOf, fork!.lines], [`${stream}~1`, stream, 2]);
  assert.deepEqual(await textsOf(store), ['one', 'two', 'one', 'TWO']);
  await store.close();
});

test('goes on in the fork that a segment continues', async (context) => {
  const store = open(pathFor(context));
  await store.commit(arrival([lines(0, ['one'])]));
  await store.commit(arrival([lines(0, ['ONE', 'two'])]));
  await store.commit(arrival([lines(8, ['three'])]));
  assert.deepEqual(await textsOf(store, { stream: `${stream}~1` }), ['ONE', 'two', 'three']);
  await store.close();
});

test('a line cut at another length is other content', async (context) => {
  const store = open(pathFor(context));
  const segment = (kept: string): ArrivedSegment => ({
    ...{ kind: 'lines', stream, path: '', source: 'a', from: 0 },
    records: [{ to: 1000, bytes: Buffer.from(kept), cut: true }],
  });
  await store.commit(arrival([segment('abc')]));
  await store.commit(arrival([segment('abcd')]));
  await store.commit(arrival([segment('abc')]));
  assert.deepEqual(
    store.streams('web').map((one) => [one.lines, one.duplicates]),
    [
      [1, 1],
      [1, 0],
    ],
  );
  await store.close();
});

test('gives records without positions the next free ones', async (context) => {
  const store = open(pathFor(context));
  const segment: ArrivedSegment = {
    ...{ kind: 'append', stream, path: '', source: 'a' },
    records: [{ bytes: Buffer.from('one') }, { bytes: Buffer.alloc(0) }],
  };
  await store.commit(arrival([segment, segment]));
  await store.commit(arrival([segment]));
  const [page] = await pagesOf(store);
  assert.deepEqual(
    page!.lines.map((line) => [line.from, line.to]),
    [
      [0, 4],
      [4, 5],
      [5, 9],
      [9, 10],
    ],
  );
  assert.deepEqual(await textsOf(store), ['one', '', 'one', '', 'one', '']);
  await store.close();
});

test('records gaps once and takes out of them what comes after all', async (context) => {
  const store = open(pathFor(context));
  await store.commit(arrival([lines(0, ['one']), gap(4, 20), lines(20, ['two'])]));
  await store.commit(arrival([gap(4, 20)]));
  await store.commit(arrival([lines(8, ['late'])]));
  const summary = store.streams('web')[0]!;
  assert.deepEqual(
    summary.gaps.map(({ from, to, reason }) => [from, to, reason]),
    [
      [4, 8, 'unreadable'],
      [13, 20, 'unreadable'],
    ],
  );
  assert.deepEqual(await textsOf(store), ['one', 'late', 'two']);
  await store.close();
});

test('keeps the streams of two agents apart, whatever they are called', async (context) => {
  const store = open(pathFor(context));
  await store.commit(arrival([lines(0, ['one'])]));
  const other = await store.commit({ ...arrival([lines(0, ['two'])]), agent: 'db' });
  assert.equal(other.stored, 1);
  assert.deepEqual(await textsOf(store, { agent: 'db' }), ['two']);
  await store.close();
});

test('merges small blocks into compressed ones without changing what is read', async (context) => {
  const path = pathFor(context);
  const store = open(path);
  const wanted: string[] = [];
  let from = 0;
  for (let batch = 0; batch < 400; batch++) {
    const texts = Array.from({ length: 20 }, (_, index) => `line ${batch} ${index} ${'x'.repeat(50)}`);
    const segment = lines(from, texts);
    await store.commit(arrival([segment], 1000 + batch));
    if (segment.kind === 'lines') from = segment.records.at(-1)!.to;
    wanted.push(...texts);
  }
  await store.merged();
  assert.deepEqual(await textsOf(store), wanted);
  await store.close();
  const database = nodeDatabases().open(path);
  const packed = database.all('SELECT content_bytes, length(body) AS stored FROM blocks WHERE loose = 0');
  assert.ok(packed.length >= 1);
  for (const row of packed) {
    assert.ok(Number(row.content_bytes) >= blockBytesMin && Number(row.content_bytes) <= blockBytesMax * 1.1);
    assert.ok(Number(row.stored) < Number(row.content_bytes) / 4);
  }
  const loose = database.all('SELECT count(*) AS count FROM blocks WHERE loose = 1')[0]!.count;
  assert.ok(Number(loose) < 64, `${loose} small blocks are left`);
  database.close();
});

test('reading goes on where it was while blocks are merged and lines arrive', async (context) => {
  const store = open(pathFor(context));
  const text = 'x'.repeat(1000);
  const commit = (index: number) => store.commit(arrival([lines(index * 1001, [text])], 1000 + index));
  for (let index = 0; index < 60; index++) await commit(index);
  const before = await pagesOf(store);
  const seen: number[] = [];
  let next = 60;
  for await (const page of store.read(everything)) {
    seen.push(...page.lines.map((line) => line.from / 1001));
    // At the fourth page the small blocks are merged, those read so far with those to come.
    for (let count = 0; count < 2 && next < 70; count++) await commit(next++);
    await store.merged();
  }
  assert.equal(before.length, 60);
  assert.ok((await pagesOf(store)).length < 30, 'blocks were merged');
  assert.deepEqual(
    seen,
    Array.from({ length: 70 }, (_, index) => index),
  );
  assert.equal((await textsOf(store, { newest: newest(65) })).length, 65);
  await store.close();
});

test('gives the newest lines of all streams, oldest first', async (context) => {
  const store = open(pathFor(context));
  const other = 'b'.repeat(32);
  await store.commit(arrival([lines(0, ['a1', 'a2'])], 1000));
  await store.commit(arrival([lines(0, ['b1'], other)], 2000));
  await store.commit(arrival([lines(6, ['a3'])], 3000));
  await store.commit({ ...arrival([lines(0, ['c1'])], 4000), agent: 'db' });
  assert.deepEqual(await textsOf(store, { newest: newest(3) }), ['b1', 'a3', 'c1']);
  assert.deepEqual(await textsOf(store, { newest: newest(2), agent: 'web' }), ['b1', 'a3']);
  assert.deepEqual(await textsOf(store, { newest: newest(100) }), ['a1', 'a2', 'b1', 'a3', 'c1']);
  await store.close();
});

test('gives no more bytes of the newest lines than asked for, but one line always', async (context) => {
  const store = open(pathFor(context));
  await store.commit(arrival([lines(0, ['old', 'x'.repeat(50)])], 1000));
  await store.commit(arrival([lines(55, ['a', 'b', 'c'])], 2000));
  assert.deepEqual(await textsOf(store, { newest: newest(100, 40) }), ['a', 'b', 'c']);
  assert.deepEqual(await textsOf(store, { newest: newest(100, 2) }), ['b', 'c']);
  assert.deepEqual(await textsOf(store, { newest: newest(2, 40) }), ['b', 'c']);
  await store.commit(arrival([lines(61, ['y'.repeat(50)])], 3000));
  assert.deepEqual(await textsOf(store, { newest: newest(100, 40) }), ['y'.repeat(50)]);
  await store.close();
});

test('a claim over the whole stream is answered from its first block', async (context) => {
  let bodies = 0;
  const databases = databasesWith({
    all: (sql) => {
      if (sql.startsWith('SELECT body')) bodies += 1;
    },
  });
  const store = open(pathFor(context), databases);
  for (let at = 0; at < 40; at += 4) await store.commit(arrival([lines(at, ['one'])]));
  bodies = 0;
  const bytes = Buffer.from('all');
  const claim: ArrivedSegment = {
    ...{ kind: 'lines', stream, path: '/var/log/a.log', source: 'a.log', from: 0 },
    records: [{ to: 40, bytes, cut: true }],
  };
  assert.equal((await store.commit(arrival([claim]))).stored, 1);
  assert.equal(bodies, 1);
  await store.close();
});

/** Two seconds on two busy cores; a minute where the lines of each segment are copied again for the next. */
const manySegments = { timeout: 30_000 };
test('a request with one segment for each line is stored in time', manySegments, async (context) => {
  const store = open(pathFor(context));
  const segments = Array.from({ length: 100_000 }, (_, index) => lines(index * 2, ['x']));
  assert.equal((await store.commit(arrival(segments))).stored, 100_000);
  await store.close();
});

test('a merge that cannot read leaves the small blocks, and goes on when more comes', async (context) => {
  let broken = true;
  const databases = databasesWith({
    all: (sql) => {
      if (broken && sql.includes('loose = 1 ORDER')) throw new DatabaseError('other', 'disk I/O error');
    },
  });
  const store = open(pathFor(context), databases);
  const commit = async (count: number, first: number) => {
    for (let index = first; index < first + count; index++) {
      await store.commit(arrival([lines(index * 2, ['x'])]));
    }
    await store.merged();
  };
  await commit(64, 0);
  assert.equal((await pagesOf(store)).length, 64);
  broken = false;
  await commit(64, 64);
  assert.equal((await pagesOf(store)).length, 1);
  assert.equal((await textsOf(store)).length, 128);
  await store.close();
});

test('a damaged block is named in reading, proves nothing, and costs no other line', async (context) => {
  const path = pathFor(context);
  const first = open(path);
  await first.commit(arrival([lines(0, ['one'])]));
  await first.commit(arrival([lines(4, ['two'])]));
  await first.close();
  const database = nodeDatabases().open(path);
  database.run('UPDATE blocks SET body = zeroblob(length(body)) WHERE start = 0');
  database.close();
  const store = open(path);
  const pages = await pagesOf(store);
  assert.deepEqual(
    pages.map((page) => page.damaged),
    [{ from: 0, to: 4 }, null],
  );
  assert.equal((await store.commit(arrival([lines(0, ['one'])]))).stored, 1);
  assert.deepEqual(await textsOf(store), ['two', 'one']);
  await store.close();
});

test('a second hub on the same store is refused', async (context) => {
  const path = pathFor(context);
  const first = open(path);
  assert.throws(() => open(path), { code: 'HUB_LOCKED' });
  await first.close();
  await open(path).close();
});

test('names a store that is garbage, of a newer version, or of somebody else', (context) => {
  const garbage = pathFor(context);
  writeFileSync(garbage, 'not a database '.repeat(1000));
  assert.throws(() => open(garbage), { code: 'STORE_DAMAGED' });

  const newer = pathFor(context);
  const database = nodeDatabases().open(newer);
  database.exec('PRAGMA user_version = 99');
  database.close();
  assert.throws(() => open(newer), { code: 'STORE_NEWER' });

  const foreign = pathFor(context);
  const other = nodeDatabases().open(foreign);
  other.exec('CREATE TABLE things (name TEXT)');
  other.close();
  assert.throws(() => open(foreign), { code: 'STORE_DAMAGED' });
});

test('on a full disk nothing is acked, reading goes on, and the same batch is stored later', async (context) => {
  let full = false;
  const databases = databasesWith({
    run: (sql) => {
      if (full && sql.startsWith('INSERT INTO blocks')) throw new DatabaseError('full', 'no space');
    },
  });
  const store = open(pathFor(context), databases);
  await store.commit(arrival([lines(0, ['one'])]));
  full = true;
  const batch = arrival([lines(4, ['two'])]);
  await assert.rejects(
    store.commit(batch),
    (error) => error instanceof AlmadiaError && error.code === 'STORE_FULL',
  );
  assert.deepEqual(await textsOf(store), ['one']);
  full = false;
  assert.equal((await store.commit(batch)).stored, 1);
  assert.deepEqual(await textsOf(store), ['one', 'two']);
  await store.close();
});

test('a sender whose batch cannot be stored does not fail those who wait with it', async (context) => {
  const databases = databasesWith({
    run: (_sql, values) => {
      if (values.includes('bad')) throw new DatabaseError('other', 'constraint');
    },
  });
  const store = open(pathFor(context), databases);
  const [good, bad] = await Promise.allSettled([
    store.commit(arrival([lines(0, ['one'])])),
    store.commit({ ...arrival([lines(0, ['one'])]), agent: 'bad' }),
  ]);
  assert.equal(good.status, 'fulfilled');
  assert.equal(bad.status, 'rejected');
  assert.deepEqual(await textsOf(store), ['one']);
  await store.close();
});

test('commits that wait at the same time share one transaction', async (context) => {
  let transactions = 0;
  const databases = databasesWith({
    transaction: () => {
      transactions += 1;
    },
  });
  const store = open(pathFor(context), databases);
  transactions = 0;
  const agents = Array.from({ length: 50 }, (_, index) => `agent-${index}`);
  await Promise.all(agents.map((agent) => store.commit({ ...arrival([lines(0, ['one'])]), agent })));
  assert.ok(transactions <= 2, `${transactions} transactions`);
  assert.equal((await textsOf(store)).length, 50);
  await store.close();
});

test('batches of one stream that wait at the same time share one transaction too', async (context) => {
  let transactions = 0;
  const databases = databasesWith({
    transaction: () => {
      transactions += 1;
    },
  });
  const store = open(pathFor(context), databases);
  transactions = 0;
  const texts = Array.from({ length: 50 }, (_, index) => `text ${index}`.padEnd(9));
  await Promise.all(texts.map((text, index) => store.commit(arrival([lines(index * 10, [text])]))));
  const append: ArrivedSegment = {
    ...{ kind: 'text', stream: 'b'.repeat(32), path: '', source: 'b', from: null },
    ...{ text: Buffer.from('appended\n'), count: 1 },
  };
  await Promise.all(texts.map(() => store.commit(arrival([append]))));
  assert.ok(transactions <= 4, `${transactions} transactions`);
  assert.deepEqual(await textsOf(store), [...texts, ...texts.map(() => 'appended')]);
  assert.deepEqual(
    store.streams(null).map((one) => [one.lines, one.ranges]),
    [
      [50, [{ from: 0, to: 500 }]],
      [50, [{ from: 0, to: 450 }]],
    ],
  );
  await store.close();
});

test('notes are kept, listed by kind and removed', async (context) => {
  const path = pathFor(context);
  const first = open(path);
  first.notes.put('agent', 'b', { value: '2', durability: 'full' });
  first.notes.put('agent', 'a', { value: '1', durability: 'normal' });
  first.notes.put('key', 'a', { value: 'x', durability: 'full' });
  first.notes.put('agent', 'b', { value: null, durability: 'full' });
  await first.close();
  const second = open(path);
  assert.deepEqual(second.notes.list('agent'), [{ name: 'a', value: '1' }]);
  assert.equal(second.notes.get('key', 'a'), 'x');
  assert.equal(second.notes.get('key', 'b'), null);
  await second.close();
});

/** A file's lines, and pieces of it as senders may send them: in order, again, overlapping, split, in parallel. */
const file = fc.array(fc.stringMatching(/^[a-c]{0,5}$/), { minLength: 1, maxLength: 20 });
const pieces = fc.array(
  fc.record({
    from: fc.nat(19),
    count: fc.integer({ min: 1, max: 8 }),
    /** Which of two contents that claim the same stream. */
    variant: fc.constantFrom('real' as const, 'real' as const, 'real' as const, 'other' as const),
    together: fc.boolean(),
  }),
  { maxLength: 25 },
);

test('whatever is sent again, overlapped or split is stored once, and other content in forks', async (context) => {
  await fc.assert(
    fc.asyncProperty(file, pieces, async (texts, sendings) => {
      const store = open(pathFor(context));
      const other = texts.map((text) => text.toUpperCase());
      const starts = [0];
      for (const text of texts) starts.push(starts.at(-1)! + text.length + 1);
      const sent = { real: new Set<number>(), other: new Set<number>() };
      let running: Promise<unknown>[] = [];
      for (const { from, count, variant, together } of sendings) {
        const first = Math.min(from, texts.length - 1);
        const last = Math.min(first + count, texts.length);
        for (let index = first; index < last; index++) sent[variant].add(index);
        const source = variant === 'real' ? texts : other;
        running.push(store.commit(arrival([lines(starts[first]!, source.slice(first, last))])));
        if (!together) {
          await Promise.all(running);
          running = [];
        }
      }
      await Promise.all(running);
      const pages = await pagesOf(store);
      checkStreams(pages);
      for (const variant of ['real', 'other'] as const) {
        for (const index of sent[variant]) {
          const text = (variant === 'real' ? texts : other)[index]!;
          const found = pages.flatMap((page) =>
            page.lines.filter(
              (line) => line.from === starts[index] && Buffer.from(line.bytes).equals(Buffer.from(text)),
            ),
          );
          assert.ok(found.length >= 1, `line ${index} of ${variant} is missing`);
        }
      }
      if (sent.other.size === 0) {
        assert.equal(store.streams(null).length, sent.real.size > 0 ? 1 : 0);
        assert.equal(pages.flatMap((page) => page.lines).length, sent.real.size);
      }
      await store.close();
    }),
    { numRuns: 60 },
  );
});

/** In each stream, positions only grow: nothing is stored twice. */
function checkStreams(pages: readonly Page[]): void {
  const reached = new Map<string, number>();
  for (const page of pages) {
    for (const line of page.lines) {
      assert.ok(line.from >= (reached.get(page.stream.id) ?? 0), `stream ${page.stream.id} goes back`);
      reached.set(page.stream.id, line.to);
    }
  }
}
