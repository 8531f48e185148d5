/**
 * The batches of one output that are not settled, and the only place where a batch changes its status:
 *
 *   open -> spooled -> (forgotten | acked | dead)      open, spooled: to be sent, in order of sequence and part
 *   open -> (forgotten | acked | dead)                 acked: settled before an earlier batch of its streams was
 *   dead -> replay -> (forgotten | dead)               replay: sent once more, after everything else
 *   again -> (forgotten | dead)                        again: settled long ago, and lost by the hub since
 *
 * Invariants. A batch is committed before it is sent (`sure`). The watermark of a stream is the beginning of its first unsettled
 * segment. A batch in memory has its bodies in the source too, unless the stream is fleeting: then they are spooled.
 * Every byte that settles enters the ledger in the same transaction.
 */
import type { Batch, BatchBody, BatchKey, Segment } from '../event/batch.ts';
import { compareKeys, splitBody } from '../event/batch.ts';
import type { StreamId, StreamRecord } from '../event/stream.ts';
import { Bell } from '../host/bell.ts';
import type { Durability } from '../host/database.ts';
import type { Host } from '../host/host.ts';
import { type SelfLog, silentLog } from '../host/selflog.ts';
import type { Delivery } from '../output/output.ts';
import type { Change, Snapshot, State, StoredBatch } from '../state/state.ts';
import { baseOf, type Waiting } from './account.ts';
import { Aside } from './aside.ts';
import type { Draft } from './batcher.ts';
import { Descriptions } from './descriptions.ts';
import { type Content, type Entry, halfKey, letGo, nameBatch, newEntry } from './entry.ts';
import type { Journal } from './journal.ts';
import { Links } from './links.ts';
import { Queue } from './queue.ts';
import type { Recalled } from './recall.ts';
import { type Marks, Settlement } from './settlement.ts';
import { recordsOf, splitInHalf } from './split.ts';
import { provedChanges, uncountedChanges } from './stream-changes.ts';
import { ackedChanges, deadAgainChanges, deadChanges, replayedChanges, resentChanges } from './tally.ts';
import { Totals } from './totals.ts';

export interface OutboxOptions {
  readonly output: string;
  readonly agentId: string;
  readonly spoolBytesMax: number;
  /** Bodies held in memory while the destination answers. */
  readonly memoryBytesMax: number;
}

const spoolRetryMs = 1000;

export class Outbox {
  readonly arrived = new Bell();
  readonly roomMade = new Bell();
  /** What is remembered of each stream; the proofs are kept up to date here. */
  readonly streams = new Map<StreamId, StreamRecord>();
  readonly settlement = new Settlement();
  readonly queue: Queue;
  readonly aside = new Aside(() => this.arrived.ring());
  readonly totals = new Totals();
  readonly links: Links;
  readonly descriptions: Descriptions;
  /** Batches that are sent once more because the hub lost them, and a bell for each that is dealt with. */
  readonly again = new Set<Entry>();
  readonly againSettled = new Bell();
  /** When a batch of a stream was settled last, milliseconds since the epoch. */
  readonly settledAtMs = new Map<StreamId, number>();
  /**
   * Streams of earlier runs. After a loss of power their files may have been read once more from an earlier position, with
   * other bytes there than were sent before.
   */
  readonly restored = new Set<StreamId>();
  /** Streams that were settled since their ledger was looked at last. */
  readonly touched = new Set<StreamId>();
  readonly #state: State;
  readonly #journal: Journal;
  readonly #host: Pick<Host, 'clock' | 'work' | 'random'>;
  readonly #options: OutboxOptions;
  readonly #fleeting = new Set<StreamId>();
  readonly #stop: AbortSignal;
  #sequence = 0;
  #memoryBytes = 0;
  #spooledBytes = 0;
  /** While the destination is away, batches go to the spool as they close. */
  spooling = false;

