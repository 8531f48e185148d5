/**
 * What it means that a path leads to a file: known, moved, replaced, a copy, or new. Everything that is followed is
 * entered, changed and let go here, and nowhere else.
 *
 * A file is found by its inode and proved by its content: the hash of its first bytes and the bytes before the
 * position. An open handle keeps its inode from being reused, so an open file needs no proof.
 */
import type { Segment } from '../../event/batch.ts';
import type { StreamRecord } from '../../event/stream.ts';
import type { FileHandle, FileStat } from '../../host/disk.ts';
import { diskCode, printablePath } from '../../host/disk.ts';
import { directoryOf } from '../../host/files.ts';
import type { Host } from '../../host/host.ts';
import { randomName } from '../../host/random.ts';
import type { SelfLog } from '../../host/selflog.ts';
import type { FileSourceSettings } from '../../settings/agent.ts';
import type { Memory, Piece } from '../source.ts';
import { bytesBefore, Evidence } from './evidence.ts';
import { type Follow, Registry } from './follow.ts';
import type { Patterns } from './patterns.ts';
import { largestPrefix, makeProof } from './proof.ts';
import { startOf } from './start.ts';
import { Tailer } from './tailer.ts';

export type SourceHost = Pick<Host, 'clock' | 'disk' | 'work' | 'random'>;

export interface SightingsOptions {
  readonly host: SourceHost;
  readonly memory: Memory;
  readonly log: SelfLog;
  readonly openFilesMax: number;
  /** Positions taken over from an earlier program, by path. */
  readonly takenOver: ReadonlyMap<string, number>;
  /** The patterns that want a path; null when none does. */
  wanted(path: string): Patterns | null;
  /** There may be something to read. */
  ready(follow: Follow): void;
  /** A gap that was found. */
  give(piece: Piece): void;
}

/** A file that looks like the copy of a followed one, and may become its rest when that one is truncated. */
interface Held {
  readonly path: string;
  readonly original: Follow;
  readonly patterns: Patterns;
  readonly sinceMs: number;
}

/** File systems stamp times by the kernel's tick, which lags behind the clock by so much. */
const clockGrainMs = 10;

export class Sightings {
  readonly registry = new Registry();
  readonly #options: SightingsOptions;
  readonly #evidence: Evidence;
  readonly #held = new Map<string, Held>();
  readonly #skipped = new Map<string, string>();
  #open = 0;

  constructor(options: SightingsOptions) {
    this.#options = options;
    this.#evidence = new Evidence(options.host, this.registry, (id) => options.memory.proofs(id));
  }

  get holdsCopies(): boolean {
    return this.#held.size > 0;
  }

  /** Enters a stream that an earlier run followed; its file is looked for at the first pass. */
  restore(
    record: StreamRecord,
    at: { readonly position: number; readonly released: number; readonly settings: FileSourceSettings },
  ): void {
    const follow: Follow = {
      record,
      settings: at.settings,
      // What is not settled may have to be read again, so its file is looked for even if it had ended.
      phase: { kind: record.status === 'ended' && at.released >= at.position ? 'ended' : 'followed' },
      tailer: null,
      position: at.position,
      remembered: null,
      realPath: null,
      size: record.size,
      modifiedMs: 0,
      grownAtMs: record.seenAtMs,
      finishDue: false,
      queued: false,
      usedAtMs: 0,
      trouble: null,
      released: at.released,
    };
    this.registry.add(follow);
    if (follow.phase.kind === 'followed') this.registry.place(follow, record.path, null);
  }

