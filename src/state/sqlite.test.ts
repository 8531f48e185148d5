import assert from 'node:assert/strict';
import { closeSync, copyFileSync, existsSync, mkdtempSync, openSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Database, Databases } from '../host/database.ts';
import { DatabaseError } from '../host/database.ts';
import { AlmadiaError } from '../host/errors.ts';
import { nodeDatabases } from '../host/node/database.ts';
import { memoryStore } from './memory.ts';
import { openSqliteState } from './sqlite.ts';
import type { Change, Snapshot, StoredBatch } from './state.ts';
import { hourMs, hoursMax, lossesMax } from './state.ts';

const databases = nodeDatabases();

function somePath(): string {
  return join(mkdtempSync(join(tmpdir(), 'almadia-state-')), 'state.db');
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof AlmadiaError) return error.code;
    if (error instanceof DatabaseError) return error.kind;
    throw error;
  }
  return 'none';
}

function storedBatch(sequence: number, bytes: number): StoredBatch {
  return {
    batch: {
      key: { output: 'main', sequence, part: '' },
      id: `id-${sequence}`,
      readAtMs: 1,
      segments: [{ kind: 'lines', stream: 's', path: '/a', from: 0, to: bytes }],
      records: 1,
      bytes,
    },
    status: 'spooled',
    attempts: 0,
    reason: '',
    atMs: 1,
  };
}

const stream = fc.constantFrom('a', 'b', '');
const output = fc.constantFrom('main', 'other', 'último');
const whole = fc.nat(2 ** 40);
const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const hash = fc.record({ position: whole, length: fc.nat(4096), hash: text });
const key = fc.record({ output, sequence: fc.nat(3), part: fc.constantFrom('', '0', '01', '1') });
const segment = fc.oneof(
  fc.record({ kind: fc.constant('lines' as const), stream, path: text, from: whole, to: whole }),
  fc.record({ kind: fc.constant('cut' as const), stream, path: text, from: whole, to: whole, kept: whole }),
  fc.record({
    kind: fc.constant('gap' as const),
    ...{ stream, path: text, from: whole, to: whole, reason: fc.constant('unreadable' as const) },
  }),
);
const streamRecord = fc.record({
  id: stream,
  path: text,
  identity: fc.record({
    device: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    inode: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    birthTimeNs: fc.option(fc.bigInt({ min: 0n, max: 2n ** 63n })),
  }),
  head: hash,
  proofs: fc.array(hash, { maxLength: 3 }),
  parent: fc.option(fc.record({ stream, from: whole })),
  status: fc.constantFrom('followed' as const, 'ended' as const),
  size: whole,
  seenAtMs: whole,
  lines: whole,
});
const link = fc.record({
  ...{ epoch: text, sequence: whole, part: fc.constantFrom('', '01'), previous: text },
  ...{ batchId: text, contentHash: text },
});
const content = {
  ...{ key, id: text, readAtMs: whole, segments: fc.array(segment, { maxLength: 3 }) },
  ...{ records: whole, bytes: whole },
};
const stored = fc.record({
  batch: fc.oneof(fc.record(content), fc.record({ ...content, chain: link })),
  status: fc.constantFrom(...(['open', 'spooled', 'acked', 'dead', 'again'] as const)),
  ...{ attempts: fc.nat(9), reason: text, atMs: whole },
});
const ledgerEntry = fc.record({
  ...{ stream, output, reason: fc.constantFrom('', 'blank') },
  term: fc.constantFrom('skipped' as const, 'acked' as const, 'gap' as const),
  ...{ bytes: whole, lines: fc.nat(1000) },
});

const atMs = fc.nat(9).map((hour) => hour * 3_000_000);
const seen = fc.record({ output, bytes: whole, lines: fc.option(fc.nat(1000)) });
const loss = fc.record({
  ...{ atMs, output, stream, path: text, from: whole, to: whole, reason: text },
  term: fc.constantFrom('gap' as const, 'dead' as const),
});

const shelf = {
  ...{ output, kind: fc.constantFrom('standing' as const, 'receipt' as const) },
  name: fc.constantFrom('x', 'y'),
};

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('stream' as const), stream: streamRecord }),
  fc.record({ kind: fc.constant('forget-stream' as const), id: stream }),
  fc.record({ kind: fc.constant('forget-stream' as const), id: stream, seen }),
  fc.record({ kind: fc.constant('loss' as const), loss }),
  fc.record({
    kind: fc.constant('cursor' as const),
    cursor: fc.record({ stream, output, read: whole, watermark: whole }),
  }),
  fc.record({ kind: fc.constant('batch' as const), stored }),
  fc.record({
    ...{ kind: fc.constant('batch' as const), stored },
    body: fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant('forget-batch' as const), key }),
  fc.record({ kind: fc.constant('ledger' as const), add: ledgerEntry }),
  fc.record({ kind: fc.constant('ledger' as const), add: ledgerEntry, atMs }),
  fc.record({ kind: fc.constant('note' as const), name: fc.constantFrom('x', 'y'), value: text }),
  fc.record({ kind: fc.constant('keep' as const), kept: fc.record({ ...shelf, value: text }) }),
  fc.record({ kind: fc.constant('drop' as const), dropped: fc.record(shelf) }),
);

