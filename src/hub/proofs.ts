/**
 * Whether each agent's lines are complete, as the store's audit (without content) finds it. An agent is looked at when
 * somebody asks for it and something has come since it was looked at last: one agent at a time, beside receiving.
 *
 * Batches may come in any order, so a hole may be one that is just being filled: nothing is called incomplete for a hole
 * alone until a second look finds some too.
 */
import type { Clock } from '../host/clock.ts';
import type { SelfLog } from '../host/selflog.ts';
import type { Work } from '../host/work.ts';
import type { ChainAudit, Store, StreamAudit } from '../store/store.ts';

export interface Proof {
  readonly atMs: number;
  /** Null: there are holes, for the first time. */
  readonly complete: boolean | null;
  readonly missingBytes: number;
  /** Told by the agent, with a reason; what it left out by a rule or set aside is none. */
  readonly gapBytes: number;
}

/** At most this often, and so that looking takes at most one twentieth of the time. */
const everyMs = 30_000;
const restFactor = 20;

export interface ProofsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly work: Work;
  readonly log: SelfLog;
}

export class Proofs {
  readonly #options: ProofsOptions;
  readonly #proofs = new Map<string, Proof & { readonly againAtMs: number }>();
  /** Agents of which something has come since they were looked at. */
  readonly #changed = new Set<string>();
  readonly #waiting = new Set<string>();
  #running: Promise<void> = Promise.resolve();
  #looking = false;
  #closed = false;

  constructor(options: ProofsOptions) {
    this.#options = options;
  }

  /** What was found last; null: nobody has looked yet. Has it looked at again where that may find something else. */
  of(agent: string): Proof | null {
    const known = this.#proofs.get(agent) ?? null;
    const due = known === null || known.againAtMs <= this.#options.clock.monotonicMs();
    const stale = known === null || known.complete === null || this.#changed.has(agent);
    if (due && stale && !this.#closed) {
      this.#waiting.add(agent);
      if (!this.#looking) this.#running = this.#look();
    }
    return known;
  }

  changed(agent: string): void {
    this.#changed.add(agent);
  }

  delete(agent: string): void {
    this.#proofs.delete(agent);
    this.#changed.delete(agent);
  }

  /** Resolves when every agent that was asked for has been looked at. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #look(): Promise<void> {
    const { clock, log } = this.#options;
    this.#looking = true;
    try {
      for (const agent of this.#waiting) {
        this.#waiting.delete(agent);
        const beganMs = clock.monotonicMs();
        const proof = await this.#prove(agent);
        if (proof === null) break;
        const restMs = Math.max(everyMs, restFactor * (clock.monotonicMs() - beganMs));
        this.#proofs.set(agent, { ...proof, againAtMs: clock.monotonicMs() + restMs });
      }
    } catch (error) {
      log.write('error', 'proof.failed', `it cannot be told whether all lines are there: ${error}`);
    } finally {
      this.#waiting.clear();
      this.#looking = false;
    }
  }

  /** Null when the hub closes meanwhile. */
  async #prove(agent: string): Promise<Proof | null> {
    const { store, clock, work } = this.#options;
    this.#changed.delete(agent);
    const found = { holes: false, wrong: false, missingBytes: 0, gapBytes: 0 };
    for await (const stream of store.audit(agent, false)) {
      countStream(found, stream);
      await work.turn();
      if (this.#closed) return null;
    }
    for await (const chain of store.auditChains(agent, false)) {
      countChain(found, chain);
      if (this.#closed) return null;
    }
    const { holes, wrong, missingBytes, gapBytes } = found;
    const before = this.#proofs.get(agent);
    const again = before !== undefined && before.complete !== true;
    const complete = wrong || (holes && again) ? false : holes ? null : true;
    return { atMs: clock.now(), complete, missingBytes, gapBytes };
  }
}

interface Found {
  holes: boolean;
  wrong: boolean;
  missingBytes: number;
  gapBytes: number;
}

function countStream(found: Found, { missing, gaps }: StreamAudit): void {
  for (const { from, to, why } of missing) {
    if (why === 'never-arrived') found.holes = true;
    else found.wrong = true;
    found.missingBytes += to - from;
  }
  for (const { from, to, reason } of gaps)
    if (!/^(filtered|dead): /.test(reason)) found.gapBytes += to - from;
}

function countChain(found: Found, { missing, broken, lost }: ChainAudit): void {
  if (missing.length > 0) found.holes = true;
  if (broken.length + lost.length > 0) found.wrong = true;
}
