/**
 * Sends the batches of an outbox, as many at once as the output allows, and acts on what the destination answers, one
 * answer at a time. The table of answers in ARCHITECTURE.md is carried out here and in `gate.ts`, and nowhere else.
 *
 * As long as the destination has not proved to be there, one batch is sent at a time; and after one that was not acked,
 * nothing new is sent until the outcome of all that are on their way is known.
 *
 * A record that is refused by itself (400, 422) becomes a suspect and is passed over. When another batch is accepted
 * while it waits, it is guilty: a dead letter. When nothing is accepted, the destination is wrong, not the records:
 * the suspects go back to their places and the destination is probed slowly.
 */
import type { Batch, BatchBody, Segment } from '../event/batch.ts';
import { hasBody } from '../event/batch.ts';
import type { Hold } from '../event/hold.ts';
import type { Outcome } from '../event/outcome.ts';
import { Bell, Turnstile } from '../host/bell.ts';
import { diskCode } from '../host/disk.ts';
import type { Host } from '../host/host.ts';
import type { SelfLog } from '../host/selflog.ts';
import type { Delivery as Answer, Output } from '../output/output.ts';
import type { Trouble } from '../protocol/condition.ts';
import type { Entry } from './entry.ts';
import type { Backoff, Failure, Gate } from './gate.ts';
import { closeGate, openGate } from './gate.ts';
import type { Outbox } from './outbox.ts';
import type { Connection } from './status.ts';

/** So many records refused in a row, and none accepted: the destination is wrong. */
const suspectsMax = 8;

export interface DeliveryOptions {
  readonly host: Pick<Host, 'clock' | 'random' | 'work'>;
  readonly output: Output;
  readonly outbox: Outbox;
  readonly log: SelfLog;
  readonly backoff: Backoff;
  /** Faults of one batch after which it is set aside; null: never. */
  readonly attemptsMax: number | null;
  /** Getting ready to send proves that the destination is there (it has a registration). */
  readonly connectProves: boolean;
  /** Whether there is memory for another batch beside those that are on their way; without it, there always is. */
  hasMemory?(): boolean;
  /** Reads a segment of an earlier run again. */
  reread(segment: Segment): Promise<Uint8Array | null>;
  /** The destination takes no batch of more than so many bytes. */
  tooLarge(bytes: number): void;
  /** Streams whose watermark may have moved. */
  settled(entry: Entry): void;
}

/** Ready to be sent: with its bytes, and the right to the memory in which they lie. */
interface Ready {
  readonly entry: Entry;
  readonly batch: Batch;
  readonly body: BatchBody;
  readonly holds: readonly Hold[];
}

