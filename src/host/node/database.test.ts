import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DatabaseError } from '../database.ts';
import { nodeDatabases } from './database.ts';

const databases = nodeDatabases();

function somePath(): string {
  return join(mkdtempSync(join(tmpdir(), 'almadia-database-')), 'some.db');
}

function kindOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof DatabaseError, String(error));
    return error.kind;
  }
  return 'none';
}

test('keeps rows of every kind, and bytes as bytes', () => {
  const path = somePath();
  const database = databases.open(path);
  database.exec('CREATE TABLE t (a, b, c, d)');
  const { changes, lastId } = database.run(
    'INSERT INTO t VALUES (?, ?, ?, ?)',
    null,
    2 ** 53 - 1,
    'ñ',
    Buffer.from([0, 255]),
  );
  assert.deepEqual([changes, lastId], [1, 1]);
  database.close();

  const again = databases.open(path);
  const [row] = again.all('SELECT * FROM t');
  assert.deepEqual({ ...row }, { a: null, b: 2 ** 53 - 1, c: 'ñ', d: new Uint8Array([0, 255]) });
  again.run('DELETE FROM t WHERE d = ?', new Uint8Array([0, 255]));
  assert.deepEqual(again.all('SELECT * FROM t'), []);
  again.close();
});

test('the same statement runs again with other values', () => {
  const database = databases.open(somePath());
  database.exec('CREATE TABLE t (a)');
  for (const value of [1, 2, 3]) database.run('INSERT INTO t VALUES (?)', value);
  assert.deepEqual(
    [1, 2, 3].map((value) => database.all('SELECT a FROM t WHERE a = ?', value)[0]?.a),
    [1, 2, 3],
  );
  database.close();
});

test('its files are for their owner alone', () => {
  const path = somePath();
  const before = process.umask(0);
  try {
    const database = databases.open(path);
    database.exec('CREATE TABLE t (a)');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(`${path}-wal`).mode & 0o777, 0o600);
    database.close();
  } finally {
    process.umask(before);
  }
});

test('a second opening is refused until the first is closed', () => {
  const path = somePath();
  const first = databases.open(path);
  assert.equal(
    kindOf(() => databases.open(path)),
    'locked',
  );
  first.close();
  databases.open(path).close();
});

test('a transaction that throws leaves nothing, at either durability', () => {
  const database = databases.open(somePath());
  database.exec('CREATE TABLE t (a)');
  for (const durability of ['normal', 'full'] as const) {
    assert.throws(
      () =>
        database.transaction(durability, () => {
          database.run('INSERT INTO t VALUES (1)');
          throw new Error('no');
        }),
      /^Error: no$/,
    );
    assert.deepEqual(database.all('SELECT * FROM t'), []);
    database.transaction(durability, () => database.run('INSERT INTO t VALUES (2)'));
    database.exec('DELETE FROM t');
  }
  database.close();
});

test('transactions do not nest', () => {
  const database = databases.open(somePath());
  assert.equal(
    kindOf(() => database.transaction('normal', () => database.transaction('normal', () => 1))),
    'other',
  );
  assert.equal(
    database.transaction('full', () => 2),
    2,
  );
  database.close();
});

test('a file that is no database is damaged', () => {
  const path = somePath();
  writeFileSync(path, 'x'.repeat(100_000));
  assert.equal(
    kindOf(() => databases.open(path)),
    'damaged',
  );
});

test('a directory that is not there is unwritable', () => {
  assert.equal(
    kindOf(() => databases.open('/nonexistent/some.db')),
    'unwritable',
  );
});

test('a file that may grow no more is full, and the transaction leaves nothing', () => {
  const database = databases.open(somePath());
  database.exec('CREATE TABLE t (a)');
  database.exec('PRAGMA max_page_count = 8');
  const insert = () =>
    database.transaction('normal', () => {
      database.run('INSERT INTO t VALUES (1)');
      database.run('INSERT INTO t VALUES (?)', new Uint8Array(1_000_000));
    });
  assert.equal(kindOf(insert), 'full');
  assert.deepEqual(database.all('SELECT * FROM t'), []);
  database.exec('PRAGMA max_page_count = 1000');
  insert();
  assert.equal(database.all('SELECT * FROM t').length, 2);
  database.close();
});

test('another process keeps it locked until it dies, and what it committed is there', async () => {
  const path = somePath();
  const program = `
    import { nodeDatabases } from ${JSON.stringify(join(import.meta.dirname, 'database.js'))};
    const database = nodeDatabases().open(${JSON.stringify(path)});
    database.exec('CREATE TABLE t (a)');
    database.transaction('normal', () => database.run('INSERT INTO t VALUES (7)'));
    console.log('ready');
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  assert.equal(
    kindOf(() => databases.open(path)),
    'locked',
  );
  child.kill('SIGKILL');
  await ended;
  const database = databases.open(path);
  assert.equal(database.all('SELECT a FROM t')[0]?.a, 7);
  database.close();
});
