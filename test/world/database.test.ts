import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Database, DatabaseError, type SqlValue } from '../../src/host/database.ts';
import { nodeDatabases } from '../../src/host/node/database.ts';
import { Dice } from './dice.ts';
import { type Incarnation, type Machine, World } from './world.ts';

function room(seed: number): {
  readonly machine: Machine;
  readonly first: Incarnation;
  readonly world: World;
} {
  const world = new World(seed);
  const machine = world.machine('one');
  return { world, machine, first: machine.start('first') };
}

const schema = 'CREATE TABLE IF NOT EXISTS t(k INTEGER PRIMARY KEY, v, b BLOB) STRICT'.replace(' STRICT', '');

function put(database: Database, key: number): void {
  database.run('INSERT OR REPLACE INTO t VALUES (?, ?, ?)', key, `value ${key}`, Buffer.alloc(300, key));
}

function keys(database: Database): number[] {
  return database.all('SELECT k FROM t ORDER BY k').map(({ k }) => Number(k));
}

test('one random sequence of commands gives the same on the simulated drive and on the real one', () => {
  const directory = mkdtempSync(join(tmpdir(), 'almadia-world-'));
  try {
    for (let seed = 0; seed < 8; seed += 1) {
      const { first } = room(seed);
      const real = nodeDatabases();
      const path = join(directory, `${seed}.db`);
      let left = first.host.databases.open('/x.db');
      let right = real.open(path);
      const dice = new Dice(seed);
      for (let at = 0; at < 120; at += 1) {
        const command = drawCommand(dice);
        if (command === 'reopen') {
          left.close();
          right.close();
          left = first.host.databases.open('/x.db');
          right = real.open(path);
        } else {
          assert.deepEqual(
            attempt(() => command(left)),
            attempt(() => command(right)),
          );
        }
      }
      left.close();
      right.close();
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});

function attempt(work: () => unknown): unknown {
  try {
    return normal(work());
  } catch (error) {
    assert.ok(error instanceof DatabaseError, String(error));
    return error.kind;
  }
}

function normal(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, normal(inner)]));
}

function drawCommand(dice: Dice): 'reopen' | ((database: Database) => unknown) {
  const key = dice.between(0, 20);
  const value = drawValue(dice);
  const fails = dice.chance(0.3);
  switch (dice.between(0, 7)) {
    case 0:
      return dice.chance(0.3) ? 'reopen' : (database) => database.exec(schema);
    case 1:
      return (database) => database.run('INSERT INTO t(k, v) VALUES (?, ?)', key, value);
    case 2:
      return (database) => database.run('UPDATE t SET b = ? WHERE k > ?', value, key);
    case 3:
      return (database) => database.run('DELETE FROM t WHERE k = ?', key);
    case 4:
      return (database) => database.all('SELECT *, typeof(v) AS kind FROM t ORDER BY k');
    case 5:
      return (database) => database.all('SELECT nothing FROM nowhere');
    default:
      return (database) =>
        database.transaction(key > 10 ? 'full' : 'normal', () => {
          database.run('INSERT OR REPLACE INTO t(k, v) VALUES (?, ?)', key, value);
          database.run('INSERT OR REPLACE INTO t(k, v) VALUES (?, ?)', key + 1, null);
          if (fails) database.exec('nonsense');
          return key;
        });
  }
}

function drawValue(dice: Dice): SqlValue {
  return dice.pick<SqlValue>([
    null,
    dice.between(-5, 5),
    2 ** 52 + 1,
    0.5,
    `áé\0${dice.word()}`,
    dice.bytes(dice.between(0, 2000)),
    '',
  ]);
}

test('a file that a living process has open is locked for the others, until that one dies', () => {
  const { machine, first } = room(1);
  first.host.databases.open('/x.db').exec(schema);
  const second = machine.start('second');
  assert.throws(
    () => second.host.databases.open('/x.db'),
    (error) => error instanceof DatabaseError && error.kind === 'locked',
  );
  first.process.kill();
  second.host.databases.open('/x.db').exec(schema);
});

test('the end of a process loses nothing that was committed, and nothing of an open transaction stays', () => {
  const { machine, first } = room(2);
  const database = first.host.databases.open('/x.db');
  database.exec(schema);
  database.transaction('normal', () => put(database, 1));
  assert.throws(() =>
    database.transaction('normal', () => {
      put(database, 2);
      first.process.kill();
      put(database, 3);
    }),
  );
  assert.deepEqual(keys(machine.start('second').host.databases.open('/x.db')), [1]);
});

test('a loss of power keeps everything committed in full and a prefix of the rest', () => {
  const lengths = new Set<number>();
  for (let seed = 0; seed < 60; seed += 1) {
    const { machine, first } = room(seed);
    const database = first.host.databases.open('/x.db');
    database.transaction('full', () => database.exec(schema));
    for (let key = 0; key < 10; key += 1) database.transaction('full', () => put(database, key));
    for (let key = 10; key < 20; key += 1) database.transaction('normal', () => put(database, key));
    machine.losePower();
    const left = keys(machine.start('second').host.databases.open('/x.db'));
    assert.ok(left.length >= 10, `${left.length} left of seed ${seed}`);
    assert.deepEqual(
      left,
      Array.from(left, (_, index) => index),
    );
    lengths.add(left.length);
  }
  assert.ok(lengths.size > 3, 'some commits at normal were lost');
});

test('death at any write within a call leaves a database that opens, with all that was answered', () => {
  for (const takes of ['process', 'power'] as const) {
    for (let seed = 0; seed < 40; seed += 1) {
      const { machine, first } = room(seed);
      machine.deathTakes = takes;
      const database = first.host.databases.open('/x.db');
      database.transaction('full', () => database.exec(schema));
      machine.faults.databaseDeath = 0.02;
      let answered = -1;
      try {
        for (let key = 0; key < 200; key += 1) {
          database.transaction('full', () => put(database, key));
          answered = key;
        }
      } catch {
        // It died.
      }
      machine.faults.calm();
      first.process.kill();
      const left = keys(machine.start('second').host.databases.open('/x.db'));
      assert.ok(left.length - 1 === answered || left.length - 2 === answered, `${left.length} ${answered}`);
    }
  }
});

test('a full disk refuses a commit, keeps what was there, and takes it when there is space again', () => {
  const { machine, first } = room(3);
  const database = first.host.databases.open('/x.db');
  database.exec(schema);
  database.transaction('full', () => put(database, 1));
  machine.faults.diskFull = true;
  assert.throws(
    () => database.transaction('full', () => put(database, 2)),
    (error) => error instanceof DatabaseError && error.kind === 'full',
  );
  machine.faults.calm();
  assert.deepEqual(keys(database), [1]);
  database.transaction('full', () => put(database, 2));
  assert.deepEqual(keys(database), [1, 2]);
});

test('a file that is no database is named so', () => {
  const { machine, first } = room(4);
  machine.drive.append(machine.drive.file('/x.db'), Buffer.from('garbage '.repeat(2000)));
  assert.throws(
    () => first.host.databases.open('/x.db'),
    (error) => error instanceof DatabaseError && error.kind === 'damaged',
  );
});