  /**
   * A path leads to this file. `start` says where a file begins that was not known: `end` only at the very first
   * start of an agent.
   */
  async sight(path: string, stat: FileStat, start: { readonly at: 'beginning' | 'end' }): Promise<void> {
    const holder = this.registry.atPath(path);
    const wanted = this.#options.wanted(path);
    if (stat.kind !== 'file') {
      if (holder !== undefined) await this.depart(holder);
      if (wanted !== null) this.#skip(path, `is a ${stat.kind}, not a file`);
      return;
    }
    const known = await this.recognise(path, stat);
    if (known !== null) {
      if (holder !== undefined && holder !== known) await this.depart(holder);
      await this.#settle(known, { path, stat, wanted });
      return;
    }
    if (holder !== undefined) {
      const sameInode = holder.record.identity.inode === stat.inode;
      if (sameInode && holder.phase.kind === 'followed') await this.#replaceClosed(holder, stat);
      else await this.depart(holder);
    }
    if (wanted !== null && stat.size > 0) await this.#newcomer(path, stat, { patterns: wanted, start });
  }

  /** A followed stream that no pattern found at its path; the path leads to this file now. */
  async resolve(follow: Follow, stat: FileStat): Promise<void> {
    if (stat.inode !== follow.record.identity.inode) {
      await this.depart(follow);
      return;
    }
    const { path } = follow.record;
    const known = await this.recognise(path, stat);
    if (known === null) await this.#replaceClosed(follow, stat);
    else await this.#settle(known, { path, stat, wanted: this.#options.wanted(path) });
  }

