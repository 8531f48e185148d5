/**
 * The drive of a simulated machine: names, inodes and what of them is safe from a loss of power. Synchronous and
 * without faults of its own; `disk.ts` gives it to processes, the writers of logs use it directly.
 *
 * Inode numbers are reused, the lowest free one first, as ext4 does. Changes of names form one journal: a power loss
 * takes back its unsynced end. Bytes and names are synced apart.
 */
import { type Change, DiskError } from '../../src/host/disk.ts';
import type { Dice } from './dice.ts';
import { Inode, type InodeKind, writeBackMs } from './inode.ts';
import type { Time } from './time.ts';

interface NameChange {
  readonly atMs: number;
  readonly directories: readonly Inode[];
  readonly undo: () => void;
}

type Notify = (name: string, what: Change) => void;

interface Found {
  readonly directory: Inode;
  readonly name: string;
  readonly inode: Inode | undefined;
}

const linksMax = 16;

export class Drive {
  readonly time: Time;
  readonly root: Inode;
  /** Such as a loop device or a disk found in another order: may change at a power loss. */
  device = 2049n;
  /** False: the system has no birth times (Node 20 without statx reports something else). */
  birthTimes = true;
  /** The wall clock of the machine, ms; stamps births and changes. */
  wallClock: () => number;
  /** Called when somebody lets go of a file that no name leads to any more. */
  letGoOfUnnamed: (inode: Inode, holder: object) => void = () => undefined;
  readonly #used = new Map<number, Inode>();
  #journal: NameChange[] = [];
  readonly #watchers = new Set<{ readonly directory: Inode; readonly notify: Notify }>();

  constructor(time: Time) {
    this.time = time;
    this.wallClock = () => time.nowMs;
    this.root = this.#create('directory', 0o755);
    this.root.links = 1;
  }

  /** Null where nothing is. */
  find(path: string): Inode | null {
    return this.#resolve(path, true).inode ?? null;
  }

  get(path: string): Inode {
    return this.find(path) ?? fail('ENOENT', path);
  }

  /** The file a path leads to, made where there is none. */
  file(path: string, permissions = 0o644): Inode {
    const found = this.#resolve(path, true);
    if (found.inode !== undefined) return found.inode;
    const inode = this.#create('file', permissions);
    this.#enter(found, inode);
    return inode;
  }

  special(path: string, kind: 'fifo' | 'device'): Inode {
    const found = this.#resolve(path, false);
    if (found.inode !== undefined) fail('EEXIST', path);
    const inode = this.#create(kind, 0o644);
    this.#enter(found, inode);
    return inode;
  }

  makeDirectory(path: string, permissions = 0o755): void {
    const parts = split(path);
    for (let depth = 1; depth <= parts.length; depth += 1) {
      const found = this.#resolve(`/${parts.slice(0, depth).join('/')}`, true);
      if (found.inode === undefined) this.#enter(found, this.#create('directory', permissions));
      else if (found.inode.kind !== 'directory') fail('EEXIST', path);
    }
  }

  link(from: string, to: string): void {
    const inode = this.get(from);
    const found = this.#resolve(to, false);
    if (found.inode !== undefined) fail('EEXIST', to);
    this.#enter(found, inode);
  }

  symbolicLink(target: string, path: string): void {
    const found = this.#resolve(path, false);
    if (found.inode !== undefined) fail('EEXIST', path);
    const inode = this.#create('link', 0o777);
    inode.target = target;
    this.#enter(found, inode);
  }

