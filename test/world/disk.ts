/**
 * A process's view of a drive: the `Disk` contract, with virtual delays and the faults of the moment. An operation
 * takes effect at one moment within its delay; sometimes its answer comes later still, so that a process can die
 * after the effect and before the answer.
 */
import type {
  Change,
  Changed,
  DirectoryEntry,
  Disk,
  FileHandle,
  FileStat,
  Volume,
  Watch,
} from '../../src/host/disk.ts';
import { directoryOf } from '../../src/host/files.ts';
import type { Dice } from './dice.ts';
import { type Drive, fail } from './drive.ts';
import type { DiskFault, Faults, Fired } from './faults.ts';
import type { Inode } from './inode.ts';
import type { WorldProcess } from './process.ts';

export interface DiskOptions {
  readonly drive: Drive;
  readonly dice: Dice;
  readonly faults: Faults;
  readonly fired: Fired;
  readonly openFilesMax: number;
}

/** Which faults each kind of operation can meet. */
const canMeet = {
  open: ['EMFILE', 'EACCES', 'EIO'],
  create: ['EMFILE', 'EACCES', 'ENOSPC', 'EIO'],
  read: ['EIO'],
  write: ['ENOSPC', 'EIO'],
  look: ['EACCES', 'EIO'],
  change: ['ENOSPC', 'EIO', 'EACCES'],
  sync: ['EIO'],
  watch: ['EMFILE', 'ENOSPC'],
} as const satisfies Record<string, readonly DiskFault[]>;

type Operation = keyof typeof canMeet;

/** Longest delay of an operation, ms: enough for interleavings, small against every time-out. */
const delayMaxMs = 2;
const eventDelayMaxMs = 200;

export class WorldDisk implements Disk {
  readonly #process: WorldProcess;
  readonly #options: DiskOptions;
  #open = 0;

  constructor(process: WorldProcess, options: DiskOptions) {
    this.#process = process;
    this.#options = options;
  }

  get openFiles(): number {
    return this.#open;
  }

