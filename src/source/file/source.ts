/**
 * The file source: finds files, keeps them in view, and gives out their lines fairly.
 *
 * The steps of its life, one at a time (`#turnstile`): (1) a first pass finds every stream that is known and every file
 * that is wanted; (2) events lead to reads, or mark paths, which are looked at; (3) a slow pass looks at everything,
 * since events may be lost; (4) what only time decides is reviewed; (5) `take` reads the files that have something, each
 * in its turn.
 */
import type { Segment } from '../../event/batch.ts';
import { bodyBytesOf, hasBody } from '../../event/batch.ts';
import type { StreamId, StreamRecord } from '../../event/stream.ts';
import { Bell, Turnstile } from '../../host/bell.ts';
import { DiskError, diskCode, printablePath } from '../../host/disk.ts';
import type { SelfLog } from '../../host/selflog.ts';
import type { LineMemory } from '../../lines/line-memory.ts';
import type { FileSourceSettings } from '../../settings/agent.ts';
import type { Memory, Piece, Source, StreamStatus } from '../source.ts';
import { Archives } from './archives.ts';
import { Copies } from './copies.ts';
import { Endings } from './endings.ts';
import type { Follow } from './follow.ts';
import { Generations } from './generations.ts';
import { Ground, type SourceHost } from './ground.ts';
import { Handles } from './handles.ts';
import { Missed } from './missed.ts';
import { Newcomers } from './newcomers.ts';
import { compilePatterns, type Patterns } from './patterns.ts';
import { Review } from './review.ts';
import { Sightings } from './sightings.ts';
import type { Tailer } from './tailer.ts';
import { silenceMs, Turns } from './turns.ts';
import { View } from './view.ts';

export interface FileSourceOptions {
  readonly host: SourceHost;
  readonly settings: readonly FileSourceSettings[];
  readonly memory: Memory;
  readonly log: SelfLog;
  /** What earlier runs followed, and how far each was read and settled. */
  readonly streams: readonly StreamRecord[];
  readonly positions: ReadonlyMap<StreamId, { readonly read: number; readonly watermark: number }>;
  /** True only for an agent that never had a state: `start_at` applies to files that are there now. */
  readonly veryFirstStart: boolean;
  /** Positions taken over from an earlier program, by path. */
  readonly takenOver: ReadonlyMap<string, number>;
  /** Files are read into it; without one, into a memory of its own. */
  readonly lineMemory?: LineMemory;
}

/** How often what only time decides is looked at. */
const reviewIntervalMs = 250;
const pollIntervalMs = 1000;
/** Whoever asked for lines so short a time ago asks again soon; later than that, nobody may be reading. */
const askedMs = 100;

/** Resolves after the first pass: everything that is there is known, and committed. */
export async function openFileSource(options: FileSourceOptions): Promise<Source> {
  const source = new FileSource(options);
  await source.begin();
  return source;
}

class FileSource implements Source {
  readonly #options: FileSourceOptions;
  readonly #patterns: readonly Patterns[];
  readonly #ground: Ground;
  readonly #handles: Handles;
  readonly #copies: Copies;
  readonly #generations: Generations;
  readonly #endings: Endings;
  readonly #newcomers: Newcomers;
  readonly #sightings: Sightings;
  readonly #view: View;
  readonly #review: Review;
  readonly #turnstile = new Turnstile();
  readonly #stop = new AbortController();
  /** Rings when there is something to read, and when there is something to look at. */
  readonly #readyBell = new Bell();
  readonly #stirBell = new Bell();
  readonly #turns = new Turns();
  #taking = false;
  #tookAtMs = Number.NEGATIVE_INFINITY;
  /** Gaps and last lines, found outside of `take`. */
  readonly #given: Piece[] = [];
  #life: Promise<unknown> = Promise.resolve();
  /** What must not happen; `take` tells it. */
  #failure: { readonly error: unknown } | null = null;