  constructor(
    given: {
      readonly state: State;
      readonly journal: Journal;
      readonly host: Pick<Host, 'clock' | 'work' | 'random'>;
      readonly stop: AbortSignal;
      readonly log?: SelfLog;
    },
    options: OutboxOptions,
  ) {
    this.#state = given.state;
    this.#journal = given.journal;
    this.#host = given.host;
    this.#stop = given.stop;
    this.queue = new Queue(given.host.clock);
    this.#options = options;
    const { state } = given;
    const startOf = (stream: StreamId) => this.#startOf(stream);
    this.descriptions = new Descriptions({ state, output: options.output, streams: this.streams, startOf });
    this.links = new Links({
      ...{ state: given.state, output: options.output, host: given.host, log: given.log ?? silentLog },
      commit: (changes) => this.#commit(changes, 'full'),
    });
    this.#restore(given.state.snapshot);
  }

  get output(): string {
    return this.#options.output;
  }

  /** Bytes that the spool holds. */
  get spooledBytes(): number {
    return this.#spooledBytes;
  }

  /** What is not settled, as the ledger counts it. */
  *waiting(): Iterable<Waiting> {
    for (const { stored, counts } of this.queue.pending) {
      // What is sent again was settled before.
      if (stored.status !== 'open' && stored.status !== 'spooled') continue;
      const { segments, records } = stored.batch;
      yield { spooled: stored.status === 'spooled', segments, counts, records };
    }
  }

