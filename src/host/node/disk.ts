/**
 * The machine's file system. Names go through `path-bytes.ts`; every failure becomes a `DiskError`.
 *
 * Reads use Node's callback functions on bare descriptors: a promise of `fs/promises` costs more than the read of a
 * small append.
 */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname } from 'node:path';
import type { Changed, DirectoryEntry, Disk, FileHandle, FileStat, Volume, Watch } from '../disk.ts';
import { DiskError, diskCode } from '../disk.ts';
import { directoryOf } from '../files.ts';
import { nativePath, pathFromBytes } from './path-bytes.ts';
import { volumeOf } from './volume.ts';

const { O_RDONLY, O_WRONLY, O_CREAT, O_TRUNC, O_APPEND, O_NONBLOCK = 0, O_NOCTTY = 0 } = fs.constants;

const openFlags = {
  read: O_RDONLY | O_NONBLOCK | O_NOCTTY,
  write: O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_NOCTTY,
  append: O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY,
} as const;

type Callback<T> = (error: NodeJS.ErrnoException | null, value: T) => void;

/**
 * On a disk of this machine, what the system has in memory is asked for without the thread pool: a task for the pool costs
 * 30 µs, `lstat` 4, `open` 6, `fstat` 2 (Node 20). Such a look blocks while the disk does, reads of content never do.
 */
export function nodeDisk(): Disk {
  const stats = new StatReader(hasBirthTime());
  const local = new LocalDirectories();
  return {
    open: async (path, mode, permissions = 0o600) => {
      const flags = openFlags[mode];
      const near = mode === 'read' && local.hold(path);
      const descriptor = near
        ? atOnce(path, () => fs.openSync(nativePath(path), flags, permissions))
        : await call<number>(path, (done) => fs.open(nativePath(path), flags, permissions, done));
      return new NodeFileHandle(path, descriptor, { stats, near });
    },
    stat: async (path) => {
      const stat = local.hold(path) ? lookAtOnce(path) : null;
      // A link may lead to another machine.
      if (stat !== null && !stat.isSymbolicLink()) return stats.read(stat);
      return stats.read(
        await call<fs.BigIntStats>(path, (done) => fs.stat(nativePath(path), { bigint: true }, done)),
      );
    },
    glance: (path) => {
      if (!local.hold(path)) return null;
      try {
        const stat = lookAtOnce(path);
        return stat.isSymbolicLink() ? null : stats.read(stat);
      } catch {
        return null;
      }
    },
    list,
    realPath: async (path) => {
      const known = local.hold(path) && !lookAtOnce(path).isSymbolicLink() ? local.realPath(path) : null;
      if (known !== null) return known;
      const real = await realPath(path);
      local.remember(path, real);
      return real;
    },
    rename: (from, to) => call(from, (done) => fs.rename(nativePath(from), nativePath(to), asVoid(done))),
    unlink: (path) => call(path, (done) => fs.unlink(nativePath(path), asVoid(done))),
    makeDirectory,
    setPermissions: (path, permissions) =>
      call(path, (done) => fs.chmod(nativePath(path), permissions, asVoid(done))),
    syncDirectory,
    watch,
    volume: async (path) => {
      const found = await volume(path);
      local.learn(path, { remote: found.remote });
      return found;
    },
    allows,
  };
}

/** So much is read at once from a disk of this machine; more may have to come from the disk itself. */
const atOnceBytesMax = 32 * 1024;

/** Directories that were found to be on disks of this machine, and where their links lead. */
class LocalDirectories {
  readonly #real = new Map<string, { readonly path: string; readonly identity: string } | null>();

