import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { test } from 'node:test';
import { type RunResult, runSeed } from './run.ts';
import { commandOf } from './shrink.ts';
import { Tally } from './tally.ts';
import { runSeeds } from './workers.ts';

const seeds = 300;
const seedsAgain = 50;
const jobs = cpus().length;

/** Seeds that failed once, with the cause that was mended. */
interface Regression {
  readonly seed: number;
  readonly cause: string;
}

const digests = new Map<number, string>();

test(`seeds 0 to ${seeds - 1}: nothing is lost, repeated, changed or out of order, and all that can happen does`, async () => {
  const tally = new Tally();
  await runSeeds({
    ...{ from: 0, count: seeds, jobs },
    ran: (result) => {
      digests.set(result.seed, result.digest);
      tally.add(result);
      return result.wrong === null;
    },
  });
  assert.deepEqual(tally.failed.map(failure), []);
  assert.deepEqual(tally.absent, []);
});

test('a seed gives the same schedule again, whatever ran before it', async () => {
  const other: number[] = [];
  await runSeeds({
    ...{ from: 0, count: seedsAgain, jobs },
    ran: ({ seed, digest }) => {
      if (digest === '' || digest !== digests.get(seed)) other.push(seed);
      return true;
    },
  });
  assert.deepEqual(other, []);
});

test('seeds that failed once do not fail again', async () => {
  const file = new URL('../../../test/sim/regressions.json', import.meta.url);
  const regressions = JSON.parse(readFileSync(file, 'utf8')) as readonly Regression[];
  for (const { seed } of regressions) {
    if (seed < seeds) continue;
    const result = await runSeed(seed);
    assert.equal(result.wrong, null, failure(result));
  }
});

function failure({ seed, wrong }: RunResult): string {
  return `seed ${seed}: ${wrong}; repeat it: ${commandOf(seed, {})}`;
}
