/** Whose turn it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
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
