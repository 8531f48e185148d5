/**
 * One look at one path. What is not as it was is decided in the turnstile that reads pass too, one path at a time, so that
 * nothing is decided about a file while it is being read. A file that is as it was when it was proved costs one look
 * and no more.
 */
import type { Turnstile } from '../../host/bell.ts';
import type { FileStat } from '../../host/disk.ts';
import { diskCode } from '../../host/disk.ts';
import type { Follow } from './follow.ts';
import type { Generations } from './generations.ts';
import type { Ground } from './ground.ts';
import type { Patterns } from './patterns.ts';
import type { Sightings } from './sightings.ts';
import type { Watches } from './watches.ts';

export interface LooksParts {
  readonly ground: Ground;
  readonly sightings: Sightings;
  readonly generations: Generations;
  readonly turnstile: Turnstile;
  readonly patterns: readonly Patterns[];
  readonly watches: Watches;
  /** There may be files or directories that nobody knows. */
  news(): void;
}

/** Paths that nobody wants, of which events need not be looked into. */
const unwantedMax = 1000;

export class Looks {
  readonly #parts: LooksParts;
  readonly #unwanted = new Set<string>();

  constructor(parts: LooksParts) {
    this.#parts = parts;
  }

  /** Whether it was found that nobody wants this path, and that it is no directory in which somebody wants some. */
  isUnwanted(path: string): boolean {
    return this.#unwanted.has(path);
  }

  /** One path: what is there now? `calmly`: a file that is as it was proved needs no more. */
  async look(
    path: string,
    { at, calmly }: { readonly at: 'beginning' | 'end'; readonly calmly: boolean },
  ): Promise<void> {
    const { generations, ground, sightings } = this.#parts;
    if (ground.registry.atPath(path) === undefined && ground.options.wanted(path) === null) {
      // Writes to files that nobody wants are no news.
      if (this.#mayHoldFiles(path) && (await this.#isDirectory(path))) this.#parts.news();
      else {
        if (this.#unwanted.size >= unwantedMax) this.#unwanted.clear();
        this.#unwanted.add(path);
      }
      return;
    }
    if (calmly && (await this.#isCalm(path))) return;
    await this.guard(path, async () => {
      const holder = ground.registry.atPath(path);
      const name = holder?.realPath === path ? holder.record.path : path;
      const wanted = at === 'end' ? ground.options.wanted(path) : null;
      const stat = await this.#statOf(name);
      if (stat !== null) await sightings.sight(name, stat, wanted?.settings.startAt ?? 'beginning');
      else if (holder !== undefined) await generations.depart(holder);
    });
  }

  /** Whether a file is as it was proved, as far as that can be told without waiting. */
  glance(follow: Follow, path: string): boolean {
    const { ground, sightings } = this.#parts;
    if (follow.calmSize < 0) return false;
    const stat = ground.options.host.disk.glance(path);
    if (stat === null || !sightings.isCalm(follow, stat)) return false;
    ground.lighten(follow);
    return true;
  }

  async #isCalm(path: string): Promise<boolean> {
    const { ground, sightings } = this.#parts;
    const holder = ground.registry.atPath(path);
    if (holder === undefined || holder.calmSize < 0) return false;
    const stat = await ground.options.host.disk.stat(path).catch(() => null);
    if (stat === null || ground.registry.atPath(path) !== holder) return false;
    return sightings.isCalm(holder, stat);
  }

  /** A followed stream whose path no pattern found: gone, or only out of sight? */
  async missed(follow: Follow): Promise<void> {
    await this.guard(follow.record.path, async () => {
      if (follow.phase.kind !== 'followed') return;
      await this.#parts.sightings.missed(follow, await this.#statOf(follow.record.path));
    });
  }

  /** Unreadable is not deleted: nothing is concluded, the path is looked at again at the next pass. */
  async guard(path: string, work: () => Promise<void>): Promise<void> {
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

  /** One that cannot be looked at may be one; one that is gone was one if it was watched. */
  async #isDirectory(path: string): Promise<boolean> {
    try {
      const stat = await this.#statOf(path);
      return stat === null ? this.#parts.watches.has(path) : stat.kind === 'directory';
    } catch (error) {
      if (diskCode(error) === null) throw error;
      return true;
    }
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

  /** Whether a path that no pattern wants may be a directory below which one does. */
  #mayHoldFiles(path: string): boolean {
    const below = (one: string, other: string) => one.startsWith(`${other}/`);
    return this.#parts.patterns.some(({ roots }) =>
      roots.some((root) => root.depth > 0 && (below(path, root.path) || below(root.path, path))),
    );
  }
}
