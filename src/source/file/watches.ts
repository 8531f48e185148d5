/**
 * Events of directories, as hints. Directories that cannot be watched (no more watches, a network file system) are
 * named, so that they are polled. The watch of a directory whose events cost too much can be put down for a while.
 */
import type { Changed, Disk, Watch } from '../../host/disk.ts';
import { diskCode, printablePath } from '../../host/disk.ts';
import type { SelfLog } from '../../host/selflog.ts';

const watchesMax = 8192;

interface Watched {
  readonly watch: Watch;
  /** Which directory it was: one that was removed and made again under its name is another. */
  readonly identity: string;
}

export class Watches {
  readonly #disk: Disk;
  readonly #log: SelfLog;
  readonly #changed: (directory: string, ...event: Parameters<Changed>) => void;
  readonly #watches = new Map<string, Watched>();
  /** Directories that may have been removed, so that their watches are dead. */
  readonly #doubtful = new Set<string>();
  readonly polled = new Set<string>();

  constructor(
    host: { readonly disk: Disk; readonly log: SelfLog },
    changed: (directory: string, ...event: Parameters<Changed>) => void,
  ) {
    this.#disk = host.disk;
    this.#log = host.log;
    this.#changed = changed;
  }

  /** Watches these directories and no others; true when some are new among them. `step` is awaited before each look. */
  async set(directories: ReadonlySet<string>, step: () => Promise<void> | null): Promise<boolean> {
    const first = this.#watches.size === 0;
    let added = false;
    for (const [directory, { watch, identity }] of this.#watches) {
      await step();
      const same = directories.has(directory) && identity === (await this.#identityOf(directory));
      if (same && !this.#doubtful.has(directory)) continue;
      watch.close();
      this.#watches.delete(directory);
      this.#doubtful.delete(directory);
    }
    for (const directory of this.polled) if (!directories.has(directory)) this.polled.delete(directory);
    for (const directory of directories) {
      if (this.#watches.has(directory)) continue;
      await step();
      await this.#add(directory);
      added ||= this.#watches.has(directory);
    }
    return added && !first;
  }

  has(directory: string): boolean {
    return this.#watches.has(directory);
  }

  /** Watched, or polled since it cannot be. */
  knows(directory: string): boolean {
    return this.#watches.has(directory) || this.polled.has(directory);
  }

  /** No more of its events for now. It stays one that can be watched, and is not polled. */
  putDown(directory: string): void {
    this.#watches.get(directory)?.watch.close();
  }

  /** Its events again. What happened meanwhile is for the caller to look for. */
  async takeUp(directory: string): Promise<void> {
    this.#watches.get(directory)?.watch.close();
    if (!this.#watches.delete(directory)) return;
    await this.#add(directory);
  }

  close(): void {
    for (const { watch } of this.#watches.values()) watch.close();
    this.#watches.clear();
  }

  async #identityOf(directory: string): Promise<string> {
    const stat = await this.#disk.stat(directory).catch(() => null);
    return stat === null ? '' : `${stat.device}:${stat.inode}:${stat.birthTimeNs}`;
  }

  async #add(directory: string): Promise<void> {
    const remote = (await this.#disk.volume(directory).catch(() => null))?.remote ?? false;
    const reason = remote
      ? 'a network file system'
      : this.#watches.size >= watchesMax
        ? `more than ${watchesMax} directories`
        : await this.#watch(directory);
    if (reason === null) this.polled.delete(directory);
    else if (!this.polled.has(directory)) {
      this.polled.add(directory);
      const message = `${printablePath(directory)} is polled: ${reason}`;
      this.#log.write('info', 'directory.polled', message, { reason });
    }
  }

  async #watch(directory: string): Promise<string | null> {
    try {
      // Asked before: one that is made anew in between is then seen as another.
      const identity = await this.#identityOf(directory);
      const watch = await this.#disk.watch(directory, (name, what) => {
        // What ends a watch is told under the directory's own name, or none. An inode may be used again at once.
        if (name === null || directory.endsWith(`/${name}`)) this.#doubtful.add(directory);
        this.#changed(directory, name, what);
      });
      this.#watches.set(directory, { watch, identity });
      return null;
    } catch (error) {
      const code = diskCode(error);
      if (code === null) throw error;
      return code;
    }
  }
}
