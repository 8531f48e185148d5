/**
 * Directories whose events cost too much: their watches are put down, and their busy files are looked at in rounds, on a
 * short timer, until they are calm. Quiet and new files in them are found by slower rounds over the whole directory.
 *
 * Invariant: whenever a watch was put down or taken up, everything in the directory is looked at after it.
 */
import { Bell } from '../../host/bell.ts';
import type { FileStat } from '../../host/disk.ts';
import { directoryOf } from '../../host/files.ts';
import type { Follow } from './follow.ts';
import type { Ground } from './ground.ts';
import { after, calmSince, eventsAtOnce, judgedMs, type Traffic } from './traffic.ts';
import type { Watches } from './watches.ts';

/** A round over one busy file costs some 4 µs: this pause is 0.4 % of a core, and what a line waits at most. */
const roundMs = 1;
/** More files make longer pauses, so that rounds stay at 2 % of a core. */
const roundMsPerFile = 0.2;
/** A look at everything in a busy directory comes this often, and less often with many files: 1 % of a core. */
const throughMs = 1000;
const throughMsPerFile = 0.4;
/** Looks of 4 µs that are taken without a break: the event loop has others to serve. */
const looksAtOnce = 64;

export interface RoundsParts {
  readonly ground: Ground;
  readonly watches: Watches;
  readonly signal: AbortSignal;
  /** The paths that are wanted in a directory. */
  foundIn(directory: string): Iterator<string, undefined>;
  look(path: string): Promise<void>;
  /** Everything in this directory is to be looked at soon. */
  lookThrough(directory: string): void;
  /** New names may have come. */
  news(): void;
}

interface Busy {
  /** Its busy files, as they were when they were looked at last. */
  readonly files: Map<Follow, { size: number; modifiedMs: number; grownAtMs: number }>;
  roundAtMs: number;
  /** A look at everything that is under way, and when the next one begins. */
  through: Iterator<string, undefined> | null;
  throughAtMs: number;
}

interface Place {
  traffic: Traffic;
  /** Events that were not handed to the traffic yet. */
  events: number;
  busy: Busy | null;
}

export class Rounds {
  readonly #parts: RoundsParts;
  readonly #places = new Map<string, Place>();
  readonly #busy = new Map<string, Busy>();
  readonly #bell = new Bell();

  constructor(parts: RoundsParts) {
    this.#parts = parts;
  }

