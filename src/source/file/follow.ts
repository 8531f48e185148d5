/** One followed generation of a file, and the places under which follows are found. */
import type { Proof, StreamId, StreamRecord } from '../../event/stream.ts';
import type { FileHandle, FileStat } from '../../host/disk.ts';
import type { FileSourceSettings } from '../../settings/agent.ts';
import type { Damage } from './compressed.ts';
import { Shelf } from './shelf.ts';
import type { Tailer } from './tailer.ts';

/**
 * `followed`: a name that the patterns want leads to it.
 * `leaving`:  its name is gone or leads elsewhere; it is drained, and let go once it was quiet for `rotate_wait`.
 * `ended`:    read to its end and let go; remembered, in case it comes back.
 * Times since when something is waited for are by the clock that never jumps.
 */
export type Phase =
  | { readonly kind: 'followed' }
  | { readonly kind: 'leaving'; readonly sinceMs: number }
  | { readonly kind: 'ended' };

export interface Follow {
  record: StreamRecord;
  readonly settings: FileSourceSettings;
  phase: Phase;
  /** Null while it is closed. */
  tailer: Tailer | null;
  /** Given out up to here; kept when it is closed. */
  position: number;
  /** The bytes just before the position, from this run; null when only the proofs tell. */
  remembered: Uint8Array | null;
  /** The path under which it is found; null when none leads to it. */
  place: string | null;
  /** Where symbolic links lead, when that is another path. */
  realPath: string | null;
  size: number;
  /** Of the file when it was last looked at: content of the same length may be other content. */
  modifiedMs: number;
  /**
   * Its size when it was proved to be read to its end, and a look that finds this size and this time of last change
   * again need not open it; -1 while a look must prove it.
   */
  calmSize: number;
  /** The number of the last pass that came by its path. */
  passed: number;
  /** When it was last seen to grow: by the wall clock, for people, and by the one that never jumps, for waiting. */
  grownAtMs: number;
  restlessAtMs: number;
  /** Set when its file was renamed or unlinked: an unfinished last line is then sent once it is quiet. */
  finishDue: boolean;
  /** Waiting in the queue to be read. */
  queued: boolean;
  trouble: string | null;
  /** The compressed file in which the tailer reads it; null while it is read from its own. */
  archive: { readonly inode: bigint; readonly damage: Damage | null } | null;
  /** Since when its file is nowhere to be found; null while it is there. */
  missingSinceMs: number | null;
  /** It was told that no name leads to its file. */
  fleeting: boolean;
  released: number;
}

/** How a new stream begins. */
export interface Beginning {
  readonly stat: FileStat;
  /** Belongs to the stream from now on. */
  readonly handle: FileHandle;
  readonly settings: FileSourceSettings;
  readonly position: number;
  readonly parent: StreamRecord['parent'];
  /** Where its first bytes were read already. */
  readonly head?: Proof;
  /** Milliseconds since the epoch at which it was made, where it is met late. */
  readonly metAtMs?: number;
}

/** One for all that are followed. */
export const followed: Phase = { kind: 'followed' };

/** A follow of a stream of which nothing but this is known. One literal: ten thousand of them share one hidden class. */
export function newFollow(
  record: StreamRecord,
  given: Pick<
    Follow,
    'settings' | 'phase' | 'position' | 'released' | 'size' | 'modifiedMs' | 'grownAtMs' | 'restlessAtMs'
  >,
): Follow {
  return {
    record,
    settings: given.settings,
    phase: given.phase,
    tailer: null,
    position: given.position,
    remembered: null,
    place: null,
    realPath: null,
    size: given.size,
    modifiedMs: given.modifiedMs,
    calmSize: -1,
    passed: 0,
    grownAtMs: given.grownAtMs,
    restlessAtMs: given.restlessAtMs,
    finishDue: false,
    queued: false,
    trouble: null,
    archive: null,
    missingSinceMs: null,
    fleeting: false,
    released: given.released,
  };
}