  learn(directory: string, { remote }: { readonly remote: boolean }): void {
    if (remote) this.#real.delete(directory);
    else if (!this.#real.has(directory)) this.#real.set(directory, null);
  }

  /** Whether the path names something in one of them. */
  hold(path: string): boolean {
    return this.#real.has(directoryOf(path));
  }

  /** Of a path that is no link itself; null while it is not known, or when its directory is another now. */
  realPath(path: string): string | null {
    const directory = directoryOf(path);
    const real = this.#real.get(directory) ?? null;
    if (real === null || real.identity !== identityOf(directory)) return null;
    return `${real.path}${path.slice(path.lastIndexOf('/'))}`;
  }

  /** Where the links of a path lead tells where those of its directory do, when its last name is no link. */
  remember(path: string, real: string): void {
    const directory = directoryOf(path);
    const name = path.slice(path.lastIndexOf('/'));
    if (!this.#real.has(directory) || !real.endsWith(name) || lookAtOnce(path).isSymbolicLink()) return;
    this.#real.set(directory, { path: real.slice(0, -name.length), identity: identityOf(directory) });
  }
}

function identityOf(directory: string): string {
  const stat = fs.statSync(nativePath(directory), { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.dev}:${stat.ino}`;
}

class NodeFileHandle implements FileHandle {
  readonly #path: string;
  readonly #descriptor: number;
  readonly #stats: StatReader;
  /** On a disk of this machine. */
  readonly #near: boolean;
  /** A descriptor closed under a running operation could be given to another file: closing waits for these. */
  readonly #running = new Set<Promise<unknown>>();
  #closing: Promise<void> | null = null;

  constructor(
    path: string,
    descriptor: number,
    { stats, near }: { readonly stats: StatReader; readonly near: boolean },
  ) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#stats = stats;
    this.#near = near;
  }

  read(target: Uint8Array, at: { offset: number; length: number; position: number }): Promise<number> {
    // What was appended just now lies in the page cache, and is there before the thread pool would have woken up.
    if (this.#near && at.length <= atOnceBytesMax) {
      return this.#run<number>((done) =>
        done(null, fs.readSync(this.#descriptor, target, at.offset, at.length, at.position)),
      );
    }
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
    if (this.#near && this.#closing === null) return this.#stats.read(this.#statAtOnce());
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
    if (this.#running.size > 0) await Promise.allSettled(this.#running);
    // The last one to let go of a file without a name waits until its bytes are given back.
    if (this.#near && this.#statAtOnce().nlink > 0n) {
      atOnce(this.#path, () => fs.closeSync(this.#descriptor));
      return;
    }
    await call<void>(this.#path, (done) => fs.close(this.#descriptor, asVoid(done)));
  }

  #statAtOnce(): fs.BigIntStats {
    return atOnce(this.#path, () => fs.fstatSync(this.#descriptor, { bigint: true }));
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

function lookAtOnce(path: string): fs.BigIntStats {
  return atOnce(path, () => {
    const stat = fs.lstatSync(nativePath(path), { bigint: true, throwIfNoEntry: false });
    if (stat !== undefined) return stat;
    throw new DiskError('ENOENT', path, `ENOENT: no such file or directory, ${path}`);
  });
}

async function realPath(path: string): Promise<string> {
  return pathFromBytes(
    await call<Buffer>(path, (done) => fs.realpath.native(nativePath(path), { encoding: 'buffer' }, done)),
  );
}

/**
 * An error after the start (the directory vanished) becomes the hint "something changed", as does an event that
 * bears the directory's own name: that is how its removal or renaming is told.
 */
async function watch(directory: string, changed: Changed): Promise<Watch> {
  const own = basename(directory);
  const watcher = await call<fs.FSWatcher>(directory, (done) => {
    const started = fs.watch(nativePath(directory), { encoding: 'buffer' });
    done(null, started);
  });
  watcher.on('change', (event, name) => {
    const text = name === null ? null : pathFromBytes(name as Buffer);
    if (text === null || text === own) changed(null, 'name');
    else changed(text, event === 'change' ? 'content' : 'name');
  });
  watcher.on('error', () => changed(null, 'name'));
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

/** What Node throws becomes a `DiskError`. */
function atOnce<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof DiskError ? error : diskError(path, error as NodeJS.ErrnoException);
  }
}

/** Runs one of Node's callback functions; what it throws or gives as error becomes a `DiskError`. */
function call<T>(path: string, start: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(diskError(path, error));
    try {
      start((error, value) => (error === null || error === undefined ? resolve(value) : fail(error)));
    } catch (error) {
      fail(error as NodeJS.ErrnoException);
    }
  });
}

function diskError(path: string, error: NodeJS.ErrnoException): DiskError {
  const code = error.code === 'ERR_INVALID_ARG_VALUE' ? 'EINVAL' : (error.code ?? 'EIO');
  return new DiskError(code, path, error.message);
}

function asVoid(done: Callback<void>): (error: NodeJS.ErrnoException | null) => void {
  return (error) => done(error, undefined);
}
