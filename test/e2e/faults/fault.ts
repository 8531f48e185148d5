/**
 * A fault: something real that is done to agent and hub as processes, again and again, while lines are written. Each
 * counts what it did only when it has proved that it happened, and ends with `conclude` (oracle.ts).
 */
import type { Figures } from './figures.ts';
import type { Tool } from './tools.ts';

export interface Fault {
  readonly name: string;
  readonly needs: readonly Tool[];
  /** How many cycles in `npm test`, and in a long run that does not say. */
  readonly cycles: { readonly short: number; readonly long: number };
  /** Does it so many times in a room of its own. Fails when a line is lost, repeated, changed or out of order. */
  run(cycles: number, figures: Figures): Promise<void>;
}

/** Cycles in one room, so that what the oracle compares stays small. */
const roomCyclesMax = 25;

export async function runFault(
  fault: Fault,
  cycles: number,
  options: { readonly figures: Figures; readonly progress?: () => void },
): Promise<void> {
  const { figures, progress } = options;
  for (let left = cycles; left > 0; left -= roomCyclesMax) {
    const now = Math.min(left, roomCyclesMax);
    await fault.run(now, figures);
    figures.cycles += now;
    progress?.();
  }
}
