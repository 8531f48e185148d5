/** What many seeds did together: how often each fault fired, which failed, and what should have happened and did not. */
import { troubles } from './plan.ts';
import type { RunResult } from './run.ts';

/** Each must fire in a run of `stretchSeeds`. */
const common = [
  ...troubles,
  'power lost',
  'device renumbered',
  'death within a database call',
  'database ENOSPC',
  'database EIO',
  'disk ENOSPC',
  'disk EIO',
  'disk EACCES',
  'event lost',
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
];

/**
 * What a full run must have seen besides: rare faults, and every way in which agent and hub recover, by what they say
 * of it.
 */
const rare = [
  'disk EMFILE',
  'agent: batch.gone',
  'agent: chain.epoch',
  'agent: destination.connected',
  'agent: file.copied',
  'agent: file.found',
  'agent: file.gap',
  'agent: file.left',
  'agent: file.missing',
  'agent: file.renamed',
  'agent: file.truncated',
  'agent: file.vanished',
  'agent: state.lost',
  'agent: state.recalled',
  'hub: store.refuses',
  'hub: store.well',
];

const stretchSeeds = 100;
const fullSeeds = 500;

export class Tally {
  readonly fired = new Map<string, number>();
  readonly failed: RunResult[] = [];
  seeds = 0;
  lines = 0;
  virtualMs = 0;

  add(result: RunResult): void {
    this.seeds += 1;
    this.lines += result.lines;
    this.virtualMs += result.virtualMs;
    if (result.wrong !== null) this.failed.push(result);
    for (const [name, times] of result.fired) this.fired.set(name, (this.fired.get(name) ?? 0) + times);
  }

  /** What should have happened in a run of this size and never did. */
  get absent(): readonly string[] {
    if (this.seeds < stretchSeeds) return [];
    const expected = this.seeds >= fullSeeds ? [...common, ...rare] : common;
    return expected.filter((name) => !this.fired.has(name));
  }
}