  open(path: string, mode: 'read' | 'write' | 'append', permissions = 0o644): Promise<FileHandle> {
    const { drive } = this.#options;
    return this.perform(mode === 'read' ? 'open' : 'create', path, () => {
      if (this.#open >= this.#options.openFilesMax) fail('EMFILE', path);
      const inode = mode === 'read' ? drive.get(path) : drive.file(path, permissions);
      if (inode.kind === 'directory' && mode !== 'read') fail('EISDIR', path);
      if (mode === 'read' && (inode.permissions & 0o444) === 0) fail('EACCES', path);
      if (mode !== 'read' && (inode.permissions & 0o222) === 0) fail('EACCES', path);
      if (mode === 'write' && inode.size > 0) drive.truncate(inode, 0);
      this.#open += 1;
      return new WorldFile({ disk: this, process: this.#process, options: this.#options, inode, path, mode });
    });
  }

  stat(path: string): Promise<FileStat> {
    return this.perform('look', path, () => statOf(this.#options.drive, this.#options.drive.get(path)));
  }

  /** Nothing is at hand: every look of the simulated world takes its time, and may fail. */
  glance(): FileStat | null {
    return null;
  }

  list(directory: string): Promise<readonly DirectoryEntry[]> {
    return this.perform('look', directory, () => {
      const inode = this.#options.drive.get(directory);
      if (inode.kind !== 'directory') fail('ENOTDIR', directory);
      const entries = [...inode.entries].map(([name, { kind }]) => ({
        name,
        kind: kind === 'fifo' || kind === 'device' ? ('other' as const) : kind,
      }));
      if (this.#options.dice.chance(0.5)) entries.reverse();
      return entries;
    });
  }

  realPath(path: string): Promise<string> {
    return this.perform('look', path, () => this.#options.drive.realPath(path));
  }

  rename(from: string, to: string): Promise<void> {
    return this.perform('change', from, () => this.#options.drive.rename(from, to));
  }

  unlink(path: string): Promise<void> {
    return this.perform('change', path, () => this.#options.drive.unlink(path));
  }

  makeDirectory(path: string, permissions: number): Promise<void> {
    return this.perform('change', path, () => this.#options.drive.makeDirectory(path, permissions));
  }

  setPermissions(path: string, permissions: number): Promise<void> {
    return this.perform('change', path, () => {
      this.#options.drive.get(path).permissions = permissions;
    });
  }

  syncDirectory(path: string): Promise<void> {
    return this.perform('sync', path, () => this.#options.drive.syncDirectory(path));
  }

  watch(directory: string, changed: Changed): Promise<Watch> {
    return this.perform('watch', directory, () => {
      const waiting = new Map<string, Change>();
      const stop = this.#options.drive.watch(directory, (name, what) =>
        this.#report({ name, what }, { waiting, changed }),
      );
      const forget = this.#process.atDeath(stop);
      return {
        close: () => {
          forget();
          stop();
        },
      };
    });
  }

  volume(path: string): Promise<Volume> {
    return this.perform('look', path, () => ({
      type: 'ext4',
      freeBytes: this.#options.faults.diskFull ? 0 : 1e10,
      losesDataAtReboot: false,
      remote: false,
    }));
  }

  allows(path: string, access: 'read' | 'write'): Promise<boolean> {
    return this.perform('look', path, () => {
      const inode = this.#options.drive.find(path);
      return inode !== null && (inode.permissions & (access === 'read' ? 0o444 : 0o222)) !== 0;
    });
  }

  /** For the handles of this disk: one fewer is open. */
  closed(): void {
    this.#open -= 1;
  }

  perform<T>(operation: Operation, path: string, work: () => T): Promise<T> {
    const { dice } = this.#options;
    const result = this.#process.later(dice.fraction() * delayMaxMs, () => {
      const fault = this.#fault(operation);
      if (fault !== null) fail(fault, path);
      return work();
    });
    if (!dice.chance(0.05)) return result;
    return result.then((value) => this.#process.later(dice.fraction() * delayMaxMs, () => value));
  }

  #fault(operation: Operation): DiskFault | null {
    const { dice, faults, fired } = this.#options;
    for (const code of canMeet[operation]) {
      const full =
        code === 'ENOSPC' &&
        faults.diskFull &&
        (operation === 'create' || operation === 'write' || operation === 'change');
      if (!full && !(faults.disk[code] > 0 && dice.chance(faults.disk[code]))) continue;
      fired.add(`disk ${code}`);
      return code;
    }
    return null;
  }

  /** Events come late, the same name only once while it waits; some are lost, some lose their name. */
  #report(
    { name, what }: { readonly name: string; readonly what: Change },
    to: { readonly waiting: Map<string, Change>; readonly changed: Changed },
  ): void {
    const { dice, faults, fired } = this.#options;
    if (to.waiting.has(name)) {
      if (what === 'name') to.waiting.set(name, what);
      return;
    }
    const lost = faults.eventLost > 0 && dice.chance(faults.eventLost);
    if (lost && dice.chance(0.8)) {
      fired.add('event lost');
      return;
    }
    to.waiting.set(name, what);
    this.#process.time.after(dice.fraction() ** 4 * eventDelayMaxMs, () => {
      const merged = to.waiting.get(name)!;
      to.waiting.delete(name);
      if (!this.#process.alive) return;
      if (lost) to.changed(null, 'name');
      else to.changed(name, merged);
    });
  }
}

interface FileOptions {
  readonly disk: WorldDisk;
  readonly process: WorldProcess;
  readonly options: DiskOptions;
  readonly inode: Inode;
  readonly path: string;
  readonly mode: 'read' | 'write' | 'append';
}

class WorldFile implements FileHandle {
  readonly #file: FileOptions;
  readonly #forget: () => void;
  #position = 0;
  #open = true;

  constructor(file: FileOptions) {
    this.#file = file;
    const { drive } = file.options;
    drive.hold(file.inode, file.process);
    this.#forget = file.process.atDeath(() => drive.letGo(file.inode, file.process));
  }

  read(
    target: Uint8Array,
    at: { readonly offset: number; readonly length: number; readonly position: number },
  ): Promise<number> {
    const { disk, inode, path } = this.#file;
    return disk.perform('read', path, () => {
      this.#mustBeOpen();
      if (inode.kind === 'directory') fail('EISDIR', path);
      const bytes = inode.view(at.position, at.position + at.length);
      target.set(bytes, at.offset);
      return bytes.length;
    });
  }

  write(bytes: Uint8Array): Promise<void> {
    const { disk, inode, options, path, mode } = this.#file;
    const copy = Buffer.from(bytes);
    return disk
      .perform('write', path, () => {
        this.#mustBeOpen();
        const position = mode === 'append' ? inode.size : this.#position;
        options.drive.write(inode, position, copy);
        this.#position = position + copy.length;
      })
      .catch((error: unknown) => {
        // A full disk takes what still fits.
        if (options.dice.chance(0.5) && copy.length > 1 && this.#open && this.#file.process.alive) {
          const position = mode === 'append' ? inode.size : this.#position;
          const part = copy.subarray(0, options.dice.between(0, copy.length - 1));
          options.drive.write(inode, position, part);
          this.#position = position + part.length;
        }
        throw error;
      });
  }

  stat(): Promise<FileStat> {
    const { disk, inode, options, path } = this.#file;
    return disk.perform('read', path, () => {
      this.#mustBeOpen();
      return statOf(options.drive, inode);
    });
  }

  sync(): Promise<void> {
    return this.#file.disk.perform('sync', this.#file.path, () => {
      this.#mustBeOpen();
      this.#file.inode.sync();
    });
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    this.#file.process.mustLive();
    this.#forget();
    this.#file.options.drive.letGo(this.#file.inode, this.#file.process);
    this.#file.disk.closed();
    await this.#file.process.later(0, () => undefined);
  }

  #mustBeOpen(): void {
    if (!this.#open) fail('EBADF', this.#file.path);
  }
}

function statOf(drive: Drive, inode: Inode): FileStat {
  return {
    kind: inode.kind === 'link' ? 'other' : inode.kind,
    device: drive.device,
    inode: BigInt(inode.number),
    birthTimeNs: drive.birthTimes ? BigInt(Math.round(inode.birthMs * 1e6)) : null,
    modifiedMs: inode.modifiedMs,
    size: inode.kind === 'directory' ? 4096 : inode.size,
    links: inode.links,
    permissions: inode.permissions,
    userId: inode.userId,
  };
}

/** The directory that must be synced for a path's name to last. */
export function directoryToSync(path: string): string {
  return directoryOf(path);
}