  /** The stream whose file this is, opened and proved; null when it is none that is known. */
  async recognise(path: string, stat: FileStat): Promise<Follow | null> {
    for (const follow of this.registry.withInode(stat.inode)) {
      if (follow.tailer !== null) {
        if (follow.record.identity.device === stat.device) return follow;
      } else if (stat.size >= follow.position && (await this.#reopen(follow, path))) {
        return follow;
      }
    }
    return null;
  }

  /** The name that led to it is gone, or leads elsewhere. What its handle still holds is read to its end. */
  async depart(follow: Follow): Promise<void> {
    const { clock } = this.#options.host;
    this.registry.unplace(follow);
    if (follow.phase.kind !== 'followed') return;
    follow.phase = { kind: 'leaving', sinceMs: clock.now() };
    follow.finishDue = true;
    if (follow.tailer === null && !(await this.#findByInode(follow))) {
      this.#vanished(follow);
      return;
    }
    const stat = await follow.tailer!.handle.stat();
    follow.size = Math.max(follow.size, stat.size);
    if (stat.links === 0) this.#options.memory.fleeting(follow.record.id);
    this.#say('info', 'file.left', 'the name leads elsewhere now; reading the old file to its end', follow);
    this.#options.ready(follow);
  }

  /**
   * The bytes before the position are not what was read: the file was truncated or written anew in place. The old
   * generation goes on in its copy, where there is one; the new one begins where the content still agrees.
   */
  async replaced(follow: Follow): Promise<void> {
    const { handle } = follow.tailer!;
    const stat = await handle.stat();
    const path = follow.record.path;
    const phase = follow.phase;
    const patterns = this.#options.wanted(path);
    const copy = await this.#findCopy(follow);
    const start = await largestPrefix(
      this.#options.host.work,
      handle,
      this.#options.memory.proofs(follow.record.id),
    );
    const old = follow.record;
    this.registry.unplace(follow);
    if (copy === null) this.#truncated(follow);
    else await this.#moveTo(follow, copy);
    if (copy !== null) this.#open -= 1;
    if (patterns === null && phase.kind === 'ended') {
      await handle.close();
      return;
    }
    if (start === 0 && patterns !== null && (await this.#hold(path, stat, patterns))) {
      await handle.close();
      return;
    }
    const settings = patterns?.settings ?? follow.settings;
    const next = await this.#create(path, {
      stat,
      handle,
      settings,
      position: start,
      parent: { stream: old.id, from: start },
    });
    if (phase.kind === 'leaving') next.phase = phase;
    else this.registry.place(next, path, await this.#realPath(path));
  }

  /** Lets go of a stream that has been read to its end. */
  async end(follow: Follow): Promise<void> {
    this.registry.unplace(follow);
    follow.phase = { kind: 'ended' };
    await this.shut(follow);
    this.#change(follow, { status: 'ended' });
    this.#say('info', 'file.ended', 'read to its end and let go', follow);
  }

  /** Closes a file that can be found again. */
  async shut(follow: Follow): Promise<void> {
    const tailer = follow.tailer;
    if (tailer === null) return;
    follow.position = tailer.position;
    follow.remembered = tailer.remembered;
    follow.tailer = null;
    this.#open -= 1;
    await tailer.handle.close();
  }

  /** Opens a closed file again, by identity, where its name should be; false when it is not there. */
  async reopen(follow: Follow): Promise<boolean> {
    if (follow.tailer !== null) return true;
    if (await this.#reopen(follow, follow.realPath ?? follow.record.path)) return true;
    return await this.#findByInode(follow);
  }

  /** Decides about held copies whose time is up or which turned out to differ. */
  async reviewHeld(): Promise<void> {
    const { clock, disk } = this.#options.host;
    for (const held of [...this.#held.values()]) {
      const stat = await disk.stat(held.path).catch(() => null);
      const late = clock.now() - held.sinceMs >= held.patterns.settings.copyWaitMs;
      if (stat === null || (await this.recognise(held.path, stat)) !== null) {
        this.#held.delete(held.path);
      } else if (late || !(await this.#evidence.isCopy(held.path, held.original))) {
        this.#held.delete(held.path);
        await this.#enter(held.path, stat, { patterns: held.patterns, start: { at: 'beginning' } });
      }
    }
  }

  /** The head grows with a short file, until it has its full length. */
  growHead(follow: Follow): void {
    const head = this.#evidence.betterHead(follow);
    if (head !== null) this.#change(follow, { head });
  }

  /** Remembers sizes before a stop, so that bytes that vanish meanwhile are known to have been there. */
  rememberAll(): void {
    const entries = [...this.registry.all()].filter((one) => one.size !== one.record.size);
    for (const follow of entries) this.registry.change(follow, { size: follow.size });
    this.#options.memory.remember(entries.map((one) => ({ stream: one.record, start: null })));
  }

  async closeAll(): Promise<void> {
    for (const follow of this.registry.all()) await this.shut(follow);
  }

  async #settle(
    follow: Follow,
    at: { readonly path: string; readonly stat: FileStat; readonly wanted: Patterns | null },
  ): Promise<void> {
    const { clock } = this.#options.host;
    const moved = follow.record.path !== at.path && follow.realPath !== at.path;
    const stillNamed =
      moved && this.registry.atPath(follow.record.path) === follow && (await this.#leadsTo(follow));
    if (moved && !stillNamed) {
      this.registry.unplace(follow);
      this.#say('info', 'file.renamed', `now at ${printablePath(at.path)}`, follow);
      this.#change(follow, { path: at.path, status: 'followed' });
      follow.tailer?.renamed(printablePath(at.path));
      follow.finishDue = true;
    }
    if (at.wanted !== null) {
      if (!stillNamed)
        this.registry.place(follow, follow.record.path, await this.#realPath(follow.record.path));
      if (follow.phase.kind !== 'followed') {
        follow.phase = { kind: 'followed' };
        if (follow.record.status === 'ended') this.#change(follow, { status: 'followed' });
      }
    } else if (follow.phase.kind === 'followed') {
      follow.phase = { kind: 'leaving', sinceMs: clock.now() };
      follow.finishDue = true;
    }
    const changed = at.stat.size !== follow.size || at.stat.modifiedMs !== follow.modifiedMs;
    if (changed || follow.tailer?.position !== at.stat.size) {
      follow.modifiedMs = at.stat.modifiedMs;
      if (at.stat.size > follow.size) follow.grownAtMs = clock.now();
      follow.size = Math.max(follow.size, at.stat.size);
      this.#options.ready(follow);
    }
  }

  async #newcomer(
    path: string,
    stat: FileStat,
    how: { readonly patterns: Patterns; readonly start: { readonly at: 'beginning' | 'end' } },
  ): Promise<void> {
    if (this.#held.has(path)) return;
    if (how.start.at === 'beginning' && (await this.#hold(path, stat, how.patterns))) return;
    await this.#enter(path, stat, how);
  }

  /** Holds a file back when it looks like the copy of a followed one. */
  async #hold(path: string, stat: FileStat, patterns: Patterns): Promise<boolean> {
    const original = await this.#evidence.originalOf(path, stat);
    if (original === null) return false;
    this.#held.set(path, { path, original, patterns, sinceMs: this.#options.host.clock.now() });
    return true;
  }

  async #enter(
    path: string,
    seen: FileStat,
    how: { readonly patterns: Patterns; readonly start: { readonly at: 'beginning' | 'end' } },
  ): Promise<void> {
    const handle = await this.#openFile(path);
    if (handle === null) return;
    const stat = await handle.stat();
    if (stat.inode !== seen.inode || stat.device !== seen.device) {
      await handle.close();
      return;
    }
    if (await this.#evidence.isCompressed(handle)) {
      await handle.close();
      this.#skip(path, 'is compressed: its lines cannot be followed');
      return;
    }
    const { lineBytesMax } = how.patterns.settings;
    const takenOver = this.#options.takenOver.get(path);
    const wished = takenOver ?? (how.start.at === 'end' ? stat.size : 0);
    const position = wished > stat.size ? 0 : await startOf(handle, wished, lineBytesMax);
    const settings = how.patterns.settings;
    const follow = await this.#create(path, { stat, handle, settings, position, parent: null });
    this.registry.place(follow, path, await this.#realPath(path));
    this.#say('info', 'file.found', `following from byte ${position}`, follow);
  }

  async #create(
    path: string,
    given: {
      readonly stat: FileStat;
      readonly handle: FileHandle;
      readonly settings: FileSourceSettings;
      readonly position: number;
      readonly parent: StreamRecord['parent'];
    },
  ): Promise<Follow> {
    const { host, memory } = this.#options;
    const { stat, handle, position, settings } = given;
    const before = await bytesBefore(handle, position);
    const nowMs = host.clock.now();
    const record: StreamRecord = {
      id: randomName(host.random),
      path,
      identity: { device: stat.device, inode: stat.inode, birthTimeNs: stat.birthTimeNs },
      head: await this.#evidence.headOf(handle),
      proofs: position > 0 ? [makeProof(host.work, position, before)] : [],
      parent: given.parent,
      status: 'followed',
      size: stat.size,
      seenAtMs: nowMs,
    };
    const skipped = given.parent === null ? position : 0;
    memory.remember([{ stream: record, start: { position, skipped } }]);
    const follow: Follow = {
      record,
      settings,
      phase: { kind: 'followed' },
      tailer: this.#tailer(record, handle, { position, before, lineBytesMax: settings.lineBytesMax }),
      position,
      remembered: null,
      realPath: null,
      size: stat.size,
      modifiedMs: stat.modifiedMs,
      grownAtMs: nowMs,
      finishDue: false,
      queued: false,
      usedAtMs: nowMs,
      trouble: null,
      released: position,
    };
    this.#open += 1;
    this.registry.add(follow);
    this.#options.ready(follow);
    return follow;
  }

  #tailer(
    record: StreamRecord,
    handle: FileHandle,
    at: { readonly position: number; readonly before: Uint8Array; readonly lineBytesMax: number },
  ): Tailer {
    return new Tailer(handle, { stream: record.id, path: printablePath(record.path), ...at });
  }

  async #reopen(follow: Follow, path: string): Promise<boolean> {
    const handle = await this.#openFile(path);
    if (handle === null) return false;
    const stat = await handle.stat();
    const before =
      stat.inode === follow.record.identity.inode && stat.size >= follow.position
        ? await this.#evidence.of(follow, handle)
        : null;
    if (before === null) {
      await handle.close();
      return false;
    }
    const { device, inode, birthTimeNs } = stat;
    // A file system may come back under another device number.
    if (device !== follow.record.identity.device)
      this.#change(follow, { identity: { device, inode, birthTimeNs } });
    this.#attach(follow, { handle, before, size: stat.size });
    return true;
  }

  #attach(
    follow: Follow,
    found: { readonly handle: FileHandle; readonly before: Uint8Array; readonly size: number },
  ): void {
    const { position, settings } = follow;
    follow.tailer = this.#tailer(follow.record, found.handle, {
      position,
      before: found.before,
      lineBytesMax: settings.lineBytesMax,
    });
    follow.size = Math.max(follow.size, found.size);
    follow.usedAtMs = this.#options.host.clock.now();
    this.#open += 1;
    if (found.size > position) this.#options.ready(follow);
  }

  /** A closed file whose path leads to other content under the same inode: truncated, or the inode was given anew. */
  async #replaceClosed(follow: Follow, stat: FileStat): Promise<void> {
    const copy = await this.#findCopy(follow);
    const { record } = follow;
    this.registry.unplace(follow);
    if (copy === null) this.#truncated(follow);
    else await this.#moveTo(follow, copy);
    const patterns = this.#options.wanted(record.path);
    const handle = patterns === null ? null : await this.#openFile(record.path);
    if (handle === null || patterns === null) return;
    const start = await largestPrefix(
      this.#options.host.work,
      handle,
      this.#options.memory.proofs(record.id),
    );
    if (start === 0 && (await this.#hold(record.path, stat, patterns))) {
      await handle.close();
      return;
    }
    const next = await this.#create(record.path, {
      stat,
      handle,
      settings: patterns.settings,
      position: start,
      parent: { stream: record.id, from: start },
    });
    this.registry.place(next, record.path, await this.#realPath(record.path));
  }