export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #sending = new Set<Promise<void>>();
  readonly #acting = new Turnstile();
  /** Whether the batch that was started last, and all before it, were acked. */
  #last: Promise<boolean> = Promise.resolve(true);
  #gate: Gate = openGate;
  /** How often the gate was closed. */
  #closings = 0;
  #connected = false;
  #connecting: Promise<Outcome | null> | null = null;
  /** One was not acked: what else is on its way is waited for. */
  #settling = false;
  /** What must not happen; `run` tells it. */
  #failure: { readonly error: unknown } | null = null;
  /** Rings when a batch on its way has been dealt with. */
  readonly dealtWith = new Bell();
  connection: Connection = 'connecting';
  connectionSinceMs: number;
  lastAckAtMs: number | null = null;
  /** A request was cut off when sending was stopped: whether it arrived is not known. */
  interrupted = false;
  lastError: Trouble | null = null;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.connectionSinceMs = options.host.clock.now();
  }

  /** Monotonic milliseconds until the next attempt; null when the gate is open. */
  get waitsMs(): number | null {
    const { clock } = this.#options.host;
    return this.#gate.kind === 'open' ? null : Math.max(0, this.#gate.untilMs - clock.monotonicMs());
  }

  get reachable(): boolean {
    return this.#gate.kind === 'open';
  }

  /** Whether so many batches are on their way that another would wait. */
  get busy(): boolean {
    return this.sending && this.#sending.size * 2 >= (this.#options.output.inFlightMax ?? 1);
  }

  /** Whether batches are on their way. */
  get sending(): boolean {
    return this.#sending.size > 0;
  }

  /** Resolves once the signal is aborted and the outcome of every batch on its way has been dealt with. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#failure === null) await this.#step(signal);
    await Promise.all(this.#sending);
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** Starts to send one batch, or waits until there is something to do. */
  async #step(signal: AbortSignal): Promise<void> {
    const { host, outbox } = this.#options;
    const waitMs = this.waitsMs;
    // What closes while the gate is shut is in the spool already; only time opens it.
    if (waitMs !== null && waitMs > 0) return await outbox.arrived.wait(host.clock, waitMs, signal);
    if (!this.#connected) return await this.#connect(signal);
    const entry = this.#mayStart() ? outbox.next() : null;
    if (entry !== null) {
      await this.#ready(entry, signal);
    } else if (!this.sending && outbox.queue.suspects.length > 0) this.#blameDestination();
    else await outbox.arrived.wait(host.clock, outbox.queue.postponedMs, signal);
  }

  #mayStart(): boolean {
    if (!this.sending) return true;
    const { output, hasMemory } = this.#options;
    const most = this.connection === 'connected' && !this.#settling ? (output.inFlightMax ?? 1) : 1;
    return this.#sending.size < most && (hasMemory?.() ?? true);
  }

  /** Gets its bytes, gives it its link, where the hub takes links, and starts to send it once both are committed. */
  async #ready(entry: Entry, signal: AbortSignal): Promise<void> {
    // The batch may be spooled meanwhile, and its memory be lent to others.
    const holds = entry.holds.map((hold) => hold.share());
    const body = await this.#bodyOf(entry);
    const batch = body === null ? null : this.#linked(entry, body);
    if (body !== null && batch !== null && (await this.#options.outbox.sure())) {
      this.#start({ entry, batch, body, holds }, signal);
    } else for (const hold of holds) hold.release();
  }

  /** The batch as it is sent. */
  #linked(entry: Entry, body: BatchBody): Batch {
    const { host, outbox } = this.#options;
    const { links } = outbox;
    const { batch } = entry.stored;
    const whole = batch.chain?.part === '';
    if (links.epoch === null) return batch;
    const contentHash = links.has(batch) && whole ? batch.chain!.contentHash : host.work.sha256(body);
    if (!links.has(batch)) outbox.linked(entry, contentHash);
    return outbox.dressed(entry, contentHash);
  }

  #start({ entry, batch, body, holds }: Ready, signal: AbortSignal): void {
    entry.sending = true;
    const turn = this.sending ? this.#last : Promise.resolve(true);
    const acked = this.#send(entry, { batch, body }, { turn, signal });
    this.#last = acked.then(
      async (yes) => yes && (await turn),
      () => false,
    );
    const sent = acked
      .then(
        () => undefined,
        (error: unknown) => {
          this.#failure ??= { error };
        },
      )
      .finally(() => {
        entry.sending = false;
        for (const hold of holds) hold.release();
        this.#sending.delete(sent);
        if (!this.sending) this.#settling = false;
        this.#options.outbox.arrived.ring();
        this.dealtWith.ring();
      });
    this.#sending.add(sent);
  }

  /** Whether it was acked, once that is remembered. */
  async #send(
    entry: Entry,
    { batch, body }: { readonly batch: Batch; readonly body: BatchBody },
    { turn, signal }: { readonly turn: Promise<boolean>; readonly signal: AbortSignal },
  ): Promise<boolean> {
    const { output } = this.#options;
    const closings = this.#closings;
    const answer = await output.send(batch, body, signal, turn);
    const { outcome } = answer;
    if (signal.aborted && outcome.kind === 'retry' && outcome.cause !== 'unsent') this.interrupted = true;
    if (outcome.kind !== 'acked') this.#settling = true;
    const late = closings !== this.#closings;
    await this.#acting.pass(() => this.#act(entry, { answer, batch, body, aborted: signal.aborted, late }));
    return outcome.kind === 'acked';
  }

  /** A heartbeat's answer, when no batch tells how the destination is. */
  heartbeatAnswered(outcome: Outcome | null): void {
    if (outcome === null || outcome.kind === 'acked') {
      if (this.connection !== 'connected') this.#open();
    } else if (outcome.kind === 'retry') this.#note('away', outcome.reason);
    else this.#note('refused', outcome.reason);
  }

  /** Gets ready to send while other things are still being made ready. */
  prepare(signal: AbortSignal): Promise<unknown> {
    this.#connecting = this.#options.output.connect(signal);
    // `run` awaits it, and tells.
    return this.#connecting.catch(() => undefined);
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const connecting = this.#connecting ?? this.#options.output.connect(signal);
    this.#connecting = null;
    const outcome = await connecting;
    if (signal.aborted) return;
    if (outcome === null || outcome.kind === 'acked') {
      this.#connected = true;
      if (this.#options.connectProves && this.#options.outbox.next() === null) this.#open();
      return;
    }
    this.#close(failureOf(outcome));
  }

  /** `late`: the gate was closed since it was sent, so that its failure says nothing new of the destination. */
  async #act(
    entry: Entry,
    given: {
      readonly answer: Answer;
      /** As it was sent. */
      readonly batch: Batch;
      readonly body: BatchBody;
      readonly aborted: boolean;
      readonly late: boolean;
    },
  ): Promise<void> {
    const { outcome } = given.answer;
    switch (outcome.kind) {
      case 'acked':
        await this.#acked(entry, given.answer, given.batch);
        return;
      case 'retry':
        if (given.aborted || outcome.cause === 'unsent') return;
        if (outcome.cause === 'fault') await this.#fault(entry, outcome.reason);
        if (!given.late) this.#close(failureOf(outcome));
        return;
      case 'rejected':
        if (outcome.cause === 'destination' && given.late) return;
        await this.#rejected(entry, outcome, given);
        return;
    }
  }

  async #acked(entry: Entry, answer: Answer, sent: Batch): Promise<void> {
    const { outbox, host } = this.#options;
    const { outcome } = answer;
    const records = outcome.kind === 'acked' ? outcome.records + outcome.duplicates : 0;
    await outbox.acked(entry, answer, sent);
    this.#options.settled(entry);
    if (records === 0) {
      // It was settled without a request: that proves nothing of the destination, but its registration did.
      if (this.#options.connectProves && outbox.next() === null) this.#open();
      return;
    }
    this.lastAckAtMs = host.clock.now();
    this.#open();
    for (const suspect of outbox.queue.suspects) {
      await this.#setAside(suspect, { reason: suspect.suspect!, secondChance: false });
    }
    await outbox.giveSecondChances();
  }

  async #fault(entry: Entry, reason: string): Promise<void> {
    const { outbox, attemptsMax } = this.#options;
    await outbox.blamed(entry);
    if (attemptsMax === null || entry.stored.attempts < attemptsMax) return;
    const secondChance = entry.stored.status !== 'replay';
    const after = `after ${entry.stored.attempts} attempts: ${reason}`;
    await this.#setAside(entry, { reason: after, secondChance });
  }

  async #rejected(
    entry: Entry,
    outcome: Extract<Outcome, { kind: 'rejected' }>,
    { batch, body }: { readonly batch: Batch; readonly body: BatchBody },
  ): Promise<void> {
    const { outbox, tooLarge } = this.#options;
    switch (outcome.cause) {
      case 'destination':
        this.#close({ why: 'refused', afterMs: null, reason: outcome.reason });
        return;
      case 'receipt':
        await outbox.note(...outbox.links.refused(batch, outcome.reason));
        this.#close({ why: 'refused', afterMs: null, reason: outcome.reason });
        return;
      case 'size':
      case 'content':
        if (outcome.cause === 'size') tooLarge(batch.bytes >> 1);
        if (batch.records > 1) await outbox.split(entry, body);
        else if (entry.stored.status === 'replay') {
          await this.#setAside(entry, { reason: outcome.reason, secondChance: false });
        } else outbox.queue.suspect(entry, outcome.reason);
        if (outbox.queue.suspects.length >= suspectsMax) this.#blameDestination();
        return;
    }
  }

  /** Everything was refused: nobody is guilty, and the suspects go back to their places. */
  #blameDestination(): void {
    const { outbox } = this.#options;
    const { suspects } = outbox.queue;
    const reason = suspects[0]?.suspect ?? 'everything is refused';
    for (const suspect of suspects) outbox.queue.acquit(suspect);
    this.#close({ why: 'refused', afterMs: null, reason: `every record is refused: ${reason}` });
  }

  async #setAside(
    entry: Entry,
    why: { readonly reason: string; readonly secondChance: boolean },
  ): Promise<void> {
    const { records } = entry.stored.batch;
    await this.#options.outbox.dead(entry, why);
    this.#options.settled(entry);
    const message = `${records} lines were set aside as dead letters (${why.reason}); see almadia dead-letters`;
    this.#options.log.write('error', 'batch.dead', message, { records });
  }

  #open(): void {
    this.#gate = openGate;
    this.#options.outbox.spooling = false;
    this.#options.outbox.roomMade.ring();
    this.#became('connected');
  }

  #close(failure: Failure): void {
    const { host, backoff, outbox } = this.#options;
    this.#gate = closeGate(this.#gate, failure, {
      nowMs: host.clock.monotonicMs(),
      fraction: host.random.fraction(),
      backoff,
    });
    this.#closings += 1;
    this.#connected = false;
    this.#note(failure.why === 'refused' ? 'refused' : 'away', failure.reason);
    outbox.spoolAll();
  }

  /** Reads batches of an earlier run again, so that they can be spooled like any other when that is needed. */
  async refill(): Promise<void> {
    for (const entry of [...this.#options.outbox.queue.pending]) {
      if (entry.stored.status === 'open' && entry.body === null) await this.#bodyOf(entry);
    }
  }

  /**
   * The bytes of a batch; of one from an earlier run, read from the source again. Null when they cannot be read now:
   * unreadable is not gone, and it is tried again later.
   */
  async #bodyOf(entry: Entry): Promise<BatchBody | null> {
    const { outbox } = this.#options;
    const kept = outbox.body(entry);
    if (kept !== null) return kept;
    try {
      const found = await this.#readAgain(entry.stored);
      await outbox.refilled(entry, found);
      return found.bodies;
    } catch (error) {
      const code = diskCode(error);
      if (code === null) throw error;
      const { path } = entry.stored.batch.segments[0]!;
      const reason = `${path} cannot be read again now (${code})`;
      this.lastError = { reason, atMs: this.#options.host.clock.now(), cause: 'file' };
      outbox.queue.postpone(entry);
      return null;
    }
  }

  async #readAgain({
    batch,
    status,
  }: Entry['stored']): Promise<{ readonly segments: readonly Segment[]; readonly bodies: BatchBody }> {
    const segments: Segment[] = [];
    const bodies: Uint8Array[] = [];
    const reason = status === 'again' ? 'hub-went-back' : 'gone-before-sent';
    for (const segment of batch.segments) {
      const bytes = hasBody(segment) ? await this.#options.reread(segment) : null;
      const { stream, path, from, to } = segment;
      const lost = bytes === null && hasBody(segment);
      const message = `${path}: bytes ${from} to ${to} can no longer be read`;
      if (lost) this.#options.log.write('error', 'batch.gone', message);
      segments.push(lost ? { stream, path, from, to, kind: 'gap', reason } : segment);
      bodies.push(bytes ?? new Uint8Array(0));
    }
    return { segments, bodies };
  }

  #note(connection: 'away' | 'refused', reason: string): void {
    this.lastError = { reason, atMs: this.#options.host.clock.now(), cause: connection };
    this.#became(connection, reason);
  }

  #became(connection: Connection, reason = ''): void {
    if (this.connection === connection) return;
    this.connection = connection;
    this.connectionSinceMs = this.#options.host.clock.now();
    const level = connection === 'connected' ? 'info' : connection === 'away' ? 'warn' : 'error';
    const message =
      connection === 'connected'
        ? 'the destination takes batches'
        : `${reason}; everything is kept and tried again`;
    this.#options.log.write(level, `destination.${connection}`, message);
  }
}

function failureOf(outcome: Exclude<Outcome, { kind: 'acked' }>): Failure {
  if (outcome.kind === 'retry') {
    return {
      why: outcome.cause === 'fault' ? 'fault' : 'away',
      afterMs: outcome.afterMs,
      reason: outcome.reason,
    };
  }
  return { why: 'refused', afterMs: null, reason: outcome.reason };
}
