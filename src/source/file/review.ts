/**
 * What only time decides: a file that is leaving is let go once it was quiet for `rotate_wait` and all of it is settled;
 * an unfinished last line is sent at the final end of its file, or after `partial_line_timeout`; old streams are
 * forgotten.
 */
import type { Piece } from '../source.ts';
import type { Follow } from './follow.ts';
import type { Generations } from './generations.ts';
import type { Ground } from './ground.ts';

/** Streams that ended are remembered this long, and this many of them. */
const endedKeptMs = 24 * 3600 * 1000;
const endedKeptMax = 10_000;

export class Review {
  readonly #ground: Ground;
  readonly #generations: Generations;

  constructor(ground: Ground, generations: Generations) {
    this.#ground = ground;
    this.#generations = generations;
  }

  /** True while a file waits for time to pass. */
  async run(): Promise<boolean> {
    let restless = await this.#generations.askAgain();
    for (const follow of [...this.#ground.registry.all()]) {
      if (follow.phase.kind === 'ended' || follow.tailer === null || follow.queued) continue;
      const waitMs = waitOf(follow);
      if (waitMs === null) continue;
      restless = true;
      if (await this.#stillGrows(follow)) continue;
      // Its writer may hold it open for a while after the rename, however long it was quiet before.
      const sinceMs = follow.phase.kind === 'leaving' ? follow.phase.sinceMs : 0;
      if (this.#ground.nowMs() - Math.max(follow.grownAtMs, sinceMs) >= waitMs) await this.#finish(follow);
    }
    return restless;
  }

  /** Forgets streams that ended long ago and are settled. */
  forgetOld(): void {
    const { options, registry } = this.#ground;
    const ended = [...registry.all()]
      .filter((one) => one.phase.kind === 'ended' && one.released >= one.position)
      .sort((a, b) => b.record.seenAtMs - a.record.seenAtMs);
    const nowMs = this.#ground.nowMs();
    const old = ended.filter(
      (one, index) => index >= endedKeptMax || nowMs - one.record.seenAtMs > endedKeptMs,
    );
    if (old.length === 0) return;
    options.memory.forget(old.map((one) => one.record.id));
    for (const follow of old) registry.remove(follow);
  }

  async #stillGrows(follow: Follow): Promise<boolean> {
    const { size } = await follow.tailer!.handle.stat();
    // One that was cut back is finished as it is.
    if (size <= follow.size) return false;
    follow.size = size;
    follow.grownAtMs = this.#ground.nowMs();
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
