/** Whose turn it is, and that nobody waits for a burst in another's file. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualSource } from '../../../test/support/virtual-source.ts';
import { newFollow } from './follow.ts';
import { Turns } from './turns.ts';

function follow(name: string) {
  const record = { id: name, path: name } as Parameters<typeof newFollow>[0];
  return newFollow(record, {
    settings: {} as Parameters<typeof newFollow>[1]['settings'],
    phase: { kind: 'followed' },
    position: 0,
    released: 0,
    size: 0,
    modifiedMs: 0,
    grownAtMs: 0,
    restlessAtMs: 0,
  });
}

const names = (turns: Turns, count: number) =>
  Array.from({ length: count }, () => turns.next()?.record.id ?? 'nobody');

test('gives silent files their turn first, each once, and in their order', () => {
  const turns = new Turns();
  const [a, b, c] = [follow('a'), follow('b'), follow('c')];
  turns.add(a, { silent: false });
  turns.add(b, { silent: true });
  turns.add(c, { silent: true });
  turns.add(b, { silent: false });
  assert.deepEqual(names(turns, 4), ['b', 'c', 'a', 'nobody']);
});

test('gives a busy file a turn after sixteen silent ones, however many wait', () => {
  const turns = new Turns();
  turns.add(follow('busy'), { silent: false });
  for (let index = 0; index < 40; index += 1) turns.add(follow(`silent ${index}`), { silent: true });
  assert.equal(names(turns, 41).indexOf('busy'), 16);
});

test('two files that are read at full speed have their turns alternately (FAI-01)', async () => {
  const source = new VirtualSource();
  const line = `${'x'.repeat(1023)}\n`;
  for (const name of ['a.log', 'b.log']) source.append(name, line.repeat(4096));
  await source.open();
  await source.until(8192);
  const order = source.pieces.map(({ segment }) => segment.path);
  const longest = Math.max(
    ...order
      .join(' ')
      .split('/logs/b.log')
      .map((part) => part.match(/a\.log/g)?.length ?? 0),
  );
  assert.ok(longest <= 2, `${longest} turns in a row`);
  await source.close();
});

test('a hundred quiet files do not wait for one at full speed, nor that for them (FAI-03)', async () => {
  const source = new VirtualSource();
  const quiet = Array.from({ length: 100 }, (_, index) => `quiet-${index}.log`);
  for (const name of quiet) source.append(name, 'first\n');
  await source.open();
  await source.until(100);
  await source.run(1000);
  source.append('busy.log', `${'x'.repeat(1023)}\n`.repeat(32 * 1024));
  await source.until(2000);
  const before = source.pieces.length;
  for (const name of quiet) source.append(name, 'second\n');
  await source.until(100 + 32 * 1024 + 100);
  const order = source.pieces.slice(before).map(({ segment }) => segment.path.includes('quiet'));
  const turns = order.lastIndexOf(true) - order.indexOf(true) + 1;
  assert.ok(order.indexOf(true) <= 2, `${order.indexOf(true)} turns before the first quiet one`);
  // One turn in seventeen is the busy one's.
  assert.ok(turns > 100 && turns <= 100 + 8, `${turns} turns until the last quiet one`);
  await source.close();
});
