/** The ledger by hour: what a commit adds to which hour. Pure. */
import type { Change, LedgerEntry } from './state.ts';
import { hourMs } from './state.ts';

export interface HourEntry extends Omit<LedgerEntry, 'stream'> {
  /** Milliseconds since the epoch. */
  readonly startMs: number;
}

/** Of all streams together, so that a batch of a thousand streams adds a few rows. */
export function hourlyOf(changes: readonly Change[]): Iterable<HourEntry> {
  const entries = new Map<string, HourEntry>();
  for (const change of changes) {
    if (change.kind !== 'ledger' || change.atMs === undefined) continue;
    const { output, term, reason, bytes, lines } = change.add;
    const startMs = keyOfHour(change.atMs);
    const key = JSON.stringify([startMs, output, term, reason]);
    const before = entries.get(key) ?? { bytes: 0, lines: 0 };
    const sum = { bytes: before.bytes + bytes, lines: before.lines + lines };
    entries.set(key, { startMs, output, term, reason, ...sum });
  }
  return entries.values();
}

export function keyOfHour(atMs: number): number {
  return Math.floor(atMs / hourMs) * hourMs;
}
