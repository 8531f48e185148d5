/** What is said of an agent. Pure. */
import type { FleetAgent } from './agent-wire.ts';
import { formatBytes, formatCount } from './format.ts';

/** What the proof says, in words. */
export function arrivedOf({ proof }: FleetAgent): string {
  if (proof === null) return 'not looked at yet';
  if (proof.complete === false) return `${formatBytes(proof.missingBytes)} missing`;
  if (proof.complete === null) return 'batches are on their way';
  return proof.gapBytes > 0
    ? `complete but for ${formatBytes(proof.gapBytes)} that could not be read`
    : 'complete';
}

/** The class of the shape before the word. */
export function proofState({ proof }: FleetAgent): string {
  if (proof === null || proof.complete === null) return 'idle';
  return proof.complete ? 'active' : 'offline';
}

export function proofWord({ proof }: FleetAgent): string {
  if (proof === null || proof.complete === null) return '…';
  if (!proof.complete) return `${formatBytes(proof.missingBytes)} missing`;
  return proof.gapBytes > 0 ? 'with gaps' : 'complete';
}

export function hoursLabel(lines: readonly number[]): string {
  const total = lines.reduce((sum, one) => sum + one, 0);
  return `${formatCount(total)} lines in ${lines.length} hours, ${formatCount(lines.at(-1) ?? 0)} in this one`;
}
