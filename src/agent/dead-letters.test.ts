import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Batch } from '../event/batch.ts';
import { nodeDatabases } from '../host/node/database.ts';
import { openSqliteState } from '../state/sqlite.ts';
import type { LedgerEntry, State, StoredBatch } from '../state/state.ts';
import { deadLetterId, deadLettersOf, droppedByHand, shelfOf } from './dead-letters.ts';

const stream = 'a'.repeat(32);
const body = Buffer.from('one\ntwo\nunfinished');

function batchOf(sequence: number, part = ''): Batch {
  return {
    key: { output: 'default', sequence, part },
    id: `${sequence}${part}`,
    readAtMs: 1,
    segments: [{ kind: 'lines', stream, path: '/var/log/a.log', from: 0, to: body.length }],
    records: 3,
    bytes: body.length,
  };
}

function stored(batch: Batch, status: StoredBatch['status']): StoredBatch {
  return { batch, status, attempts: 3, reason: status === 'dead' ? 'refused' : '', atMs: 5 };
}

/** Three dead batches, out of order, and one that is none; then all of it as a new start finds it. */
function withState(work: (open: () => State) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'dead-letters-'));
  const opened: State[] = [];
  const open = (): State => {
    for (const state of opened.splice(0)) state.close();
    const state = openSqliteState(nodeDatabases(), join(directory, 'state.db'));
    opened.push(state);
    return state;
  };
  try {
    open().commit(
      [
        ...[batchOf(10), batchOf(2, '01'), batchOf(2, '00')].map((batch) => ({
          kind: 'batch' as const,
          stored: stored(batch, 'dead'),
          body: [body],
        })),
        { kind: 'batch', stored: stored(batchOf(11), 'spooled'), body: [body] },
        {
          kind: 'ledger',
          add: { stream, output: 'default', term: 'dead', reason: 'refused', bytes: 54, lines: 9 },
        },
      ],
      'full',
    );
    work(open);
  } finally {
    for (const state of opened) state.close();
    rmSync(directory, { recursive: true });
  }
}

const letters = (state: State) => deadLettersOf(state, shelfOf(state.snapshot), () => 77);

test('lists what was set aside, in the order of the state, and shows it byte for byte', () => {
  withState((open) => {
    const book = letters(open());
    assert.deepEqual(
      book.list().map((letter) => letter.id),
      ['default/2.00', 'default/2.01', 'default/10'],
    );
    assert.deepEqual(book.list()[0], {
      id: 'default/2.00',
      records: 3,
      bytes: 18,
      reason: 'refused',
      attempts: 3,
      atMs: 5,
      paths: ['/var/log/a.log'],
      replaying: false,
    });
    assert.deepEqual(Buffer.from(book.body('default/2.00')!), body);
    assert.equal(book.body('default/11'), null);
    assert.equal(book.body('default/2'), null);
  });
});

test('marks for replay what was dead, once, and a new start finds it marked', () => {
  withState((open) => {
    assert.equal(letters(open()).replay(['default/10', 'default/11', 'default/99']), 1);
    const again = letters(open());
    assert.equal(again.list().find((letter) => letter.id === 'default/10')?.replaying, true);
    assert.equal(again.replay('all'), 2);
    assert.equal(again.replay('all'), 0);
    const kept = open().snapshot.batches.filter((one) => one.status === 'replay');
    assert.deepEqual(
      kept.map((one) => [one.attempts, one.atMs]),
      [
        [0, 77],
        [0, 77],
        [0, 77],
      ],
    );
  });
});

test('drops for good, and the ledger keeps every byte under the term dead', () => {
  withState((open) => {
    assert.equal(letters(open()).drop(['default/10']), 1);
    const after = open();
    assert.deepEqual(
      letters(after)
        .list()
        .map((letter) => letter.id),
      ['default/2.00', 'default/2.01'],
    );
    const entry = (reason: string): LedgerEntry | undefined =>
      after.snapshot.ledger.find((one) => one.reason === reason);
    assert.deepEqual([entry('refused')?.bytes, entry('refused')?.lines], [36, 6]);
    assert.deepEqual([entry(droppedByHand)?.bytes, entry(droppedByHand)?.lines], [18, 3]);
    assert.equal(letters(after).drop('all'), 2);
    assert.equal(open().snapshot.batches.length, 1);
  });
});

test('tells the shelf of a running agent after the commit', () => {
  withState((open) => {
    const state = open();
    const told: string[] = [];
    const shelf = {
      batches: () => state.snapshot.batches,
      changed: (one: StoredBatch) => told.push(`${one.status} ${deadLetterId(one.batch.key)}`),
      forgotten: (key: Batch['key']) => told.push(`forgotten ${deadLetterId(key)}`),
    };
    const book = deadLettersOf(state, shelf, () => 1);
    book.replay(['default/10']);
    book.drop(['default/2.01']);
    assert.deepEqual(told, ['replay default/10', 'forgotten default/2.01']);
  });
});