  /** Whether another batch may be read. At the bound the sources wait, and nothing is dropped. */
  get hasRoom(): boolean {
    if (this.#memoryBytes >= this.#options.memoryBytesMax) return false;
    return !this.spooling || this.#spooledBytes < this.#options.spoolBytesMax;
  }

  /** The next to be sent: what waits in its turn, then those to be sent once more. */
  next(): Entry | null {
    return this.queue.next() ?? this.aside.next();
  }

  /**
   * Commits the boundaries of a batch, and its bytes where they must not be asked of the source again; `also` goes into
   * the same transaction. Resolves false when it was given up.
   */
  close(draft: Draft, also: readonly Change[] = []): Promise<boolean> {
    this.enter(draft, also);
    return this.sure();
  }

  /** The same, but that boundaries alone may wait for the next commit. */
  enter(draft: Draft, also: readonly Change[] = []): void {
    if (draft.segments.length === 0) return;
    const fleeting = draft.segments.some((segment) => this.#fleeting.has(segment.stream));
    this.#sequence += 1;
    const key: BatchKey = { output: this.#options.output, sequence: this.#sequence, part: '' };
    const batch = this.#name(key, draft, draft.readAtMs);
    const { bodies: body, counts, holds } = draft;
    const entry = newEntry(this.#stored(batch, 'open'), { body, counts, holds });
    // That reading stands after it follows from the batch itself, as long as it is remembered; the cursor need not say it.
    this.settlement.enter(entry);
    const common = [...provedChanges(this.streams, draft, this.#host.work), ...also];
    const spoolHasRoom = this.spooling && this.#spooledBytes < this.#options.spoolBytesMax;
    if ((fleeting || spoolHasRoom) && this.#closeSpooled(entry, common, fleeting ? 'full' : 'normal')) {
      this.#spooledBytes += batch.bytes;
    } else {
      this.#journal.later([{ kind: 'batch', stored: entry.stored }, ...common]);
      this.#memoryBytes += batch.bytes;
      if (fleeting) for (const { stream } of batch.segments) void this.fleeting(stream);
    }
    this.queue.add(entry);
    this.arrived.ring();
  }

  /** What was settled long ago is to be sent once more; boundaries alone may wait for the next commit. */
  sendAgain(draft: Draft): void {
    this.#sequence += 1;
    const key: BatchKey = { output: this.#options.output, sequence: this.#sequence, part: '' };
    const batch = this.#name(key, draft, draft.readAtMs);
    const entry = newEntry(this.#stored(batch, 'again'), { body: draft.bodies, counts: draft.counts });
    this.#journal.later([{ kind: 'batch', stored: entry.stored }]);
    this.#memoryBytes += batch.bytes;
    this.again.add(entry);
    this.queue.add(entry);
    this.arrived.ring();
  }

  /** What of a stream the destination has taken, is a gap or was set aside: from where reading began. */
  settledRanges(stream: StreamId): readonly { readonly from: number; readonly to: number }[] {
    const from = this.#startOf(stream);
    const to = Math.max(from, this.settlement.marks(stream)?.watermark ?? from);
    return [{ from, to }, ...this.settlement.settledBehind(stream)];
  }

  /** Resolves true once all that was closed is committed; false when it was given up. */
  sure(): Promise<boolean> {
    return this.#journal.settle();
  }

  #closeSpooled(entry: Entry, common: readonly Change[], durability: Durability): boolean {
    const stored: StoredBatch = { ...entry.stored, status: 'spooled' };
    const changes: Change[] = [{ kind: 'batch', stored, body: entry.body! }, ...common];
    if (!this.#journal.tryCommit(changes, durability)) return false;
    entry.stored = stored;
    letGo(entry);
    return true;
  }

  /** The bytes of a batch: from memory or the spool; null when only the source may still have them. */
  body(entry: Entry): BatchBody | null {
    if (entry.body !== null) return entry.body;
    const block = this.#state.body(entry.stored.batch.key);
    return block === null ? null : splitBody(entry.stored.batch.segments, block);
  }

  /** A batch of an earlier run was read from the source again; what could not be had is a gap now. */
  async refilled(
    entry: Entry,
    found: { readonly segments: readonly Segment[]; readonly bodies: BatchBody },
  ): Promise<void> {
    const { batch } = entry.stored;
    if (found.segments.some((segment, index) => segment !== batch.segments[index])) {
      const records = found.segments.reduce((sum, one, at) => sum + recordsOf(one, found.bodies[at]!), 0);
      const restated = this.links.state(batch, null);
      const next = this.#name(batch.key, { ...found, records }, batch.readAtMs);
      entry.stored = { ...entry.stored, batch: next };
      const gone = found.segments.filter((segment, index) => segment !== batch.segments[index]);
      const uncounted = gone.flatMap(({ stream }) => uncountedChanges(this.streams, stream));
      await this.#commit([{ kind: 'batch', stored: entry.stored }, ...uncounted, ...restated], 'normal');
    }
    entry.body = found.bodies;
    this.#memoryBytes += entry.stored.batch.bytes;
  }

  /** A batch has its link, which is committed with the next commit (`sure`). */
  linked(entry: Entry, contentHash: string): void {
    const { chain, change } = this.links.link(entry.stored.batch, contentHash);
    entry.stored = { ...entry.stored, batch: { ...entry.stored.batch, chain } };
    this.#journal.later([{ kind: 'batch', stored: entry.stored }, change]);
  }

  /** As it is sent: with what is to be told beside it, where the hub takes links. */
  dressed(entry: Entry, contentHash: string): Batch {
    const { batch } = entry.stored;
    const { statements } = this.links;
    const descriptions = this.descriptions.of(batch);
    return {
      ...{ ...batch, contentHash },
      ...(statements.length === 0 ? {} : { statements }),
      ...(descriptions.size === 0 ? {} : { descriptions }),
    };
  }

  /** The destination has it, as it was sent. */
  async acked(entry: Entry, delivery: Delivery, sent: Batch = entry.stored.batch): Promise<void> {
    const { stored } = entry;
    const { outcome } = delivery;
    const receipt = outcome.kind === 'acked' ? outcome.receipt : undefined;
    const also = [
      ...this.links.proved(sent, receipt),
      ...(receipt === undefined ? [] : this.descriptions.told(sent)),
    ];
    const given = { counts: this.#counts(entry), atMs: this.#host.clock.now() };
    const changes =
      stored.status === 'replay'
        ? replayedChanges(stored, given)
        : stored.status === 'again'
          ? resentChanges(stored.batch, given.atMs)
          : ackedChanges(stored.batch, delivery, { ...given, body: () => this.body(entry) ?? [] });
    await this.#settle(entry, { changes: [...changes, ...also], status: 'acked', durability: 'normal' });
  }

  /** Sets a batch aside with its bytes: counted, kept, never dropped. */
  async dead(entry: Entry, why: { readonly reason: string; readonly secondChance: boolean }): Promise<void> {
    const body = this.body(entry) ?? [];
    const wasReplay = entry.stored.status === 'replay';
    const wasAgain = entry.stored.status === 'again';
    // The ledger counts a dead letter under the reason of its first death.
    const reason = wasReplay ? entry.stored.reason : why.reason;
    const stated = this.links.state(entry.stored.batch, reason);
    const { chain: _, ...batch } = entry.stored.batch;
    entry.stored = { ...entry.stored, batch, status: 'dead', reason, atMs: this.#host.clock.now() };
    this.queue.acquit(entry);
    entry.secondChance = why.secondChance;
    const changes: Change[] = [
      { kind: 'batch', stored: entry.stored, body },
      ...stated,
      ...(wasAgain ? deadAgainChanges(entry.stored, this.#counts(entry)) : []),
      ...(wasReplay || wasAgain ? [] : deadChanges(entry.stored, this.#counts(entry))),
    ];
    if (!wasReplay) await this.#settle(entry, { changes, status: 'dead', durability: 'full' });
    else await this.#commit(changes, 'full');
    this.aside.add(entry);
    this.arrived.ring();
  }

  /** Records of each segment. */
  #counts(entry: Entry): readonly number[] {
    if (entry.counts !== null) return entry.counts;
    const body = this.body(entry) ?? [];
    return entry.stored.batch.segments.map((one, index) => recordsOf(one, body[index] ?? new Uint8Array(0)));
  }

  /** One more answer blamed this batch. */
  async blamed(entry: Entry): Promise<void> {
    entry.stored = { ...entry.stored, attempts: entry.stored.attempts + 1, atMs: this.#host.clock.now() };
    await this.#commit([{ kind: 'batch', stored: entry.stored }], 'normal');
  }

  /** Two batches in the place of one; they can no longer be told from any others. */
  async split(entry: Entry, body: BatchBody): Promise<void> {
    const { batch, status, reason } = entry.stored;
    const spooled = entry.body === null;
    const changes: Change[] = [{ kind: 'forget-batch', key: batch.key }];
    const halves = splitInHalf(batch, body).map((part, index) => {
      const named = this.#name(halfKey(batch.key, index as 0 | 1), part, batch.readAtMs);
      const { chain } = batch;
      const half =
        chain === undefined ? named : { ...named, chain: { ...chain, part: `${chain.part}${index}` } };
      const stored = { ...this.#stored(half, status), reason };
      changes.push({ kind: 'batch', stored, ...(spooled ? { body: part.bodies } : {}) });
      return newEntry(stored, { body: spooled ? null : part.bodies });
    });
    if (!(await this.#commit(changes, spooled ? 'full' : 'normal'))) return;
    if (batch.chain !== undefined) this.links.opened(batch.chain);
    for (const half of halves) half.holds = entry.holds.map((hold) => hold.share());
    letGo(entry);
    if (status === 'replay') {
      this.aside.forgotten(batch.key);
      for (const half of halves) this.aside.add(half);
      return;
    }
    if (this.again.delete(entry)) for (const half of halves) this.again.add(half);
    else this.settlement.replace(entry, halves);
    this.queue.replace(entry, halves);
  }

  /** The destination is away: what is in memory goes to the spool, as far as spool and disk have room. */
  spoolAll(): void {
    this.spooling = true;
    const fits = (entry: Entry) =>
      this.#spooledBytes + entry.stored.batch.bytes <= this.#options.spoolBytesMax;
    this.#spool(fits, 'normal');
  }

  /**
   * Nothing but our handle keeps the stream's bytes: they are spooled, whatever the spool's bound says, and again and
   * again while the disk has no room.
   */
  async fleeting(stream: StreamId): Promise<void> {
    this.markFleeting(stream);
    const mine = (entry: Entry) => entry.stored.batch.segments.some((one) => one.stream === stream);
    while (!this.#spool(mine, 'full') && !this.#stop.aborted) {
      await this.#host.clock.sleep(spoolRetryMs, this.#stop);
    }
  }

  /** What is closed of this stream from now on is spooled. */
  markFleeting(stream: StreamId): void {
    this.#fleeting.add(stream);
  }

  async note(...changes: readonly Change[]): Promise<void> {
    await this.#commit(changes, 'full');
  }

  /** Streams that an earlier state of this agent had, as its hub knows them. */
  async recall(recalled: readonly Recalled[]): Promise<void> {
    const { output } = this.#options;
    const changes = recalled.flatMap(({ record, read, ledger }): Change[] => {
      const marks = { stream: record.id, read, watermark: read };
      this.streams.set(record.id, record);
      this.restored.add(record.id);
      this.settlement.restore(marks);
      return [
        { kind: 'stream', stream: record },
        this.#cursorChange(marks),
        ...ledger.map((add): Change => ({ kind: 'ledger', add: { ...add, output } })),
      ];
    });
    await this.#commit([...changes, this.links.recalled()], 'full');
  }

  /** A stream of which nothing is waiting any more; gives what is to be committed. */
  forget(stream: StreamId): Change[] {
    const record = this.streams.get(stream);
    const read = this.settlement.marks(stream)?.read ?? 0;
    this.streams.delete(stream);
    this.settlement.forget(stream);
    this.#fleeting.delete(stream);
    this.settledAtMs.delete(stream);
    this.restored.delete(stream);
    this.touched.delete(stream);
    const { output } = this.#options;
    const bytes = Math.max(record?.size ?? 0, read) - baseOf(record);
    const seen = { output, bytes, lines: record?.lines ?? null };
    return [{ kind: 'forget-stream', id: stream, seen }, ...this.descriptions.forget(stream)];
  }

  /** Batches that died of faults are tried once more, now that the destination takes others. */
  async giveSecondChances(): Promise<void> {
    const due = this.aside.takeSecondChances();
    if (due.length === 0) return;
    await this.#commit(
      due.map(({ stored }) => ({ kind: 'batch', stored })),
      'normal',
    );
  }

  /** What is wanted of the batches in memory goes to the spool; false when the disk has no room for it now. */
  #spool(wanted: (entry: Entry) => boolean, durability: Durability): boolean {
    for (const entry of this.queue.pending) {
      const { body, stored } = entry;
      if (body === null || stored.status !== 'open' || !wanted(entry)) continue;
      const spooled: StoredBatch = { ...stored, status: 'spooled', atMs: this.#host.clock.now() };
      if (!this.#journal.tryCommit([{ kind: 'batch', stored: spooled, body }], durability)) return false;
      entry.stored = spooled;
      letGo(entry);
      this.#memoryBytes -= stored.batch.bytes;
      this.#spooledBytes += stored.batch.bytes;
    }
    this.roomMade.ring();
    return true;
  }

  async #settle(
    entry: Entry,
    how: {
      readonly changes: readonly Change[];
      readonly status: 'acked' | 'dead';
      readonly durability: Durability;
    },
  ): Promise<void> {
    const { batch } = entry.stored;
    if (this.aside.has(entry)) {
      await this.#commit([...how.changes, { kind: 'forget-batch', key: batch.key }], how.durability);
      this.aside.forgotten(batch.key);
      return;
    }
    if (this.again.has(entry)) {
      const own: Change[] = how.status === 'dead' ? [] : [{ kind: 'forget-batch', key: batch.key }];
      await this.#commit([...how.changes, ...own], how.durability);
      this.again.delete(entry);
      for (const { stream } of batch.segments) this.touched.add(stream);
      this.#leave(entry);
      this.againSettled.ring();
      return;
    }
    const { cursors, passed, waits } = this.settlement.settle(entry);
    for (const { stream } of cursors) {
      this.settledAtMs.set(stream, this.#host.clock.now());
      this.touched.add(stream);
    }
    const kept: StoredBatch = { ...entry.stored, status: 'acked' };
    const own: Change[] =
      how.status === 'dead'
        ? []
        : waits
          ? [{ kind: 'batch', stored: kept }]
          : [{ kind: 'forget-batch', key: batch.key }];
    await this.#commit(
      [
        ...how.changes,
        ...own,
        ...passed.map((one): Change => ({ kind: 'forget-batch', key: one.stored.batch.key })),
        ...cursors.flatMap((cursor) => this.#marksChange(cursor)),
      ],
      how.durability,
    );
    if (how.status === 'acked') entry.stored = kept;
    this.#leave(entry);
  }

  /** It is settled: its place and its bytes are free. */
  #leave(entry: Entry): void {
    const { bytes } = entry.stored.batch;
    this.queue.replace(entry);
    if (entry.body !== null) this.#memoryBytes -= bytes;
    else this.#spooledBytes = Math.max(0, this.#spooledBytes - bytes);
    letGo(entry);
    this.roomMade.ring();
  }

  #restore(snapshot: Snapshot): void {
    for (const stream of snapshot.streams) {
      this.streams.set(stream.id, stream);
      this.restored.add(stream.id);
      this.touched.add(stream.id);
    }
    const { output } = this.#options;
    for (const entry of snapshot.ledger) if (entry.output === output) this.totals.add(entry);
    for (const cursor of snapshot.cursors) if (cursor.output === output) this.settlement.restore(cursor);
    const mine = snapshot.batches.filter((stored) => stored.batch.key.output === output);
    for (const stored of mine.sort((a, b) => compareKeys(a.batch.key, b.batch.key))) {
      this.#sequence = Math.max(this.#sequence, stored.batch.key.sequence);
      const entry = newEntry(stored, { body: null });
      if (stored.status !== 'acked' && stored.batch.chain !== undefined)
        this.links.opened(stored.batch.chain);
      if (stored.status === 'dead' || stored.status === 'replay') {
        this.aside.add(entry);
        continue;
      }
      if (stored.status === 'again') {
        this.again.add(entry);
        this.queue.add(entry);
        continue;
      }
      this.settlement.enter(entry);
      if (stored.status === 'acked') this.settlement.settle(entry);
      else this.queue.add(entry);
      if (stored.status === 'spooled') this.#spooledBytes += stored.batch.bytes;
    }
  }

  #cursorChange(cursor: Marks): Change {
    return { kind: 'cursor', cursor: { ...cursor, output: this.#options.output } };
  }

  /** Lines that were taken over belong to no file: their stream is forgotten with its last batch. */
  #marksChange(cursor: Marks): Change[] {
    const { stream, read, watermark } = cursor;
    if (this.streams.has(stream) || watermark < read) return [this.#cursorChange(cursor)];
    return this.forget(stream);
  }

  /** Where reading of a stream began. */
  #startOf(stream: StreamId): number {
    const skipped = this.#state.ledger(stream).find(({ term }) => term === 'skipped')?.bytes ?? 0;
    return baseOf(this.streams.get(stream)) + skipped;
  }

  #name(key: BatchKey, content: Content, readAtMs: number): Batch {
    const { agentId } = this.#options;
    return nameBatch(content, { key, readAtMs, agentId, work: this.#host.work });
  }

  #stored(batch: Batch, status: StoredBatch['status']): StoredBatch {
    return { batch, status, attempts: 0, reason: '', atMs: this.#host.clock.now() };
  }

  async #commit(changes: readonly Change[], durability: Durability): Promise<boolean> {
    const committed = await this.#journal.commit(changes, durability);
    for (const change of changes) if (committed && change.kind === 'ledger') this.totals.add(change.add);
    return committed;
  }
}
