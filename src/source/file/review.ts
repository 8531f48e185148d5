/**
 * What only time decides: a file that is leaving is let go once it was quiet for `rotate_wait` and all of it is settled;
 * an unfinished last line is sent at the final end of its file, or after `partial_line_timeout`; old streams are
 * forgotten.
 */
import { absent, diskCode } from '../../host/disk.ts';
import { directoryOf } from '../../host/files.ts';
import type { Piece } from '../source.ts';
import type { Endings } from './endings.ts';
import type { Follow } from './follow.ts';
import type { Generations } from './generations.ts';
import type { Ground } from './ground.ts';
import type { Tailer } from './tailer.ts';

/** Streams that ended are remembered this long, and this many of them. */
const endedKeptMs = 24 * 3600 * 1000;
const endedKeptMax = 10_000;
/** A directory that is not there may be a volume that is not mounted; its files are given up after so long. */
const directoryWaitMs = 24 * 3600 * 1000;

export class Review {
  readonly #ground: Ground;
  readonly #generations: Generations;
  readonly #endings: Endings;

  constructor(ground: Ground, parts: { readonly generations: Generations; readonly endings: Endings }) {
    this.#ground = ground;
    this.#generations = parts.generations;
    this.#endings = parts.endings;
  }

  /** True while a file waits for time to pass. */
  async run(): Promise<boolean> {
    let restless = await this.#endings.askAgain();
    for (const follow of [...this.#ground.restless]) {
      try {
        if (await this.#look(follow)) restless = true;
        else this.#ground.restless.delete(follow);
      } catch (error) {
        // A disk that fails now is asked again at the next review; one file's trouble is not another's.
        if (diskCode(error) === null) throw error;
        restless = true;
      }
    }
    return restless;
  }

  /** True while the file waits for time to pass; whoever makes it wait for something else enters it again. */
  async #look(follow: Follow): Promise<boolean> {
    if (follow.phase.kind === 'ended') return false;
    if (follow.missingSinceMs !== null) return await this.#await(follow, follow.missingSinceMs);
    const waitMs = waitOf(follow);
    if (waitMs === null || follow.tailer === null) return false;
    if ((await this.#stillGrows(follow, follow.tailer)) || follow.queued) return true;
    // Its writer may hold it open for a while after the rename, however long it was quiet before.
    const sinceMs = follow.phase.kind === 'leaving' ? follow.phase.sinceMs : 0;
    if (this.#ground.uptimeMs() - Math.max(follow.restlessAtMs, sinceMs) >= waitMs)
      await this.#finish(follow);
    return true;
  }

  /** One that is missing is gone after `rotate_wait`; without its directory it is looked for at the passes only. */
  async #await(follow: Follow, sinceMs: number): Promise<boolean> {
    const missingMs = this.#ground.uptimeMs() - sinceMs;
    if (missingMs < follow.settings.rotateWaitMs) return true;
    const directory = directoryOf(follow.record.path);
    const there = await this.#ground.options.host.disk.stat(directory).catch(absent(null));
    if (there === null && missingMs < directoryWaitMs) return false;
    await this.#generations.vanish(follow);
    return true;
  }

  /** Forgets streams that ended long ago and are settled. */
  forgetOld(): void {
    const { options, registry } = this.#ground;
    const ended: Follow[] = [];
    for (const one of registry.all())
      if (one.phase.kind === 'ended' && one.released >= one.position) ended.push(one);
    ended.sort((a, b) => b.record.seenAtMs - a.record.seenAtMs);
    const nowMs = this.#ground.nowMs();
    const old = ended.filter(
      (one, index) => index >= endedKeptMax || nowMs - one.record.seenAtMs > endedKeptMs,
    );
    if (old.length === 0) return;
    options.memory.forget(old.map((one) => one.record.id));
    for (const follow of old) {
      registry.remove(follow);
      this.#ground.restless.delete(follow);
    }
  }

  async #stillGrows(follow: Follow, { handle }: Tailer): Promise<boolean> {
    const { size, links } = await handle.stat();
    // A rotated file may lose its last name later, when it was compressed.
    if (links === 0) this.#ground.fleet(follow);
    // One that was cut back is finished as it is.
    if (size <= follow.size) return false;
    follow.size = size;
    this.#ground.grew(follow);
    this.#ground.options.ready(follow);
    return true;
  }

  async #finish(follow: Follow): Promise<void> {
    // The last line of an archive that is cut short was never whole.
    const cutShort = follow.archive !== null && follow.archive.damage !== null;
    const reading = cutShort ? await follow.tailer!.read() : await follow.tailer!.finish();
    if (reading.kind === 'replaced') {
      await this.#generations.replaced(follow);
      return;
    }
    if (reading.kind === 'lines') {
      follow.position = follow.tailer!.position;
      reading.pieces.forEach((piece: Piece) => {
        this.#ground.options.give(piece);
      });
      return;
    }
    if (follow.phase.kind !== 'leaving') follow.finishDue = false;
    else if (follow.released >= follow.position) await this.#generations.end(follow);
  }
}

/** How long the file must be quiet until something is decided; null when nothing waits. */
function waitOf(follow: Follow): number | null {
  const { rotateWaitMs, partialLineTimeoutMs } = follow.settings;
  if (follow.phase.kind === 'leaving') return rotateWaitMs;
  if (!follow.tailer?.unfinished) return null;
  return follow.finishDue ? rotateWaitMs : partialLineTimeoutMs;
}
