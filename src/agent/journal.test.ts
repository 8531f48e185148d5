import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AlmadiaError } from '../host/errors.ts';
import { silentLog } from '../host/selflog.ts';
import { memoryStore } from '../state/memory.ts';
import type { Change, State } from '../state/state.ts';
import { Journal } from './journal.ts';

/** A state on a disk that takes `room` changes at once, and a clock whose sleeps end when the test says so. */
function fullDisk() {
  const state = memoryStore().open();
  const disk = { room: 0 };
  const wakes: (() => void)[] = [];
  /** The names of the notes of each transaction. */
  const written: string[][] = [];
  const small: State = {
    snapshot: state.snapshot,
    ledger: (stream) => state.ledger(stream),
    history: (output, sinceMs) => state.history(output, sinceMs),
    kept: (output, kind) => state.kept(output, kind),
    body: (key) => state.body(key),
    close: () => state.close(),
    commit(changes, durability) {
      if (changes.length > disk.room) throw new AlmadiaError('STATE_FULL', { path: '/state', cause: 'full' });
      written.push(changes.map((change) => (change.kind === 'note' ? change.name : '')));
      state.commit(changes, durability);
    },
  };
  const clock = {
    now: () => 0,
    monotonicMs: () => 0,
    sleep: (_ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        wakes.push(resolve);
        signal?.addEventListener('abort', () => resolve());
      }),
  };
  const giveUp = new AbortController();
  const journal = new Journal(small, { host: { clock }, log: silentLog, giveUp: giveUp.signal });
  const wake = async () => {
    for (const one of wakes.splice(0)) one();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { journal, disk, giveUp, wake, written };
}

const note = (name: string): Change => ({ kind: 'note', name, value: '' });

test('a small change never overtakes a large one that waits for room', async () => {
  const { journal, disk, wake } = fullDisk();
  const order: string[] = [];
  disk.room = 1;
  const large = journal.commit([note('a'), note('b')], 'normal').then(() => order.push('large'));
  const small = journal.commit([note('c')], 'normal').then(() => order.push('small'));
  await wake();
  assert.deepEqual(order, []);
  assert.equal(journal.tryCommit([note('d')], 'normal'), false);
  disk.room = 9;
  await wake();
  await Promise.all([large, small]);
  assert.deepEqual(order, ['large', 'small']);
  assert.equal(journal.trouble, null);
});

test('what was given up stays unwritten, and so does all that comes after it', async () => {
  const { journal, disk, giveUp, wake } = fullDisk();
  const first = journal.commit([note('a'), note('b')], 'normal');
  giveUp.abort();
  await wake();
  assert.equal(await first, false);
  disk.room = 9;
  assert.equal(await journal.commit([note('c')], 'normal'), false);
  assert.equal(journal.tryCommit([note('d')], 'normal'), false);
});

test('what may wait goes into the next commit, before what is handed in then', async () => {
  const { journal, disk, written } = fullDisk();
  disk.room = 9;
  journal.later([note('a')]);
  assert.deepEqual(written, []);
  assert.equal(await journal.commit([note('b')], 'normal'), true);
  assert.deepEqual(written, [['a', 'b']]);
  journal.later([note('c')]);
  assert.equal(journal.tryCommit([note('d')], 'normal'), true);
  journal.later([note('e')]);
  assert.equal(await journal.settle(), true);
  assert.equal(await journal.settle(), true);
  assert.deepEqual(written, [['a', 'b'], ['c', 'd'], ['e']]);
});

test('what waited is kept when the commit it was to be part of does not fit', async () => {
  const { journal, disk, written } = fullDisk();
  disk.room = 1;
  journal.later([note('a')]);
  assert.equal(journal.tryCommit([note('b')], 'normal'), false);
  disk.room = 9;
  assert.equal(await journal.settle(), true);
  assert.deepEqual(written, [['a']]);
});
