/**
 * Where streams begin and end. One generation of a file is one stream:
 *
 *   followed -> leaving -> ended       its name is gone or leads elsewhere; drained, finished, let go
 *   followed -> ended, next followed   truncated in place: the next generation has the same file
 *   followed -> followed               truncated after a copy was made: the copy is its file now
 *   followed -> leaving                its file is gone, or was truncated, and it stands in an archive: drained there
 *   ended -> followed                  it came back under a name that is wanted
 *
 * Nothing changes before everything that may fail has been asked of the disk, so that a failed step can be repeated.
 */
import type { StreamRecord } from '../../event/stream.ts';
import type { FileHandle, FileStat } from '../../host/disk.ts';
import { printablePath } from '../../host/disk.ts';
import { randomName } from '../../host/random.ts';
import type { FileSourceSettings } from '../../settings/agent.ts';
import type { Archive, Archives } from './archives.ts';
import type { Copies } from './copies.ts';
import type { Endings } from './endings.ts';
import { bytesBefore } from './evidence.ts';
import { type Beginning, type Follow, followed, newFollow } from './follow.ts';
import type { Ground } from './ground.ts';
import type { Found, Handles } from './handles.ts';
import { largestPrefix, makeProof } from './proof.ts';
import { startOf } from './start.ts';

export class Generations {
  readonly #ground: Ground;
  readonly #handles: Handles;
  readonly #copies: Copies;
  readonly #archives: Archives;
  readonly #endings: Endings;

  constructor(
    ground: Ground,
    parts: {
      readonly handles: Handles;
      readonly copies: Copies;
      readonly archives: Archives;
      readonly endings: Endings;
    },
  ) {
    this.#ground = ground;
    this.#handles = parts.handles;
    this.#copies = parts.copies;
    this.#archives = parts.archives;
    this.#endings = parts.endings;
  }

  /** Enters a stream that an earlier run followed; its file is looked for at the first pass. */
  restore(
    record: StreamRecord,
    at: { readonly position: number; readonly released: number; readonly settings: FileSourceSettings },
  ): void {
    // What is not settled may have to be read again, so its file is looked for even if it had ended.
    // Bytes that it ended without are a gap, which is told again when it was not settled.
    const settled = at.released >= at.position && at.position >= record.size;
    const ended = record.status === 'ended' && settled;
    // Older states do not tell when it was met; what is seen of it from now on must not stand for that.
    const known = { ...record, metAtMs: record.metAtMs ?? record.seenAtMs };
    const follow = newFollow(known, {
      settings: at.settings,
      phase: ended ? { kind: 'ended' } : followed,
      position: at.position,
      released: at.released,
      size: record.size,
      modifiedMs: 0,
      grownAtMs: record.seenAtMs,
      restlessAtMs: 0,
    });
    this.#ground.registry.add(follow);
    if (!ended) this.#ground.registry.place(follow, record.path, null);
  }

  /** A new stream, committed and ready to be read. It has no place yet. */
  async begin(path: string, beginning: Beginning): Promise<Follow> {
    const { evidence, options, registry } = this.#ground;
    const { stat, handle, position, settings, parent } = beginning;
    const before = await bytesBefore(handle, position);
    const head = beginning.head ?? (await evidence.headOf(handle));
    const nowMs = this.#ground.nowMs();
    const record: StreamRecord = {
      id: randomName(options.host.random),
      path,
      identity: { device: stat.device, inode: stat.inode, birthTimeNs: stat.birthTimeNs },
      head,
      proofs: position > 0 ? [makeProof(options.host.work, position, before)] : [],
      parent,
      status: 'followed',
      size: stat.size,
      seenAtMs: nowMs,
      metAtMs: beginning.metAtMs ?? nowMs,
      lines: 0,
    };
    const start = { position, skipped: parent === null ? position : 0 };
    this.#ground.remember({ stream: record, start });
    const follow = newFollow(record, {
      settings,
      phase: followed,
      position,
      released: position,
      size: stat.size,
      modifiedMs: stat.modifiedMs,
      grownAtMs: nowMs,
      restlessAtMs: this.#ground.uptimeMs(),
    });
    this.#handles.attach(follow, { handle, before });
    registry.add(follow);
    options.ready(follow);
    return follow;
  }

