/**
 * What it means that a path leads to a file: a stream that is known, moved or replaced, or a newcomer.
 *
 * A file is found by its inode and proved by its content: the hash of its first bytes and the bytes before the
 * position. An open handle keeps its inode from being reused, so an open file needs no proof; the inode of a stream
 * that is read from an archive is free for others.
 */
import type { FileStat } from '../../host/disk.ts';
import { diskCode, printablePath } from '../../host/disk.ts';
import type { Endings } from './endings.ts';
import type { Follow } from './follow.ts';
import type { Generations } from './generations.ts';
import type { Ground } from './ground.ts';
import type { Handles } from './handles.ts';
import type { Newcomers } from './newcomers.ts';
import type { Patterns } from './patterns.ts';

export class Sightings {
  readonly #ground: Ground;
  readonly #handles: Handles;
  readonly #generations: Generations;
  readonly #endings: Endings;
  readonly #newcomers: Newcomers;

  constructor(
    ground: Ground,
    parts: {
      readonly handles: Handles;
      readonly generations: Generations;
      readonly endings: Endings;
      readonly newcomers: Newcomers;
    },
  ) {
    this.#ground = ground;
    this.#handles = parts.handles;
    this.#generations = parts.generations;
    this.#endings = parts.endings;
    this.#newcomers = parts.newcomers;
  }

  /**
   * Whether the path of a follow leads to what it led to when it was looked at last, proved and read to its end. Then
   * there is nothing to decide, and nothing is opened: ten thousand quiet files share a few hundred descriptors.
   */
  isCalm(follow: Follow, stat: FileStat): boolean {
    if (follow.calmSize !== stat.size || follow.modifiedMs !== stat.modifiedMs) return false;
    const { device, inode, birthTimeNs } = follow.record.identity;
    const same = stat.inode === inode && stat.device === device && stat.birthTimeNs === birthTimeNs;
    const read = (follow.tailer?.position ?? follow.position) === stat.size;
    const { phase, missingSinceMs, trouble, place, record } = follow;
    const settled = phase.kind === 'followed' && missingSinceMs === null && trouble === null;
    return same && read && settled && stat.kind === 'file' && place === record.path;
  }

  /** A path leads to this file; `at` is where reading begins when nobody knows it. */
  async sight(path: string, stat: FileStat, at: 'beginning' | 'end'): Promise<void> {
    const holder = this.#ground.registry.atPath(path);
    const wanted = this.#ground.options.wanted(path);
    if (stat.kind !== 'file') {
      if (holder !== undefined) await this.#generations.depart(holder);
      if (wanted !== null) this.#ground.skip(path, `is a ${stat.kind}, not a file`);
      return;
    }
    const known = await this.#handles.recognise(path, stat);
    if (known !== null) {
      if (holder !== undefined && holder !== known) await this.#generations.depart(holder);
      await this.#settle(known, { path, stat, wanted });
      return;
    }
    if (holder?.record.identity.inode === stat.inode && holder.phase.kind === 'followed') {
      await this.#generations.replaced(holder);
      return;
    }
    if (holder !== undefined) await this.#generations.depart(holder);
    if (wanted !== null) await this.#newcomers.meet(path, stat, { patterns: wanted, at });
  }

  /** A followed stream that no pattern found at its path; `stat` is what is there now, null for nothing. */
  async missed(follow: Follow, stat: FileStat | null): Promise<void> {
    const { path, identity } = follow.record;
    const wanted = this.#ground.options.wanted(path);
    const elsewhere = stat === null || stat.inode !== identity.inode || stat.kind !== 'file';
    const known = elsewhere ? null : await this.#handles.recognise(path, stat);
    if (elsewhere || (known !== null && known !== follow)) {
      // The file is another's now: a later generation has its inode.
      await this.#generations.depart(follow);
      return;
    }
    // A rotated file that was being drained, or one that the configuration wants no more: both are read to their end.
    if (wanted === null && follow.phase.kind === 'followed') this.#endings.leave(follow);
    if (known === null) await this.#generations.replaced(follow);
    else await this.#settle(follow, { path, stat, wanted });
  }

  async #settle(
    follow: Follow,
    at: { readonly path: string; readonly stat: FileStat; readonly wanted: Patterns | null },
  ): Promise<void> {
    const { registry } = this.#ground;
    const moved = follow.record.path !== at.path && follow.realPath !== at.path;
    const secondName =
      moved && registry.atPath(follow.record.path) === follow && (await this.#leadsTo(follow));
    if (moved && !secondName) this.#move(follow, at.path);
    const ended = follow.record.status === 'ended';
    if (at.wanted !== null) {
      if (!secondName && registry.atPath(follow.record.path) !== follow)
        registry.place(follow, follow.record.path, await this.#handles.realPath(follow.record.path));
      follow.phase = { kind: 'followed' };
      follow.fleeting = false;
      if (ended) this.#ground.change(follow, { status: 'followed' });
    } else if (follow.phase.kind === 'followed') this.#endings.leave(follow);
    if (await this.#isCut(follow)) {
      await this.#generations.replaced(follow);
      return;
    }
    const { size, modifiedMs } = at.stat;
    const changed = size !== follow.size || modifiedMs !== follow.modifiedMs;
    // One of an earlier run that was looked at first now was proved when it was opened for this look.
    const proved = !changed || follow.modifiedMs === 0;
    follow.calmSize = -1;
    if (proved && follow.tailer?.position === size && size >= follow.size) {
      follow.modifiedMs = modifiedMs;
      follow.size = size;
      this.#ground.calm(follow);
      return;
    }
    follow.modifiedMs = modifiedMs;
    if (size > follow.size) this.#ground.grew(follow);
    follow.size = Math.max(follow.size, size);
    await this.#takeHead(follow);
    this.#ground.options.ready(follow);
  }

  #move(follow: Follow, path: string): void {
    this.#ground.registry.unplace(follow);
    const shown = printablePath(path);
    this.#ground.say('info', 'file.renamed', { follow, message: `now at ${shown}` });
    this.#ground.change(follow, { path });
    follow.tailer?.renamed(shown);
    follow.finishDue = true;
    this.#ground.restless.add(follow);
  }

  /** Shorter than what was read of it: no read is needed to know that it was truncated. */
  async #isCut(follow: Follow): Promise<boolean> {
    const { tailer } = follow;
    if (tailer === null) return false;
    const { size } = await tailer.handle.stat();
    if (size < tailer.position) return true;
    // Where nothing or little was read, the first bytes tell whether it was written anew.
    return size < follow.size && (await this.#ground.evidence.of(follow, tailer.handle)) === null;
  }

  /** What waits to be read is known by its first bytes, should it be truncated before. */
  async #takeHead(follow: Follow): Promise<void> {
    const { record, tailer } = follow;
    if (tailer === null || record.head.length > 0 || follow.size === 0) return;
    this.#ground.change(follow, { head: await this.#ground.evidence.headOf(tailer.handle) });
  }

  async #leadsTo(follow: Follow): Promise<boolean> {
    try {
      const stat = await this.#ground.options.host.disk.stat(follow.record.path);
      return stat.inode === follow.record.identity.inode;
    } catch (error) {
      if (diskCode(error) === null) throw error;
      return false;
    }
  }
}