export class Registry {
  readonly #byStream = new Map<StreamId, Follow>();
  readonly #byPath = new Map<string, Follow>();
  readonly #byInode = new Shelf<bigint>();
  /** By the length of the head, then by its hash. */
  readonly #byHead = new Map<number, Shelf<string>>();
  readonly #byStem = new Shelf<string>();

  all(): Iterable<Follow> {
    return this.#byStream.values();
  }

  get(id: StreamId): Follow | undefined {
    return this.#byStream.get(id);
  }

  atPath(path: string): Follow | undefined {
    return this.#byPath.get(path);
  }

  /**
   * Open ones, then closed ones, then those that ended; among equals the newest first. A generation that was followed
   * in the place of one that ended has its first bytes in common with it, and must be found before it.
   */
  withInode(inode: bigint): readonly Follow[] {
    const rank = (one: Follow) => (one.tailer !== null ? 0 : one.phase.kind === 'ended' ? 2 : 1);
    return [...this.#byInode.get(inode)].reverse().sort((a, b) => rank(a) - rank(b));
  }

  withHead(length: number, hash: string): Iterable<Follow> {
    return this.#byHead.get(length)?.get(hash) ?? [];
  }

  /** Streams in the same directory with whose name, up to its first dot, this one begins. */
  *beginningLike(path: string): Iterable<Follow> {
    for (let end = path.lastIndexOf('/') + 1; end <= path.length; end += 1) {
      yield* this.#byStem.get(path.slice(0, end));
    }
  }

  headLengths(): Iterable<number> {
    return this.#byHead.keys();
  }

  add(follow: Follow): void {
    this.#byStream.set(follow.record.id, follow);
    this.#index(follow, follow.record);
  }

  /** Changes what is remembered of a stream; the indexes follow. */
  change(follow: Follow, changes: Partial<StreamRecord>): void {
    const { record } = follow;
    this.#unindex(follow, record);
    // Named one by one: of a spread object each would have a hidden class of its own.
    follow.record = {
      id: record.id,
      path: changes.path ?? record.path,
      identity: changes.identity ?? record.identity,
      head: changes.head ?? record.head,
      proofs: changes.proofs ?? record.proofs,
      parent: changes.parent ?? record.parent,
      status: changes.status ?? record.status,
      size: changes.size ?? record.size,
      seenAtMs: changes.seenAtMs ?? record.seenAtMs,
      ...(record.metAtMs === undefined ? {} : { metAtMs: record.metAtMs }),
      ...(record.lines === undefined ? {} : { lines: record.lines }),
    };
    this.#index(follow, follow.record);
  }

  place(follow: Follow, path: string, realPath: string | null): void {
    this.unplace(follow);
    follow.place = path;
    follow.realPath = realPath;
    this.#byPath.set(path, follow);
    if (realPath !== null) this.#byPath.set(realPath, follow);
  }

  /** No path leads to it any more. */
  unplace(follow: Follow): void {
    for (const path of [follow.place, follow.realPath]) {
      if (path !== null && this.#byPath.get(path) === follow) this.#byPath.delete(path);
    }
    follow.place = null;
    follow.realPath = null;
  }

  remove(follow: Follow): void {
    this.unplace(follow);
    this.#unindex(follow, follow.record);
    this.#byStream.delete(follow.record.id);
  }

  #index(follow: Follow, { path, identity, head }: StreamRecord): void {
    this.#byInode.add(identity.inode, follow);
    this.#byStem.add(stemOf(path), follow);
    const sameLength = this.#byHead.get(head.length) ?? new Shelf<string>();
    sameLength.add(head.hash, follow);
    this.#byHead.set(head.length, sameLength);
  }

  #unindex(follow: Follow, { path, identity, head }: StreamRecord): void {
    this.#byInode.delete(identity.inode, follow);
    this.#byStem.delete(stemOf(path), follow);
    const sameLength = this.#byHead.get(head.length);
    sameLength?.delete(head.hash, follow);
    if (sameLength?.size === 0) this.#byHead.delete(head.length);
  }
}

/** A path without what follows the first dot of its file name. */
function stemOf(path: string): string {
  const dot = path.indexOf('.', path.lastIndexOf('/') + 2);
  return dot < 0 ? path : path.slice(0, dot);
}
