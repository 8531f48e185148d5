/**
 * Which batches of an output hold back which streams, and so where each watermark stands. In memory; the outbox
 * commits what it tells.
 *
 * A stream's unsettled batches stand in a line in the order of the stream. The watermark is where the first of them
 * begins, or where reading stands when there is none.
 */
import type { Segment } from '../event/batch.ts';
import type { StreamId } from '../event/stream.ts';
import type { Entry } from './entry.ts';

export interface Marks {
  readonly stream: StreamId;
  readonly read: number;
  readonly watermark: number;
}

interface Line {
  read: number;
  watermark: number;
  /** In the order of the stream; settled ones stay until those before them are. */
  waiting: Entry[];
}

export class Settlement {
  readonly #lines = new Map<StreamId, Line>();
  readonly #settled = new Set<Entry>();

  restore(marks: Marks): void {
    this.#lines.set(marks.stream, { read: marks.read, watermark: marks.watermark, waiting: [] });
  }

  /** A stream of which nothing was given out yet. */
  begin(stream: StreamId, position: number): Marks {
    this.#lines.set(stream, { read: position, watermark: position, waiting: [] });
    return { stream, read: position, watermark: position };
  }

  marks(stream: StreamId): Marks | null {
    const line = this.#lines.get(stream);
    return line === undefined ? null : { stream, read: line.read, watermark: line.watermark };
  }

  /** What is settled behind the watermark, because something before it is not. */
  settledBehind(stream: StreamId): readonly Segment[] {
    const waiting = this.#lines.get(stream)?.waiting ?? [];
    return waiting
      .filter((entry) => this.#settled.has(entry))
      .flatMap((entry) => entry.stored.batch.segments.filter((one) => one.stream === stream));
  }

  *all(): Iterable<Marks> {
    for (const [stream, { read, watermark }] of this.#lines) yield { stream, read, watermark };
  }

  /** Segments that were given out: reading stands after them. */
  read(segments: readonly Segment[]): void {
    for (const { stream, from, to } of segments) {
      const line = this.#lineOf(stream, from);
      line.read = Math.max(line.read, to);
    }
  }

  forget(stream: StreamId): void {
    this.#lines.delete(stream);
  }

  /** A batch is closed: reading stands after it now. */
  enter(entry: Entry): void {
    const { segments } = entry.stored.batch;
    this.read(segments);
    for (const { stream } of segments) {
      const { waiting } = this.#lines.get(stream)!;
      if (waiting.at(-1) !== entry) waiting.push(entry);
    }
  }

  /** The parts of a batch stand where it stood. */
  replace(entry: Entry, parts: readonly Entry[]): void {
    for (const stream of streamsOf(entry)) {
      const line = this.#lines.get(stream)!;
      const mine = parts.filter((part) => streamsOf(part).has(stream));
      line.waiting.splice(line.waiting.indexOf(entry), 1, ...mine);
    }
  }

  /**
   * A batch is settled. `waits`: an earlier batch of one of its streams is not, so it must be remembered as acked.
   * `passed`: batches that waited so and need not be remembered any more.
   */
  settle(entry: Entry): {
    readonly cursors: readonly Marks[];
    readonly passed: readonly Entry[];
    readonly waits: boolean;
  } {
    this.#settled.add(entry);
    const cursors: Marks[] = [];
    const left = new Set<Entry>();
    for (const stream of streamsOf(entry)) {
      const line = this.#lines.get(stream)!;
      while (line.waiting.length > 0 && this.#settled.has(line.waiting[0]!)) left.add(line.waiting.shift()!);
      const first = line.waiting[0]?.stored.batch.segments.find((one) => one.stream === stream);
      line.watermark = first?.from ?? line.read;
      cursors.push({ stream, read: line.read, watermark: line.watermark });
    }
    const gone = [...left].filter((one) => !this.#isWaiting(one));
    for (const one of gone) this.#settled.delete(one);
    return { cursors, passed: gone.filter((one) => one !== entry), waits: !gone.includes(entry) };
  }

  #lineOf(stream: StreamId, from: number): Line {
    const line = this.#lines.get(stream) ?? { read: from, watermark: from, waiting: [] };
    this.#lines.set(stream, line);
    return line;
  }

  #isWaiting(entry: Entry): boolean {
    for (const stream of streamsOf(entry)) if (this.#lines.get(stream)?.waiting.includes(entry)) return true;
    return false;
  }
}

function streamsOf(entry: Entry): ReadonlySet<StreamId> {
  return new Set(entry.stored.batch.segments.map((segment) => segment.stream));
}
