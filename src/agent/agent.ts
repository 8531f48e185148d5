/**
 * The whole agent, on a machine given as an argument.
 *
 * source -> intake -> outbox -> delivery -> output. The intake pulls pieces and closes batches into the outbox, which
 * commits them; the delivery sends them and settles them. This is the only place where sources meet outputs.
 */
import type { Host } from '../host/host.ts';
import type { Metrics } from '../host/metrics.ts';
import type { SelfLog } from '../host/selflog.ts';
import { type LineMemory, openLineMemory } from '../lines/line-memory.ts';
import { openOutput } from '../output/open.ts';
import type { Output } from '../output/output.ts';
import type { ByteSink } from '../output/stdout.ts';
import type { AgentSettings } from '../settings/agent.ts';
import { memoryBytesOf, memoryShares } from '../settings/memory.ts';
import { openFileSource } from '../source/file/source.ts';
import type { Source } from '../source/source.ts';
import { type Opened, openState } from '../state/open.ts';
import { baseOf } from './account.ts';
import { askHub } from './ask-hub.ts';
import type { Audit } from './audit.ts';
import { Batcher } from './batcher.ts';
import { conditionOf, detailOf } from './condition.ts';
import { type DeadLetters, deadLettersOf } from './dead-letters.ts';
import { Delivery } from './delivery.ts';
import { runIntake } from './intake.ts';
import { Journal } from './journal.ts';
import { Ledger } from './ledger.ts';
import { Outbox } from './outbox.ts';
import { RecentLog } from './recent-log.ts';
import { memoryOf } from './remembrance.ts';
import { Resend } from './resend.ts';
import type { Filter } from './sift.ts';
import type { AgentStatus } from './status.ts';
import { statusOf } from './status-of.ts';
import { takeOver } from './takeover.ts';

export interface AgentOptions {
  readonly log: SelfLog;
  readonly metrics: Metrics;
  readonly version: string;
  /** Reads the key again where it may have changed since (its file, the configuration); null: it cannot. */
  readonly freshKey: (() => Promise<string | null>) | null;
  /** Where lines are read into and worked on; without one, a memory of its own. */
  readonly lineMemory?: LineMemory;
  /** Which lines are left out, by rule; no setting, until there are transforms. */
  readonly filter?: Filter;
  /** As it is in effect, secrets masked, for the hub's people to look at; without it they see none. */
  readonly configuration?: Readonly<Record<string, string>>;
  /** Where the output `stdout` writes; without it that output takes nothing. */
  readonly standardOutput?: ByteSink;
}

export interface Agent {
  status(): AgentStatus;
  readonly deadLetters: DeadLetters;
  /**
   * What became of every byte, and where some are missing; `sinceMs` (milliseconds since the epoch) asks for what
   * happened since too. Null while changes wait for the disk, so that it cannot be told.
   */
  audit(sinceMs?: number | null): Audit | null;
  /**
   * Stops: closes the sources, sends what the destination takes within `drainMs`, keeps the rest, lets go of the
   * state. Aborting the signal skips the waiting.
   */
  stop(drainMs: number, signal?: AbortSignal): Promise<void>;
  /** Resolves when it has stopped; rejects when it cannot go on (the state is broken). */
  readonly done: Promise<void>;
}

/** How many batches are held in memory while the destination answers, as far as the budget goes. */
const heldBatches = 4;
/** Room in the kernel's address space for a budget: its worst request takes six times a batch, and regions lie apart. */
const addressSpaceOf = (memoryBytes: number) => Math.min(8 * memoryBytes, 3 * 1024 ** 3);
const firstBeatMs = 1000;
/** However little a destination takes, batches are closed at no less than this; the rest is done by splitting. */
const batchBytesMin = 4096;
/** Outputs that a registration proves to be there. */
const registering = new Set(['hub', 'ila-soc', 'stdout', 'file']);
/** Names of the notes in the state. */
const notes = { clean: 'stopped-cleanly', firstPass: 'first-pass' };

