/**
 * A simulated machine room: machines with a drive each, one network, one virtual clock, everything decided by one
 * seed. `machine.start(name)` gives the `Host` of one incarnation of a process.
 */
import { createHash } from 'node:crypto';
import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  gunzipSync,
  gzipSync,
  inflateSync,
} from 'node:zlib';
import type { Clock } from '../../src/host/clock.ts';
import type { Host } from '../../src/host/host.ts';
import { signerOf, verifies } from '../../src/host/node/ed25519.ts';
import type { Random } from '../../src/host/random.ts';
import { ExpansionError, type Work } from '../../src/host/work.ts';
import { WorldDatabases } from './database.ts';
import { Dice } from './dice.ts';
import { WorldDisk } from './disk.ts';
import { Drive } from './drive.ts';
import { Faults, Fired } from './faults.ts';
import { WorldNet } from './net.ts';
import { Network } from './network.ts';
import { WorldProcess } from './process.ts';
import { seedSqlite } from './sqlite.ts';
import { Time } from './time.ts';

/** 2026-01-01T00:00:00Z, when every world begins. */
export const epochMs = 1_767_225_600_000;

const pieceBytes = 64 * 1024;

/** As Node's timers have it; a shorter sleep could end at the moment at which it began. */
const sleepMinMs = 1;

export interface Incarnation {
  readonly process: WorldProcess;
  readonly host: Host;
  readonly disk: WorldDisk;
}

export class World {
  readonly dice: Dice;
  readonly time = new Time();
  readonly fired = new Fired();
  readonly network: Network;
  #nextPid = 100;

  constructor(seed: number | string) {
    this.dice = new Dice(seed);
    seedSqlite(this.dice.fork('sqlite'));
    this.network = new Network({
      time: this.time,
      faults: new Faults(),
      fired: this.fired,
      dice: this.dice.fork('network'),
    });
  }

  machine(name: string): Machine {
    return new Machine(this, name);
  }

  nextPid(): number {
    this.#nextPid += 1;
    return this.#nextPid;
  }
}

export class Machine {
  readonly world: World;
  readonly name: string;
  readonly drive: Drive;
  readonly faults = new Faults();
  /** How far the wall clock of this machine is off, ms. */
  clockSkewMs = 0;
  openFilesMax = 1024;
  /** What dies when death comes within a database call. */
  deathTakes: 'process' | 'power' = 'process';
  /** Called after every loss of power. */
  powerLost: () => void = () => undefined;
  readonly #dice: Dice;
  readonly #running = new Set<WorldProcess>();

  constructor(world: World, name: string) {
    this.world = world;
    this.name = name;
    this.#dice = world.dice.fork(name);
    this.drive = new Drive(world.time);
    this.drive.wallClock = () => this.#wallMs();
    this.drive.makeDirectory('/tmp');
  }

  start(name: string): Incarnation {
    const { world } = this;
    const process = new WorldProcess(name, world.nextPid(), world.time);
    this.#running.add(process);
    process.atDeath(() => this.#running.delete(process));
    const shared = {
      drive: this.drive,
      faults: this.faults,
      fired: world.fired,
      dice: this.#dice.fork(name),
    };
    const disk = new WorldDisk(process, { ...shared, openFilesMax: this.openFilesMax });
    const databases = new WorldDatabases(process, { ...shared, die: () => this.#die(process) });
    const host: Host = {
      clock: this.#clock(process),
      disk,
      databases,
      net: new WorldNet(process, this.name, world.network),
      work: workOf(process, this.#dice.fork('work')),
      random: randomOf(this.#dice.fork('random')),
      process: {
        pid: process.pid,
        hostname: this.name,
        osType: 'Linux',
        osVersion: 'simulated',
        environment: {},
        workingDirectory: '/',
        userName: 'almadia',
        userId: 1000,
        openFilesMax: this.openFilesMax,
        residentBytes: () => 0,
      },
    };
    return { process, host, disk };
  }

  /** Every process dies, and what was not synced is lost in part. */
  losePower(): void {
    for (const process of [...this.#running]) process.kill();
    this.drive.losePower(this.#dice);
    this.world.fired.add('power lost');
    if (this.#dice.chance(0.3)) {
      this.drive.device += 1n;
      this.world.fired.add('device renumbered');
    }
    this.powerLost();
  }

  #die(process: WorldProcess): void {
    if (this.deathTakes === 'power') this.losePower();
    else process.kill();
  }

  #wallMs(): number {
    return epochMs + this.clockSkewMs + this.world.time.nowMs;
  }

  #clock(process: WorldProcess): Clock {
    const { time } = this.world;
    return {
      now: () => Math.floor(this.#wallMs()),
      monotonicMs: () => time.nowMs - process.startedMs,
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          if (signal?.aborted === true) return resolve();
          const wake = () => {
            timer.cancel();
            signal?.removeEventListener('abort', wake);
            if (process.alive) resolve();
          };
          const timer = time.after(Math.max(sleepMinMs, ms), wake);
          signal?.addEventListener('abort', wake);
        }),
    };
  }
}

function randomOf(dice: Dice): Random {
  return { bytes: (count) => dice.bytes(count), fraction: () => dice.fraction() };
}

/** The computations themselves are real; only when they are done is decided here. */
function workOf(process: WorldProcess, dice: Dice): Work {
  const inflate = { gzip: gunzipSync, deflate: inflateSync, br: brotliDecompressSync } as const;
  const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 0 } };
  const compress: Work['compress'] = (encoding, parts) => {
    const whole = Buffer.concat(parts);
    const packed = encoding === 'br' ? brotliCompressSync(whole, quick) : gzipSync(whole, { level: 1 });
    return process.later(dice.fraction(), () => new Uint8Array(packed));
  };
  return {
    encodings: ['br', 'gzip'],
    compress,
    decompress: (encoding, bytes, bytesMax) => {
      const copy = Buffer.from(bytes);
      return process.later(dice.fraction(), () => {
        if (encoding === 'zstd') throw new Error('this world has no zstd');
        try {
          return new Uint8Array(inflate[encoding](copy, { maxOutputLength: bytesMax }));
        } catch (error) {
          const large = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
          throw new ExpansionError(large ? 'too-large' : 'corrupt', String(error));
        }
      });
    },
    gunzip: (input) => gunzip(process, input),
    turn: () => process.later(0, () => undefined),
    sha256: (parts) => {
      const hash = createHash('sha256');
      for (const part of parts) hash.update(part);
      return hash.digest('hex');
    },
    signer: signerOf,
    verify: verifies,
  };
}

/** At once, when all of the input is there; what is left of a file that is cut short comes before the error. */
async function* gunzip(
  process: WorldProcess,
  input: AsyncIterable<Uint8Array>,
): AsyncIterableIterator<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of input) parts.push(Uint8Array.from(part));
  const packed = Buffer.concat(parts);
  const expand = (finishFlush: number) =>
    process.later(0, () => {
      try {
        return { bytes: gunzipSync(packed, { finishFlush }), code: null };
      } catch (error) {
        return { bytes: Buffer.alloc(0), code: String((error as NodeJS.ErrnoException).code) };
      }
    });
  const whole = await expand(constants.Z_FINISH);
  const cutShort = whole.code === 'Z_BUF_ERROR';
  const { bytes } = cutShort ? await expand(constants.Z_SYNC_FLUSH) : whole;
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  if (whole.code !== null) throw new ExpansionError(cutShort ? 'cut-short' : 'corrupt', whole.code);
}
