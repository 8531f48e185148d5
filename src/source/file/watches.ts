/**
 * Events of directories, as hints. Directories that cannot be watched (no more watches, a network file system) are
 * named, so that they are polled.
 */
import type { Disk, Watch } from '../../host/disk.ts';
import { diskCode, printablePath } from '../../host/disk.ts';
import type { SelfLog } from '../../host/selflog.ts';

const watchesMax = 8192;

export class Watches {
  readonly #disk: Disk;
  readonly #log: SelfLog;
  readonly #changed: (directory: string, name: string | null) => void;
  readonly #watches = new Map<string, Watch>();
  readonly polled = new Set<string>();

  constructor(
    host: { readonly disk: Disk; readonly log: SelfLog },
    changed: (directory: string, name: string | null) => void,
  ) {
    this.#disk = host.disk;
    this.#log = host.log;
    this.#changed = changed;
  }

  /** Watches these directories and no others. */
  async set(directories: ReadonlySet<string>): Promise<void> {
    for (const [directory, watch] of this.#watches) {
      if (directories.has(directory)) continue;
      watch.close();
      this.#watches.delete(directory);
    }
    for (const directory of this.polled) if (!directories.has(directory)) this.polled.delete(directory);
    for (const directory of directories) {
      if (!this.#watches.has(directory)) await this.#add(directory);
    }
  }

  close(): void {
    for (const watch of this.#watches.values()) watch.close();
    this.#watches.clear();
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
      this.#watches.set(
        directory,
        await this.#disk.watch(directory, (name) => this.#changed(directory, name)),
      );
      return null;
    } catch (error) {
      const code = diskCode(error);
      if (code === null) throw error;
      return code;
    }
  }
}