/** Opens the state, takes over what an original left, finds the files, and begins. Throws `AlmadiaError`. */
export async function startAgent(host: Host, settings: AgentSettings, given: AgentOptions): Promise<Agent> {
  const log = new RecentLog(given.log, host.clock);
  const options = { ...given, log };
  const opened = await openState(host, settings.agent.stateDirectory, {
    agentId: settings.agent.id,
    log: options.log,
  });
  try {
    const agent = new RunningAgent(host, settings, { ...options, opened });
    try {
      await agent.begin();
    } catch (error) {
      await agent.abandon();
      throw error;
    }
    return agent;
  } catch (error) {
    opened.state.close();
    throw error;
  }
}

interface Deferred {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

interface RunningOptions extends AgentOptions {
  readonly log: RecentLog;
  readonly opened: Opened;
}

class RunningAgent implements Agent {
  readonly done: Promise<void>;
  readonly deadLetters: DeadLetters;
  readonly #host: Host;
  readonly #settings: AgentSettings;
  readonly #options: RunningOptions;
  readonly #end = deferred();
  /** Aborted in this order: reading, sending, waiting for the disk. */
  readonly #stopIntake = new AbortController();
  readonly #stopDelivery = new AbortController();
  readonly #outbox: Outbox;
  readonly #journal: Journal;
  readonly #ledger: Ledger;
  readonly #output: Output;
  readonly #delivery: Delivery;
  readonly #lineMemory: LineMemory;
  readonly #batcher: Batcher;
  readonly #startedAtMs: number;
  readonly #possibleRepeats: number;
  #source: Source | null = null;
  #opening: Promise<Source | null> = Promise.resolve(null);
  #intake: Promise<void> = Promise.resolve();
  #tasks: Promise<unknown> = Promise.resolve();
  #stopping: Promise<void> | null = null;

