/**
 * Runs seeds and says how it went; the exit status is 0 when all was well. README.md has the commands.
 *
 * A run of many ends early at the first 25 seeds that fail.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { Plan, PlanLimits, Trouble } from './plan.ts';
import { type Caught, findPlant } from './plant-run.ts';
import { plants } from './plants.ts';
import { figuresOf, plantedTable, putBetween } from './report.ts';
import { type RunResult, runSeed } from './run.ts';
import { commandOf, shrink } from './shrink.ts';
import { Tally } from './tally.ts';
import { runSeeds } from './workers.ts';

const failuresMax = 25;
const progressEveryMs = 10_000;

const { values, positionals } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '300' },
    from: { type: 'string', default: '0' },
    jobs: { type: 'string', default: String(cpus().length) },
    output: { type: 'string' },
    without: { type: 'string', multiple: true },
    writer: { type: 'string', multiple: true },
    safety: { type: 'string' },
    trace: { type: 'boolean', default: false },
    shrink: { type: 'boolean', default: false },
    planted: { type: 'boolean', default: false },
    write: { type: 'string' },
  },
  allowPositionals: true,
});
const limits: PlanLimits = {
  ...(values.output === undefined ? {} : { output: values.output as Plan['output'] }),
  ...(values.without === undefined ? {} : { without: values.without as Trouble[] }),
  ...(values.writer === undefined ? {} : { writers: values.writer }),
  ...(values.safety === undefined ? {} : { safetyMsMax: Number(values.safety) }),
};

process.on('unhandledRejection', (error) => {
  if ((error as Error).name === 'Killed') return;
  throw error;
});

if (values.planted) process.exitCode = await runPlanted();
else if (values.seed === undefined)
  process.exitCode = await runMany(Number(values.from), Number(values.seeds));
else if (values.shrink) process.exitCode = await shrinkOne(Number(values.seed));
else process.exitCode = await runOne(Number(values.seed));

async function runOne(seed: number): Promise<number> {
  const result = await runSeed(seed, limits);
  if (values.trace || result.wrong !== null) console.log(result.trace.join('\n'));
  console.log(summary(result));
  return result.wrong === null ? 0 : 1;
}

async function shrinkOne(seed: number): Promise<number> {
  const best = await shrink(seed, limits, (one) => console.log(commandOf(seed, one.limits)));
  if (best === null) {
    console.log(`seed ${seed} does not fail`);
    return 1;
  }
  console.log(best.result.trace.join('\n'));
  console.log(`${summary(best.result)}\n  repeat it: ${commandOf(seed, best.limits)}`);
  return 0;
}

async function runMany(from: number, count: number): Promise<number> {
  const began = performance.now();
  const tally = new Tally();
  const progress = () => {
    const seconds = (performance.now() - began) / 1000;
    return `${tally.seeds} of ${count} seeds, ${(tally.seeds / seconds).toFixed(1)} a second`;
  };
  const timer = setInterval(() => console.log(progress()), progressEveryMs);
  await runSeeds({
    ...{ from, count, jobs: Number(values.jobs), limits },
    ran: (result) => {
      tally.add(result);
      if (result.wrong !== null) console.log(failure(result));
      return tally.failed.length < failuresMax;
    },
  });
  clearInterval(timer);
  for (const [name, times] of [...tally.fired].sort()) console.log(`${String(times).padStart(10)} ${name}`);
  const { absent, failed } = tally;
  if (failed.length > 0) console.log(`failed:\n${failed.map(failure).join('\n')}`);
  if (absent.length > 0) console.log(`never happened: ${absent.join(', ')}`);
  const hours = Math.round(tally.virtualMs / 3_600_000);
  console.log(`${progress()}, ${hours} hours of virtual time, ${tally.lines} lines; ${failed.length} failed`);
  if (values.write !== undefined) {
    const page = putBetween(readFileSync(values.write, 'utf8'), 'sim:figures', figuresOf(tally));
    writeFileSync(values.write, page);
  }
  return failed.length === 0 && absent.length === 0 ? 0 : 1;
}

/** Each planted bug, or those that are named, until the oracle sees it. */
async function runPlanted(): Promise<number> {
  const names = positionals.length > 0 ? positionals : Object.keys(plants);
  const found = new Map<string, Caught | null>();
  const queue = [...names];
  const search = { from: Number(values.from), count: Number(values.seeds), limits };
  const work = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      const caught = await findPlant(name, search);
      found.set(name, caught);
      console.log(`${name}: ${caught === null ? 'NOT CAUGHT' : `seed ${caught.seed}: ${caught.wrong}`}`);
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));
  const table = plantedTable(names.map((name) => [name, found.get(name) ?? null]));
  console.log(table);
  if (values.write !== undefined) {
    writeFileSync(values.write, putBetween(readFileSync(values.write, 'utf8'), 'planted', table));
  }
  return [...found.values()].includes(null) ? 1 : 0;
}

function failure(result: RunResult): string {
  return `${summary(result)}\n  repeat it: ${commandOf(result.seed, limits)}`;
}

function summary({ seed, wrong, lines, arrived, steps, virtualMs }: RunResult): string {
  const size = `${lines} lines, ${arrived} arrived, ${steps} steps, ${Math.round(virtualMs / 1000)} s of virtual time`;
  return `seed ${seed}: ${wrong === null ? 'all is well' : `WRONG: ${wrong}`} (${size})`;
}
