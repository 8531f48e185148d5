/**
 * Keeps the disk in view: what events speak of, and a slow pass over everything, which is the truth.
 *
 * What is not as it was is decided in the turnstile that reads pass too, one path at a time, so that nothing is decided
 * about a file while it is being read. A file that is as it was when it was proved costs one look and no more.
 */
import { Bell, type Turnstile } from '../../host/bell.ts';
import type { Change, FileStat } from '../../host/disk.ts';
import { diskCode } from '../../host/disk.ts';
import { directoryOf } from '../../host/files.ts';
import type { Follow } from './follow.ts';
import type { Generations } from './generations.ts';
import type { Ground } from './ground.ts';
import type { Newcomers } from './newcomers.ts';
import type { Patterns } from './patterns.ts';
import { Rounds } from './rounds.ts';
import type { Sightings } from './sightings.ts';
import { Walker } from './walk.ts';
import { Watches } from './watches.ts';

export interface ViewParts {
  readonly ground: Ground;
  readonly sightings: Sightings;
  readonly generations: Generations;
  readonly newcomers: Newcomers;
  readonly turnstile: Turnstile;
  readonly patterns: readonly Patterns[];
  readonly signal: AbortSignal;
  /** Something may have changed. */
  stirred(): void;
}

/**
 * `first`: everything, and files that are there begin where `start_at` says (at an agent's `very-first` start).
 * `full`:  everything, spread over time.
 * `news`:  paths that nobody knows, streams that no path leads to, and directories about which something was told.
 */
export type Scope = 'very-first' | 'first' | 'full' | 'news';

/**
 * Looks that are taken without a break, and the rest after them in a full pass. A look costs 4.3 µs on a disk of this
 * machine (`bench/many-files.mjs`), so a pass costs at most 0.4 % of a core: 8,500 files take 10 s, more take longer.
 */
const looksAtOnce = 64;
const restMs = 75;
/** Paths that nobody wants, of which events need not be looked into. */
const unwantedMax = 1000;

export class View {
  readonly #parts: ViewParts;
  readonly #watches: Watches;
  readonly #walker: Walker;
  readonly rounds: Rounds;
  readonly #changed = new Set<string>();
  readonly #unwanted = new Set<string>();
  /** Directories in which everything is to be looked at. */
  #doubtful = new Set<string>();
  /** The directories that the last walk found. */
  #walked: ReadonlySet<string> = new Set();
  #newsDue = false;
  /** Rings when news are due. */
  readonly #newsBell = new Bell();

