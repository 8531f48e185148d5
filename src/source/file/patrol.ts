/**
 * Looks at everything, which is the truth: events are hints, and may be lost. The first pass finds what is there at the
 * start; full passes follow each other slowly; between and within them comes a quick look for what nobody knows yet,
 * when something told of news.
 */
import { Bell, type Turnstile } from '../../host/bell.ts';
import { directoryOf } from '../../host/files.ts';
import type { Follow } from './follow.ts';
import type { Ground } from './ground.ts';
import type { Handles } from './handles.ts';
import type { Looks } from './looks.ts';
import type { Missed } from './missed.ts';
import type { Sightings } from './sightings.ts';
import type { Walker } from './walk.ts';
import type { Watches } from './watches.ts';

export interface PatrolParts {
  readonly ground: Ground;
  readonly sightings: Sightings;
  readonly handles: Handles;
  readonly missed: Missed;
  readonly turnstile: Turnstile;
  readonly signal: AbortSignal;
  readonly watches: Watches;
  readonly walker: Walker;
  readonly looks: Looks;
  /** A pass is over; these are the directories that are followed. */
  passed(directories: ReadonlySet<string>): void;
}

/**
 * `first`: everything, and files that are there begin where `start_at` says (at an agent's `very-first` start).
 * `full`:  everything, spread over time.
 * `news`:  paths that nobody knows, streams that no path leads to, and directories about which something was told.
 */
export type Scope = 'very-first' | 'first' | 'full' | 'news';

/**
 * Looks that are taken without a break, and the rest after them in a full pass. On a machine that is otherwise idle a look
 * costs some 35 µs of CPU with all that belongs to it (cold caches, garbage), so a pass costs less than half a per cent of
 * a core: 1,300 files take 13 s, 10,000 take 97.
 */
const looksAtOnce = 128;
const restMs = 1250;
/** The shortest wait of a timer: others have their turn. */
const breathMs = 1;

export class Patrol {
  readonly #parts: PatrolParts;
  /** The directories that the last walk found. */
  #walked: ReadonlySet<string> = new Set();
  /** Directories in which everything is to be looked at. */
  #doubtful = new Set<string>();
  #newsDue = false;
  #number = 0;
  #rescanMs = Number.POSITIVE_INFINITY;
  #newsAtMs = Number.POSITIVE_INFINITY;
  /** What was found when everything was asked for last. */
  #found: ReadonlySet<string> | null = null;
  /** Rings when news are due. */
  readonly #bell = new Bell();

  constructor(parts: PatrolParts) {
    this.#parts = parts;
  }

  /** Something unknown has changed: a look for it is wanted soon. */
  expectNews(): void {
    this.#newsDue = true;
    this.#bell.ring();
  }

  /** Something happened in this directory, and it is not known to what. */
  doubt(directory: string): void {
    this.#doubtful.add(directory);
    this.expectNews();
  }

  /** Full passes, and looks for news, until the source is closed. */
  async run(rescanMs: number, passed: () => Promise<void>): Promise<void> {
    const { ground, signal } = this.#parts;
    this.#rescanMs = rescanMs;
    let atMs = ground.uptimeMs() + rescanMs;
    while (!signal.aborted) {
      while (!signal.aborted && ground.uptimeMs() < atMs) await this.#rest(atMs - ground.uptimeMs());
      if (signal.aborted) return;
      // One that takes longer than the interval is followed by the next after a rest.
      atMs = ground.uptimeMs() + rescanMs;
      await this.pass('full');
      await passed();
      atMs = Math.max(atMs, ground.uptimeMs() + restMs);
    }
  }

