/** Nobody waits for a burst in another's file, in virtual time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualSource } from '../support/virtual-source.ts';

test('FAI-01: two files that are read at full speed have their turns alternately', async () => {
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

test('FAI-03: a hundred quiet files do not wait for one at full speed, nor that for them', async () => {
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
