/**
 * Open files, bounded. A followed file that has a name may be closed when others need its descriptor; it is found again
 * by identity and proved by content. One that is busy may be unlinked with lines that nobody has read yet, which only an
 * open handle keeps: rather than close it, the bound is passed, by half of itself at most.
 *
 * Errors: what is not there gives null. What cannot be opened or read (EACCES, EMFILE, EIO) throws `DiskError`:
 * unreadable is not deleted, and nothing is concluded from it.
 */
import type { FileHandle, FileStat } from '../../host/disk.ts';
import { absent, DiskError, diskCode, printablePath } from '../../host/disk.ts';
import { directoryOf } from '../../host/files.ts';
import type { Follow } from './follow.ts';
import type { Ground } from './ground.ts';
import { Tailer } from './tailer.ts';

/** A file that was opened and proved to hold what was read of a stream. */
export interface Found {
  readonly path: string;
  readonly handle: FileHandle;
  readonly stat: FileStat;
  /** The bytes before the position. */
  readonly before: Uint8Array;
}

export interface Sibling {
  readonly path: string;
  readonly stat: FileStat;
}

/** How far busy files may pass the bound: to so many times of it. */
const overshoot = 1.2;

export class Handles {
  readonly #ground: Ground;
  /** Streams with an open file, the one that was used longest ago first. */
  readonly #open = new Set<Follow>();

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** Null when nothing is there. */
  async open(path: string): Promise<FileHandle | null> {
    const { disk } = this.#ground.options.host;
    const { openFilesMax } = this.#ground.options;
    if (this.#open.size >= openFilesMax) {
      const quiet = this.#first((follow) => !this.#busy(follow));
      if (quiet !== null) await this.shut(quiet);
      else if (this.#open.size >= openFilesMax * overshoot) await this.#shutFirst();
    }
    try {
      return await disk.open(path, 'read');
    } catch (error) {
      const code = diskCode(error);
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return null;
      if (code === 'EMFILE' || code === 'ENFILE') await this.#shutFirst();
      throw error;
    }
  }

  /** Runs `work` on an opened file and closes it again, unless `work` keeps it (gives true). */
  async borrow(path: string, work: (handle: FileHandle) => Promise<boolean>): Promise<boolean> {
    const handle = await this.open(path);
    if (handle === null) return false;
    let kept = false;
    try {
      kept = await work(handle);
      return kept;
    } finally {
      if (!kept) await handle.close();
    }
  }

  /** Gives a stream an open file to be read from, at its position. */
  attach(follow: Follow, found: { readonly handle: FileHandle; readonly before: Uint8Array }): void {
    const { position, record, settings } = follow;
    follow.tailer = new Tailer(found.handle, {
      stream: record.id,
      path: printablePath(record.path),
      position,
      before: found.before,
      beginsSo: (bytes) => {
        const { length, hash } = record.head;
        const { work } = this.#ground.options.host;
        return bytes.length >= length && work.sha256([bytes.subarray(0, length)]) === hash;
      },
      lineBytesMax: settings.lineBytesMax,
      memory: this.#ground.lineMemory,
    });
    follow.missingSinceMs = null;
    this.#open.add(follow);
  }

  /** Takes the open file away from a stream; whoever asks owns it now. */
  detach(follow: Follow): FileHandle | null {
    const { tailer } = follow;
    if (tailer === null) return null;
    follow.position = tailer.position;
    follow.remembered = tailer.remembered;
    follow.tailer = null;
    follow.archive = null;
    this.#open.delete(follow);
    return tailer.handle;
  }

  /** It is read now: others are closed before it. */
  use(follow: Follow): void {
    if (this.#open.delete(follow)) this.#open.add(follow);
  }

  async shut(follow: Follow): Promise<void> {
    await this.detach(follow)?.close();
  }

  /** The stream whose file this is, opened and proved; null when it is none that is known. */
  async recognise(path: string, stat: FileStat): Promise<Follow | null> {
    for (const follow of this.#ground.registry.withInode(stat.inode)) {
      if (follow.archive !== null) continue;
      if (follow.tailer !== null) {
        if (follow.record.identity.device === stat.device) return follow;
      } else if (await this.reopenAt(follow, path)) {
        return follow;
      }
    }
    return null;
  }

  /** Opens a closed stream's file again, where its name should be, else beside it; false when it is nowhere. */
  async reopen(follow: Follow): Promise<boolean> {
    if (follow.tailer !== null) return true;
    return (
      (await this.reopenAt(follow, follow.realPath ?? follow.record.path)) || (await this.findBeside(follow))
    );
  }

  /** True when the path leads to the stream's own file: the same inode with the same content. */
  async reopenAt(follow: Follow, path: string): Promise<boolean> {
    if (follow.tailer !== null) return true;
    return await this.borrow(path, async (handle) => {
      const stat = await handle.stat();
      if (stat.inode !== follow.record.identity.inode || stat.size < follow.position) return false;
      const before = await this.#ground.evidence.of(follow, handle);
      if (before === null) return false;
      const { device, inode, birthTimeNs } = stat;
      const { identity } = follow.record;
      // A file system may come back under another device number.
      if (device !== identity.device)
        this.#ground.change(follow, { identity: { device, inode, birthTimeNs } });
      this.attach(follow, { handle, before });
      follow.size = Math.max(follow.size, stat.size);
      if (stat.size > follow.position) this.#ground.options.ready(follow);
      return true;
    });
  }

  /** Looks beside the lost name for the same inode with the same content. */
  async findBeside(follow: Follow): Promise<boolean> {
    for (const { path, stat } of await this.siblings(follow.record.path)) {
      if (stat.inode !== follow.record.identity.inode || !(await this.reopenAt(follow, path))) continue;
      this.#ground.change(follow, { path });
      follow.tailer?.renamed(printablePath(path));
      return true;
    }
    return false;
  }

  /** The plain files beside a path, newest first. */
  async siblings(path: string): Promise<readonly Sibling[]> {
    const { disk } = this.#ground.options.host;
    const directory = directoryOf(path);
    const found: Sibling[] = [];
    for (const entry of await disk.list(directory).catch(absent([]))) {
      const sibling = `${directory === '/' ? '' : directory}/${entry.name}`;
      if (entry.kind !== 'file' || sibling === path) continue;
      const stat = await disk.stat(sibling).catch(absent(null));
      if (stat !== null && stat.kind === 'file') found.push({ path: sibling, stat });
    }
    return found.sort((a, b) => b.stat.modifiedMs - a.stat.modifiedMs);
  }

  /** Where symbolic links lead; null when the path is the file's own. */
  async realPath(path: string): Promise<string | null> {
    const real = await this.#ground.options.host.disk.realPath(path).catch(() => path);
    return real === path ? null : real;
  }

  /** A file beside ours that we may not read is none of ours. */
  async borrowReadable(path: string, work: (handle: FileHandle) => Promise<boolean>): Promise<void> {
    try {
      await this.borrow(path, work);
    } catch (error) {
      if (!(error instanceof DiskError) || (error.code !== 'EACCES' && error.code !== 'EPERM')) throw error;
    }
  }

  /** Closes the file that was used longest ago, busy or not. */
  async #shutFirst(): Promise<void> {
    const follow = this.#first(() => true);
    if (follow !== null) await this.shut(follow);
  }

  /** Among the open files that have a name and are as wanted, the one that was used longest ago. */
  #first(wanted: (follow: Follow) => boolean): Follow | null {
    for (const follow of this.#open) if (follow.phase.kind === 'followed' && wanted(follow)) return follow;
    return null;
  }

  /** It holds what was not read yet, or it grew within `rotate_wait`, so that there may soon be more. */
  #busy({ tailer, position, size, restlessAtMs, settings }: Follow): boolean {
    if ((tailer?.position ?? position) < size) return true;
    return this.#ground.uptimeMs() - restlessAtMs < settings.rotateWaitMs;
  }
}