  constructor(options: FileSourceOptions) {
    this.#options = options;
    this.#patterns = options.settings.map(compilePatterns);
    this.#ground = new Ground({
      ...options,
      openFilesMax: Math.max(1, Math.min(...options.settings.map((one) => one.openFilesMax))),
      fresh: options.streams.length === 0,
      wanted: (path) => this.#patterns.find((one) => one.matches(path)) ?? null,
      ready: (follow) => this.#enqueue(follow),
      notice: (follow) => this.#notice(follow),
      stir: () => this.#stirBell.ring(),
      give: (piece) => {
        this.#given.push(piece);
        this.#readyBell.ring();
      },
    });
    const ground = this.#ground;
    this.#handles = new Handles(ground);
    this.#copies = new Copies(ground, this.#handles);
    const archives = new Archives(ground, this.#handles, this.#stop.signal);
    const files = { handles: this.#handles, copies: this.#copies };
    this.#endings = new Endings(ground, { handles: this.#handles, archives });
    const endings = this.#endings;
    this.#generations = new Generations(ground, { ...files, archives, endings });
    const common = { ...files, generations: this.#generations, endings };
    const missed = new Missed(ground, common);
    this.#newcomers = new Newcomers(ground, { ...common, missed });
    const parts = { ...common, missed, newcomers: this.#newcomers };
    this.#sightings = new Sightings(ground, parts);
    this.#view = new View({
      ...parts,
      ground,
      sightings: this.#sightings,
      turnstile: this.#turnstile,
      patterns: this.#patterns,
      signal: this.#stop.signal,
      stirred: () => this.#stirBell.ring(),
    });
    this.#review = new Review(ground, parts);
  }

  async begin(): Promise<void> {
    const { streams, positions, settings, veryFirstStart } = this.#options;
    // Oldest first, as they were entered when they were new: the newest of an inode's streams is looked at first.
    for (const record of [...streams].sort((a, b) => a.seenAtMs - b.seenAtMs)) {
      const wanted = this.#patterns.find((one) => one.matches(record.path));
      const { read, watermark } = positions.get(record.id) ?? { read: 0, watermark: 0 };
      const known = wanted?.settings ?? settings[0]!;
      this.#generations.restore(record, { position: read, released: watermark, settings: known });
    }
    // All or nothing: that others came and went meanwhile is told by a file that has moved, and only once.
    await this.#ground.gather(async () => {
      if (streams.length > 0) await this.#view.patrol.recogniseAll();
      await this.#view.patrol.pass(veryFirstStart ? 'very-first' : 'first');
    });
    this.#newcomers.begun();
    this.#life = Promise.all(
      [this.#live(), this.#patrol(), this.#view.rounds.run()].map((life) =>
        life.catch((error: unknown) => {
          this.#failure ??= { error };
          this.#readyBell.ring();
        }),
      ),
    );
  }

  async take(bytesMax: number, signal: AbortSignal): Promise<readonly Piece[]> {
    this.#taking = true;
    try {
      return await this.#take(bytesMax, signal);
    } finally {
      this.#taking = false;
      this.#tookAtMs = this.#ground.uptimeMs();
    }
  }

  async #take(bytesMax: number, signal: AbortSignal): Promise<readonly Piece[]> {
    const { clock } = this.#options.host;
    while (!signal.aborted && !this.#stop.signal.aborted) {
      if (this.#failure !== null) throw this.#failure.error;
      if (this.#given.length > 0) return this.#given.splice(0);
      const follow = this.#turns.next();
      if (follow === undefined) {
        await this.#readyBell.wait(clock, Number.POSITIVE_INFINITY, signal);
        continue;
      }
      follow.queued = false;
      const pieces = await this.#turnstile.pass(async () => {
        const read = await this.#read(follow, bytesMax);
        // What was found before this turn comes before what it read.
        return [...this.#given.splice(0), ...read];
      });
      if (pieces.length > 0) return pieces;
    }
    return [];
  }

  async reread(segment: Segment): Promise<Uint8Array | null> {
    const follow = this.#ground.registry.get(segment.stream);
    if (follow === undefined || !hasBody(segment)) return null;
    return await this.#turnstile.pass(async () => {
      const holder = await this.#holderOf(follow, segment.to);
      if (holder === null) return await this.#notFound(follow);
      const body = Buffer.allocUnsafeSlow(bodyBytesOf(segment));
      const at = { offset: 0, length: body.length, position: segment.from };
      try {
        const count = await holder.tailer!.handle.read(body, at);
        return count === body.length ? body : null;
      } finally {
        if (holder.phase.kind === 'ended') await this.#handles.shut(holder);
      }
    });
  }

  /** Where a stream's bytes up to a position stand: in its own file, or in that of a generation that kept them. */
  async #holderOf(follow: Follow, to: number): Promise<Follow | null> {
    if (await this.#handles.reopen(follow)) return follow;
    if (await this.#endings.reopenArchive(follow)) return follow;
    for (const next of this.#ground.registry.all()) {
      const { parent } = next.record;
      if (parent?.stream !== follow.record.id || parent.from < to) continue;
      const holder = await this.#holderOf(next, to);
      if (holder !== null) return holder;
    }
    return null;
  }

  release(stream: StreamId, position: number): void {
    const follow = this.#ground.registry.get(stream);
    if (follow === undefined) return;
    follow.released = Math.max(follow.released, position);
    this.#ground.lighten(follow);
  }

  streams(): readonly StreamStatus[] {
    return [...this.#ground.registry.all()].map((follow) => ({
      id: follow.record.id,
      path: printablePath(follow.record.path),
      status: follow.phase.kind === 'ended' ? 'ended' : 'followed',
      size: follow.size,
      position: follow.tailer?.position ?? follow.position,
      grownAtMs: follow.grownAtMs,
      trouble: follow.trouble,
    }));
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#readyBell.ring();
    await this.#life;
    this.#view.close();
    await this.#turnstile.pass(async () => {
      const { registry } = this.#ground;
      // Sizes are remembered, so that bytes that vanish meanwhile are known to have been there.
      for (const follow of registry.all())
        if (follow.size !== follow.record.size) this.#ground.change(follow, {});
      for (const follow of registry.all()) await this.#handles.shut(follow);
    });
  }

  /** Its file is not where it should be; that of one that is missing is looked for anyway. */
  #lookAgain(follow: Follow): void {
    if (follow.missingSinceMs !== null) return;
    this.#view.mark(follow.record.path);
    this.#view.patrol.expectNews();
  }

  /** Null once it is decided that the file is gone; until then it cannot be read now. */
  async #notFound(follow: Follow): Promise<null> {
    const { path } = follow.record;
    if (follow.phase.kind === 'ended') return null;
    if (this.#ground.registry.atPath(path) !== follow) await this.#generations.depart(follow);
    this.#lookAgain(follow);
    throw new DiskError('ENOENT', path, `${printablePath(path)} is missing; it is looked for again`);
  }

  #enqueue(follow: Follow): void {
    if (follow.queued) return;
    follow.queued = true;
    this.#turns.add(follow, { silent: this.#ground.uptimeMs() - follow.restlessAtMs >= silenceMs });
    this.#readyBell.ring();
  }

  /**
   * Its content changed: true when it will be read soon, and the read tells all that a look at it would. False while
   * nobody reads: then a look must find out how much there is, should it vanish before it is read.
   */
  #notice(follow: Follow): boolean {
    const { phase, archive, missingSinceMs } = follow;
    if (phase.kind !== 'followed' || archive !== null || missingSinceMs !== null) return false;
    if (!this.#taking && this.#ground.uptimeMs() - this.#tookAtMs > askedMs) return false;
    this.#enqueue(follow);
    return true;
  }

  async #patrol(): Promise<void> {
    const rescanMs = Math.min(...this.#options.settings.map((one) => one.rescanIntervalMs));
    await this.#view.patrol.run(rescanMs, () => this.#turnstile.pass(async () => this.#review.forgetOld()));
  }

  /** Events and reviews, until the source is closed. */
  async #live(): Promise<void> {
    const { clock } = this.#options.host;
    const signal = this.#stop.signal;
    let pollAtMs = 0;
    while (!signal.aborted) {
      await this.#view.attend();
      if (this.#view.polls && clock.monotonicMs() >= pollAtMs) {
        await this.#view.poll();
        pollAtMs = clock.monotonicMs() + pollIntervalMs;
      }
      const restless = await this.#turnstile.pass(() => this.#reviewAll());
      if (this.#view.stirs) continue;
      const pollMs = this.#view.polls
        ? Math.max(0, pollAtMs - clock.monotonicMs())
        : Number.POSITIVE_INFINITY;
      await this.#stirBell.wait(clock, restless ? Math.min(reviewIntervalMs, pollMs) : pollMs, signal);
    }
  }

  /** True while something waits for time to pass. */
  async #reviewAll(): Promise<boolean> {
    await this.#newcomers.review();
    return (await this.#review.run()) || this.#copies.held.length > 0;
  }

  #sayHole(follow: Follow, { from, to }: Segment): void {
    const message = `${to - from} NUL bytes from byte ${from} are no line (nul-bytes); what follows them is read`;
    this.#ground.say('warn', 'file.hole', { follow, message });
  }

  async #read(follow: Follow, bytesMax: number): Promise<readonly Piece[]> {
    if (follow.phase.kind === 'ended') return [];
    try {
      if (!(await this.#handles.reopen(follow))) {
        this.#lookAgain(follow);
        return [];
      }
      const tailer = follow.tailer!;
      const reading = await tailer.read(bytesMax);
      this.#handles.use(follow);
      follow.trouble = null;
      if (reading.kind === 'nothing') {
        if (tailer.unfinished) await this.#beginsLine(follow, tailer);
        else this.#ground.calm(follow);
        return [];
      }
      if (reading.kind === 'replaced') {
        await this.#generations.replaced(follow);
        return [];
      }
      follow.position = tailer.position;
      follow.size = Math.max(follow.size, tailer.position);
      for (const { segment } of reading.pieces) {
        if (segment.kind === 'gap') this.#sayHole(follow, segment);
      }
      if (reading.pieces.length > 0) this.#ground.grew(follow);
      // A read that got less than it asked for came to the end: the next event tells of more. With an unfinished line it
      // is read once more: to ask for its size may fail, and these lines are out of the file already.
      if (reading.more || tailer.unfinished) this.#enqueue(follow);
      else this.#ground.calm(follow);
      const head = this.#ground.evidence.betterHead(follow);
      if (head !== null) this.#ground.change(follow, { head });
      return reading.pieces;
    } catch (error) {
      const code = diskCode(error);
      if (code === null) throw error;
      if (follow.trouble !== code) this.#complain(follow, code);
      follow.trouble = code;
      return [];
    }
  }

  /** Bytes without a line end: they are remembered to be there, and may wait for time to pass. */
  async #beginsLine(follow: Follow, tailer: Tailer): Promise<void> {
    this.#ground.restless.add(follow);
    this.#stirBell.ring();
    const { size } = await tailer.handle.stat();
    if (size > follow.size) this.#ground.grew(follow);
    follow.size = Math.max(follow.size, size);
  }

  #complain(follow: Follow, code: string): void {
    const message = `cannot be read (${code}); it is tried again at each pass, nothing is lost`;
    this.#ground.say('warn', 'file.unreadable', { follow, message });
  }
}
