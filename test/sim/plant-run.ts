/**
 * Looks for the first seed at which the oracle sees a planted bug. A run that fails by itself (an exception, a process
 * that ends or never ends, a program that crashes) has not caught anything, nor has one that fails without the bug.
 */
import type { PlanLimits } from './plan.ts';
import { buildPlant } from './plant-build.ts';
import { broken, runSeeds } from './workers.ts';

/** The invariants that can break, by how the oracle's sentence about it begins or reads. */
const invariants: readonly (readonly [RegExp, string])[] = [
  [/^the ledger of/, 'the ledger closes'],
  [/chain does not close|there is no chain/, 'the chain closes'],
  [/lines are missing/, 'every line arrives'],
  [/times at the hub|times, at most/, 'no line arrives twice'],
  [/came again after a restart/, 'a restart sends nothing again'],
  [/^never written/, 'nothing arrives that was not written'],
  [/^(not in order|after)/, 'lines come in order'],
  [/^one stream has two files/, 'a stream is one file'],
  [/^(cut to|claimed at)/, 'each line has its bytes and its place'],
  [/^not drained/, 'all is sent in time'],
  [/its watermark is before/, 'what is settled was read'],
  [/hung in its stop/, 'a stop ends'],
  [/^a receipt/, 'receipts verify'],
  [/^a dead letter/, 'nothing is set aside without a refusal'],
  [/^a key was written/, 'no secret is written'],
];

export interface Caught {
  readonly seed: number;
  /** How many seeds were run for it, this one included. */
  readonly seeds: number;
  readonly invariant: string;
  readonly wrong: string;
}

export interface Search {
  readonly from: number;
  readonly count: number;
  readonly limits?: PlanLimits;
}

/** Null: nobody noticed. */
export async function findPlant(name: string, search: Search): Promise<Caught | null> {
  const worker = await buildPlant(name);
  let caught: Caught | null = null;
  await runSeeds({
    ...search,
    jobs: 1,
    worker,
    ran: async ({ seed, wrong, crashed }) => {
      if (wrong === null || crashed || wrong.startsWith(broken) || !(await isWell(seed, search))) return true;
      caught = { seed, seeds: seed - search.from + 1, invariant: invariantOf(wrong), wrong };
      return false;
    },
  });
  return caught;
}

/** Whether the seed passes without any bug. */
async function isWell(seed: number, { limits }: Search): Promise<boolean> {
  let well = false;
  await runSeeds({
    ...{ from: seed, count: 1, jobs: 1, ...(limits === undefined ? {} : { limits }) },
    ran: ({ wrong }) => {
      well = wrong === null;
      return false;
    },
  });
  return well;
}

function invariantOf(wrong: string): string {
  return invariants.find(([pattern]) => pattern.test(wrong))?.[1] ?? 'another';
}
