import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plantedBugs } from './planted.ts';
import { runSeed } from './run.ts';

const seedsMax = 12;

for (const [name, planted] of Object.entries(plantedBugs)) {
  test(`the oracle sees it when ${name}`, async () => {
    for (let seed = 0; seed < seedsMax; seed += 1) {
      const { wrong } = await runSeed(seed, { output: 'hub', planted });
      if (wrong !== null) return assert.ok(!wrong.startsWith('the run itself failed'), wrong);
    }
    assert.fail(`${seedsMax} seeds ran, and nobody noticed`);
  });
}
