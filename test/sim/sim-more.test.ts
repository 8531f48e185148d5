import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSeed } from './run.ts';
import { mustFire, runStretch } from './seeds.ts';

test('seeds 130 to 299: nothing is lost, repeated, changed or out of order, and each fault fires', async () => {
  const fired = await runStretch(130, 170);
  assert.deepEqual(
    mustFire.filter((name) => !fired.has(name)),
    [],
  );
});

test('a seed gives the same schedule again', async () => {
  for (let seed = 0; seed < 10; seed += 1) {
    const first = await runSeed(seed);
    const second = await runSeed(seed);
    assert.deepEqual(second.trace, first.trace, `seed ${seed}`);
    assert.deepEqual([second.steps, second.arrived], [first.steps, first.arrived]);
  }
});