  async pass(scope: Scope): Promise<void> {
    const { ground, signal } = this.#parts;
    const { registry, restless } = ground;
    const doubtful = this.#doubtful;
    this.#doubtful = new Set();
    this.#newsDue = false;
    this.#newsAtMs = ground.uptimeMs() + this.#rescanMs;
    const step = this.#stepper(scope);
    const walkStep = scope === 'full' ? this.#stepper('walk') : step;
    const seen = await this.#parts.walker.walk(walkStep);
    this.#walked = seen.directories;
    for (const [path, cause] of seen.unreadable) ground.skip(path, `cannot be looked through (${cause})`);
    let added = await this.#parts.watches.set(this.#directories(), walkStep);
    const at = scope === 'very-first' ? 'end' : 'beginning';
    this.#number += 1;
    const number = this.#number;
    const unchanged = scope === 'news' && doubtful.size === 0 && seen.found === this.#found;
    this.#found = seen.found;
    for (const path of unchanged ? [] : seen.found) {
      const holder = registry.atPath(path);
      if (holder !== undefined) {
        if (holder.record.path === path) holder.passed = number;
        const isNews = scope !== 'news' || (doubtful.size > 0 && doubtful.has(directoryOf(path)));
        if (!isNews) continue;
      }
      const rest = step();
      if (rest !== null) await rest;
      if (signal.aborted) return;
      if (holder === undefined || !this.#parts.looks.glance(holder, path))
        await this.#parts.looks.look(path, { at, calmly: true });
    }
    for (const follow of registry.all()) {
      if (signal.aborted) return;
      if (follow.missingSinceMs !== null) restless.add(follow);
      const wasFound = follow.passed === number || seen.found.has(follow.record.path);
      if (follow.phase.kind === 'followed' && !wasFound) {
        await step();
        await this.#parts.looks.missed(follow);
      }
      if (follow.trouble !== null) ground.options.ready(follow);
    }
    // Links that were followed for the first time lead to directories that were not known before.
    const directories = this.#directories();
    if ([...directories].some((one) => !this.#parts.watches.knows(one))) {
      const more = await this.#parts.watches.set(directories, walkStep);
      added ||= more;
    }
    this.#parts.passed(directories);
    // What came into a new directory before it was watched is looked for once more.
    if (added) this.expectNews();
  }

  /** After a start: finds known files by identity before any path is taken for a new file. */
  async recogniseAll(): Promise<void> {
    const { ground, handles, missed, sightings, turnstile } = this.#parts;
    const step = this.#stepper('first');
    const seen = await this.#parts.walker.walk(step);
    const recognised = new Set<Follow>();
    for (const path of seen.found) {
      await step();
      await this.#parts.looks.guard(path, async () => {
        const stat = await ground.options.host.disk.stat(path);
        const known = stat.kind === 'file' ? await handles.recognise(path, stat) : null;
        if (known === null) return;
        recognised.add(known);
        await sightings.sight(path, stat, 'beginning');
      });
    }
    const closed = [...ground.registry.all()]
      .filter((one) => one.phase.kind === 'followed' && one.tailer === null && !recognised.has(one))
      .map((follow) => ({ follow, was: follow.record }));
    for (const { follow } of closed) await this.#parts.looks.missed(follow);
    for (const { follow, was } of closed) {
      if (ground.registry.atPath(was.path) === follow) continue;
      await turnstile.pass(() => missed.enter(was.path));
    }
  }

  /**
   * Gives others a turn after so many looks; in a full pass the machine has a rest as well. News wait for the end of a
   * walk: two that overlap would not agree about the directories.
   */
  #stepper(scope: Scope | 'walk'): () => Promise<void> | null {
    const { ground, signal } = this.#parts;
    let looks = 0;
    return () => {
      looks += 1;
      if (looks % looksAtOnce !== 0) return null;
      if (scope !== 'full') return ground.options.host.clock.sleep(breathMs, signal);
      // In a pass over very many files new names do not wait for its end.
      if (ground.uptimeMs() >= this.#newsAtMs) this.expectNews();
      return this.#rest(restMs);
    };
  }

  /** Waits, and looks for news when they are due. */
  async #rest(ms: number): Promise<void> {
    const { ground, signal } = this.#parts;
    if (!this.#newsDue) await this.#bell.wait(ground.options.host.clock, ms, signal);
    if (this.#newsDue && !signal.aborted) await this.pass('news');
  }

  #directories(): ReadonlySet<string> {
    const directories = new Set(this.#walked);
    for (const { phase, realPath } of this.#parts.ground.registry.all()) {
      if (phase.kind !== 'ended' && realPath !== null) directories.add(directoryOf(realPath));
    }
    return directories;
  }
}
