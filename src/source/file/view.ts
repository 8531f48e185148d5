/**
 * Keeps the disk in view: what events speak of, and a slow pass over everything, which is the truth.
 *
 * One path at a time is looked at, in the turnstile that reads pass too, so that nothing is decided about a file while
 * it is being read.
 */
import type { Turnstile } from '../../host/bell.ts';
import type { FileStat } from '../../host/disk.ts';
import { diskCode } from '../../host/disk.ts';
import { directoryOf } from '../../host/files.ts';
import type { Follow } from './follow.ts';
import type { Generations } from './generations.ts';
import type { Ground } from './ground.ts';
import type { Newcomers } from './newcomers.ts';
import type { Patterns } from './patterns.ts';
import type { Sightings } from './sightings.ts';
import { walk } from './walk.ts';
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

export class View {
  readonly #parts: ViewParts;
  readonly #watches: Watches;
  readonly #changed = new Set<string>();
  /** A full pass is wanted soon. */
  passDue = false;

  constructor(parts: ViewParts) {
    this.#parts = parts;
    const { host, log } = parts.ground.options;
    this.#watches = new Watches({ disk: host.disk, log }, (directory, name) => {
      if (name === null) this.passDue = true;
      else this.#changed.add(directory === '/' ? `/${name}` : `${directory}/${name}`);
      parts.stirred();
    });
  }

  /** Whether there is something to look at now. */
  get stirs(): boolean {
    return this.#changed.size > 0 || this.passDue;
  }

  get polls(): boolean {
    return this.#watches.polled.size > 0;
  }

  close(): void {
    this.#watches.close();
  }

  /** Looks at the paths of which events spoke. */
  async attend(): Promise<void> {
    const paths = [...this.#changed];
    this.#changed.clear();
    for (const path of paths) await this.#look(path, 'beginning');
  }

  /** Looks at the followed files of directories that cannot be watched. */
  async poll(): Promise<void> {
    for (const follow of [...this.#parts.ground.registry.all()]) {
      const { path } = follow.record;
      const there = follow.realPath ?? path;
      const polled = [path, there].some((one) => this.#watches.polled.has(directoryOf(one)));
      if (polled && follow.phase.kind === 'followed') await this.#look(path, 'beginning');
    }
  }

  /** Every wanted path, every followed file, whatever events told. */
  async pass({ veryFirst }: { readonly veryFirst: boolean }): Promise<void> {
    const { ground, patterns, signal } = this.#parts;
    this.passDue = false;
    const seen = await walk(ground.options.host.disk, patterns);
    for (const [path, cause] of seen.unreadable) ground.skip(path, `cannot be looked through (${cause})`);
    for (const path of seen.found.keys()) {
      if (signal.aborted) return;
      await this.#look(path, veryFirst ? 'end' : 'beginning');
    }
    for (const follow of [...ground.registry.all()]) {
      if (follow.phase.kind === 'followed' && !seen.found.has(follow.record.path)) await this.#missed(follow);
      if (follow.trouble !== null) ground.options.ready(follow);
    }
    // What came into a new directory before it was watched is looked for once more.
    if (!signal.aborted && (await this.#watches.set(this.#directories(seen.directories))))
      this.passDue = true;
  }

  /** After a start: finds known files by identity before any path is taken for a new file. */
  async recogniseAll(): Promise<void> {
    const { ground, newcomers, patterns, sightings, turnstile } = this.#parts;
    const seen = await walk(ground.options.host.disk, patterns);
    for (const path of seen.found.keys()) {
      await this.#guard(path, async () => {
        const stat = await ground.options.host.disk.stat(path);
        const known = stat.kind === 'file' ? await sightings.recognise(path, stat) : null;
        if (known !== null) await sightings.sight(path, stat, 'beginning');
      });
    }
    const closed = [...ground.registry.all()]
      .filter((one) => one.phase.kind === 'followed' && one.tailer === null)
      .map((follow) => ({ follow, was: follow.record }));
    for (const { follow } of closed) await this.#missed(follow);
    for (const { follow, was } of closed) {
      if (ground.registry.atPath(was.path) === follow) continue;
      const recognise = (path: string, stat: FileStat) => sightings.recognise(path, stat);
      await turnstile.pass(() => newcomers.enterMissed(follow, was, recognise));
    }
  }

  /** One path: what is there now? */
  async #look(path: string, at: 'beginning' | 'end'): Promise<void> {
    const { generations, ground, patterns, sightings } = this.#parts;
    const wanted = patterns.find((one) => one.matches(path));
    if (wanted === undefined && ground.registry.atPath(path) === undefined) {
      // Writes to files that nobody wants are no news.
      if (this.#mayHoldFiles(path) && (await this.#isDirectory(path))) this.passDue = true;
      return;
    }
    await this.#guard(path, async () => {
      const holder = ground.registry.atPath(path);
      const name = holder?.realPath === path ? holder.record.path : path;
      const start = at === 'end' ? (wanted?.settings.startAt ?? 'beginning') : 'beginning';
      const stat = await this.#statOf(name);
      if (stat !== null) await sightings.sight(name, stat, start);
      else if (holder !== undefined) await generations.depart(holder);
    });
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

  #directories(walked: ReadonlyMap<string, unknown>): ReadonlySet<string> {
    const directories = new Set(walked.keys());
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
