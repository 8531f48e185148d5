/**
 * The file source: finds files, keeps them in view, and gives out their lines fairly.
 *
 * One step at a time changes what is followed (`#turnstile`): an event, one path of a pass, or one read. The steps of
 * its life: (1) a first pass finds every stream that is known and every file that is wanted; (2) events mark paths
 * to look at; (3) a slow pass looks at everything, since events may be lost; (4) the quiet and the departed are
 * reviewed; (5) `take` reads the files that have something, each in its turn.
 */
import type { Segment } from '../../event/batch.ts';
import { bodyBytesOf } from '../../event/batch.ts';
import type { StreamId, StreamRecord } from '../../event/stream.ts';
import { Bell, Turnstile } from '../../host/bell.ts';
import { diskCode, printablePath } from '../../host/disk.ts';
import { directoryOf } from '../../host/files.ts';
import type { SelfLog } from '../../host/selflog.ts';
import type { FileSourceSettings } from '../../settings/agent.ts';
import type { Memory, Piece, Source, StreamStatus } from '../source.ts';
import type { Follow } from './follow.ts';
import { compilePatterns, type Patterns } from './patterns.ts';
import { Sightings, type SourceHost } from './sightings.ts';
import { walk } from './walk.ts';
import { Watches } from './watches.ts';

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
}

/** How often the departed and the held are looked at. */
const reviewIntervalMs = 250;
const pollIntervalMs = 1000;
/** Streams that ended are remembered this long, and this many of them. */
const endedKeptMs = 24 * 3600 * 1000;
const endedKeptMax = 10_000;

/** Resolves after the first pass: everything that is there is known, and committed. */
export async function openFileSource(options: FileSourceOptions): Promise<Source> {
  const source = new FileSource(options);
  await source.begin();
  return source;
}

class FileSource implements Source {
  readonly #options: FileSourceOptions;
  readonly #patterns: readonly Patterns[];
  readonly #sightings: Sightings;
  readonly #watches: Watches;
  readonly #turnstile = new Turnstile();
  readonly #stop = new AbortController();
  readonly #readyBell = new Bell();
  readonly #changeBell = new Bell();
  readonly #ready: Follow[] = [];
  readonly #gaps: Piece[] = [];
  readonly #changed = new Set<string>();
  #passDue = false;
  #life: Promise<void> = Promise.resolve();
  /** What must not happen; `take` tells it. */
  #failure: { readonly error: unknown } | null = null;

