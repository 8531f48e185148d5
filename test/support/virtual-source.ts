/**
 * For tests: a file source on a simulated machine, in virtual time. Every disk operation is counted; events come at once,
 * or not at all, as the test wants it.
 */
import type { StreamId, StreamRecord } from '../../src/event/stream.ts';
import type { Changed, Disk } from '../../src/host/disk.ts';
import type { FileSourceSettings } from '../../src/settings/agent.ts';
import { openFileSource } from '../../src/source/file/source.ts';
import type { Memory, Piece, Source } from '../../src/source/source.ts';
import { type Machine, World } from '../world/world.ts';

/** Longer than anything here may take, virtual ms. */
const patienceMs = 60_000;

export interface VirtualOptions extends Partial<FileSourceSettings> {
  /** False: no event arrives, but those that a test tells itself. */
  readonly events?: boolean;
}

export class VirtualSource {
  readonly world = new World(1);
  readonly machine: Machine = this.world.machine('one');
  readonly pieces: Piece[] = [];
  /** The lines that were given out so far, in order. */
  readonly lines: string[] = [];
  /** When each piece was given out, virtual ms. */
  readonly atMs: number[] = [];
  /** How often each operation of the disk was asked for, and when each path was looked at. */
  readonly counts = { open: 0, list: 0, stat: 0, watch: 0, unwatch: 0 };
  readonly looks: { readonly path: string; readonly atMs: number }[] = [];
  /** Those who are told of changes, by directory. */
  readonly told = new Map<string, Changed>();
  /** False: nobody takes what the source has. */
  taking = true;
  readonly #stop = new AbortController();
  #source: Source | null = null;

  constructor() {
    this.machine.drive.makeDirectory('/logs');
  }

  /** Opens it with the files that are there; resolves after its first pass. */
  async open(options: VirtualOptions = {}): Promise<void> {
    const { host } = this.machine.start('agent');
    const streams = new Map<StreamId, StreamRecord>();
    const memory: Memory = {
      remember: (entries) => {
        for (const { stream } of entries) streams.set(stream.id, stream);
      },
      forget: (ids) => {
        for (const id of ids) streams.delete(id);
      },
      proofs: (id) => streams.get(id)?.proofs ?? [],
      fleeting: () => undefined,
      edited: () => undefined,
    };
    const settings: FileSourceSettings = {
      type: 'file',
      include: ['/logs/**/*.log'],
      exclude: [],
      startAt: 'beginning',
      lineBytesMax: 1024 * 1024,
      partialLineTimeoutMs: null,
      rotateWaitMs: 5000,
      copyWaitMs: 10_000,
      rescanIntervalMs: 10_000,
      openFilesMax: 512,
      ...options,
    };
    const opening = openFileSource({
      host: { ...host, disk: this.#counting(host.disk, options.events ?? true) },
      settings: [settings],
      memory,
      log: { write: () => undefined },
      streams: [],
      positions: new Map(),
      veryFirstStart: false,
      takenOver: new Map(),
    });
    this.#source = await this.world.time.finish(opening, patienceMs);
    void this.#take(this.#source);
  }

  append(name: string, text: string): void {
    const { drive } = this.machine;
    drive.append(drive.file(`/logs/${name}`), Buffer.from(text));
  }

  async run(ms: number): Promise<void> {
    await this.world.time.runUntil(this.world.time.nowMs + ms);
  }

  /** Lets time pass until so many lines were given out, and tells how long it took. */
  async until(lineCount: number): Promise<number> {
    const { time } = this.world;
    const fromMs = time.nowMs;
    await time.runUntil(fromMs + patienceMs, () => this.lines.length >= lineCount);
    return time.nowMs - fromMs;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.world.time.finish(this.#source!.close(), patienceMs);
  }

  async #take(source: Source): Promise<void> {
    while (!this.#stop.signal.aborted) {
      if (!this.taking) {
        await this.world.time.wait(1);
        continue;
      }
      for (const piece of await source.take(1 << 20, this.#stop.signal)) {
        this.pieces.push(piece);
        const text = Buffer.from(piece.body).toString();
        if (piece.segment.kind !== 'gap') this.lines.push(...text.replace(/\n$/, '').split('\n'));
        this.atMs.push(this.world.time.nowMs);
        source.release(piece.segment.stream, piece.segment.to);
      }
    }
  }

  #counting(disk: Disk, events: boolean): Disk {
    const { counts, looks, told } = this;
    return {
      open: (...given) => {
        counts.open += 1;
        return disk.open(...given);
      },
      stat: (path) => {
        counts.stat += 1;
        looks.push({ path, atMs: this.world.time.nowMs });
        return disk.stat(path);
      },
      glance: (path) => disk.glance(path),
      list: (path) => {
        counts.list += 1;
        return disk.list(path);
      },
      watch: async (directory, changed) => {
        counts.watch += 1;
        told.set(directory, changed);
        const stop = this.machine.drive.watch(directory, (name, what) => {
          if (events) this.world.time.after(0, () => told.get(directory)?.(name, what));
        });
        return {
          close: () => {
            counts.unwatch += 1;
            told.delete(directory);
            stop();
          },
        };
      },
      realPath: (path) => disk.realPath(path),
      rename: (from, to) => disk.rename(from, to),
      unlink: (path) => disk.unlink(path),
      makeDirectory: (path, permissions) => disk.makeDirectory(path, permissions),
      setPermissions: (path, permissions) => disk.setPermissions(path, permissions),
      syncDirectory: (path) => disk.syncDirectory(path),
      volume: (path) => disk.volume(path),
      allows: (path, access) => disk.allows(path, access),
    };
  }
}
