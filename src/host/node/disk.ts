/**
 * The machine's file system. Names go through `path-bytes.ts`; every failure becomes a `DiskError`.
 *
 * Reads use Node's callback functions on bare descriptors: a promise of `fs/promises` costs more than the read of a
 * small append.
 */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname } from 'node:path';
import type { DirectoryEntry, Disk, FileHandle, FileStat, Volume, Watch } from '../disk.ts';
import { DiskError, diskCode } from '../disk.ts';
import { nativePath, pathFromBytes } from './path-bytes.ts';
import { volumeOf } from './volume.ts';

const { O_RDONLY, O_WRONLY, O_CREAT, O_TRUNC, O_APPEND, O_NONBLOCK = 0, O_NOCTTY = 0 } = fs.constants;

const openFlags = {
  read: O_RDONLY | O_NONBLOCK | O_NOCTTY,
  write: O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_NOCTTY,
  append: O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY,
} as const;

type Callback<T> = (error: NodeJS.ErrnoException | null, value: T) => void;

export function nodeDisk(): Disk {
  const stats = new StatReader(hasBirthTime());
  return {
    open: async (path, mode, permissions = 0o600) => {
      const flags = openFlags[mode];
      const descriptor = await call<number>(path, (done) =>
        fs.open(nativePath(path), flags, permissions, done),
      );
      return new NodeFileHandle(path, descriptor, stats);
    },
    stat: async (path) =>
      stats.read(
        await call<fs.BigIntStats>(path, (done) => fs.stat(nativePath(path), { bigint: true }, done)),
      ),
    list,
    realPath: async (path) =>
      pathFromBytes(
        await call<Buffer>(path, (done) =>
          fs.realpath.native(nativePath(path), { encoding: 'buffer' }, done),
        ),
      ),
    rename: (from, to) => call(from, (done) => fs.rename(nativePath(from), nativePath(to), asVoid(done))),
    unlink: (path) => call(path, (done) => fs.unlink(nativePath(path), asVoid(done))),
    makeDirectory,
    setPermissions: (path, permissions) =>
      call(path, (done) => fs.chmod(nativePath(path), permissions, asVoid(done))),
    syncDirectory,
    watch,
    volume,
    allows,
  };
}

class NodeFileHandle implements FileHandle {
  readonly #path: string;
  readonly #descriptor: number;
  readonly #stats: StatReader;
  /** A descriptor closed under a running operation could be given to another file: closing waits for these. */
  readonly #running = new Set<Promise<unknown>>();
  #closing: Promise<void> | null = null;

