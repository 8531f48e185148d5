/**
 * Compressed copies of files that are gone: found beside the lost name by their names, proved by their content.
 *
 * Nothing tells an archive that is still being written from one that is cut short but time. So a stream whose archive
 * may be unfinished waits until the files beside it have not changed for `copy_wait`.
 */
import type { FileHandle, FileStat } from '../../host/disk.ts';
import { printablePath } from '../../host/disk.ts';
import { CompressedFile, type Damage } from './compressed.ts';
import type { Follow } from './follow.ts';
import type { Ground } from './ground.ts';
import type { Found, Handles, Sibling } from './handles.ts';
import { prefixProofBytesMin, prove } from './proof.ts';
import { isArchiveName } from './rotated-name.ts';

/** An archive that holds what was read of a stream. Its `stat` has the expanded size. */
export interface Archive extends Found {
  readonly inode: bigint;
  /** A corrupt one is none: nothing in it can be trusted. */
  readonly damage: Exclude<Damage, 'corrupt'> | null;
}

/** The newest so many are looked at. */
const candidatesMax = 100;
/** Beyond the line limit: the longest way back of a reader that looks for the end of a line. */
const keptBytesMore = 512 * 1024;
/** The coarsest times of last change, as some file systems and compressors keep them. */
const timeGrainMs = 2000;

interface Wait {
  readonly signature: string;
  readonly sinceMs: number;
  readonly looked: boolean;
}

export class Archives {
  readonly #ground: Ground;
  readonly #handles: Handles;
  readonly #signal: AbortSignal;
  readonly #waits = new Map<Follow, Wait>();

  constructor(ground: Ground, handles: Handles, signal: AbortSignal) {
    this.#ground = ground;
    this.#handles = handles;
    this.#signal = signal;
  }

  /** The archive of a stream, opened and proved; `unfinished` when one may become it: ask again. */
  async find(follow: Follow): Promise<Archive | 'unfinished' | null> {
    if (follow.record.head.length === 0) return null;
    const candidates = await this.#candidatesFor(follow);
    const wait = this.#await(follow, candidates);
    const late = this.#ground.uptimeMs() - wait.sinceMs >= follow.settings.copyWaitMs;
    if (wait.looked && !late) return 'unfinished';
    let unfinished = this.#signal.aborted;
    for (const candidate of candidates) {
      const found = await this.#look(follow, candidate, { late });
      if (this.#signal.aborted || found === 'unfinished') unfinished = true;
      else if (found !== null) {
        this.#waits.delete(follow);
        return found;
      }
    }
    if (unfinished && !late) this.#waits.set(follow, { ...wait, looked: true });
    else this.#waits.delete(follow);
    return unfinished ? 'unfinished' : null;
  }

  async #candidatesFor(follow: Follow): Promise<readonly Sibling[]> {
    const siblings = await this.#handles.siblings(follow.record.path);
    return siblings
      .filter(({ path, stat }) => isArchiveName(follow.record.path, path) && !this.#isTaken(follow, stat))
      .slice(0, candidatesMax);
  }

  #isTaken(follow: Follow, { inode }: FileStat): boolean {
    for (const other of this.#ground.registry.all())
      if (other !== follow && other.archive?.inode === inode) return true;
    return false;
  }

  /** Since when the files beside it are as they are now; the first look is taken at once, the next when they rest. */
  #await(follow: Follow, candidates: readonly Sibling[]): Wait {
    const signature = candidates
      .map(({ path, stat }) => `${path}:${stat.inode}:${stat.size}:${stat.modifiedMs}`)
      .join('\n');
    const before = this.#waits.get(follow);
    if (before?.signature === signature) return before;
    const wait = { signature, sinceMs: this.#ground.uptimeMs(), looked: before !== undefined };
    if (before !== undefined) this.#waits.set(follow, { ...wait, looked: false });
    return wait;
  }

  async #look(
    follow: Follow,
    { path, stat }: Sibling,
    { late }: { readonly late: boolean },
  ): Promise<Archive | 'unfinished' | null> {
    if (this.#signal.aborted || isOlderThan(follow, stat)) return null;
    let result: Archive | 'unfinished' | null = null;
    await this.#handles.borrowReadable(path, async (handle) => {
      if (!(await beginsLikeGzip(handle))) {
        result = stat.size < 2 && !late ? 'unfinished' : null;
        return false;
      }
      const { lineBytesMax } = follow.settings;
      const { work } = this.#ground.options.host;
      const file = new CompressedFile(handle, { work, keptBytes: lineBytesMax + keptBytesMore });
      try {
        result = await this.#prove(follow, { path, file, late });
      } finally {
        if (result === null || result === 'unfinished') await file.close();
      }
      return result !== null && result !== 'unfinished';
    });
    return result;
  }

  async #prove(
    follow: Follow,
    at: { readonly path: string; readonly file: CompressedFile; readonly late: boolean },
  ): Promise<Archive | 'unfinished' | null> {
    const { path, file, late } = at;
    const before = await this.#ground.evidence.of(follow, file);
    if (before === null) return !late && (await this.#mayGrowInto(follow, file)) ? 'unfinished' : null;
    if (!(await file.measure(this.#signal))) return 'unfinished';
    const { damage } = file;
    if (damage !== null) {
      if (!late) return 'unfinished';
      const what = damage === 'corrupt' ? 'is corrupt: nothing in it can be trusted' : 'is cut short';
      this.#ground.say('warn', 'file.damaged', { follow, message: `${printablePath(path)} ${what}` });
      if (damage === 'corrupt') return null;
    }
    const stat = await file.stat();
    return { path, handle: file, stat, before, inode: stat.inode, damage };
  }

  /** It ends before it can prove anything, and what there is of it agrees. */
  async #mayGrowInto(follow: Follow, file: CompressedFile): Promise<boolean> {
    const { size } = await file.stat();
    const { head } = follow.record;
    if (file.damage !== 'cut-short' || size >= Math.max(follow.position, head.length)) return false;
    return size < head.length || (await prove(this.#ground.options.host.work, file, head)) !== null;
  }
}

/**
 * Little was read of the stream, as much as files of one kind may have in common, and the archive was last changed
 * before the stream's file was born: it is that of an earlier generation.
 */
function isOlderThan({ position, record }: Follow, stat: FileStat): boolean {
  const { birthTimeNs } = record.identity;
  if (Math.max(position, record.head.length) >= prefixProofBytesMin || birthTimeNs === null) return false;
  return stat.modifiedMs + timeGrainMs < Number(birthTimeNs / 1_000_000n);
}

/** RFC 1952, 2.3.1. */
async function beginsLikeGzip(handle: FileHandle): Promise<boolean> {
  const bytes = Buffer.alloc(2);
  await handle.read(bytes, { offset: 0, length: 2, position: 0 });
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}