/** Only batches have an order. */
function comparable(snapshot: Snapshot): unknown {
  const sorted = (values: readonly object[]) => values.map((value) => printed({ ...value })).sort();
  return {
    streams: sorted(snapshot.streams),
    cursors: sorted(snapshot.cursors),
    batches: JSON.parse(JSON.stringify(snapshot.batches)),
    ledger: sorted(snapshot.ledger),
    notes: sorted([...snapshot.notes]),
  };
}

function printed(value: object): string {
  const ordered = Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify(ordered, (_key, item) => (typeof item === 'bigint' ? `${item}n` : item));
}

test('remembers exactly what the model remembers, whatever is committed', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(change, { maxLength: 8 }), { maxLength: 4 }),
      fc.boolean(),
      (commits, full) => {
        const path = somePath();
        const model = memoryStore();
        for (const changes of commits) {
          const state = openSqliteState(databases, path);
          state.commit(changes, full ? 'full' : 'normal');
          state.close();
          model.open().commit(changes, 'normal');
        }
        const [left, right] = [openSqliteState(databases, path), model.open()];
        assert.deepEqual(comparable(left.snapshot), comparable(right.snapshot));
        for (const id of [undefined, 'a', '']) {
          assert.deepEqual(new Set(left.ledger(id).map(printed)), new Set(right.ledger(id).map(printed)));
        }
        for (const sinceMs of [0, 8_000_000]) {
          const [found, expected] = [left.history('main', sinceMs), right.history('main', sinceMs)];
          assert.equal(found.fromMs, expected.fromMs);
          assert.deepEqual(found.losses.map(printed), expected.losses.map(printed));
          assert.deepEqual(new Set(found.terms.map(printed)), new Set(expected.terms.map(printed)));
        }
        for (const kind of ['standing', 'receipt'] as const) {
          assert.deepEqual(left.kept('main', kind).map(printed), right.kept('main', kind).map(printed));
        }
        for (const { batch } of right.snapshot.batches) {
          const [found, expected] = [left.body(batch.key), right.body(batch.key)];
          assert.deepEqual(found && Buffer.from(found), expected && Buffer.from(expected));
        }
        left.close();
      },
    ),
    { numRuns: 60 },
  );
});

test('years of hours and losses stay within their bounds; the totals keep all', () => {
  const model = memoryStore().open();
  const state = openSqliteState(databases, somePath());
  const about = { stream: 's', output: 'main', term: 'gap', reason: '' } as const;
  const count = hoursMax + 100;
  const changes = Array.from({ length: count }, (_, hour): Change[] => {
    const atMs = hour * hourMs;
    return [
      { kind: 'ledger', add: { ...about, bytes: 2, lines: 1 }, atMs },
      { kind: 'loss', loss: { ...about, atMs, path: '/a', from: hour, to: hour + 2 } },
    ];
  });
  for (const one of changes) model.commit(one, 'normal');
  state.commit(changes.flat(), 'normal');
  for (const carrier of [model, state]) {
    const { fromMs, terms, losses } = carrier.history('main', 0);
    assert.equal(fromMs, 100 * hourMs, 'what is older is not claimed to be known');
    assert.equal(terms[0]?.bytes, 2 * hoursMax);
    assert.equal(losses.length, lossesMax);
    assert.equal(losses.at(-1)?.from, count - 1);
    assert.equal(carrier.ledger('s')[0]?.bytes, 2 * count);
  }
  state.close();
});

test('an older state knows afterwards what was seen of the streams that it had forgotten', () => {
  const path = somePath();
  const state = openSqliteState(databases, path);
  const about = { stream: '', output: 'main', reason: '' } as const;
  const adds = [
    { ...about, term: 'acked', bytes: 10, lines: 2 },
    { ...about, term: 'cut', bytes: 5, lines: 1 },
  ] as const;
  state.commit(
    adds.map((add) => ({ kind: 'ledger', add })),
    'normal',
  );
  state.close();
  const older = databases.open(path);
  older.exec('DROP TABLE hour; DROP TABLE loss; ALTER TABLE batch DROP COLUMN chain; DROP TABLE kept');
  older.exec('PRAGMA user_version = 1');
  older.close();
  const again = openSqliteState(databases, path);
  assert.deepEqual(
    again.ledger('').filter(({ term }) => term === 'seen'),
    [{ ...about, term: 'seen', bytes: 15, lines: 2 }],
  );
  again.close();
});

