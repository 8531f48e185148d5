/**
 * Looks through the directories of the patterns. Follows symbolic links, but enters each directory once, so that
 * links in a circle end. What cannot be entered is reported: unreadable is not deleted.
 *
 * A directory whose time of last change is what it was, and old enough to show a later one, holds the names that it held:
 * it is not listed again, nor are its names matched. So a walk over what did not change costs one look a directory.
 */
import type { Disk, FileStat } from '../../host/disk.ts';
import { diskCode } from '../../host/disk.ts';
import type { Patterns, Root } from './patterns.ts';

export interface Walk {
  /** Paths of matching entries that are not directories, each once. */
  readonly found: ReadonlySet<string>;
  /** Directories that were listed. */
  readonly directories: ReadonlySet<string>;
  readonly unreadable: ReadonlyMap<string, string>;
}

/** What one directory holds of interest to one pattern, as it was at a moment. */
interface Listing {
  readonly identity: string;
  readonly modifiedMs: number;
  /** Paths of matching entries. */
  readonly found: readonly string[];
  /** Paths of entries that may be directories. */
  readonly below: readonly string[];
}

export interface WalkOptions {
  readonly patterns: readonly Patterns[];
  /** By the wall clock, as the times of files. */
  nowMs(): number;
  /** Whether the times of this directory can be trusted: a network file system may show them late. */
  trusts(directory: string): boolean;
}

const directoriesMax = 20_000;
/** Times of last change are as coarse as 2 s (vfat), and some more: within it a second change may not show. */
export const timeGrainMs = 3000;

/** One look through the directories of these patterns. */
export async function walk(disk: Disk, patterns: readonly Patterns[]): Promise<Walk> {
  const walker = new Walker(disk, { patterns, nowMs: () => 0, trusts: () => false });
  return await walker.walk(() => Promise.resolve());
}

export class Walker {
  readonly #disk: Disk;
  readonly #options: WalkOptions;
  readonly #known = new Map<Patterns, Map<string, Listing>>();
  #last: { readonly walk: Walk; readonly listings: readonly Listing[] } | null = null;

  constructor(disk: Disk, options: WalkOptions) {
    this.#disk = disk;
    this.#options = options;
  }

  /** What the last walk found in one directory. */
  *foundIn(directory: string): Generator<string, undefined> {
    for (const known of this.#known.values()) yield* known.get(directory)?.found ?? [];
    return undefined;
  }

  /** `step` is awaited before each look at a directory. */
  async walk(step: () => Promise<void> | null): Promise<Walk> {
    const directories = new Set<string>();
    const unreadable = new Map<string, string>();
    const listings: Listing[] = [];
    for (const one of this.#options.patterns) {
      const entered = new Map<string, number>();
      const before = this.#known.get(one) ?? new Map<string, Listing>();
      const known = new Map<string, Listing>();
      const toVisit: Root[] = [...one.roots];
      for (let next = toVisit.pop(); next !== undefined; next = toVisit.pop()) {
        await step();
        const listing = await this.#enter(next, { one, before, entered, unreadable });
        if (listing === null) continue;
        if (directories.size >= directoriesMax && !directories.has(next.path)) {
          unreadable.set(next.path, `more than ${directoriesMax} directories`);
          continue;
        }
        directories.add(next.path);
        known.set(next.path, listing);
        listings.push(listing);
        if (next.depth > 0) for (const path of listing.below) toVisit.push({ path, depth: next.depth - 1 });
      }
      this.#known.set(one, known);
    }
    if (unreadable.size === 0 && this.#isLast(listings)) return this.#last!.walk;
    const walk = { found: new Set(listings.flatMap(({ found }) => found)), directories, unreadable };
    this.#last = unreadable.size === 0 ? { walk, listings } : null;
    return walk;
  }

  #isLast(listings: readonly Listing[]): boolean {
    const last = this.#last?.listings;
    return last?.length === listings.length && listings.every((one, index) => one === last[index]);
  }

  async #enter(
    { path, depth }: Root,
    seen: {
      readonly one: Patterns;
      readonly before: ReadonlyMap<string, Listing>;
      readonly entered: Map<string, number>;
      readonly unreadable: Map<string, string>;
    },
  ): Promise<Listing | null> {
    try {
      const nowMs = this.#options.nowMs();
      const stat = await this.#disk.stat(path);
      const identity = `${stat.device}:${stat.inode}`;
      if (stat.kind !== 'directory' || (seen.entered.get(identity) ?? -1) >= depth) return null;
      seen.entered.set(identity, depth);
      const before = seen.before.get(path);
      const same = before?.identity === identity && before.modifiedMs === stat.modifiedMs;
      if (same && this.#options.trusts(path)) return before;
      const old = nowMs - stat.modifiedMs > timeGrainMs;
      return await this.#list(path, { one: seen.one, identity, stat, old });
    } catch (error) {
      const code = diskCode(error);
      if (code === null) throw error;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') seen.unreadable.set(path, code);
      return null;
    }
  }

  async #list(
    directory: string,
    now: {
      readonly one: Patterns;
      readonly identity: string;
      readonly stat: FileStat;
      readonly old: boolean;
    },
  ): Promise<Listing> {
    const found: string[] = [];
    const below: string[] = [];
    for (const { name, kind } of await this.#disk.list(directory)) {
      const path = directory === '/' ? `/${name}` : `${directory}/${name}`;
      const matches = now.one.matches(path);
      if (matches && kind !== 'directory') found.push(path);
      if (kind === 'directory' || (kind === 'link' && !matches)) below.push(path);
    }
    // Not a number: equal to no time, so that it is listed anew.
    const modifiedMs = now.old ? now.stat.modifiedMs : Number.NaN;
    return { identity: now.identity, modifiedMs, found, below };
  }
}