  /** An event of a directory came. On the way of every event: nothing here but counting. */
  count(directory: string): void {
    let place = this.#places.get(directory);
    if (place === undefined) {
      place = { traffic: calmSince(this.#nowMs()), events: 0, busy: null };
      this.#places.set(directory, place);
    }
    place.events += 1;
    if (place.events < eventsAtOnce) return;
    place.events = 0;
    place.traffic = after(place.traffic, { kind: 'events', atMs: this.#nowMs() });
    if (place.traffic.kind === 'busy' && place.busy === null) this.#begin(directory, place);
  }

  /** Directories that are not followed any more. */
  keep(directories: ReadonlySet<string>): void {
    for (const directory of this.#places.keys()) {
      if (directories.has(directory)) continue;
      this.#places.delete(directory);
      this.#busy.delete(directory);
    }
  }

  async run(): Promise<void> {
    const { ground, signal } = this.#parts;
    const { clock } = ground.options.host;
    while (!signal.aborted) {
      if (this.#busy.size === 0) {
        await this.#bell.wait(clock, Number.POSITIVE_INFINITY, signal);
        continue;
      }
      const dueMs = Math.min(...[...this.#busy.values()].map((one) => one.roundAtMs));
      await clock.sleep(Math.max(roundMs, dueMs - this.#nowMs()), signal);
      for (const [directory, busy] of [...this.#busy]) {
        if (!signal.aborted && this.#nowMs() >= busy.roundAtMs) await this.#round(directory, busy);
      }
    }
  }

  #begin(directory: string, place: Place): void {
    const { ground, watches } = this.#parts;
    const nowMs = this.#nowMs();
    const busy: Busy = { files: new Map(), roundAtMs: nowMs, through: null, throughAtMs: nowMs };
    for (const follow of ground.registry.all()) {
      const young = follow.queued || nowMs - follow.restlessAtMs < judgedMs;
      if (young && directoryOf(placeOf(follow)) === directory)
        busy.files.set(follow, { size: -1, modifiedMs: 0, grownAtMs: nowMs });
    }
    place.busy = busy;
    this.#busy.set(directory, busy);
    watches.putDown(directory);
    this.#bell.ring();
  }

  async #round(directory: string, busy: Busy): Promise<void> {
    const place = this.#places.get(directory);
    if (place === undefined) return;
    const looks = busy.files.size;
    let grown = 0;
    for (const follow of [...busy.files.keys()]) if (await this.#lookAt(follow, busy)) grown += 1;
    await this.#goThrough(directory, busy);
    const nowMs = this.#nowMs();
    busy.roundAtMs = nowMs + Math.max(roundMs, busy.files.size * roundMsPerFile);
    place.traffic = after(place.traffic, { kind: 'round', atMs: nowMs, looks, grown });
    if (place.traffic.kind === 'calm') await this.#end(directory, place);
  }

  async #end(directory: string, place: Place): Promise<void> {
    place.busy = null;
    place.events = 0;
    this.#busy.delete(directory);
    await this.#parts.watches.takeUp(directory);
    this.#parts.lookThrough(directory);
  }

  /** One busy file: true when it changed since the last round. */
  async #lookAt(follow: Follow, busy: Busy): Promise<boolean> {
    const path = placeOf(follow);
    const seen = busy.files.get(follow)!;
    const stat = await this.#statOf(path);
    const mine =
      stat !== null && stat.inode === follow.record.identity.inode && follow.phase.kind === 'followed';
    if (!mine) {
      busy.files.delete(follow);
      await this.#parts.look(path);
      return true;
    }
    const nowMs = this.#nowMs();
    if (stat.size === seen.size && stat.modifiedMs === seen.modifiedMs) {
      if (nowMs - seen.grownAtMs > judgedMs) busy.files.delete(follow);
      return false;
    }
    busy.files.set(follow, { size: stat.size, modifiedMs: stat.modifiedMs, grownAtMs: nowMs });
    if (!this.#parts.ground.options.notice(follow)) await this.#parts.look(path);
    return true;
  }

  /** A part of everything in the directory, so that no round takes long; what has grown is busy from now on. */
  async #goThrough(directory: string, busy: Busy): Promise<void> {
    const { ground, foundIn, look, news } = this.#parts;
    if (busy.through === null) {
      if (this.#nowMs() < busy.throughAtMs) return;
      busy.through = foundIn(directory);
      busy.throughAtMs = this.#nowMs() + throughMs;
      news();
    }
    for (let count = 0; count < looksAtOnce; count += 1) {
      const { value: path, done } = busy.through.next();
      if (done === true) {
        busy.through = null;
        return;
      }
      busy.throughAtMs += throughMsPerFile;
      const follow = ground.registry.atPath(path);
      if (follow !== undefined && busy.files.has(follow)) continue;
      const restlessAtMs = follow?.restlessAtMs;
      await look(path);
      if (follow === undefined || follow.restlessAtMs === restlessAtMs) continue;
      busy.files.set(follow, { size: -1, modifiedMs: 0, grownAtMs: this.#nowMs() });
    }
  }

  /** Null when it cannot be had: the look at the path tells why. */
  async #statOf(path: string): Promise<FileStat | null> {
    return await this.#parts.ground.options.host.disk.stat(path).catch(() => null);
  }

  #nowMs(): number {
    return this.#parts.ground.uptimeMs();
  }
}

function placeOf(follow: Follow): string {
  return follow.realPath ?? follow.record.path;
}
