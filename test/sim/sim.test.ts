import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runSeed } from './run.ts';
import { mustBeWell, mustFire, runStretch } from './seeds.ts';

/** Seeds that failed once, with the cause that was mended. */
interface Regression {
  readonly seed: number;
  readonly cause: string;
}

test('seeds 0 to 129: nothing is lost, repeated, changed or out of order, and each fault fires', async () => {
  const fired = await runStretch(0, 130);
  assert.deepEqual(
    mustFire.filter((name) => !fired.has(name)),
    [],
  );
});

test('seeds that failed once do not fail again', async () => {
  const file = new URL('../../../test/sim/regressions.json', import.meta.url);
  const regressions = JSON.parse(readFileSync(file, 'utf8')) as readonly Regression[];
  for (const { seed } of regressions) mustBeWell(await runSeed(seed));
});
