/**
 * Runs seeds and says how it went.
 *
 *   npm run sim -- --seeds 1000 [--from 0]    many, with progress; ends at the first ten that fail
 *   npm run sim -- --seed 7 --trace           one, with its schedule
 *   [--output hub|ila-soc|sync-logs]          only this output
 */
import { parseArgs } from 'node:util';
import type { Plan } from './plan.ts';
import { type RunResult, runSeed } from './run.ts';

const failuresMax = 25;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '300' },
    from: { type: 'string', default: '0' },
    output: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
});
const limits = values.output === undefined ? {} : { output: values.output as Plan['output'] };

process.on('unhandledRejection', (error) => {
  if ((error as Error).name === 'Killed') return;
  throw error;
});

if (values.seed !== undefined) {
  const result = await runSeed(Number(values.seed), limits);
  if (values.trace || result.wrong !== null) console.log(result.trace.join('\n'));
  console.log(summary(result));
  process.exitCode = result.wrong === null ? 0 : 1;
} else {
  await runMany(Number(values.from), Number(values.seeds));
}

async function runMany(from: number, count: number): Promise<void> {
  const began = performance.now();
  const failed: number[] = [];
  const fired = new Map<string, number>();
  let done = 0;
  for (let seed = from; seed < from + count && failed.length < failuresMax; seed += 1) {
    const result = await runSeed(seed, limits);
    done += 1;
    for (const [name, times] of result.fired) fired.set(name, (fired.get(name) ?? 0) + times);
    if (result.wrong !== null) {
      failed.push(seed);
      console.log(`${summary(result)}\n  repeat it: npm run sim -- --seed ${seed} --trace`);
    }
    if (done % 50 === 0) console.log(progress(done, count, began));
  }
  console.log(
    [...fired]
      .sort()
      .map(([name, times]) => `${String(times).padStart(8)} ${name}`)
      .join('\n'),
  );
  console.log(`${progress(done, count, began)}; ${failed.length} failed: ${failed.join(' ')}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

function progress(done: number, count: number, began: number): string {
  const seconds = (performance.now() - began) / 1000;
  return `${done} of ${count} seeds, ${(done / seconds).toFixed(1)} a second`;
}

function summary({ seed, wrong, lines, arrived, steps, virtualMs }: RunResult): string {
  const size = `${lines} lines, ${arrived} arrived, ${steps} steps, ${Math.round(virtualMs / 1000)} s of virtual time`;
  return `seed ${seed}: ${wrong === null ? 'all is well' : `WRONG: ${wrong}`} (${size})`;
}
