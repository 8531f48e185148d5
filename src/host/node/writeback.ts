/**
 * Has the log of a database (its WAL) written to the disk in the background, a little at a time. SQLite itself does so
 * only at a checkpoint, all at once, on the thread that commits: 8 MiB of it held that thread up for some 30 ms twice a
 * second at 5,000 lines a second; what was written back before costs the checkpoint next to nothing.
 *
 * It changes nothing of what is durable when. The descriptor is of the log alone, on which SQLite takes no locks.
 */
import { closeSync, fdatasync, openSync } from 'node:fs';
import { nativePath } from './path-bytes.ts';

/** Between two writings, at the least: a few hundred KiB. */
const commitsBetween = 16;

export class Writeback {
  readonly #path: string;
  #descriptor: number | null = null;
  #commits = 0;
  #state: 'idle' | 'writing' | 'closed' = 'idle';

  /** Of the database at a path, which need not have a log yet. */
  constructor(databasePath: string) {
    this.#path = `${databasePath}-wal`;
  }

  /** After each commit that did not wait for the disk. */
  committed(): void {
    this.#commits += 1;
    if (this.#commits < commitsBetween || this.#state !== 'idle') return;
    this.#commits = 0;
    this.#descriptor ??= this.#open();
    if (this.#descriptor === null) return;
    this.#state = 'writing';
    // A failure shows at the checkpoint, which writes what is still to be written.
    fdatasync(this.#descriptor, () => {
      if (this.#state === 'closed') this.#shut();
      else this.#state = 'idle';
    });
  }

  close(): void {
    const writing = this.#state === 'writing';
    this.#state = 'closed';
    if (!writing) this.#shut();
  }

  #open(): number | null {
    try {
      return openSync(nativePath(this.#path), 'r');
    } catch {
      return null;
    }
  }

  #shut(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }
}