  /** The old generation's body stands in another file: what is left of it is read there. */
  async #moveTo(follow: Follow, copy: Copy): Promise<void> {
    const { clock } = this.#options.host;
    this.#held.delete(copy.path);
    if (follow.tailer !== null) follow.position = follow.tailer.position;
    follow.tailer = null;
    const { device, inode, birthTimeNs } = copy.stat;
    this.#say('info', 'file.copied', `truncated; its rest is read from ${printablePath(copy.path)}`, follow);
    this.#change(follow, { path: copy.path, identity: { device, inode, birthTimeNs } });
    this.#attach(follow, { handle: copy.handle, before: copy.before, size: copy.stat.size });
    follow.size = copy.stat.size;
    follow.finishDue = true;
    const wanted = this.#options.wanted(copy.path);
    if (wanted !== null) this.registry.place(follow, copy.path, await this.#realPath(copy.path));
    else follow.phase = { kind: 'leaving', sinceMs: clock.now() };
    this.#options.ready(follow);
  }

  /** The generation is over, and nothing holds what was not read of it. Its handle belongs to the next one. */
  #truncated(follow: Follow): void {
    const position = follow.tailer?.position ?? follow.position;
    if (follow.tailer !== null) this.#open -= 1;
    follow.tailer = null;
    follow.position = position;
    this.#say('warn', 'file.truncated', 'truncated in place; a new generation begins', follow);
    this.#gap(follow, 'truncated-before-read');
  }

  #vanished(follow: Follow): void {
    this.#say('info', 'file.vanished', 'gone from the disk', follow);
    this.#gap(follow, 'gone-before-read');
  }

  #gap(follow: Follow, reason: 'truncated-before-read' | 'gone-before-read'): void {
    const { position, record, size } = follow;
    follow.phase = { kind: 'ended' };
    if (size > position) {
      const path = printablePath(record.path);
      const segment: Segment = { stream: record.id, path, from: position, to: size, kind: 'gap', reason };
      this.#say('error', 'file.gap', `${size - position} bytes can no longer be read (${reason})`, follow);
      this.#options.give({ segment, body: new Uint8Array(0), records: 0, tail: new Uint8Array(0) });
      follow.position = size;
    }
    this.#change(follow, { status: 'ended' });
  }

  /**
   * Generations of a path that came and went while no agent ran: files beside it whose name is its name with something
   * added, born after it was last seen, and known to nobody. They are read from their beginning to their end.
   */
  async enterMissed(follow: Follow, was: Pick<StreamRecord, 'path' | 'seenAtMs'>): Promise<void> {
    const { path, seenAtMs } = was;
    const siblings = await this.#siblings(path);
    for (const sibling of [...siblings].reverse()) {
      const { stat } = sibling;
      const bornMs = stat.birthTimeNs === null ? stat.modifiedMs : Number(stat.birthTimeNs / 1_000_000n);
      const known = this.#options.wanted(sibling.path) !== null || this.#held.has(sibling.path);
      if (known || bornMs + clockGrainMs <= seenAtMs || stat.size === 0 || !isRotatedName(path, sibling.path))
        continue;
      if ((await this.recognise(sibling.path, stat)) !== null) continue;
      await this.#enterMissed(follow, sibling);
    }
  }

  async #enterMissed(
    follow: Follow,
    sibling: { readonly path: string; readonly stat: FileStat },
  ): Promise<void> {
    const handle = await this.#openFile(sibling.path);
    if (handle === null) return;
    const isCopy = (await this.#evidence.of(follow, handle)) !== null && follow.record.head.length > 0;
    if (isCopy || (await this.#evidence.isCompressed(handle))) {
      await handle.close();
      return;
    }
    const { settings } = follow;
    const missed = await this.#create(sibling.path, {
      stat: sibling.stat,
      handle,
      settings,
      position: 0,
      parent: null,
    });
    missed.phase = { kind: 'leaving', sinceMs: this.#options.host.clock.now() };
    missed.finishDue = true;
    this.#say(
      'info',
      'file.missed',
      'came and went while no agent ran; reading it from its beginning',
      missed,
    );
  }

  /** Looks beside the lost name for the same inode with the same content. */
  async #findByInode(follow: Follow): Promise<boolean> {
    for (const { path, stat } of await this.#siblings(follow.record.path)) {
      if (stat.inode !== follow.record.identity.inode || !(await this.#reopen(follow, path))) continue;
      this.#change(follow, { path });
      follow.tailer?.renamed(printablePath(path));
      return true;
    }
    return false;
  }

  /** Looks beside the file for a copy of what was read of it. */
  async #findCopy(follow: Follow): Promise<Copy | null> {
    for (const { path, stat } of await this.#candidates(follow)) {
      if (stat.inode === follow.record.identity.inode) continue;
      if (stat.size < (follow.tailer?.position ?? follow.position)) continue;
      const handle = await this.#openFile(path);
      if (handle === null) continue;
      const before = follow.record.head.length > 0 ? await this.#evidence.of(follow, handle) : null;
      if (before !== null && (await this.#isFree(path, stat, handle))) return { path, handle, stat, before };
      await handle.close();
    }
    return null;
  }

  /** No stream is read at this path; one whose file was overwritten there is over. */
  async #isFree(path: string, stat: FileStat, handle: FileHandle): Promise<boolean> {
    const other = this.registry.atPath(path);
    // What was last seen there may have been renamed since: its own inode leads to it.
    if (other === undefined || other.record.identity.inode !== stat.inode) return true;
    if ((await this.#evidence.of(other, handle)) !== null) return false;
    const old = other.tailer?.handle;
    this.registry.unplace(other);
    this.#truncated(other);
    await old?.close();
    return true;
  }

  /** Where a copy of a followed file may be: beside it, and wherever one was held for it. */
  async #candidates(follow: Follow): Promise<readonly Seen[]> {
    const { disk } = this.#options.host;
    const seen: Seen[] = [...(await this.#siblings(follow.record.path))];
    for (const { path, original } of this.#held.values()) {
      const stat = original === follow ? await disk.stat(path).catch(() => null) : null;
      if (stat !== null && seen.every((one) => one.path !== path)) seen.push({ path, stat });
    }
    return seen;
  }

  /** The plain files beside a path, newest first. */
  async #siblings(path: string): Promise<readonly Seen[]> {
    const { disk } = this.#options.host;
    const directory = directoryOf(path);
    const entries = await disk.list(directory).catch(() => []);
    const found: Seen[] = [];
    for (const entry of entries) {
      const sibling = `${directory === '/' ? '' : directory}/${entry.name}`;
      if (entry.kind !== 'file' || sibling === path) continue;
      const stat = await disk.stat(sibling).catch(() => null);
      if (stat !== null && stat.kind === 'file') found.push({ path: sibling, stat });
    }
    return found.sort((a, b) => b.stat.modifiedMs - a.stat.modifiedMs);
  }

  async #leadsTo(follow: Follow): Promise<boolean> {
    const stat = await this.#options.host.disk.stat(follow.record.path).catch(() => null);
    return stat !== null && stat.inode === follow.record.identity.inode;
  }

  async #realPath(path: string): Promise<string | null> {
    const real = await this.#options.host.disk.realPath(path).catch(() => path);
    return real === path ? null : real;
  }

  async #openFile(path: string): Promise<FileHandle | null> {
    const { disk } = this.#options.host;
    if (this.#open >= this.#options.openFilesMax) await this.#shutQuietest();
    try {
      return await disk.open(path, 'read');
    } catch (error) {
      const code = diskCode(error);
      if (code === null) throw error;
      if (code === 'EMFILE' || code === 'ENFILE') await this.#shutQuietest();
      if (code !== 'ENOENT') this.#skip(path, `cannot be read (${code})`);
      return null;
    }
  }

  /** Closes the file that has been quiet longest, among those that are read to their end and still have a name. */
  async #shutQuietest(): Promise<void> {
    let quietest: Follow | null = null;
    for (const follow of this.registry.all()) {
      const idle = follow.tailer !== null && follow.phase.kind === 'followed' && !follow.queued;
      if (idle && (quietest === null || follow.usedAtMs < quietest.usedAtMs)) quietest = follow;
    }
    if (quietest !== null) await this.shut(quietest);
  }

  #change(follow: Follow, changes: Partial<StreamRecord>): void {
    const seenAtMs = this.#options.host.clock.now();
    this.registry.change(follow, { ...changes, size: follow.size, seenAtMs });
    this.#options.memory.remember([{ stream: follow.record, start: null }]);
  }

  /** Says once why a path is not read. */
  #skip(path: string, reason: string): void {
    if (this.#skipped.get(path) === reason) return;
    this.#skipped.set(path, reason);
    this.#options.log.write('warn', 'file.skipped', `${printablePath(path)} ${reason}`, {
      path: printablePath(path),
    });
  }

  #say(level: 'info' | 'warn' | 'error', event: string, message: string, follow: Follow): void {
    const path = printablePath(follow.record.path);
    this.#options.log.write(level, event, `${path}: ${message}`, { path, stream: follow.record.id });
  }
}

interface Seen {
  readonly path: string;
  readonly stat: FileStat;
}

/** Another file that holds what was read of a stream, opened. */
interface Copy {
  readonly path: string;
  readonly handle: FileHandle;
  readonly stat: FileStat;
  /** The bytes before the position. */
  readonly before: Uint8Array;
}

/** app.log.1, app.log-20260101, app-20260101.log, app.1.log for app.log: what rotation makes of a name. */
export function isRotatedName(path: string, other: string): boolean {
  if (other.startsWith(path)) return /^[-._]/.test(other.slice(path.length));
  const dot = path.lastIndexOf('.');
  if (dot <= path.lastIndexOf('/')) return false;
  const [stem, extension] = [path.slice(0, dot), path.slice(dot)];
  const middle = other.slice(stem.length, other.length - extension.length);
  return other.startsWith(stem) && other.endsWith(extension) && /^[-._]/.test(middle);
}
