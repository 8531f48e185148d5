/** Keeps the disk in view: what events speak of, a slow patrol over everything, and rounds where events cost too much. */
import type { Turnstile } from '../../host/bell.ts';
import type { Change } from '../../host/disk.ts';
import { directoryOf } from '../../host/files.ts';
import type { Generations } from './generations.ts';
import type { Ground } from './ground.ts';
import type { Handles } from './handles.ts';
import { Looks } from './looks.ts';
import type { Missed } from './missed.ts';
import { Patrol } from './patrol.ts';
import type { Patterns } from './patterns.ts';
import { Rounds } from './rounds.ts';
import type { Sightings } from './sightings.ts';
import { Walker } from './walk.ts';
import { Watches } from './watches.ts';

export interface ViewParts {
  readonly ground: Ground;
  readonly sightings: Sightings;
  readonly handles: Handles;
  readonly generations: Generations;
  readonly missed: Missed;
  readonly turnstile: Turnstile;
  readonly patterns: readonly Patterns[];
  readonly signal: AbortSignal;
  /** Something may have changed. */
  stirred(): void;
}

export class View {
  readonly patrol: Patrol;
  readonly rounds: Rounds;
  readonly #parts: ViewParts;
  readonly #watches: Watches;
  readonly #looks: Looks;
  readonly #changed = new Set<string>();

  constructor(parts: ViewParts) {
    this.#parts = parts;
    const { ground, patterns, stirred } = parts;
    const { host, log } = ground.options;
    const watches = new Watches({ disk: host.disk, log }, (directory, name, what) =>
      this.#told(directory, name, what),
    );
    const walker = new Walker(host.disk, {
      patterns,
      nowMs: () => ground.nowMs(),
      trusts: (directory) => watches.has(directory),
    });
    const looks = new Looks({ ...parts, watches, news: () => this.patrol.expectNews() });
    this.patrol = new Patrol({
      ...parts,
      watches,
      walker,
      looks,
      passed: (directories) => {
        this.rounds.keep(directories);
        stirred();
      },
    });
    this.rounds = new Rounds({
      ...parts,
      watches,
      foundIn: (directory) => walker.foundIn(directory),
      look: (path) => looks.look(path, { at: 'beginning', calmly: true }),
      lookThrough: (directory) => this.patrol.doubt(directory),
      news: () => this.patrol.expectNews(),
    });
    this.#watches = watches;
    this.#looks = looks;
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

  /** This path is to be looked at soon. */
  mark(path: string): void {
    this.#changed.add(path);
    this.#parts.stirred();
  }

  /** Looks at the paths of which events spoke. */
  async attend(): Promise<void> {
    const paths = [...this.#changed];
    this.#changed.clear();
    for (const path of paths) await this.#looks.look(path, { at: 'beginning', calmly: false });
  }

  /** Looks at the followed files of directories that cannot be watched. */
  async poll(): Promise<void> {
    for (const follow of this.#parts.ground.registry.all()) {
      const { path } = follow.record;
      const there = follow.realPath ?? path;
      const polled = [path, there].some((one) => this.#watches.polled.has(directoryOf(one)));
      if (polled && follow.phase.kind === 'followed')
        await this.#looks.look(path, { at: 'beginning', calmly: true });
    }
  }

  /** An event. Content of a file that is known leads straight to its read. */
  #told(directory: string, name: string | null, what: Change): void {
    if (name === null) {
      this.patrol.doubt(directory);
      return;
    }
    this.rounds.count(directory);
    const path = directory === '/' ? `/${name}` : `${directory}/${name}`;
    if (what === 'content') {
      const { registry, options } = this.#parts.ground;
      const holder = registry.atPath(path);
      if (holder === undefined ? this.#looks.isUnwanted(path) : options.notice(holder)) return;
    }
    this.mark(path);
  }
}
