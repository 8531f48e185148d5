/** Runs a stretch of seeds for the test files: each file is a process of its own, so that the cores share the work. */
import assert from 'node:assert/strict';
import { type RunResult, runSeed } from './run.ts';

/**
 * Names of faults that must have fired somewhere in the stretch, so that a run proves that it saw each. Running out of
 * descriptors is too rare for a stretch; long runs count it.
 */
export const mustFire = [
  'kill agent',
  'stop agent',
  'kill hub',
  'stop hub',
  'power lost',
  'device renumbered',
  'death within a database call',
  'database ENOSPC',
  'database EIO',
  'disk ENOSPC',
  'disk EIO',
  'disk EACCES',
  'event lost',
  'clock jump',
  'partition',
  'net refuse',
  'net reset',
  'net black-hole',
  'net drop-reply',
  'net repeat',
  'net cut-reply',
  'net slow',
  'net status',
  'net status-after',
  'net retry-after',
  'net html',
  'net garbage',
] as const;

/** Fails with the schedule of the first seed that fails; gives how often each fault fired. */
export async function runStretch(from: number, count: number): Promise<ReadonlyMap<string, number>> {
  const fired = new Map<string, number>();
  for (let seed = from; seed < from + count; seed += 1) {
    const result = await runSeed(seed);
    mustBeWell(result);
    for (const [name, times] of result.fired) fired.set(name, (fired.get(name) ?? 0) + times);
  }
  return fired;
}

export function mustBeWell({ seed, wrong, trace }: RunResult): void {
  if (wrong === null) return;
  assert.fail(
    `seed ${seed}: ${wrong}\nrepeat it: npm run sim -- --seed ${seed} --trace\n${trace.join('\n')}`,
  );
}
