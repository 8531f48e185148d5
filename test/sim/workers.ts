/**
 * Runs many seeds in child processes, one seed after another in each, so that all cores share the work. A seed is the
 * same wherever it runs.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { PlanLimits } from './plan.ts';
import type { RunResult } from './run.ts';
import type { Order } from './worker.ts';

export interface SeedsOptions {
  readonly from: number;
  readonly count: number;
  /** Child processes. */
  readonly jobs: number;
  readonly limits?: PlanLimits;
  /** What the children run; another build of `worker.ts` has a bug in it. */
  readonly worker?: string;
  /** After each seed, in the order in which they end; false ends the run. */
  readonly ran: (result: RunResult) => boolean | Promise<boolean>;
}

/** The real time that one seed may take, ms: one that takes longer does not end. */
const seedMaxMs = 240_000;

/** Seeds live for some tens of milliseconds: room for their garbage, MiB, saves every tenth of the time. */
const youngGenerationMiB = 32;

/** A failure of the run itself, not of what it checks. */
export const broken = 'the run itself failed';

const ownWorker = fileURLToPath(new URL('./worker.js', import.meta.url));

export async function runSeeds(options: SeedsOptions): Promise<void> {
  let next = options.from;
  const end = options.from + options.count;
  let stopped = false;
  const orders = function* (): Generator<number> {
    while (next < end && !stopped) {
      next += 1;
      yield next - 1;
    }
  };
  const work = async () => {
    let child = startWorker(options.worker);
    for (const seed of orders()) {
      const result = await order(child, { seed, ...options.limits });
      if (!child.connected) child = startWorker(options.worker);
      if (!(await options.ran(result))) stopped = true;
    }
    child.kill();
  };
  await Promise.all(Array.from({ length: Math.min(options.jobs, options.count) }, work));
}

function startWorker(path = ownWorker): ChildProcess {
  return fork(path, {
    serialization: 'advanced',
    execArgv: ['--enable-source-maps', `--max-semi-space-size=${youngGenerationMiB}`],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

function order(child: ChildProcess, given: Order): Promise<RunResult> {
  return new Promise((resolve) => {
    const end = (result: RunResult) => {
      clearTimeout(alarm);
      child.removeAllListeners('message');
      child.removeAllListeners('exit');
      resolve(result);
    };
    const fail = (how: string) => {
      child.kill('SIGKILL');
      if (child.connected) child.disconnect();
      end(failureOf(given.seed, how));
    };
    const alarm = setTimeout(() => fail(`it did not end within ${seedMaxMs} ms`), seedMaxMs);
    child.once('message', (result) => end(result as RunResult));
    child.once('exit', (code, signal) => fail(`its process ended (${signal ?? code})`));
    child.send(given, (error) => {
      if (error !== null) fail(error.message);
    });
  });
}

function failureOf(seed: number, how: string): RunResult {
  return {
    ...{ seed, wrong: `${broken}: ${how}`, trace: [], digest: '', crashed: true, fired: new Map() },
    ...{ lines: 0, arrived: 0, steps: 0, virtualMs: 0 },
  };
}