test('a commit that finds no room leaves what was there, and can be tried again', () => {
  const path = somePath();
  let database: Database | null = null;
  const watched: Databases = {
    open: (name) => {
      database = databases.open(name);
      return database;
    },
  };
  const state = openSqliteState(watched, path);
  const add = { stream: 's', output: 'main', term: 'acked', reason: '', bytes: 1, lines: 1 } as const;
  const changes: Change[] = [
    { kind: 'ledger', add },
    { kind: 'batch', stored: storedBatch(1, 2_000_000), body: [new Uint8Array(2_000_000)] },
  ];
  database!.exec('PRAGMA max_page_count = 30');
  assert.equal(
    codeOf(() => state.commit(changes, 'full')),
    'STATE_FULL',
  );
  database!.exec('PRAGMA max_page_count = 3000');
  state.commit(changes, 'full');
  state.close();
  const again = openSqliteState(databases, path);
  assert.deepEqual(
    again.snapshot.ledger.map((entry) => entry.bytes),
    [1],
  );
  assert.equal(again.body({ output: 'main', sequence: 1, part: '' })?.length, 2_000_000);
  again.close();
});

test('a state that is closed is broken to its user, not silent', () => {
  const state = openSqliteState(databases, somePath());
  state.close();
  assert.equal(
    codeOf(() => state.commit([{ kind: 'note', name: 'a', value: 'b' }], 'normal')),
    'STATE_BROKEN',
  );
});

test('commits are there after the end of the process, without a close', () => {
  const path = somePath();
  const state = openSqliteState(databases, path);
  state.commit([{ kind: 'note', name: 'a', value: 'b' }], 'normal');
  const copy = somePath();
  for (const part of ['', '-wal']) copyFileSync(path + part, copy + part);
  const killed = openSqliteState(databases, copy);
  assert.deepEqual([...killed.snapshot.notes], [['a', 'b']]);
  killed.close();
  state.close();
});

test('a state of a newer format is refused and left alone', () => {
  const path = somePath();
  openSqliteState(databases, path).close();
  const database = databases.open(path);
  database.exec('PRAGMA user_version = 99');
  database.close();
  assert.equal(
    codeOf(() => openSqliteState(databases, path)),
    'STATE_NEWER',
  );
  const after = databases.open(path);
  assert.equal(after.all('PRAGMA user_version')[0]?.user_version, 99);
  after.close();
});

test('a state that knew no chain is brought to the present format with all that it held', () => {
  const path = somePath();
  const state = openSqliteState(databases, path);
  state.commit([{ kind: 'batch', stored: storedBatch(1, 3), body: [new Uint8Array(3)] }], 'full');
  state.close();
  const older = databases.open(path);
  older.exec('ALTER TABLE batch DROP COLUMN chain; DROP TABLE kept; PRAGMA user_version = 2');
  older.close();
  const upgraded = openSqliteState(databases, path);
  assert.deepEqual(upgraded.snapshot.batches, [storedBatch(1, 3)]);
  const kept = { output: 'main', kind: 'event', name: '1', value: '{}' } as const;
  upgraded.commit([{ kind: 'keep', kept }], 'full');
  upgraded.close();
  const again = openSqliteState(databases, path);
  assert.deepEqual(again.kept('main', 'event'), [kept]);
  again.close();
});

test('the database of another program is not taken for a state', () => {
  const path = somePath();
  const database = databases.open(path);
  database.exec('CREATE TABLE log_buffer (id INTEGER PRIMARY KEY)');
  database.close();
  assert.equal(
    codeOf(() => openSqliteState(databases, path)),
    'damaged',
  );
});

test('pages that do not fit together are found when the state is opened', () => {
  const path = somePath();
  const state = openSqliteState(databases, path);
  const body = [new Uint8Array(300_000).fill(7)];
  for (let sequence = 0; sequence < 20; sequence += 1) {
    state.commit([{ kind: 'batch', stored: storedBatch(sequence, 300_000), body }], 'normal');
  }
  state.close();
  const file = openSync(path, 'r+');
  for (let page = 3; page * 32768 < statSync(path).size; page += 5) {
    writeSync(file, Buffer.alloc(2048, 0xff), 0, 2048, page * 32768);
  }
  closeSync(file);
  assert.equal(
    codeOf(() => openSqliteState(databases, path)),
    'damaged',
  );
});

test('a row that cannot be read is damage too', () => {
  const path = somePath();
  openSqliteState(databases, path).close();
  const database = databases.open(path);
  database.run('INSERT INTO stream VALUES (?, ?)', 'a', '{"identity":{}}');
  database.close();
  assert.equal(
    codeOf(() => openSqliteState(databases, path)),
    'damaged',
  );
});

test('a file that an outage has blown up is compacted when it is opened again', () => {
  const path = somePath();
  const state = openSqliteState(databases, path);
  const body = [new Uint8Array(8_000_000)];
  for (let sequence = 0; sequence < 10; sequence += 1) {
    state.commit([{ kind: 'batch', stored: storedBatch(sequence, 8_000_000), body }], 'normal');
  }
  for (let sequence = 1; sequence < 10; sequence += 1) {
    state.commit([{ kind: 'forget-batch', key: storedBatch(sequence, 1).batch.key }], 'normal');
  }
  state.close();
  assert.ok(statSync(path).size > 80_000_000);
  const again = openSqliteState(databases, path);
  assert.equal(again.body(storedBatch(0, 1).batch.key)?.length, 8_000_000);
  again.close();
  assert.ok(statSync(path).size < 10_000_000);
  assert.equal(existsSync(`${path}-wal`), false);
});
