/** For tests: opens a file source on a real directory and collects the lines that it gives out. */
import assert from 'node:assert/strict';
import type { StreamId, StreamRecord } from '../../src/event/stream.ts';
import { Bell } from '../../src/host/bell.ts';
import type { Host } from '../../src/host/host.ts';
import { createHost } from '../../src/host/node/host.ts';
import type { SelfLog } from '../../src/host/selflog.ts';
import type { FileSourceSettings } from '../../src/settings/agent.ts';
import { keepProofs, makeProof } from '../../src/source/file/proof.ts';
import { openFileSource } from '../../src/source/file/source.ts';
import type { Memory, Piece, Source } from '../../src/source/source.ts';
import { until } from './until.ts';

export interface CollectorOptions extends Partial<FileSourceSettings> {
  readonly veryFirstStart?: boolean;
  readonly resume?: Resume;
  readonly host?: Host;
  readonly takenOver?: ReadonlyMap<string, number>;
}

export interface Resume {
  readonly streams: Map<StreamId, StreamRecord>;
  readonly positions: Map<StreamId, number>;
}

const patienceMs = 10_000;

export class Collector {
  readonly lines: string[] = [];
  readonly gaps: number[] = [];
  readonly said: string[] = [];
  /** Streams of which it was told that no name leads to them. */
  readonly fleeting: StreamId[] = [];
  /** How often something was committed by the end of the first pass. */
  readonly firstCommits: number;
  cut = 0;
  readonly #source: Source;
  readonly #resume: Resume;
  readonly #stop = new AbortController();
  readonly #arrived = new Bell();
  #reading: Promise<void> = Promise.resolve();

  private constructor(
    source: Source,
    resume: Resume,
    told: Pick<Collector, 'said' | 'fleeting' | 'firstCommits'>,
  ) {
    this.#source = source;
    this.#resume = resume;
    this.said = told.said;
    this.fleeting = told.fleeting;
    this.firstCommits = told.firstCommits;
  }

  static async open(directory: string, options: CollectorOptions = {}): Promise<Collector> {
    const resume = options.resume ?? { streams: new Map(), positions: new Map() };
    const { host = createHost(), takenOver = new Map() } = options;
    const said: string[] = [];
    const fleeting: StreamId[] = [];
    let commits = 0;
    const log: SelfLog = { write: (_level, _event, message) => said.push(message) };
    const memory: Memory = {
      remember: (entries) => {
        commits += 1;
        for (const { stream, start } of entries) {
          const proofs = resume.streams.get(stream.id)?.proofs ?? stream.proofs;
          resume.streams.set(stream.id, { ...stream, proofs });
          if (start !== null) resume.positions.set(stream.id, start.position);
        }
      },
      forget: (ids) => {
        for (const id of ids) resume.streams.delete(id);
      },
      proofs: (id) => resume.streams.get(id)?.proofs ?? [],
      fleeting: (id) => fleeting.push(id),
      edited: () => undefined,
    };
    const settings: FileSourceSettings = {
      type: 'file',
      include: [`${directory}/**/*.log`],
      exclude: [],
      startAt: 'beginning',
      lineBytesMax: 1024 * 1024,
      partialLineTimeoutMs: null,
      rotateWaitMs: 5000,
      copyWaitMs: 10_000,
      rescanIntervalMs: 1000,
      openFilesMax: 512,
      ...options,
    };
    const source = await openFileSource({
      host,
      settings: [settings],
      memory,
      log,
      streams: [...resume.streams.values()],
      positions: new Map([...resume.positions].map(([id, read]) => [id, { read, watermark: read }])),
      veryFirstStart: options.veryFirstStart ?? false,
      takenOver,
    });
    const collector = new Collector(source, resume, { said, fleeting, firstCommits: commits });
    collector.#reading = collector.#read();
    return collector;
  }

  /** Waits until exactly these lines were given out, in this order. */
  async until(lines: readonly string[]): Promise<void> {
    await this.#waitFor(lines.length);
    assert.deepEqual(this.lines, lines);
  }

  /** The same without an order between files. */
  async untilSet(lines: readonly string[]): Promise<void> {
    await this.#waitFor(lines.length);
    assert.deepEqual([...this.lines].sort(), [...lines].sort());
  }

  /** Waits until gaps of exactly these lengths were given out, in this order. */
  async untilGaps(gaps: readonly number[]): Promise<void> {
    await until(`gaps of ${gaps}`, () => this.gaps.length >= gaps.length);
    assert.deepEqual(this.gaps, gaps);
  }

  /** Waits until something with these words was said. */
  async untilSaid(words: string): Promise<void> {
    await until(`it says ${words}`, () => this.said.some((line) => line.includes(words)));
  }

  /** Waits until some gap was given out. */
  async untilGap(): Promise<void> {
    await until('a gap', () => this.gaps.length > 0);
  }

  /** Holds the event loop's attention elsewhere: nothing is read while `work` runs. */
  async paused(work: () => Promise<void>): Promise<void> {
    await work();
  }

  async stop(): Promise<Resume> {
    this.#stop.abort();
    await this.#reading;
    await this.#source.close();
    return this.#resume;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #read(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      for (const piece of await this.#source.take(1 << 20, this.#stop.signal)) {
        this.#keep(piece);
        this.#source.release(piece.segment.stream, piece.segment.to);
      }
    }
  }

  #keep({ segment, body, tail }: Piece): void {
    const { streams, positions } = this.#resume;
    positions.set(segment.stream, segment.to);
    const stream = streams.get(segment.stream)!;
    const proof = makeProof(createHost().work, segment.to, tail);
    if (segment.kind !== 'gap')
      streams.set(stream.id, { ...stream, proofs: keepProofs(stream.proofs, proof) });
    if (segment.kind === 'gap') this.gaps.push(segment.to - segment.from);
    if (segment.kind === 'cut') this.cut += 1;
    const text = Buffer.from(body).toString();
    if (segment.kind === 'cut') this.lines.push(text);
    if (segment.kind === 'lines') this.lines.push(...text.replace(/\n$/, '').split('\n'));
    this.#arrived.ring();
  }

  async #waitFor(count: number): Promise<void> {
    await this.#waitUntil(() => this.lines.length >= count);
  }

  async #waitUntil(condition: () => boolean): Promise<void> {
    const { clock } = createHost();
    const deadline = clock.monotonicMs() + patienceMs;
    while (!condition()) {
      const left = deadline - clock.monotonicMs();
      assert.ok(left > 0, `only ${JSON.stringify(this.lines)}; said ${this.said.join(' | ')}`);
      await this.#arrived.wait(clock, left, this.#stop.signal);
    }
  }
}