  constructor(parts: ViewParts) {
    this.#parts = parts;
    const { ground, patterns, signal } = parts;
    const { host, log } = ground.options;
    this.#watches = new Watches({ disk: host.disk, log }, (directory, name, what) =>
      this.#told(directory, name, what),
    );
    this.#walker = new Walker(host.disk, {
      patterns,
      nowMs: () => ground.nowMs(),
      trusts: (directory) => this.#watches.has(directory),
    });
    this.rounds = new Rounds({
      ground,
      watches: this.#watches,
      signal,
      foundIn: (directory) => this.#walker.foundIn(directory),
      look: (path) => this.#look(path, { at: 'beginning', calmly: true }),
      lookThrough: (directory) => this.#doubt(directory),
      news: () => this.expectNews(),
    });
  }

  /** Whether there is something to look at now. */
  get stirs(): boolean {
    return this.#changed.size > 0;
  }

  get polls(): boolean {
    return this.#watches.polled.size > 0;
  }

  close(): void {
    this.#watches.close();
  }

  /** Something unknown has changed: a look for it is wanted soon. */
  expectNews(): void {
    this.#newsDue = true;
    this.#newsBell.ring();
  }

  /** This path is to be looked at soon. */
  mark(path: string): void {
    this.#changed.add(path);
    this.#parts.stirred();
  }

  /** Looks at the paths of which events spoke. */
  async attend(): Promise<void> {
    const paths = [...this.#changed];
    this.#changed.clear();
    for (const path of paths) await this.#look(path, { at: 'beginning', calmly: false });
  }

  /** Looks at the followed files of directories that cannot be watched. */
  async poll(): Promise<void> {
    for (const follow of this.#parts.ground.registry.all()) {
      const { path } = follow.record;
      const there = follow.realPath ?? path;
      const polled = [path, there].some((one) => this.#watches.polled.has(directoryOf(one)));
      if (polled && follow.phase.kind === 'followed')
        await this.#look(path, { at: 'beginning', calmly: true });
    }
  }

  /** Full passes, and between and within them looks for news, until the source is closed. */
  async patrol(rescanMs: number, passed: () => Promise<void>): Promise<void> {
    const { ground, signal } = this.#parts;
    while (!signal.aborted) {
      const atMs = ground.uptimeMs() + rescanMs;
      while (!signal.aborted && ground.uptimeMs() < atMs) await this.#rest(atMs - ground.uptimeMs());
      if (signal.aborted) return;
      await this.pass('full');
      await passed();
    }
  }

  async pass(scope: Scope): Promise<void> {
    const { ground, signal } = this.#parts;
    const { registry, restless } = ground;
    const doubtful = this.#doubtful;
    this.#doubtful = new Set();
    this.#newsDue = false;
    const step = this.#stepper(scope);
    const seen = await this.#walker.walk(scope === 'full' ? this.#stepper('walk') : step);
    this.#walked = seen.directories;
    for (const [path, cause] of seen.unreadable) ground.skip(path, `cannot be looked through (${cause})`);
    let added = await this.#watches.set(this.#directories());
    const at = scope === 'very-first' ? 'end' : 'beginning';
    for (const path of seen.found) {
      const known = registry.atPath(path) !== undefined && !doubtful.has(directoryOf(path));
      if (known && scope === 'news') continue;
      await step();
      if (signal.aborted) return;
      await this.#look(path, { at, calmly: true });
    }
    for (const follow of registry.all()) {
      if (signal.aborted) return;
      if (follow.missingSinceMs !== null) restless.add(follow);
      if (follow.phase.kind === 'followed' && !seen.found.has(follow.record.path)) {
        await step();
        await this.#missed(follow);
      }
      if (follow.trouble !== null) ground.options.ready(follow);
    }
    this.#parts.stirred();
    // Links that were followed for the first time lead to directories that were not known before.
    const directories = this.#directories();
    if ([...directories].some((one) => !this.#watches.knows(one))) {
      const more = await this.#watches.set(directories);
      added ||= more;
    }
    this.rounds.keep(directories);
    // What came into a new directory before it was watched is looked for once more.
    if (added) this.expectNews();
  }

  /** After a start: finds known files by identity before any path is taken for a new file. */
  async recogniseAll(): Promise<void> {
    const { ground, newcomers, sightings, turnstile } = this.#parts;
    const step = this.#stepper('first');
    const seen = await this.#walker.walk(step);
    const recognised = new Set<Follow>();
    for (const path of seen.found) {
      await step();
      await this.#guard(path, async () => {
        const stat = await ground.options.host.disk.stat(path);
        const known = stat.kind === 'file' ? await sightings.recognise(path, stat) : null;
        if (known === null) return;
        recognised.add(known);
        await sightings.sight(path, stat, 'beginning');
      });
    }
    const closed = [...ground.registry.all()]
      .filter((one) => one.phase.kind === 'followed' && one.tailer === null && !recognised.has(one))
      .map((follow) => ({ follow, was: follow.record }));
    for (const { follow } of closed) await this.#missed(follow);
    for (const { follow, was } of closed) {
      if (ground.registry.atPath(was.path) === follow) continue;
      const recognise = (path: string, stat: FileStat) => sightings.recognise(path, stat);
      await turnstile.pass(() => newcomers.enterMissed(follow, was, recognise));
    }
  }

  /** An event. Content of a file that is known leads straight to its read. */
  #told(directory: string, name: string | null, what: Change): void {
    if (name === null) {
      this.#doubt(directory);
      return;
    }
    this.rounds.count(directory);
    const path = directory === '/' ? `/${name}` : `${directory}/${name}`;
    if (what === 'content') {
      const { registry, options } = this.#parts.ground;
      const holder = registry.atPath(path);
      if (holder === undefined ? this.#unwanted.has(path) : options.notice(holder)) return;
    }
    this.mark(path);
  }

  #doubt(directory: string): void {
    this.#doubtful.add(directory);
    this.expectNews();
  }

  /**
   * Gives others a turn after so many looks; in a full pass the machine has a rest as well. News wait for the end of a
   * walk: two that overlap would not agree about the directories.
   */
  #stepper(scope: Scope | 'walk'): () => Promise<void> {
    const { ground, signal } = this.#parts;
    let looks = 0;
    return async () => {
      looks += 1;
      if (looks % looksAtOnce !== 0) return;
      if (scope === 'full') await this.#rest(restMs);
      else await ground.options.host.clock.sleep(scope === 'walk' ? restMs : 0, signal);
    };
  }

  /** Waits, and looks for news when they are due. */
  async #rest(ms: number): Promise<void> {
    const { ground, signal } = this.#parts;
    if (!this.#newsDue) await this.#newsBell.wait(ground.options.host.clock, ms, signal);
    if (this.#newsDue && !signal.aborted) await this.pass('news');
  }

  /** One path: what is there now? `calmly`: a file that is as it was proved needs no more. */
  async #look(
    path: string,
    { at, calmly }: { readonly at: 'beginning' | 'end'; readonly calmly: boolean },
  ): Promise<void> {
    const { generations, ground, sightings } = this.#parts;
    if (ground.registry.atPath(path) === undefined && ground.options.wanted(path) === null) {
      // Writes to files that nobody wants are no news.
      if (this.#mayHoldFiles(path) && (await this.#isDirectory(path))) this.expectNews();
      else {
        if (this.#unwanted.size >= unwantedMax) this.#unwanted.clear();
        this.#unwanted.add(path);
      }
      return;
    }
    if (calmly && (await this.#isCalm(path))) return;
    await this.#guard(path, async () => {
      const holder = ground.registry.atPath(path);
      const name = holder?.realPath === path ? holder.record.path : path;
      const wanted = at === 'end' ? ground.options.wanted(path) : null;
      const stat = await this.#statOf(name);
      if (stat !== null) await sightings.sight(name, stat, wanted?.settings.startAt ?? 'beginning');
      else if (holder !== undefined) await generations.depart(holder);
    });
  }

  async #isCalm(path: string): Promise<boolean> {
    const holder = this.#parts.ground.registry.atPath(path);
    if (holder === undefined || holder.calmSize < 0) return false;
    const stat = await this.#parts.ground.options.host.disk.stat(path).catch(() => null);
    return stat !== null && this.#parts.sightings.isCalm(path, stat);
  }

  /** One that cannot be looked at may be one; one that is gone was one if it was watched. */
  async #isDirectory(path: string): Promise<boolean> {
    try {
      const stat = await this.#statOf(path);
      return stat === null ? this.#watches.has(path) : stat.kind === 'directory';
    } catch (error) {
      if (diskCode(error) === null) throw error;
      return true;
    }
  }

  /** A followed stream whose path no pattern found: gone, or only out of sight? */
  async #missed(follow: Follow): Promise<void> {
    await this.#guard(follow.record.path, async () => {
      if (follow.phase.kind !== 'followed') return;
      await this.#parts.sightings.missed(follow, await this.#statOf(follow.record.path));
    });
  }

  async #statOf(path: string): Promise<FileStat | null> {
    try {
      return await this.#parts.ground.options.host.disk.stat(path);
    } catch (error) {
      const code = diskCode(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') return null;
      throw error;
    }
  }

  /** Unreadable is not deleted: nothing is concluded, the path is looked at again at the next pass. */
  async #guard(path: string, work: () => Promise<void>): Promise<void> {
    const { ground, turnstile } = this.#parts;
    try {
      await turnstile.pass(work);
    } catch (error) {
      const code = diskCode(error);
      if (code === null) throw error;
      const holder = ground.registry.atPath(path);
      if (holder !== undefined) holder.trouble = code;
      if (code !== 'ENOENT')
        ground.skip(path, `cannot be read (${code}); it is tried again, nothing is lost`);
    }
  }

  #directories(): ReadonlySet<string> {
    const directories = new Set(this.#walked);
    for (const { phase, realPath } of this.#parts.ground.registry.all()) {
      if (phase.kind !== 'ended' && realPath !== null) directories.add(directoryOf(realPath));
    }
    return directories;
  }

  /** Whether a path that no pattern wants may be a directory below which one does. */
  #mayHoldFiles(path: string): boolean {
    const below = (one: string, other: string) => one.startsWith(`${other}/`);
    return this.#parts.patterns.some(({ roots }) =>
      roots.some((root) => root.depth > 0 && (below(path, root.path) || below(root.path, path))),
    );
  }
}
