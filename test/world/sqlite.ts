/**
 * SQLite compiled to WebAssembly, whose file layer is a simulated drive: one module and one VFS for the whole test
 * process. A file's name begins with the number of its mount (`/@7/var/lib/…`), which leads to the drive and the
 * process. https://www.sqlite.org/vfs.html
 *
 * There is no shared memory (`iVersion` 1), so a WAL works in exclusive locking mode only, which is the mode used.
 * A mount whose process has died takes every write and changes nothing.
 */
import sqlite3Module from '@sqlite.org/sqlite-wasm';
import { diskCode } from '../../src/host/disk.ts';
import { directoryOf } from '../../src/host/files.ts';
import { Dice } from './dice.ts';
import type { Drive } from './drive.ts';
import { Inode } from './inode.ts';

/** A process's access to its drive from within SQLite. */
export interface Mount {
  readonly drive: Drive;
  /** Who holds the files. */
  readonly holder: object;
  readonly alive: () => boolean;
  /** Called before each change of a file; gives a fault to answer with, and may kill the process. */
  readonly before: (operation: 'write' | 'sync' | 'create') => 'ENOSPC' | 'EIO' | 'EACCES' | null;
}

interface OpenFile {
  readonly mount: Mount;
  readonly path: string;
  readonly inode: Inode;
  readonly deleteOnClose: boolean;
  /** Its name is to be synced with its first bytes, as SQLite's own Unix layer does for journals. */
  syncName: boolean;
  lock: number;
}

/** The part of the package that is used here; its own types leave most of this out. */
interface Sqlite3 {
  readonly wasm: {
    readonly exports: Wasm;
    heap8u(): Uint8Array;
    cstrToJs(pointer: number): string;
    cstrncpy(target: number, source: number, count: number): number;
    poke(target: number, value: number | bigint, type: 'i32' | 'i64' | 'double'): void;
    allocCString(text: string): number;
  };
  readonly capi: {
    readonly sqlite3_io_methods: new () => Struct & { $iVersion: number };
    readonly sqlite3_vfs: new () => Struct &
      Record<'$iVersion' | '$szOsFile' | '$mxPathname' | '$zName', number>;
    readonly sqlite3_file: { readonly structInfo: { readonly sizeof: number } };
  };
  readonly vfs: { installVfs(options: object): void };
}
interface Struct {
  readonly pointer: number;
}
type Wasm = Record<string, (...args: (number | bigint)[]) => number>;

/** Result codes and flags: https://www.sqlite.org/c3ref/constlist.html */
const result = {
  ok: 0,
  busy: 5,
  readonly: 8,
  notFound: 12,
  full: 13,
  cannotOpen: 14,
  readFailed: 10 | (1 << 8),
  shortRead: 10 | (2 << 8),
  writeFailed: 10 | (3 << 8),
  syncFailed: 10 | (4 << 8),
} as const;
const openCreate = 0x4;
const openDeleteOnClose = 0x8;
const openJournals = 0x800 | 0x80000;
const powersafeOverwrite = 0x1000;
const locks = { shared: 1, reserved: 2, exclusive: 4 } as const;

const sqlite3: Sqlite3 = await (sqlite3Module as unknown as (options: object) => Promise<Sqlite3>)({
  print: () => undefined,
  printErr: () => undefined,
});

/** The module's functions as they are: pointers are numbers, 64-bit values are bigints. */
export const wasm = sqlite3.wasm.exports;

const mounts = new Map<number, Mount>();
const files = new Map<number, OpenFile>();
const lockHolders = new WeakMap<Inode, Set<OpenFile>>();
let nextMount = 1;
let entropy = new Dice(0);

let memory: Buffer = Buffer.alloc(0);

/** Memory of the module; a new view after it has grown. */
export function heap(): Buffer {
  if (memory.length === 0) memory = Buffer.from(sqlite3.wasm.heap8u().buffer);
  return memory;
}

export function addMount(mount: Mount): number {
  const number = nextMount;
  nextMount += 1;
  mounts.set(number, mount);
  return number;
}

export function removeMount(number: number): void {
  mounts.delete(number);
}

/** Starts SQLite's own random numbers (WAL salts) afresh, so that a seed gives the same bytes again. */
export function seedSqlite(dice: Dice): void {
  entropy = dice;
  wasm.sqlite3_randomness!(0, 0);
}

