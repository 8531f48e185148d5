/**
 * One file, directory or link of a simulated drive: its bytes, and how to take back what was written since the last
 * sync, which is what a loss of power does.
 */
import type { Dice } from './dice.ts';

export type InodeKind = 'file' | 'directory' | 'link' | 'fifo' | 'device';

/** A change of the bytes that is not on the platter yet. `before` is what lay at `position`, up to the old size. */
interface Unsynced {
  readonly atMs: number;
  readonly position: number;
  readonly before: Buffer;
  readonly after: Buffer;
  readonly sizeBefore: number;
  readonly sizeAfter: number;
}

/** The kernel writes dirty pages back after about this long by itself (vm.dirty_expire_centisecs). */
export const writeBackMs = 30_000;

export class Inode {
  readonly number: number;
  readonly kind: InodeKind;
  /** By the wall clock, as `modifiedMs`. */
  readonly birthMs: number;
  readonly userId = 1000;
  permissions: number;
  modifiedMs: number;
  size = 0;
  links = 0;
  /** Who has it open, and how often. Names that lead nowhere any more do not close it. */
  readonly holders = new Map<object, number>();
  /** Of a directory. */
  readonly entries = new Map<string, Inode>();
  /** Which names lead here. */
  readonly places: { readonly directory: Inode; readonly name: string }[] = [];
  /** Of a symbolic link. */
  target = '';
  /** Database files: what a power loss leaves of unsynced writes follows no order (SQLite must bear that). */
  scattered = false;
  /** How many losses of power took something from it. */
  powerLosses = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #unsynced: Unsynced[] = [];

  constructor(
    number: number,
    kind: InodeKind,
    options: { readonly wallMs: number; readonly permissions: number },
  ) {
    this.number = number;
    this.kind = kind;
    this.birthMs = options.wallMs;
    this.modifiedMs = options.wallMs;
    this.permissions = options.permissions;
  }

  get held(): boolean {
    return this.holders.size > 0;
  }

  /** A view of the bytes, valid until the next write. */
  view(from: number, to: number): Buffer {
    return this.#bytes.subarray(Math.min(from, this.size), Math.min(to, this.size));
  }

  write(position: number, bytes: Uint8Array, nowMs: number): void {
    const before = Buffer.from(this.view(position, position + bytes.length));
    const sizeBefore = this.size;
    this.#put(position, bytes);
    this.#remember({
      atMs: nowMs,
      position,
      before,
      after: Buffer.from(bytes),
      sizeBefore,
      sizeAfter: this.size,
    });
  }

  truncate(size: number, nowMs: number): void {
    const before = Buffer.from(this.view(size, this.size));
    const sizeBefore = this.size;
    this.#resize(size);
    this.#remember({
      atMs: nowMs,
      position: size,
      before,
      after: Buffer.alloc(0),
      sizeBefore,
      sizeAfter: size,
    });
  }

  sync(): void {
    this.#unsynced = [];
  }

  /** How many of the first bytes no power loss can take any more. */
  syncedSize(nowMs: number): number {
    let size = this.size;
    for (const change of this.#fresh(nowMs)) size = Math.min(size, change.position, change.sizeBefore);
    return size;
  }

  /** The power is lost: some of what was not synced is gone. */
  losePower(dice: Dice, nowMs: number): void {
    const fresh = this.#fresh(nowMs);
    if (fresh.length === 0) return;
    if (this.scattered && dice.chance(0.5)) this.#scatter(fresh, dice);
    else this.#cutBack(fresh, dice);
    this.#unsynced = [];
  }

  /** Keeps the first so many changes, the last of them perhaps in part. */
  #cutBack(fresh: readonly Unsynced[], dice: Dice): void {
    const kept = dice.chance(0.2) ? 0 : dice.between(0, fresh.length);
    if (kept < fresh.length) this.powerLosses += 1;
    for (const change of fresh.slice(kept).reverse()) this.#undo(change);
    const torn = fresh[kept];
    if (torn === undefined || torn.after.length === 0 || !dice.chance(0.5)) return;
    this.#put(torn.position, torn.after.subarray(0, dice.between(0, torn.after.length)));
  }

  /** Each change is there or not, each 512-byte sector of it by itself. */
  #scatter(fresh: readonly Unsynced[], dice: Dice): void {
    for (const change of [...fresh].reverse()) this.#undo(change);
    const keep = dice.pick([0.995, 0.95, 0.6]);
    const whole = dice.chance(0.5);
    for (const change of fresh) {
      if (change.after.length === 0) {
        if (dice.chance(0.5)) this.#resize(Math.min(this.size, change.sizeAfter));
        continue;
      }
      if (!dice.chance(keep)) continue;
      for (let at = 0; at < change.after.length; at += 512) {
        if (whole || dice.chance(keep)) this.#put(change.position + at, change.after.subarray(at, at + 512));
      }
    }
  }

  #undo(change: Unsynced): void {
    this.#put(change.position, change.before);
    this.#resize(change.sizeBefore);
  }

  #remember(change: Unsynced): void {
    this.#unsynced.push(change);
    if (this.#unsynced.length % 256 === 0) this.#unsynced = this.#fresh(change.atMs);
  }

  #fresh(nowMs: number): Unsynced[] {
    return this.#unsynced.filter((change) => change.atMs > nowMs - writeBackMs);
  }

  #put(position: number, bytes: Uint8Array): void {
    const end = position + bytes.length;
    if (end > this.#bytes.length) {
      const grown = Buffer.alloc(Math.max(end, 2 * this.#bytes.length, 256));
      this.#bytes.copy(grown, 0, 0, this.size);
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, position);
    this.size = Math.max(this.size, end);
  }

  #resize(size: number): void {
    if (size > this.size) this.#put(size, Buffer.alloc(0));
    else this.#bytes.fill(0, size, this.size);
    this.size = size;
  }
}
