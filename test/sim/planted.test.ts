import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plantedSources } from './plant-build.ts';
import { findPlant } from './plant-run.ts';
import { plantedBugs } from './planted.ts';
import { plants } from './plants.ts';
import { runSeed } from './run.ts';

const seedsMax = 12;

/** Those that one or two seeds show; the command looks for all of them. */
const quick = [
  'a cut line keeps less than the limit',
  'a lost reply is an ack',
  'a segment ends one byte late',
  'an unfinished line is sent as it is',
  'no file is known again',
  'the hub acks what it could not commit',
];

for (const [name, planted] of Object.entries(plantedBugs)) {
  test(`the oracle sees it when ${name}`, async () => {
    for (let seed = 0; seed < seedsMax; seed += 1) {
      const { wrong } = await runSeed(seed, { output: 'hub', planted });
      if (wrong !== null) return assert.ok(!wrong.startsWith('the run itself failed'), wrong);
    }
    assert.fail(`${seedsMax} seeds ran, and nobody noticed`);
  });
}

test('each planted bug still has its place in the sources', () => {
  for (const name of Object.keys(plants)) plantedSources(name);
});

for (const name of quick) {
  test(`the oracle sees it when in the sources ${name}`, async () => {
    assert.notEqual(await findPlant(name, { from: 0, count: seedsMax }), null);
  });
}
