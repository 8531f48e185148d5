/** A child process that runs seeds, one after another, as `workers.ts` orders them. Ends with its parent. */
import type { PlanLimits } from './plan.ts';
import { type RunResult, runSeed } from './run.ts';

export interface Order extends PlanLimits {
  readonly seed: number;
}

process.on('unhandledRejection', (error) => {
  if ((error as Error).name === 'Killed') return;
  throw error;
});

process.on('disconnect', () => process.exit());

process.on('message', ({ seed, ...limits }: Order) => {
  void runSeed(seed, limits).then((result) => {
    // Traces are long, and a seed gives its own again.
    const report: RunResult = { ...result, trace: [] };
    process.send?.(report);
  });
});