  constructor(host: Host, settings: AgentSettings, options: RunningOptions) {
    this.#host = host;
    this.#settings = settings;
    this.#options = options;
    this.done = this.#end.promise;
    this.done.catch(() => undefined);
    this.#startedAtMs = host.clock.now();
    const { state, agentId } = options.opened;
    const memoryBytes = memoryBytesOf(settings);
    this.#lineMemory = options.lineMemory ?? openLineMemory({ bytes: addressSpaceOf(memoryBytes) });
    const giveUp = this.#stopDelivery.signal;
    this.#journal = new Journal(state, { host, log: options.log, giveUp });
    this.#outbox = new Outbox(
      { state, journal: this.#journal, host, stop: giveUp, log: options.log },
      {
        output: settings.output.name,
        agentId,
        spoolBytesMax: settings.spool.bytesMax,
        memoryBytesMax: Math.min(settings.batch.bytesMax * heldBatches, memoryBytes / memoryShares),
      },
    );
    const { log } = options;
    this.#ledger = new Ledger({ agentId, host, state, outbox: this.#outbox, journal: this.#journal, log });
    this.#possibleRepeats = this.#countPossibleRepeats();
    this.#output = openOutput(host, settings.output, {
      lineMemory: this.#lineMemory,
      chaining: this.#outbox.links,
      agentId,
      version: options.version,
      freshKey: options.freshKey,
      standardOutput: options.standardOutput ?? (() => Promise.reject(new Error('there is none'))),
    });
    this.#batcher = new Batcher({ ...settings.batch, protocol: this.#output.limits });
    this.#delivery = new Delivery({
      host,
      output: this.#output,
      outbox: this.#outbox,
      log: options.log,
      backoff: settings.retry,
      attemptsMax: settings.retry.attemptsMax,
      hasMemory: () => this.#lineMemory.lentBytes * 2 < memoryBytes,
      connectProves: registering.has(settings.output.type),
      reread: async (segment) => (await this.#source?.reread(segment)) ?? null,
      tooLarge: (bytes) => {
        this.#batcher.bytesMax = Math.min(this.#batcher.bytesMax, Math.max(batchBytesMin, bytes));
      },
      settled: (entry) => {
        for (const { stream } of entry.stored.batch.segments) {
          this.#source?.release(stream, this.#outbox.settlement.marks(stream)?.watermark ?? 0);
        }
      },
    });
    this.deadLetters = deadLettersOf(state, this.#outbox.aside, () => host.clock.now());
  }

  async begin(): Promise<void> {
    const { log, opened } = this.#options;
    const { snapshot } = opened.state;
    const takenOver = await takeOver({
      host: this.#host,
      settings: this.#settings,
      outbox: this.#outbox,
      log,
      limits: this.#output.limits,
      notes: snapshot.notes,
    });
    this.#warnOfOthers();
    const prepared = this.#delivery.prepare(this.#stopDelivery.signal);
    const lost =
      opened.fresh === 'lost' || (snapshot.notes.has('lost') && !snapshot.notes.has(notes.firstPass));
    this.#opening = this.#open({ prepared, lost, takenOver: takenOver.positions });
    if (!lost || this.#output.streams === undefined) await this.#opening;
    const { batcher, outbox } = { batcher: this.#batcher, outbox: this.#outbox };
    const { intervalMs } = this.#settings.batch;
    this.#intake = this.#opening.then(async (source) => {
      if (source === null) return;
      await runIntake(
        {
          ...{ host: this.#host, source, batcher, outbox, delivery: this.#delivery, intervalMs },
          ...(this.#options.filter === undefined ? {} : { filter: this.#options.filter }),
        },
        this.#stopIntake.signal,
      );
    });
    this.#tasks = Promise.all([
      this.#intake.catch((error: unknown) => this.#fail(error)),
      this.#delivery.run(this.#stopDelivery.signal).catch((error: unknown) => this.#fail(error)),
      this.#beat(this.#stopDelivery.signal).catch((error: unknown) => this.#fail(error)),
      this.#resend(this.#stopIntake.signal).catch((error: unknown) => this.#fail(error)),
    ]);
  }

  /** Finds the files; before that, what the hub has of them, where it may know more than the state. Null: it was stopped. */
  async #open(given: {
    readonly prepared: Promise<unknown>;
    readonly lost: boolean;
    readonly takenOver: ReadonlyMap<string, number>;
  }): Promise<Source | null> {
    const { log, opened } = this.#options;
    const { snapshot } = opened.state;
    const { lost } = given;
    const { host, output, outbox } = { host: this.#host, output: this.#output, outbox: this.#outbox };
    const { sources } = this.#settings;
    await askHub({ host, output, outbox, sources, log }, given, this.#stopIntake.signal);
    if (this.#stopIntake.signal.aborted) return null;
    const streams = [...this.#outbox.streams.values()];
    // Connections, the state and watches need descriptors too.
    this.#source = await openFileSource({
      host: this.#host,
      settings: this.#settings.sources.map((one) => ({
        ...one,
        openFilesMax: Math.min(one.openFilesMax, Math.floor(this.#host.process.openFilesMax / 2)),
      })),
      lineMemory: this.#lineMemory,
      memory: memoryOf(this.#outbox, this.#journal, (error) => this.#fail(error)),
      log,
      streams,
      positions: new Map(
        streams.map((record) => {
          const base = baseOf(record);
          return [record.id, this.#outbox.settlement.marks(record.id) ?? { read: base, watermark: base }];
        }),
      ),
      veryFirstStart: !lost && streams.length === 0 && !snapshot.notes.has(notes.firstPass),
      takenOver: snapshot.notes.has(notes.firstPass) ? new Map() : given.takenOver,
    });
    await this.#journal.commit(
      [
        { kind: 'note', name: notes.firstPass, value: 'done' },
        { kind: 'note', name: notes.clean, value: 'no' },
      ],
      'full',
    );
    await this.#delivery.refill();
    return this.#source;
  }

  #resend(signal: AbortSignal): Promise<void> {
    const { sources, batch } = this.#settings;
    return new Resend({
      ...{ host: this.#host, output: this.#output, outbox: this.#outbox, log: this.#options.log, sources },
      limits: { ...batch, protocol: this.#output.limits },
      state: this.#options.opened.state,
      source: () => this.#source,
    }).run(signal);
  }

  /** Lets go of what was opened by a beginning that failed. */
  async abandon(): Promise<void> {
    this.#stopIntake.abort();
    this.#stopDelivery.abort();
    await this.#source?.close();
    await this.#output.close();
  }

  status(): AgentStatus {
    const { opened, version } = this.#options;
    return statusOf({
      host: this.#host,
      settings: this.#settings,
      agentId: opened.agentId,
      version,
      startedAtMs: this.#startedAtMs,
      outbox: this.#outbox,
      delivery: this.#delivery,
      journal: this.#journal,
      streams: this.#source?.streams() ?? [],
      openAccounts: this.#ledger.open,
      possibleRepeats: this.#possibleRepeats,
    });
  }

  audit(sinceMs: number | null = null): Audit | null {
    return this.#source === null ? null : this.#ledger.audit(this.#source.streams(), sinceMs);
  }

  stop(drainMs: number, signal?: AbortSignal): Promise<void> {
    this.#stopping ??= this.#stop(drainMs, signal ?? new AbortController().signal);
    return this.#stopping;
  }

  async #stop(drainMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#host;
    const deadline = clock.monotonicMs() + drainMs;
    this.#stopIntake.abort();
    const quiet = new AbortController();
    const patience = clock.sleep(Math.max(drainMs, 1000), AbortSignal.any([signal, quiet.signal]));
    await Promise.race([this.#intake.catch(() => undefined), patience]);
    // A timer that still runs would keep the process alive after everything has stopped.
    quiet.abort();
    const sends = () => this.#delivery.sending || this.#outbox.next() !== null;
    while (sends() && this.#delivery.reachable && !signal.aborted) {
      const leftMs = deadline - clock.monotonicMs();
      if (leftMs <= 0) break;
      await this.#delivery.dealtWith.wait(clock, leftMs, signal);
    }
    this.#stopDelivery.abort();
    await this.#tasks;
    await this.#opening.catch(() => undefined);
    await this.#source?.close();
    await this.#output.close();
    this.#ledger.check();
    const clean = this.#delivery.interrupted ? 'no' : 'yes';
    await this.#journal.commit([{ kind: 'note', name: notes.clean, value: clean }], 'normal');
    this.#options.opened.state.close();
    this.#end.resolve();
  }

  /** Something that must not happen: stops everything, keeps what is committed, and tells why. */
  #fail(error: unknown): void {
    this.#end.reject(error);
    this.#options.log.write('error', 'agent.failed', error instanceof Error ? error.message : String(error));
    this.#stopIntake.abort();
    this.#stopDelivery.abort();
  }

  async #beat(signal: AbortSignal): Promise<void> {
    const { clock } = this.#host;
    const { heartbeatIntervalMs } = this.#settings.agent;
    // The first one comes soon: it tells the destination what this agent is.
    let waitMs = Math.min(firstBeatMs, heartbeatIntervalMs);
    while (!signal.aborted) {
      await clock.sleep(waitMs, signal);
      waitMs = heartbeatIntervalMs;
      if (!signal.aborted) this.#ledger.check();
      if (signal.aborted || !this.#delivery.reachable) continue;
      const status = this.status();
      const events = this.#outbox.links.events.next();
      const outcome = await this.#output.heartbeat(
        {
          lagBytes: status.streams.reduce((sum, stream) => sum + stream.lagBytes, 0),
          spoolBytes: status.buffer.spooledBytes,
          deadLetters: status.deadLetters.records,
          version: status.version,
          condition: conditionOf(status, heartbeatIntervalMs),
          detail: detailOf(status, {
            configuration: this.#options.configuration ?? {},
            transitions: this.#options.log.entries,
          }),
          ...(events.length === 0 ? {} : { events }),
        },
        signal,
      );
      if (signal.aborted) return;
      if (outcome?.kind === 'acked') await this.#outbox.note(...this.#outbox.links.events.told(events));
      if (outcome !== null || this.#outbox.queue.pending.length === 0)
        this.#delivery.heartbeatAnswered(outcome);
    }
  }

  /** Lines that a destination without ids may have got already, when the last run ended in a crash. */
  #countPossibleRepeats(): number {
    const { opened } = this.#options;
    if (opened.state.snapshot.notes.get(notes.clean) !== 'no' || this.#settings.output.type === 'hub')
      return 0;
    return this.#outbox.queue.pending[0]?.stored.batch.records ?? 0;
  }

  /** Batches of outputs that are not configured any more are kept, and named. */
  #warnOfOthers(): void {
    const { name } = this.#settings.output;
    const others = this.#options.opened.state.snapshot.batches.filter(
      ({ batch }) => batch.key.output !== name,
    );
    for (const output of new Set(others.map(({ batch }) => batch.key.output))) {
      const count = others.filter(({ batch }) => batch.key.output === output).length;
      const message = `${count} batches of the output "${output}" are kept; they are sent when it is configured again`;
      this.#options.log.write('warn', 'output.absent', message, { output });
    }
  }
}

function deferred(): Deferred {
  let resolve: () => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
