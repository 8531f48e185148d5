/**
 * What goes wrong in the world, and how often. Probabilities per operation; zero everywhere until a test turns them
 * up. Every fault that fires is counted by name, so that a run can prove that it saw each kind.
 */
export const diskFaults = ['ENOSPC', 'EIO', 'EMFILE', 'EACCES'] as const;
export type DiskFault = (typeof diskFaults)[number];

export const netFaults = [
  'refuse',
  'reset',
  'black-hole',
  'drop-reply',
  'repeat',
  'cut-reply',
  'slow',
  'status',
  'status-after',
  'html',
  'garbage',
] as const;
export type NetFault = (typeof netFaults)[number];

/** What a proxy or a server in trouble answers; some with Retry-After. */
export const troubledStatuses = [408, 425, 429, 500, 502, 503, 504] as const;

export class Faults {
  /** Probability of each fault of a disk operation that can have it. */
  readonly disk: Record<DiskFault, number> = { ENOSPC: 0, EIO: 0, EMFILE: 0, EACCES: 0 };
  /** Every write that needs space fails. */
  diskFull = false;
  /** Probability that one request meets one of `netKinds`. */
  net = 0;
  netKinds: readonly NetFault[] = netFaults;
  /** Nobody reaches anybody. */
  partition = false;
  /** Probability that a file event is lost, or comes without its name. */
  eventLost = 0;
  /** Probability that a database call is where the process or the machine dies (see `dieAt`). */
  databaseDeath = 0;

  calm(): void {
    for (const code of diskFaults) this.disk[code] = 0;
    this.diskFull = false;
    this.net = 0;
    this.partition = false;
    this.eventLost = 0;
    this.databaseDeath = 0;
  }
}

/** How often each fault fired, by name such as `disk ENOSPC` or `net drop-reply`. */
export class Fired {
  readonly counts = new Map<string, number>();

  add(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }
}
