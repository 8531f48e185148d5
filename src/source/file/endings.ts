/**
 * How a stream comes to its end: drained and let go, missed and waited for, gone on with in an archive, or over, with a
 * gap where bytes were seen and not read. No file is given up because of one look.
 */
import type { GapReason, Segment } from '../../event/batch.ts';
import { diskCode, printablePath } from '../../host/disk.ts';
import type { Archive, Archives } from './archives.ts';
import type { Follow } from './follow.ts';
import type { Ground } from './ground.ts';
import type { Handles } from './handles.ts';

/** Why bytes that were seen can no longer be read. */
type Loss = Extract<GapReason, 'truncated-before-read' | 'gone-before-read' | 'unreadable'>;

export class Endings {
  readonly #ground: Ground;
  readonly #handles: Handles;
  readonly #archives: Archives;
  /** Streams without a file whose archive may still be in the making, and what they are if none comes of it. */
  readonly #waiting = new Map<Follow, Loss>();

  constructor(ground: Ground, parts: { readonly handles: Handles; readonly archives: Archives }) {
    this.#ground = ground;
    this.#handles = parts.handles;
    this.#archives = parts.archives;
  }

  /** From now on it is drained, and let go once it is quiet. */
  leave(follow: Follow): void {
    follow.phase = { kind: 'leaving', sinceMs: this.#ground.uptimeMs() };
    follow.finishDue = true;
    this.#ground.restless.add(follow);
  }

  /**
   * Its name leads nowhere, and perhaps an archive was found. Missed once is not gone: the file may come back (a volume
   * that is mounted a moment later, a rename in two steps). The review decides, after it was missed for long enough.
   */
  miss(follow: Follow, archive: Archive | 'unfinished' | null): void {
    const loss = this.#waiting.get(follow);
    if (archive !== null || loss !== undefined) {
      this.goOnWithout(follow, archive, loss ?? 'gone-before-read');
      return;
    }
    if (follow.missingSinceMs !== null) return;
    // With nothing to lose there is nothing to wait for.
    if (follow.released >= follow.position && follow.position >= follow.size) {
      this.goOnWithout(follow, null, 'gone-before-read');
      return;
    }
    follow.missingSinceMs = this.#ground.uptimeMs();
    this.#ground.restless.add(follow);
    follow.trouble = 'ENOENT';
    this.#ground.say('info', 'file.missing', { follow, message: 'is missing; it is looked for again' });
    this.#ground.options.stir();
  }

  /** Looks again for the archives that were still being written; true while some are. */
  async askAgain(): Promise<boolean> {
    for (const [follow, loss] of [...this.#waiting]) {
      // Its file came back.
      if (follow.tailer !== null || follow.phase.kind !== 'followed') this.#waiting.delete(follow);
      else await this.#ask(follow, loss);
    }
    return this.#waiting.size > 0;
  }

  /** Opens the archive of a stream whose file is gone, for bytes that are needed once more; false without one. */
  async reopenArchive(follow: Follow): Promise<boolean> {
    const archive = await this.#archives.find(follow);
    if (archive === null || archive === 'unfinished') return false;
    this.#drain(follow, archive);
    return true;
  }

  /** A disk that fails now is asked again at the next review; one file's trouble is not another's. */
  async #ask(follow: Follow, loss: Loss): Promise<void> {
    try {
      this.goOnWithout(follow, await this.#archives.find(follow), loss);
    } catch (error) {
      if (diskCode(error) === null) throw error;
    }
  }

  /** It has no file any more, only an archive, or perhaps one, or nothing. */
  goOnWithout(follow: Follow, archive: Archive | 'unfinished' | null, loss: Loss): void {
    this.#waiting.delete(follow);
    follow.missingSinceMs = null;
    if (archive === 'unfinished') {
      follow.phase = { kind: 'followed' };
      this.#waiting.set(follow, loss);
    } else if (archive !== null) this.#drain(follow, archive);
    else if (loss === 'truncated-before-read') this.truncated(follow);
    else {
      this.#ground.say('info', 'file.vanished', { follow, message: 'gone from the disk' });
      this.over(follow, loss);
    }
  }

  truncated(follow: Follow): void {
    this.#ground.say('warn', 'file.truncated', {
      follow,
      message: 'truncated in place; a new generation begins',
    });
    if (follow.position > 0) this.#ground.options.memory.edited(follow.record.id, follow.position);
    this.over(follow, 'truncated-before-read');
  }

  /** What is left of it is read from its archive. It keeps its name and its identity; the archive is not followed. */
  #drain(follow: Follow, archive: Archive): void {
    const { path, stat, inode, damage } = archive;
    const message = `no longer there; its rest is read from ${printablePath(path)}`;
    this.#ground.say('info', 'file.archived', { follow, message });
    this.#handles.attach(follow, archive);
    follow.archive = { inode, damage };
    follow.size = Math.max(follow.size, stat.size);
    this.leave(follow);
    this.#ground.options.ready(follow);
  }

  /** Nothing holds the generation any more; bytes that were seen and not read are a gap. */
  over(follow: Follow, reason: Loss): void {
    const { position, record, size } = follow;
    follow.phase = { kind: 'ended' };
    if (size > position) {
      const path = printablePath(record.path);
      const segment: Segment = { stream: record.id, path, from: position, to: size, kind: 'gap', reason };
      const message = `${size - position} bytes can no longer be read (${reason})`;
      this.#ground.say('error', 'file.gap', { follow, message });
      const nothing = new Uint8Array(0);
      this.#ground.options.give({ segment, body: nothing, records: 0, tail: nothing });
      follow.position = size;
    }
    this.#ground.change(follow, { status: 'ended' });
  }
}