  /** The name that led to it is gone, or leads elsewhere. What its handle still holds is read to its end. */
  async depart(follow: Follow): Promise<void> {
    const { options, registry } = this.#ground;
    if (follow.phase.kind !== 'followed') {
      registry.unplace(follow);
      return;
    }
    const found = follow.tailer !== null || (await this.#handles.findBeside(follow));
    if (!found) {
      const archive = await this.#archives.find(follow);
      registry.unplace(follow);
      this.#endings.miss(follow, archive);
      return;
    }
    const stat = await follow.tailer!.handle.stat();
    registry.unplace(follow);
    this.#endings.leave(follow);
    follow.size = Math.max(follow.size, stat.size);
    if (stat.links === 0) this.#ground.fleet(follow);
    const message = 'the name leads elsewhere now; reading the old file to its end';
    this.#ground.say('info', 'file.left', { follow, message });
    options.ready(follow);
  }

  /** It was missed for long enough: looked for once more, then it is gone. */
  async vanish(follow: Follow): Promise<void> {
    if (await this.#handles.reopen(follow)) await this.depart(follow);
    else this.#endings.goOnWithout(follow, await this.#archives.find(follow), 'gone-before-read');
  }

  /** Lets go of a stream that has been read to its end and settled. */
  async end(follow: Follow): Promise<void> {
    const damaged = follow.archive !== null && follow.archive.damage !== null;
    this.#ground.registry.unplace(follow);
    await this.#handles.shut(follow);
    this.#endings.over(follow, damaged ? 'unreadable' : 'truncated-before-read');
    this.#ground.say('info', 'file.ended', { follow, message: 'read to its end and let go' });
  }

  /**
   * The bytes before the position are not what was read: the file was truncated or written anew in place, or its inode
   * was given to another. The old generation goes on in its copy, where there is one; the new one begins where the
   * content still agrees.
   */
  async replaced(follow: Follow): Promise<void> {
    const { options, registry } = this.#ground;
    const { path } = follow.record;
    if (follow.archive !== null) {
      // The archive was written anew while it was read.
      await this.#handles.shut(follow);
      this.#endings.goOnWithout(follow, 'unfinished', 'gone-before-read');
      return;
    }
    if (follow.record.status === 'ended') {
      // It was only looked for again because some of it was not settled; its successor is followed since long.
      const archive = await this.#archives.find(follow);
      registry.unplace(follow);
      await this.#handles.shut(follow);
      this.#endings.goOnWithout(follow, archive, 'truncated-before-read');
      return;
    }
    const phase = follow.phase;
    const head = follow.tailer?.head ?? new Uint8Array(0);
    // Taken away at once: looking for copies opens files, for which a quiet one may be closed, but not this one.
    const handle = this.#handles.detach(follow) ?? (await this.#handles.open(path));
    if (handle === null) {
      await this.depart(follow);
      return;
    }
    let next: Beginning;
    let copy: Found | null;
    let archive: Archive | 'unfinished' | null;
    try {
      const stat = await handle.stat();
      const patterns = options.wanted(path);
      const proofs = options.memory.proofs(follow.record.id);
      const from = await largestPrefix(options.host.work, handle, proofs);
      const settings = patterns?.settings ?? follow.settings;
      next = { stat, handle, settings, position: from, parent: { stream: follow.record.id, from } };
      copy = await this.#findCopy(follow);
      archive = copy === null ? await this.#archives.find(follow) : null;
      if (copy === null) await this.#passOverReadCopy(follow, head);
    } catch (error) {
      if (follow.remembered === null) await handle.close();
      else this.#handles.attach(follow, { handle, before: follow.remembered });
      throw error;
    }
    registry.unplace(follow);
    if (copy === null) this.#endings.goOnWithout(follow, archive, 'truncated-before-read');
    else await this.#goOnIn(follow, copy);
    await this.#succeed(path, next, phase);
  }

  /** The next generation of a file begins; it may be held back in its turn. */
  async #succeed(path: string, next: Beginning, phase: Follow['phase']): Promise<void> {
    const { options, registry } = this.#ground;
    const patterns = options.wanted(path);
    let successor: Follow;
    try {
      if (
        next.position === 0 &&
        patterns !== null &&
        (await this.#copies.hold(path, next.stat, { patterns }))
      ) {
        await next.handle.close();
        return;
      }
      successor = await this.begin(path, next);
    } catch (error) {
      // Nobody has it yet: the next pass meets the file as a new one.
      await next.handle.close();
      throw error;
    }
    if (phase.kind === 'leaving') this.#endings.leave(successor);
    else registry.place(successor, path, await this.#handles.realPath(path));
  }

  /** Looks for a copy of what was read of a stream, and opens it. */
  async #findCopy(follow: Follow): Promise<Found | null> {
    const { evidence } = this.#ground;
    if (follow.record.head.length === 0) return null;
    const position = follow.tailer?.position ?? follow.position;
    let found: Found | null = null;
    for (const { path, stat } of await this.#copies.candidatesFor(follow)) {
      if (stat.inode === follow.record.identity.inode || stat.size < position) continue;
      await this.#handles.borrowReadable(path, async (handle) => {
        const before = await evidence.of(follow, handle);
        if (before === null || !(await this.#isFree(path, { stat, handle }))) return false;
        found = { path, handle, stat, before };
        return true;
      });
      if (found !== null) return found;
    }
    return null;
  }

  /**
   * What was written between the copy and the truncation may have been read, and the copy then holds less than that:
   * it becomes a stream that begins at its own end, so that nothing of it is given out again. (At its last line's
   * beginning where that is unfinished: should it be a copy that still grows, no line is read in part.)
   */
  async #passOverReadCopy(follow: Follow, head: Uint8Array): Promise<void> {
    const { evidence, options, registry } = this.#ground;
    for (const { path, stat } of await this.#copies.candidatesFor(follow)) {
      const patterns = options.wanted(path);
      const shorter = stat.size > 0 && stat.size < follow.position;
      if (patterns === null || !shorter || stat.inode === follow.record.identity.inode) continue;
      await this.#handles.borrowReadable(path, async (handle) => {
        const proven = this.#copies.provenBytes(path, follow) >= stat.size;
        if (!proven && !(await evidence.isWithin(handle, head))) return false;
        if (!(await this.#isFree(path, { stat, handle }))) return false;
        const { settings } = patterns;
        const position = await startOf(handle, stat.size, settings.lineBytesMax);
        const parent = { stream: follow.record.id, from: position };
        const passed = await this.begin(path, { stat, handle, settings, position, parent });
        registry.place(passed, path, await this.#handles.realPath(path));
        this.#copies.release(path);
        this.#ground.say('info', 'file.copied', {
          follow: passed,
          message: 'a copy of what was read already',
        });
        return true;
      });
    }
  }