  constructor(path: string, descriptor: number, stats: StatReader) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#stats = stats;
  }

  read(target: Uint8Array, at: { offset: number; length: number; position: number }): Promise<number> {
    return this.#run<number>((done) =>
      fs.read(this.#descriptor, target, at.offset, at.length, at.position, done),
    );
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length; ) {
      const length = bytes.length - from;
      from += await this.#run<number>((done) => fs.write(this.#descriptor, bytes, from, length, null, done));
    }
  }

  async stat(): Promise<FileStat> {
    const stat = await this.#run<fs.BigIntStats>((done) =>
      fs.fstat(this.#descriptor, { bigint: true }, done),
    );
    return this.#stats.read(stat);
  }

  sync(): Promise<void> {
    return this.#run<void>((done) => fs.fsync(this.#descriptor, asVoid(done)));
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeWhenIdle();
    return this.#closing;
  }

  async #closeWhenIdle(): Promise<void> {
    await Promise.allSettled(this.#running);
    await call<void>(this.#path, (done) => fs.close(this.#descriptor, asVoid(done)));
  }

  async #run<T>(start: (done: Callback<T>) => void): Promise<T> {
    if (this.#closing !== null) throw new DiskError('EBADF', this.#path, `${this.#path} is closed`);
    const running = call(this.#path, start);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }
}

class StatReader {
  readonly #birthTimes: boolean;
  constructor(birthTimes: boolean) {
    this.#birthTimes = birthTimes;
  }

  read(stat: fs.BigIntStats): FileStat {
    return {
      kind: kindOf(stat),
      device: stat.dev,
      inode: stat.ino,
      birthTimeNs: this.#birthTimes && stat.birthtimeNs > 0n ? stat.birthtimeNs : null,
      modifiedMs: Number(stat.mtimeMs),
      size: Number(stat.size),
      links: Number(stat.nlink),
      permissions: Number(stat.mode & 0o7777n),
      userId: Number(stat.uid),
    };
  }
}

/**
 * Without the system call `statx` Node gives the time of the last change as birth time, always. So one file whose two
 * times differ proves that birth times are real; where none does, they are not used. A file system that keeps none
 * gives 0, which differs too, and is left out file by file.
 */
function hasBirthTime(): boolean {
  return [process.execPath, '/', tmpdir(), '/etc', '/var/log', '/var'].some((path) => {
    try {
      const stat = fs.statSync(path, { bigint: true });
      return stat.birthtimeNs !== stat.ctimeNs;
    } catch {
      return false;
    }
  });
}

function kindOf(stat: fs.BigIntStats): FileStat['kind'] {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  if (stat.isFIFO()) return 'fifo';
  if (stat.isSocket()) return 'socket';
  return stat.isCharacterDevice() || stat.isBlockDevice() ? 'device' : 'other';
}

/** Not Node's `recursive`, which never ends where a directory exists and takes no entries, such as /proc. */
async function makeDirectory(path: string, permissions: number): Promise<void> {
  try {
    await makeOne(path, permissions);
  } catch (error) {
    if (diskCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeDirectory(dirname(path), permissions);
    await makeOne(path, permissions);
  }
}

async function makeOne(path: string, permissions: number): Promise<void> {
  try {
    await call<void>(path, (done) => fs.mkdir(nativePath(path), permissions, asVoid(done)));
  } catch (error) {
    if (!(await isDirectory(path))) throw error;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  const stat = call<fs.Stats>(path, (done) => fs.stat(nativePath(path), done));
  return stat.then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function list(directory: string): Promise<readonly DirectoryEntry[]> {
  const entries = await call<fs.Dirent<Buffer>[]>(directory, (done) =>
    fs.readdir(nativePath(directory), { withFileTypes: true, encoding: 'buffer' }, done),
  );
  return entries.map((entry) => ({
    name: pathFromBytes(entry.name),
    kind: entry.isFile()
      ? 'file'
      : entry.isDirectory()
        ? 'directory'
        : entry.isSymbolicLink()
          ? 'link'
          : 'other',
  }));
}

async function syncDirectory(path: string): Promise<void> {
  const descriptor = await call<number>(path, (done) => fs.open(nativePath(path), O_RDONLY, done));
  try {
    await call<void>(path, (done) => fs.fsync(descriptor, asVoid(done)));
  } finally {
    fs.closeSync(descriptor);
  }
}

/**
 * An error after the start (the directory vanished) becomes the hint "something changed", as does an event that
 * bears the directory's own name: that is how its removal or renaming is told.
 */
async function watch(directory: string, changed: (name: string | null) => void): Promise<Watch> {
  const own = basename(directory);
  const watcher = await call<fs.FSWatcher>(directory, (done) => {
    const started = fs.watch(nativePath(directory), { encoding: 'buffer' });
    done(null, started);
  });
  watcher.on('change', (_event, name) => {
    const text = name === null ? null : pathFromBytes(name as Buffer);
    changed(text === own ? null : text);
  });
  watcher.on('error', () => changed(null));
  return { close: () => watcher.close() };
}

/** Of the nearest directory that exists, when the path itself is still to be made. */
async function volume(path: string): Promise<Volume> {
  try {
    const real = await call<Buffer>(path, (done) =>
      fs.realpath.native(nativePath(path), { encoding: 'buffer' }, done),
    );
    const statfs = await call<fs.BigIntStatsFs>(path, (done) => fs.statfs(real, { bigint: true }, done));
    return volumeOf(pathFromBytes(real), statfs);
  } catch (error) {
    if (diskCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
    return volume(dirname(path));
  }
}

async function allows(path: string, access: 'read' | 'write'): Promise<boolean> {
  const mode = access === 'read' ? fs.constants.R_OK : fs.constants.W_OK;
  try {
    await call<void>(path, (done) => fs.access(nativePath(path), mode, asVoid(done)));
    return true;
  } catch {
    return false;
  }
}

/** Runs one of Node's callback functions; what it throws or gives as error becomes a `DiskError`. */
function call<T>(path: string, start: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) =>
      reject(
        new DiskError(
          error.code === 'ERR_INVALID_ARG_VALUE' ? 'EINVAL' : (error.code ?? 'EIO'),
          path,
          error.message,
        ),
      );
    try {
      start((error, value) => (error === null || error === undefined ? resolve(value) : fail(error)));
    } catch (error) {
      fail(error as NodeJS.ErrnoException);
    }
  });
}

function asVoid(done: Callback<void>): (error: NodeJS.ErrnoException | null) => void {
  return (error) => done(error, undefined);
}