  rename(from: string, to: string): void {
    const source = this.#resolve(from, false);
    const target = this.#resolve(to, false);
    const inode = source.inode ?? fail('ENOENT', from);
    if (target.inode === inode) return;
    if (target.inode?.kind === 'directory') fail('EISDIR', to);
    const replaced = target.inode;
    if (replaced !== undefined) this.#detach(target, replaced);
    this.#detach(source, inode);
    this.#attach(target, inode);
    this.#record([source.directory, target.directory], () => {
      this.#detach(target, inode);
      this.#attach(source, inode);
      if (replaced !== undefined) this.#attach(target, replaced);
    });
    if (replaced !== undefined) this.#freeUnused(replaced);
    this.#changed(source);
    this.#changed(target);
  }

  unlink(path: string): void {
    const found = this.#resolve(path, false);
    const inode = found.inode ?? fail('ENOENT', path);
    if (inode.kind === 'directory') fail('EISDIR', path);
    this.#detach(found, inode);
    this.#record([found.directory], () => this.#attach(found, inode));
    this.#freeUnused(inode);
    this.#changed(found);
  }

  append(inode: Inode, bytes: Uint8Array): void {
    this.write(inode, inode.size, bytes);
  }

  write(inode: Inode, position: number, bytes: Uint8Array): void {
    inode.write(position, bytes, this.time.nowMs);
    inode.modifiedMs = this.wallClock();
    this.#touched(inode);
  }

  truncate(inode: Inode, size: number): void {
    inode.truncate(size, this.time.nowMs);
    inode.modifiedMs = this.wallClock();
    this.#touched(inode);
  }

  /** Names that were changed in this directory are safe, and so are all changes before them (one journal). */
  syncDirectory(path: string): void {
    const directory = this.get(path);
    const last = this.#journal.findLastIndex((change) => change.directories.includes(directory));
    this.#journal = this.#journal.slice(last + 1);
  }

  hold(inode: Inode, holder: object): void {
    inode.holders.set(holder, (inode.holders.get(holder) ?? 0) + 1);
  }

  letGo(inode: Inode, holder: object): void {
    const count = inode.holders.get(holder) ?? 0;
    if (count > 1) inode.holders.set(holder, count - 1);
    else inode.holders.delete(holder);
    if (inode.links === 0 && !inode.holders.has(holder)) this.letGoOfUnnamed(inode, holder);
    this.#freeUnused(inode);
  }

  watch(path: string, notify: Notify): () => void {
    const watcher = { directory: this.get(path), notify };
    if (watcher.directory.kind !== 'directory') fail('ENOTDIR', path);
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  realPath(path: string): string {
    let inode = this.get(path);
    let out = '';
    while (inode !== this.root) {
      const place = inode.places[0] ?? fail('ENOENT', path);
      out = `/${place.name}${out}`;
      inode = place.directory;
    }
    return out === '' ? '/' : out;
  }

  /** Everything that still has a name, in order of number. */
  inodes(): Inode[] {
    return [...this.#used.values()].sort((a, b) => a.number - b.number);
  }

  /** The power is lost and comes back: nobody has anything open, unsynced bytes and names are gone in part. */
  losePower(dice: Dice): void {
    this.#watchers.clear();
    for (const inode of this.inodes()) {
      inode.holders.clear();
      this.#freeUnused(inode);
    }
    const fresh = this.#journal.filter((change) => change.atMs > this.time.nowMs - writeBackMs);
    const kept = dice.chance(0.5) ? fresh.length : dice.between(0, fresh.length);
    for (const change of fresh.slice(kept).reverse()) change.undo();
    this.#journal = [];
    for (const inode of this.inodes()) {
      this.#freeUnused(inode);
      inode.losePower(dice, this.time.nowMs);
    }
  }

  #resolve(path: string, follow: boolean, depth = 0): Found {
    if (depth > linksMax) fail('ELOOP', path);
    let directory = this.root;
    const parts = split(path);
    if (parts.length === 0) return { directory, name: '', inode: directory };
    for (const [index, name] of parts.entries()) {
      if (directory.kind !== 'directory') fail('ENOTDIR', path);
      const inode = directory.entries.get(name);
      const last = index === parts.length - 1;
      if (inode?.kind === 'link' && (!last || follow)) {
        const base = inode.target.startsWith('/') ? '' : `${parts.slice(0, index).join('/')}/`;
        const rest = parts.slice(index + 1);
        return this.#resolve(`/${base}${[inode.target, ...rest].join('/')}`, follow, depth + 1);
      }
      if (last) return { directory, name, inode };
      directory = inode ?? fail('ENOENT', path);
    }
    return fail('ENOENT', path);
  }

  #create(kind: InodeKind, permissions: number): Inode {
    let number = 11;
    while (this.#used.has(number)) number += 1;
    const inode = new Inode(number, kind, { wallMs: this.wallClock(), permissions });
    this.#used.set(number, inode);
    return inode;
  }

  #enter(found: Found, inode: Inode): void {
    this.#attach(found, inode);
    this.#record([found.directory], () => this.#detach(found, inode));
    this.#changed(found);
  }

  #attach(at: Found, inode: Inode): void {
    at.directory.entries.set(at.name, inode);
    at.directory.modifiedMs = this.wallClock();
    inode.links += 1;
    inode.places.push({ directory: at.directory, name: at.name });
    this.#used.set(inode.number, inode);
  }

  #detach(at: Found, inode: Inode): void {
    at.directory.entries.delete(at.name);
    at.directory.modifiedMs = this.wallClock();
    inode.links -= 1;
    const index = inode.places.findIndex(
      (place) => place.directory === at.directory && place.name === at.name,
    );
    inode.places.splice(index, 1);
  }

  #freeUnused(inode: Inode): void {
    if (inode.links === 0 && !inode.held && this.#used.get(inode.number) === inode) {
      this.#used.delete(inode.number);
    }
  }

  #record(directories: readonly Inode[], undo: () => void): void {
    this.#journal.push({ atMs: this.time.nowMs, directories, undo });
  }

  #changed(at: Found): void {
    for (const watcher of this.#watchers)
      if (watcher.directory === at.directory) watcher.notify(at.name, 'name');
  }

  #touched(inode: Inode): void {
    for (const place of inode.places) {
      for (const watcher of this.#watchers) {
        if (watcher.directory === place.directory) watcher.notify(place.name, 'content');
      }
    }
  }
}

function split(path: string): string[] {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts;
}

export function fail(code: string, path: string): never {
  throw new DiskError(code, path, `${code}: ${path}`);
}
