/**
 * Makes the plan of a failing seed smaller for as long as it still fails: fewer kinds of trouble, fewer writers, a
 * shorter safety phase. What is left of the schedule is another schedule, so a smaller plan may fail in another way.
 */
import { type PlanLimits, planOf } from './plan.ts';
import { type RunResult, runSeed } from './run.ts';
import { broken } from './workers.ts';

/** A safety phase is not made shorter than this, ms. */
const safetyMsMin = 2_000;

export interface Shrunk {
  readonly limits: PlanLimits;
  readonly result: RunResult;
}

/** `tried` is told of each plan that still fails. Null: the seed does not fail. */
export async function shrink(
  seed: number,
  given: PlanLimits,
  tried: (shrunk: Shrunk) => void,
): Promise<Shrunk | null> {
  const first = await runSeed(seed, given);
  if (first.wrong === null) return null;
  let best: Shrunk = { limits: given, result: first };
  for (let again = true; again; ) {
    again = false;
    for (const limits of smaller(seed, best.limits)) {
      const result = await runSeed(seed, limits);
      if (result.wrong === null || result.wrong.startsWith(broken)) continue;
      best = { limits, result };
      tried(best);
      again = true;
      break;
    }
  }
  return best;
}

/** The next smaller plans, the smallest first. */
function* smaller(seed: number, limits: PlanLimits): Generator<PlanLimits> {
  const { troubles, writers, safetyMs } = planOf(seed, limits);
  for (const part of [0.5, 0.75, 0.9]) {
    const shorterMs = Math.floor((part * safetyMs) / 1000) * 1000;
    if (shorterMs >= safetyMsMin) yield { ...limits, safetyMsMax: shorterMs };
  }
  const without = limits.without ?? [];
  for (const trouble of troubles) yield { ...limits, without: [...without, trouble] };
  const names = writers.map(({ name }) => name);
  if (names.length < 2) return;
  for (const name of names) yield { ...limits, writers: names.filter((other) => other !== name) };
}

/** The command that runs the seed with these limits. */
export function commandOf(seed: number, { output, without, writers, safetyMsMax }: PlanLimits): string {
  return [
    `npm run sim -- --seed ${seed} --trace`,
    ...(output === undefined ? [] : [`--output ${output}`]),
    ...(without ?? []).map((trouble) => `--without '${trouble}'`),
    ...(writers ?? []).map((name) => `--writer ${name}`),
    ...(safetyMsMax === undefined ? [] : [`--safety ${safetyMsMax}`]),
  ].join(' ');
}
