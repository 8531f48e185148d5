import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/hub/fixture.ts';
import { Holding, holdMs } from './holding.ts';

function holding() {
  const clock = new ManualClock();
  const held = { now: 0 };
  const hold = () => {
    held.now += 1;
    return () => {
      held.now -= 1;
    };
  };
  return { clock, held, holding: new Holding({ hold }, clock) };
}

const soon = () => new Promise((resolve) => setImmediate(resolve));

test('one copy at a time holds the file, as long as it says so', async () => {
  const { clock, held, holding: one } = holding();
  const id = one.begin()!;
  assert.equal(one.begin(), null);
  for (let count = 0; count < 3; count++) {
    clock.advance(holdMs - 1);
    await soon();
    assert.equal(one.renew(id), true);
  }
  assert.deepEqual([held.now, one.end(id), held.now, one.end(id)], [1, true, 0, false]);
  assert.equal(one.begin(), id + 1);
});

test('a copy that falls silent holds nothing, and learns it', async () => {
  const { clock, held, holding: one } = holding();
  const id = one.begin()!;
  clock.advance(holdMs);
  await soon();
  assert.deepEqual([held.now, one.renew(id), one.end(id)], [0, false, false]);
  const next = one.begin()!;
  one.close();
  assert.deepEqual([held.now, one.end(next)], [0, false]);
});