  constructor(options: FileSourceOptions) {
    this.#options = options;
    this.#patterns = options.settings.map(compilePatterns);
    this.#sightings = new Sightings({
      host: options.host,
      memory: options.memory,
      log: options.log,
      openFilesMax: Math.max(1, Math.min(...options.settings.map((one) => one.openFilesMax))),
      takenOver: options.takenOver,
      wanted: (path) => this.#patterns.find((one) => one.matches(path)) ?? null,
      ready: (follow) => this.#enqueue(follow),
      give: (piece) => {
        this.#gaps.push(piece);
        this.#readyBell.ring();
      },
    });
    this.#watches = new Watches({ disk: options.host.disk, log: options.log }, (directory, name) => {
      if (name === null) this.#passDue = true;
      else this.#changed.add(directory === '/' ? `/${name}` : `${directory}/${name}`);
      this.#changeBell.ring();
    });
  }

  async begin(): Promise<void> {
    const { streams, positions, settings } = this.#options;
    // Oldest first, as they were entered when they were new: the newest of an inode's streams is looked at first.
    for (const record of [...streams].sort((a, b) => a.seenAtMs - b.seenAtMs)) {
      const wanted = this.#patterns.find((one) => one.matches(record.path));
      const { read, watermark } = positions.get(record.id) ?? { read: 0, watermark: 0 };
      this.#sightings.restore(record, {
        position: read,
        released: watermark,
        settings: wanted?.settings ?? settings[0]!,
      });
    }
    await this.#pass({ first: true });
    this.#life = this.#live().catch((error: unknown) => {
      this.#failure = { error };
      this.#readyBell.ring();
    });
  }

  async take(bytesMax: number, signal: AbortSignal): Promise<readonly Piece[]> {
    const { clock } = this.#options.host;
    while (!signal.aborted && !this.#stop.signal.aborted) {
      if (this.#failure !== null) throw this.#failure.error;
      if (this.#gaps.length > 0) return this.#gaps.splice(0);
      const follow = this.#ready.shift();
      if (follow === undefined) {
        await this.#readyBell.wait(clock, Number.POSITIVE_INFINITY, signal);
        continue;
      }
      follow.queued = false;
      const pieces = await this.#turnstile.pass(() => this.#read(follow));
      if (pieces.length > 0) return pieces;
    }
    void bytesMax;
    return [];
  }

  async reread(segment: Segment): Promise<Uint8Array | null> {
    const follow = this.#sightings.registry.get(segment.stream);
    if (follow === undefined || segment.kind === 'gap') return null;
    return await this.#turnstile.pass(async () => {
      if (!(await this.#sightings.reopen(follow))) return null;
      const body = Buffer.allocUnsafeSlow(bodyBytesOf(segment));
      const at = { offset: 0, length: body.length, position: segment.from };
      const count = await follow.tailer!.handle.read(body, at).catch(() => 0);
      return count === body.length ? body : null;
    });
  }

  release(stream: StreamId, position: number): void {
    const follow = this.#sightings.registry.get(stream);
    if (follow !== undefined) follow.released = Math.max(follow.released, position);
  }

  streams(): readonly StreamStatus[] {
    return [...this.#sightings.registry.all()].map((follow) => ({
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
    // Only now: a pass that was running could still have added one.
    this.#watches.close();
    await this.#turnstile.pass(async () => {
      this.#sightings.rememberAll();
      await this.#sightings.closeAll();
    });
  }

  #enqueue(follow: Follow): void {
    if (follow.queued) return;
    follow.queued = true;
    this.#ready.push(follow);
    this.#readyBell.ring();
  }

  /** Events, passes and reviews, until the source is closed. */
  async #live(): Promise<void> {
    const { clock } = this.#options.host;
    const signal = this.#stop.signal;
    const rescanMs = Math.min(...this.#options.settings.map((one) => one.rescanIntervalMs));
    let passAtMs = clock.monotonicMs() + rescanMs;
    let pollAtMs = 0;
    while (!signal.aborted) {
      await this.#attend();
      if (this.#passDue || clock.monotonicMs() >= passAtMs) {
        this.#passDue = false;
        await this.#pass({ first: false });
        passAtMs = clock.monotonicMs() + rescanMs;
      }
      if (this.#watches.polled.size > 0 && clock.monotonicMs() >= pollAtMs) {
        await this.#poll();
        pollAtMs = clock.monotonicMs() + pollIntervalMs;
      }
      const restless = await this.#turnstile.pass(() => this.#review());
      if (this.#changed.size > 0 || this.#passDue) continue;
      const dueMs = passAtMs - clock.monotonicMs();
      const waitMs = restless ? reviewIntervalMs : this.#watches.polled.size > 0 ? pollIntervalMs : dueMs;
      await this.#changeBell.wait(clock, Math.max(0, Math.min(waitMs, dueMs)), signal);
    }
  }

  /** Looks at the paths of which events spoke. */
  async #attend(): Promise<void> {
    const paths = [...this.#changed];
    this.#changed.clear();
    for (const path of paths) await this.#look(path, 'beginning');
  }

  async #poll(): Promise<void> {
    for (const follow of [...this.#sightings.registry.all()]) {
      const { path } = follow.record;
      const there = follow.realPath ?? path;
      const polled = [path, there].some((one) => this.#watches.polled.has(directoryOf(one)));
      if (polled && follow.phase.kind === 'followed') await this.#look(path, 'beginning');
    }
  }

  /** The truth: every wanted path, every followed file, whatever events told. */
  async #pass({ first }: { readonly first: boolean }): Promise<void> {
    const { disk } = this.#options.host;
    const seen = await walk(disk, this.#patterns);
    const veryFirst = first && this.#options.veryFirstStart;
    // Known streams come first, so that a new file that is the body of a known one is found when it is missed.
    const paths = [...seen.found.keys()].sort(
      (a, b) =>
        Number(this.#sightings.registry.atPath(b) !== undefined) -
        Number(this.#sightings.registry.atPath(a) !== undefined),
    );
    if (first) await this.#recogniseAll(paths);
    for (const path of paths) {
      if (this.#stop.signal.aborted) return;
      await this.#look(path, veryFirst ? 'end' : 'beginning');
    }
    for (const follow of [...this.#sightings.registry.all()]) {
      if (follow.phase.kind === 'followed' && !seen.found.has(follow.record.path))
        await this.#missed(follow, first);
      if (follow.trouble !== null) this.#enqueue(follow);
    }
    this.#forgetOld();
    await this.#watches.set(this.#directories(seen.directories));
  }

  /** After a start: finds known files by identity before any path is taken for a new file. */
  async #recogniseAll(paths: readonly string[]): Promise<void> {
    const { disk } = this.#options.host;
    for (const path of paths) {
      const stat = await disk.stat(path).catch(() => null);
      if (stat?.kind !== 'file') continue;
      await this.#turnstile.pass(async () => {
        const known = await this.#sightings.recognise(path, stat);
        if (known !== null) await this.#sightings.sight(path, stat, { at: 'beginning' });
      });
    }
    const missing = [...this.#sightings.registry.all()]
      .filter((one) => one.phase.kind === 'followed' && one.tailer === null)
      .map((follow) => ({ follow, was: follow.record }));
    for (const { follow } of missing) await this.#missed(follow, true);
    for (const { follow, was } of missing) {
      const rotated = this.#sightings.registry.atPath(was.path) !== follow;
      if (rotated) await this.#turnstile.pass(() => this.#sightings.enterMissed(follow, was));
    }
  }

  /** One path: what is there now? */
  async #look(path: string, at: 'beginning' | 'end'): Promise<void> {
    const { disk } = this.#options.host;
    await this.#turnstile.pass(async () => {
      const holder = this.#sightings.registry.atPath(path);
      if (holder === undefined && this.#patterns.every((one) => !one.matches(path))) {
        if (this.#mayHoldFiles(path)) this.#passDue = true;
        return;
      }
      try {
        const settings = this.#patterns.find((one) => one.matches(path))?.settings;
        const start = at === 'end' ? (settings?.startAt ?? 'beginning') : 'beginning';
        const name = holder?.realPath === path ? holder.record.path : path;
        await this.#sightings.sight(name, await disk.stat(name), { at: start });
      } catch (error) {
        const code = diskCode(error);
        if (code === null) throw error;
        if (code === 'ENOENT' || code === 'ENOTDIR') {
          if (holder !== undefined) await this.#sightings.depart(holder);
        } else if (holder !== undefined) holder.trouble = code;
      }
    });
  }

  /** A followed stream whose path no pattern found: gone, or only out of sight? */
  async #missed(follow: Follow, first: boolean): Promise<void> {
    const { disk } = this.#options.host;
    await this.#turnstile.pass(async () => {
      if (follow.tailer !== null && first) return;
      const { path } = follow.record;
      const stat = await disk.stat(path).catch((error: unknown) => diskCode(error) ?? 'EIO');
      if (stat === 'ENOENT' || stat === 'ENOTDIR') await this.#sightings.depart(follow);
      else if (typeof stat === 'string') follow.trouble = stat;
      else await this.#sightings.resolve(follow, stat);
    });
  }

  async #read(follow: Follow): Promise<readonly Piece[]> {
    const { clock } = this.#options.host;
    try {
      if (follow.phase.kind === 'ended') return [];
      if (!(await this.#sightings.reopen(follow))) {
        this.#passDue = true;
        this.#changeBell.ring();
        return [];
      }
      const reading = await follow.tailer!.read();
      follow.usedAtMs = clock.now();
      follow.trouble = null;
      if (reading.kind === 'replaced') {
        await this.#sightings.replaced(follow);
        return [];
      }
      if (reading.kind === 'nothing') return [];
      return await this.#given(follow, reading);
    } catch (error) {
      const code = diskCode(error);
      if (code === null) throw error;
      if (follow.trouble !== code) this.#complain(follow, code);
      follow.trouble = code;
      return [];
    }
  }

  async #given(
    follow: Follow,
    reading: { readonly pieces: readonly Piece[]; readonly more: boolean },
  ): Promise<readonly Piece[]> {
    const { clock } = this.#options.host;
    const tailer = follow.tailer!;
    follow.position = tailer.position;
    if (tailer.position > follow.size) follow.size = tailer.position;
    if (reading.pieces.length > 0) follow.grownAtMs = clock.now();
    this.#enqueue(follow);
    this.#sightings.growHead(follow);
    return reading.pieces;
  }

  /** The departed, the unfinished and the held. True while any of them waits for time to pass. */
  async #review(): Promise<boolean> {
    const { clock } = this.#options.host;
    await this.#sightings.reviewHeld();
    let restless = this.#sightings.holdsCopies;
    for (const follow of [...this.#sightings.registry.all()]) {
      if (follow.phase.kind === 'ended' || follow.tailer === null || follow.queued) continue;
      const leaving = follow.phase.kind === 'leaving';
      const partialMs = follow.settings.partialLineTimeoutMs;
      const waitsForPartial = follow.tailer.unfinished && (follow.finishDue || partialMs !== null);
      if (!leaving && !waitsForPartial) continue;
      restless = true;
      if (leaving && (await this.#stillGrows(follow))) continue;
      const quietMs = clock.now() - follow.grownAtMs;
      const enoughMs = follow.finishDue ? follow.settings.rotateWaitMs : partialMs!;
      if (quietMs >= enoughMs && (leaving || !(await this.#stillGrows(follow)))) await this.#finish(follow);
    }
    return restless;
  }

  async #stillGrows(follow: Follow): Promise<boolean> {
    const stat = await follow.tailer!.handle.stat().catch(() => null);
    if (stat === null || stat.size === follow.size) return false;
    follow.size = stat.size;
    follow.grownAtMs = this.#options.host.clock.now();
    this.#enqueue(follow);
    return true;
  }

  async #finish(follow: Follow): Promise<void> {
    const reading = await follow.tailer!.finish();
    if (reading.kind === 'lines') {
      follow.position = follow.tailer!.position;
      this.#gaps.push(...reading.pieces);
      this.#readyBell.ring();
    }
    if (reading.kind === 'lines' && reading.more) return;
    if (reading.kind === 'replaced') {
      await this.#sightings.replaced(follow);
      return;
    }
    if (follow.phase.kind !== 'leaving') follow.finishDue = false;
    else if (follow.released >= follow.position) await this.#sightings.end(follow);
  }

  #forgetOld(): void {
    const nowMs = this.#options.host.clock.now();
    const ended = [...this.#sightings.registry.all()]
      .filter((one) => one.phase.kind === 'ended' && one.released >= one.position)
      .sort((a, b) => b.record.seenAtMs - a.record.seenAtMs);
    const old = ended.filter(
      (one, index) => index >= endedKeptMax || nowMs - one.record.seenAtMs > endedKeptMs,
    );
    if (old.length === 0) return;
    this.#options.memory.forget(old.map((one) => one.record.id));
    for (const follow of old) this.#sightings.registry.remove(follow);
  }

  #directories(walked: ReadonlyMap<string, unknown>): ReadonlySet<string> {
    const directories = new Set(walked.keys());
    for (const follow of this.#sightings.registry.all()) {
      if (follow.phase.kind !== 'ended' && follow.realPath !== null)
        directories.add(directoryOf(follow.realPath));
    }
    return directories;
  }

  /** Whether a path that no pattern wants may be a directory below which one does. */
  #mayHoldFiles(path: string): boolean {
    return this.#patterns.some((one) =>
      one.roots.some(
        (root) => root.depth > 0 && (path.startsWith(`${root.path}/`) || root.path.startsWith(`${path}/`)),
      ),
    );
  }

  #complain(follow: Follow, code: string): void {
    const path = printablePath(follow.record.path);
    const message = `${path} cannot be read (${code}); it is tried again at each pass, nothing is lost`;
    this.#options.log.write('warn', 'file.unreadable', message, { path, code });
  }
}
