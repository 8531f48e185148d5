/**
 * What a seed decides before anything runs: who writes how, how the agent is set up, and which troubles there are. Each
 * kind of trouble is on or off for a whole run, so that some runs are full of one kind (swarm testing, Groce et al.).
 */
import type { AgentSettings } from '../../src/settings/agent.ts';
import type { HubSettings } from '../../src/settings/hub.ts';
import { Dice } from '../world/dice.ts';

export const policies = ['append', 'rename', 'dated', 'copytruncate', 'recreate', 'truncate'] as const;
export type Policy = (typeof policies)[number];

export const troubles = [
  'kill agent',
  'stop agent',
  'kill hub',
  'stop hub',
  'power of the agent',
  'power of the hub',
  'net storm',
  'partition',
  'agent disk storm',
  'agent disk full',
  'hub disk storm',
  'hub disk full',
  'agent dies within a database call',
  'hub dies within a database call',
  'events lost',
  'clock jump',
  'agent loses its state',
  'hub put back',
] as const;
export type Trouble = (typeof troubles)[number];

export interface WriterPlan {
  readonly name: string;
  readonly path: string;
  readonly policy: Policy;
  /** Whether the pattern also matches the rotated files. */
  readonly inside: boolean;
  readonly crlf: boolean;
  readonly paceMs: number;
  readonly rotateEveryMs: number;
  readonly keep: number;
  /** When it begins, ms. */
  readonly fromMs: number;
}

export interface Plan {
  readonly seed: number;
  readonly output: 'hub' | 'ila-soc' | 'sync-logs';
  readonly writers: readonly WriterPlan[];
  readonly troubles: readonly Trouble[];
  /** Mean time between two troubles, ms. */
  readonly troubleEveryMs: number;
  readonly safetyMs: number;
  readonly birthTimes: boolean;
  readonly agent: AgentSettings;
  readonly hub: HubSettings;
}

/** Only an agent and a hub with the chain come out of these without a loss or a repeat. */
const needChain: ReadonlySet<Trouble> = new Set(['agent loses its state', 'hub put back']);

/** At every so many a seed, the hub offers the envelope only, as those did that did not know blocks. */
export const olderHubEvery = 3;

/** Faults stop; then everything must have arrived within this time, ms. */
export const drainMaxMs = 180_000;
export const key = 'a-key-of-the-simulated-world';
export const hubUrl = 'http://hub-1:5000';
const directory = '/var/log';

/** What is left of what a seed draws. */
export interface PlanLimits {
  readonly output?: Plan['output'];
  readonly without?: readonly Trouble[];
  /** Only writers of these names. */
  readonly writers?: readonly string[];
  /** The safety phase ends at this time already, ms. */
  readonly safetyMsMax?: number;
}

export function planOf(seed: number, limits: PlanLimits = {}): Plan {
  const dice = new Dice(`plan ${seed}`);
  const drawn = dice.pick(['hub', 'hub', 'hub', 'hub', 'ila-soc', 'sync-logs'] as const);
  const output = limits.output ?? drawn;
  const drawnWriters = Array.from({ length: dice.between(1, 3) }, (_, index) => drawWriter(index, dice));
  const writers = drawnWriters.filter(({ name }) => limits.writers?.includes(name) !== false);
  const chosen = troubles.filter(
    (trouble) => dice.chance(0.35) && limits.without?.includes(trouble) !== true,
  );
  return {
    seed,
    output,
    writers,
    // The capture servers of the seeds' protocols keep what they got in memory: they do not crash.
    // Without its state, only a hub with the chain tells an agent where it was.
    troubles: chosen.filter(
      (trouble) =>
        (output === 'hub' || !trouble.includes('hub')) &&
        ((output === 'hub' && seed % olderHubEvery !== 0) || !needChain.has(trouble)) &&
        // What neither remembers is lost.
        (trouble !== 'hub put back' || !chosen.includes('agent loses its state')),
    ),
    troubleEveryMs: dice.between(2_000, 10_000),
    safetyMs: Math.min(dice.between(20_000, 50_000), limits.safetyMsMax ?? Number.POSITIVE_INFINITY),
    birthTimes: dice.chance(0.5),
    agent: drawAgent(output, { writers, dice }),
    hub: {
      dataDirectory: '/var/lib/hub',
      keep: null,
      key,
      bodyBytesMax: 4 * 1024 * 1024,
      expandedBytesMax: 16 * 1024 * 1024,
      idleAfterMs: 120_000,
      offlineAfterMs: 600_000,
    },
  };
}

function drawWriter(index: number, dice: Dice): WriterPlan {
  const name = `w${index}`;
  return {
    name,
    path: `${directory}/${name}.log`,
    policy: dice.pick(policies),
    inside: dice.chance(0.5),
    crlf: dice.chance(0.2),
    paceMs: dice.between(250, 1_200),
    rotateEveryMs: dice.between(5_000, 25_000),
    keep: dice.between(2, 4),
    fromMs: dice.chance(0.7) ? 0 : dice.between(0, 20_000),
  };
}

function drawAgent(
  output: Plan['output'],
  { writers, dice }: { readonly writers: readonly WriterPlan[]; readonly dice: Dice },
): AgentSettings {
  return {
    profile: 'native',
    agent: {
      id: 'auto',
      stateDirectory: '/var/lib/almadia',
      logFile: null,
      heartbeatIntervalMs: dice.between(2_000, 60_000),
      metricsListen: null,
    },
    sources: [
      {
        type: 'file',
        include: writers.map(({ path, inside }) => (inside ? `${path}*` : path)),
        exclude: [],
        startAt: 'beginning',
        lineBytesMax: dice.pick([300, 1000]),
        partialLineTimeoutMs: null,
        rotateWaitMs: 3_000,
        copyWaitMs: 6_000,
        rescanIntervalMs: dice.between(1_000, 5_000),
        openFilesMax: dice.pick([4, 64]),
      },
    ],
    output: {
      name: 'main',
      type: output,
      url: output === 'sync-logs' ? `${hubUrl}/api` : hubUrl,
      key,
      ca: null,
      timeoutMs: 3_000,
      gzip: dice.pick(['auto', 'never'] as const),
      source: 'sim',
      path: '',
      bodyBytesMax: output === 'sync-logs' ? 7_500 : null,
      recordBytesMax: output === 'sync-logs' ? 6_000 : null,
      format: 'ndjson',
    },
    batch: {
      bytesMax: dice.pick([1_000, 8_000, 64_000]),
      recordsMax: dice.pick([5, 50, 1_000]),
      intervalMs: dice.pick([100, 500, 2_000]),
    },
    spool: { bytesMax: dice.pick([4_000, 64_000, 1_000_000]) },
    retry: { initialMs: 200, maxMs: dice.between(500, 4_000), attemptsMax: null },
    takeover: { kind: 'none' },
  };
}
