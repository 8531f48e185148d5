/**
 * Files that nobody knows yet: a stream of their own, or a copy that is held back.
 */
import { absent, diskCode, type FileStat } from '../../host/disk.ts';
import type { Copies, Held } from './copies.ts';
import type { Generations } from './generations.ts';
import type { Ground } from './ground.ts';
import type { Handles } from './handles.ts';
import type { Missed } from './missed.ts';
import type { Patterns } from './patterns.ts';
import { startOf } from './start.ts';

/** `end` only at the very first start of an agent, for files that are there already. */
export interface Start {
  readonly patterns: Patterns;
  readonly at: 'beginning' | 'end';
}

/** No copy takes longer to be made. */
const copyingMsMax = 3600 * 1000;

export class Newcomers {
  readonly #ground: Ground;
  readonly #handles: Handles;
  readonly #copies: Copies;
  readonly #generations: Generations;
  readonly #missed: Missed;
  /** Positions of an earlier program mean the files that are there at the first pass, and no later ones. */
  #takenOver: ReadonlyMap<string, number>;
  /** At the first pass of all nothing was read yet of which a file could be the copy. */
  #doubts: boolean;

  constructor(
    ground: Ground,
    parts: {
      readonly handles: Handles;
      readonly copies: Copies;
      readonly generations: Generations;
      readonly missed: Missed;
    },
  ) {
    this.#ground = ground;
    this.#handles = parts.handles;
    this.#copies = parts.copies;
    this.#generations = parts.generations;
    this.#missed = parts.missed;
    this.#takenOver = ground.options.takenOver;
    this.#doubts = !ground.options.fresh;
  }

  /** The first pass is over. */
  begun(): void {
    this.#takenOver = new Map();
    this.#doubts = true;
    this.#missed.begun();
  }

  /** An empty file is not entered: it may become a copy, and there is nothing of it to lose. */
  async meet(path: string, stat: FileStat, start: Start): Promise<void> {
    if (stat.size === 0 || this.#copies.holds(path)) return;
    const fromBeginning = start.at === 'beginning' && !this.#takenOver.has(path);
    const doubtful = this.#doubts && fromBeginning && !this.#isOld(stat, start);
    if (doubtful && (await this.#copies.hold(path, stat, { patterns: start.patterns }))) return;
    await this.#enter(path, stat, start);
  }

  /** Made long ago and not written now: whatever it is a copy of was truncated since, or never is. */
  #isOld({ birthTimeNs, modifiedMs }: FileStat, { patterns }: Start): boolean {
    const nowMs = this.#ground.nowMs();
    if (birthTimeNs === null || nowMs - modifiedMs < patterns.settings.copyWaitMs) return false;
    return nowMs - Number(birthTimeNs / 1_000_000n) > copyingMsMax;
  }

  /** Decides about held copies that are known now, whose time is up, or which turned out to differ. */
  async review(): Promise<void> {
    for (const held of this.#copies.held) {
      try {
        await this.#decide(held);
      } catch (error) {
        // A disk that fails now is asked again at the next review; one file's trouble is not another's.
        if (diskCode(error) === null) throw error;
      }
    }
  }

  async #decide(held: Held): Promise<void> {
    const { disk } = this.#ground.options.host;
    const stat = await disk.stat(held.path).catch(absent(null));
    const late = this.#ground.uptimeMs() - held.sinceMs >= held.patterns.settings.copyWaitMs;
    if (stat === null || (await this.#handles.recognise(held.path, stat)) !== null) {
      this.#copies.release(held.path);
      return;
    }
    if (late && (await this.#ground.evidence.isReplaced(held.original))) {
      // The original was truncated while nothing could be read: this is what it held.
      await this.#generations.replaced(held.original);
      this.#copies.release(held.path);
      return;
    }
    const likeness = late ? 'other' : await this.#ground.evidence.likeness(held.path, held.original);
    if (likeness === 'same') this.#copies.prove(held, stat.size);
    if (likeness === 'other') {
      // A copy that had only begun may be that of another.
      if (!late && (await this.#copies.hold(held.path, stat, held))) return;
      await this.#enter(held.path, stat, { patterns: held.patterns, at: 'beginning' });
      this.#copies.release(held.path);
    }
  }

  async #enter(path: string, seen: FileStat, { patterns, at }: Start): Promise<void> {
    const { evidence, registry } = this.#ground;
    const { settings } = patterns;
    await this.#missed.enter(path);
    await this.#handles.borrow(path, async (handle) => {
      const stat = await handle.stat();
      if (stat.inode !== seen.inode || stat.device !== seen.device) return false;
      const { compressed, head } = await evidence.beginningOf(handle);
      if (compressed) {
        this.#ground.skip(path, 'is compressed: its lines cannot be followed');
        return false;
      }
      const wished = this.#takenOver.get(path) ?? (at === 'end' ? stat.size : 0);
      const position = wished > stat.size ? 0 : await startOf(handle, wished, settings.lineBytesMax);
      const beginning = { stat, handle, settings, position, parent: null, head };
      const follow = await this.#generations.begin(path, beginning);
      registry.place(follow, path, await this.#handles.realPath(path));
      this.#ground.say('info', 'file.found', { follow, message: `following from byte ${position}` });
      return true;
    });
  }
}