function mountOf(name: string): { readonly mount: Mount; readonly path: string } | null {
  const match = /^\/@(\d+)(\/.*)$/s.exec(name);
  const mount = mounts.get(Number(match?.[1]));
  return match === null || mount === undefined ? null : { mount, path: match[2]! };
}

function text(pointer: number): string {
  return sqlite3.wasm.cstrToJs(pointer);
}

function codeOf(error: unknown): number {
  switch (diskCode(error)) {
    case 'ENOSPC':
      return result.full;
    case 'EACCES':
      return result.readonly;
    default:
      return result.cannotOpen;
  }
}

function openFile(name: number, flags: number): OpenFile | number {
  const at = name === 0 ? null : mountOf(text(name));
  if (name !== 0 && at === null) return result.cannotOpen;
  if (at === null) return anonymous();
  const { mount, path } = at;
  if (!mount.alive()) return result.cannotOpen;
  try {
    const known = mount.drive.find(path);
    if (known === null && (flags & openCreate) === 0) return result.cannotOpen;
    if (known === null && mount.before('create') !== null) return result.cannotOpen;
    const inode = mount.drive.file(path, 0o600);
    inode.scattered = true;
    mount.drive.hold(inode, mount.holder);
    return {
      mount,
      path,
      inode,
      deleteOnClose: (flags & openDeleteOnClose) !== 0,
      syncName: known === null && (flags & openJournals) !== 0,
      lock: 0,
    };
  } catch (error) {
    return codeOf(error);
  }
}

/** A temporary file without a name: lives in memory only. */
function anonymous(): OpenFile {
  const inode = new Inode(0, 'file', { wallMs: 0, permissions: 0o600 });
  const drive = {
    write: (to: Inode, position: number, bytes: Uint8Array) => to.write(position, bytes, 0),
    truncate: (to: Inode, size: number) => to.truncate(size, 0),
    letGo: () => undefined,
  } as unknown as Drive;
  const mount: Mount = { drive, holder: inode, alive: () => true, before: () => null };
  return { mount, path: '', inode, deleteOnClose: false, syncName: false, lock: 0 };
}

/** A change of a file: refused by a fault, without effect when the process is dead. */
function change(file: OpenFile, operation: 'write' | 'sync', work: () => void): number {
  if (!file.mount.alive()) return result.ok;
  const fault = file.mount.before(operation);
  if (!file.mount.alive()) return result.ok;
  if (fault === 'ENOSPC') return result.full;
  if (fault !== null) return operation === 'sync' ? result.syncFailed : result.writeFailed;
  work();
  return result.ok;
}

function lockFile(file: OpenFile, level: number): number {
  const holders = lockHolders.get(file.inode) ?? new Set();
  lockHolders.set(file.inode, holders);
  const highest = Math.max(0, ...[...holders].filter((other) => other !== file).map(({ lock }) => lock));
  const limit = level === locks.exclusive ? 0 : level === locks.shared ? locks.reserved : locks.shared;
  if (highest > limit) return result.busy;
  file.lock = Math.max(file.lock, level);
  holders.add(file);
  return result.ok;
}

function unlockFile(file: OpenFile, level: number): number {
  file.lock = Math.min(file.lock, level);
  if (file.lock === 0) lockHolders.get(file.inode)?.delete(file);
  return result.ok;
}

/** Frees the locks of a process that died: its connections may be closed only later. */
export function dropLocks(holder: object): void {
  for (const file of files.values()) if (file.mount.holder === holder) unlockFile(file, 0);
}

