/**
 * Generations that came and went while nobody looked: files beside a followed path whose name is what rotation makes
 * of it, made after the newest known generation was met, and known to nobody. They are read from their beginning to
 * their end.
 */
import { absent, type FileStat } from '../../host/disk.ts';
import { directoryOf } from '../../host/files.ts';
import type { FileSourceSettings } from '../../settings/agent.ts';
import type { Endings } from './endings.ts';
import type { Follow } from './follow.ts';
import type { Generations } from './generations.ts';
import type { Ground } from './ground.ts';
import type { Handles, Sibling } from './handles.ts';
import { proofBytesMax } from './proof.ts';
import { isRotatedName } from './rotated-name.ts';
import { timeGrainMs } from './walk.ts';

/** File systems stamp times by the kernel's tick, which lags behind the clock by so much. */
const clockGrainMs = 10;

interface Listing {
  readonly directory: string;
  readonly identity: string;
  readonly modifiedMs: number;
  readonly paths: readonly string[];
}

export class Missed {
  readonly #ground: Ground;
  readonly #handles: Handles;
  readonly #generations: Generations;
  readonly #endings: Endings;
  /** Since when files were looked for in this run, by the wall clock; null until the first pass is over. */
  #sinceMs: number | null = null;
  /** The directory that was listed last, while it holds the same names. */
  #listing: Listing | null = null;

  constructor(
    ground: Ground,
    parts: {
      readonly handles: Handles;
      readonly generations: Generations;
      readonly endings: Endings;
    },
  ) {
    this.#ground = ground;
    this.#handles = parts.handles;
    this.#generations = parts.generations;
    this.#endings = parts.endings;
  }

  /** The first pass is over: what is made from now on is younger than all that was found. */
  begun(): void {
    this.#sinceMs = this.#ground.nowMs();
  }

  /**
   * Enters the generations of a path that nobody knows. Asked before the next one is entered there: a commit of that one
   * alone would make them look like older ones.
   */
  async enter(path: string): Promise<void> {
    const { options, registry } = this.#ground;
    // At the very first start there is none that could have been missed.
    if (options.fresh && this.#sinceMs === null) return;
    const names = (await this.#beside(path)).filter(
      (sibling) => isRotatedName(path, sibling) && options.wanted(sibling) === null,
    );
    if (names.length === 0) return;
    const family = [...registry.all()].filter(
      ({ record }) => record.path === path || isRotatedName(path, record.path),
    );
    const settings = options.wanted(path)?.settings ?? family[0]?.settings;
    const met = family.map(({ record }) => record.metAtMs ?? 0);
    const sinceMs = met.length === 0 ? this.#sinceMs : Math.max(...met);
    if (sinceMs === null || settings === undefined) return;
    for (const sibling of names) {
      const stat = await options.host.disk.stat(sibling).catch(absent(null));
      if (stat === null || stat.kind !== 'file' || stat.size === 0) continue;
      if (bornMs(stat) + clockGrainMs <= sinceMs) continue;
      const known = await this.#handles.recognise(sibling, stat);
      if (known === null) await this.#enterOne({ path: sibling, stat }, { family, settings });
      // It was opened only to be known.
      else if (known.phase.kind === 'ended') await this.#handles.shut(known);
    }
  }

  async #enterOne(
    sibling: Sibling,
    { family, settings }: { readonly family: readonly Follow[]; readonly settings: FileSourceSettings },
  ): Promise<void> {
    const { evidence } = this.#ground;
    for (const follow of family) if (await this.#isCopy(sibling, follow)) return;
    const { path, stat } = sibling;
    await this.#handles.borrow(path, async (handle) => {
      const { compressed, head } = await evidence.beginningOf(handle);
      if (compressed) return false;
      const metAtMs = bornMs(stat);
      const beginning = { stat, handle, settings, position: 0, parent: null, head, metAtMs };
      const missed = await this.#generations.begin(path, beginning);
      this.#endings.leave(missed);
      const message = 'came and went while nobody looked; reading it from its beginning';
      this.#ground.say('info', 'file.missed', { follow: missed, message });
      return true;
    });
  }

  /** A copy of what is read already, whole or of its first part; one that is too short to tell is read. */
  async #isCopy({ path, stat }: Sibling, follow: Follow): Promise<boolean> {
    const { evidence } = this.#ground;
    if (follow.record.head.length === 0) return false;
    let whole = false;
    await this.#handles.borrow(path, async (handle) => {
      whole = (await evidence.of(follow, handle)) !== null;
      return false;
    });
    return whole || (stat.size > proofBytesMax && (await evidence.likeness(path, follow)) === 'same');
  }

  /** What lies in the directory of a path. It is not listed anew while it is as it was. */
  async #beside(path: string): Promise<readonly string[]> {
    const { disk } = this.#ground.options.host;
    const directory = directoryOf(path);
    const nowMs = this.#ground.nowMs();
    const stat = await disk.stat(directory).catch(absent(null));
    if (stat === null) return [];
    const identity = `${stat.device}:${stat.inode}`;
    const last = this.#listing;
    const same = last?.directory === directory && last.identity === identity;
    if (same && last.modifiedMs === stat.modifiedMs) return last.paths;
    const entries = await disk.list(directory).catch(absent([]));
    const prefix = directory === '/' ? '/' : `${directory}/`;
    const paths = entries.filter(({ kind }) => kind === 'file').map(({ name }) => `${prefix}${name}`);
    // Not a number: equal to no time, so that it is listed anew.
    const modifiedMs = nowMs - stat.modifiedMs > timeGrainMs ? stat.modifiedMs : Number.NaN;
    this.#listing = { directory, identity, modifiedMs, paths };
    return paths;
  }
}

function bornMs({ birthTimeNs, modifiedMs }: FileStat): number {
  return birthTimeNs === null ? Math.floor(modifiedMs) : Number(birthTimeNs / 1_000_000n);
}