  /** No stream is read at this path; one whose file was overwritten there is over. */
  async #isFree(
    path: string,
    now: { readonly stat: FileStat; readonly handle: FileHandle },
  ): Promise<boolean> {
    const { evidence, registry } = this.#ground;
    const other = registry.atPath(path);
    // What was last seen there may have been renamed since: its own inode leads to it.
    if (other === undefined || other.record.identity.inode !== now.stat.inode) return true;
    if ((await evidence.of(other, now.handle)) !== null) return false;
    registry.unplace(other);
    await this.#handles.shut(other);
    this.#endings.truncated(other);
    return true;
  }

  /** The old generation's body stands in another file: what is left of it is read there. */
  async #goOnIn(follow: Follow, copy: Found): Promise<void> {
    const { options, registry } = this.#ground;
    const { device, inode, birthTimeNs } = copy.stat;
    const message = `truncated; its rest is read from ${printablePath(copy.path)}`;
    this.#ground.say('info', 'file.copied', { follow, message });
    // What was seen after the copy was made is not in it: it becomes a gap at its end.
    follow.size = Math.max(follow.size, copy.stat.size);
    this.#ground.change(follow, { path: copy.path, identity: { device, inode, birthTimeNs } });
    this.#handles.attach(follow, copy);
    follow.finishDue = true;
    this.#ground.restless.add(follow);
    if (options.wanted(copy.path) === null) this.#endings.leave(follow);
    else registry.place(follow, copy.path, await this.#handles.realPath(copy.path));
    options.ready(follow);
  }
}