const fileMethods = {
  xClose: (pointer: number) => {
    const file = files.get(pointer)!;
    files.delete(pointer);
    unlockFile(file, 0);
    if (!file.mount.alive()) return result.ok;
    file.mount.drive.letGo(file.inode, file.mount.holder);
    if (file.deleteOnClose) file.mount.drive.unlink(file.path);
    return result.ok;
  },
  xRead: (pointer: number, target: number, count: number, position: bigint) => {
    const file = files.get(pointer)!;
    if (!file.mount.alive()) return result.readFailed;
    const bytes = file.inode.view(Number(position), Number(position) + count);
    heap().set(bytes, target);
    if (bytes.length === count) return result.ok;
    heap().fill(0, target + bytes.length, target + count);
    return result.shortRead;
  },
  xWrite: (pointer: number, source: number, count: number, position: bigint) => {
    const file = files.get(pointer)!;
    return change(file, 'write', () =>
      file.mount.drive.write(file.inode, Number(position), heap().subarray(source, source + count)),
    );
  },
  xTruncate: (pointer: number, size: bigint) => {
    const file = files.get(pointer)!;
    return change(file, 'write', () => file.mount.drive.truncate(file.inode, Number(size)));
  },
  xSync: (pointer: number) => {
    const file = files.get(pointer)!;
    return change(file, 'sync', () => {
      file.inode.sync();
      if (file.syncName) file.mount.drive.syncDirectory(directoryOf(file.path));
      file.syncName = false;
    });
  },
  xFileSize: (pointer: number, target: number) => {
    sqlite3.wasm.poke(target, BigInt(files.get(pointer)!.inode.size), 'i64');
    return result.ok;
  },
  xLock: (pointer: number, level: number) => lockFile(files.get(pointer)!, level),
  xUnlock: (pointer: number, level: number) => unlockFile(files.get(pointer)!, level),
  xCheckReservedLock: (pointer: number, target: number) => {
    const file = files.get(pointer)!;
    const others = [...(lockHolders.get(file.inode) ?? [])].filter((other) => other !== file);
    sqlite3.wasm.poke(target, others.some(({ lock }) => lock >= locks.reserved) ? 1 : 0, 'i32');
    return result.ok;
  },
  xFileControl: () => result.notFound,
  xSectorSize: () => 4096,
  xDeviceCharacteristics: () => powersafeOverwrite,
};

const systemMethods = {
  xOpen: (_vfs: number, name: number, pointer: number, flags: number, flagsOut: number) => {
    const file = openFile(name, flags);
    if (typeof file === 'number') return file;
    files.set(pointer, file);
    sqlite3.wasm.poke(pointer, methods.pointer, 'i32');
    if (flagsOut !== 0) sqlite3.wasm.poke(flagsOut, flags, 'i32');
    return result.ok;
  },
  xDelete: (_vfs: number, name: number, syncName: number) => {
    const at = mountOf(text(name));
    if (at === null || !at.mount.alive()) return result.ok;
    at.mount.before('sync');
    if (!at.mount.alive()) return result.ok;
    if (at.mount.drive.find(at.path) === null) return 10 | (23 << 8);
    at.mount.drive.unlink(at.path);
    if (syncName !== 0) at.mount.drive.syncDirectory(directoryOf(at.path));
    return result.ok;
  },
  xAccess: (_vfs: number, name: number, _flags: number, target: number) => {
    const at = mountOf(text(name));
    const inode = at === null ? null : at.mount.drive.find(at.path);
    sqlite3.wasm.poke(target, inode === null || inode.size === 0 ? 0 : 1, 'i32');
    return result.ok;
  },
  xFullPathname: (_vfs: number, name: number, count: number, target: number) =>
    sqlite3.wasm.cstrncpy(target, name, count) < count ? result.ok : result.cannotOpen,
  xRandomness: (_vfs: number, count: number, target: number) => {
    heap().set(entropy.bytes(count), target);
    return count;
  },
  xSleep: () => 0,
  xCurrentTime: (_vfs: number, target: number) => {
    sqlite3.wasm.poke(target, 2_460_000.5, 'double');
    return result.ok;
  },
  xCurrentTimeInt64: (_vfs: number, target: number) => {
    sqlite3.wasm.poke(target, 212_544_043_200_000n, 'i64');
    return result.ok;
  },
  xGetLastError: () => 0,
};

const { capi } = sqlite3;
const methods = new capi.sqlite3_io_methods();
const system = new capi.sqlite3_vfs();

function install(): void {
  methods.$iVersion = 1;
  system.$iVersion = 2;
  system.$szOsFile = capi.sqlite3_file.structInfo.sizeof;
  system.$mxPathname = 1024;
  system.$zName = sqlite3.wasm.allocCString('world');
  sqlite3.vfs.installVfs({
    io: { struct: methods, methods: fileMethods },
    vfs: { struct: system, methods: systemMethods, asDefault: true },
  });
}
install();
