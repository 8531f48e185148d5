/**
 * The live tail: newly stored lines to whoever watches, as server-sent events.
 *
 *   event: line       data: a line as in `line-json.ts`
 *   event: skipped    data: {"count":n}    lines that this reader was too slow for, or that came too fast
 *   : comment         keeps the connection open through proxies
 *
 * Receiving never waits for a reader and spends a bounded time on readers: of one arrival at most `shownBytesMax` is
 * looked at, its newest lines, and a reader whose queue is full loses the whole queue and is told how much that was.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import type { Clock } from '../host/clock.ts';
import { decodeUtf8 } from '../lines/utf8.ts';
import { isNothing, type LineTest, lineTest, ofOrigin, Subject } from '../query/match.ts';
import type { Query } from '../query/query.ts';
import type { Line, Page, StreamHead } from '../store/store.ts';
import { lineJson } from './line-json.ts';
import { unavailable } from './reply.ts';

const readersMax = 200;
/** Events that wait for one reader, by number and by characters. */
const queueEventsMax = 4000;
const queueCharactersMax = 4 * 1024 * 1024;
/** What is handed on at once, characters; it waits in the connection's memory until the reader takes it. */
const pieceCharactersMax = 256 * 1024;
/** Bytes of an arrival that are looked at for the readers. */
const shownBytesMax = 256 * 1024;
/** A longer line is not shown live, bytes: the page gives up on events of 16 million characters. */
const lineBytesMax = 2 * 1024 * 1024;
/** Streams of which a reader remembers what to look for. */
const testsMax = 1000;
const keepAliveMs = 15_000;

export interface Watch {
  /** Null: of all agents. */
  readonly agent: string | null;
  /** Only lines that it asks for. */
  readonly query: Query;
}

export class Tail {
  readonly #clock: Clock;
  readonly #hostOf: (agent: string) => string;
  readonly #readers = new Set<Reader>();

  constructor(clock: Clock, hostOf: (agent: string) => string) {
    this.#clock = clock;
    this.#hostOf = hostOf;
  }

  publish(pages: readonly Page[]): void {
    if (this.#readers.size === 0) return;
    const { shown, skipped } = newestOf(pages);
    for (const reader of this.#readers) reader.offer(shown, skipped);
  }

  /** Watches until the signal is aborted or the tail is closed. Throws `Refusal` 503 over the bound. */
  watch(watch: Watch, signal: AbortSignal): AsyncIterable<string> {
    if (this.#readers.size >= readersMax) {
      throw unavailable('BUSY', 'Too many pages watch the live tail; close one of them.', 10);
    }
    return this.#events(new Reader(watch, this.#hostOf), signal);
  }

  close(): void {
    for (const reader of this.#readers) reader.close();
  }

  async *#events(reader: Reader, signal: AbortSignal): AsyncGenerator<string> {
    const hangUp = () => reader.close();
    this.#readers.add(reader);
    signal.addEventListener('abort', hangUp);
    try {
      yield ': watching\n\n';
      while (!reader.closed && !signal.aborted) {
        const woken = reader.waiting || (await reader.wait(this.#clock));
        if (reader.waiting) yield reader.take();
        else if (!woken) yield ': nothing new\n\n';
      }
    } finally {
      signal.removeEventListener('abort', hangUp);
      this.#readers.delete(reader);
    }
  }
}

/** A line that is offered to all readers; its event is made once, for the first that wants it. */
class Shown {
  readonly stream: StreamHead;
  readonly #line: Line;
  #event: string | null = null;
  #subject: Subject | null = null;

  constructor(stream: StreamHead, line: Line) {
    this.stream = stream;
    this.#line = line;
  }

  get event(): string {
    this.#event ??= `event: line\ndata: ${JSON.stringify(lineJson(this.stream, this.#line))}\n\n`;
    return this.#event;
  }

  get subject(): Subject {
    this.#subject ??= new Subject(decodeUtf8(this.#line.bytes));
    return this.#subject;
  }
}

/** The newest lines of an arrival within the bound, and how many of each agent were passed over. */
function newestOf(pages: readonly Page[]): { shown: Shown[]; skipped: ReadonlyMap<string, number> } {
  const shown: Shown[] = [];
  const skipped = new Map<string, number>();
  let bytes = 0;
  for (const { stream, lines } of pages.toReversed()) {
    for (let index = lines.length - 1; index >= 0; index--) {
      const size = lines[index]!.bytes.length;
      const skip = (count: number) => skipped.set(stream.agent, (skipped.get(stream.agent) ?? 0) + count);
      if (size > lineBytesMax) {
        skip(1);
        continue;
      }
      bytes += size;
      if (bytes > shownBytesMax && shown.length > 0) {
        skip(index + 1);
        break;
      }
      shown.push(new Shown(stream, lines[index]!));
    }
  }
  return { shown: shown.reverse(), skipped };
}

/** Somebody who watches, and what waits for them. */
class Reader {
  readonly #watch: Watch;
  readonly #hostOf: (agent: string) => string;
  /** By stream; null: all of its lines. */
  readonly #tests = new Map<number, LineTest | null>();
  #queue: string[] = [];
  #characters = 0;
  #skipped = 0;
  #wake: (() => void) | null = null;
  closed = false;

  constructor(watch: Watch, hostOf: (agent: string) => string) {
    this.#watch = watch;
    this.#hostOf = hostOf;
  }

  get waiting(): boolean {
    return this.#queue.length > 0 || this.#skipped > 0;
  }

  offer(shown: readonly Shown[], skipped: ReadonlyMap<string, number>): void {
    for (const [agent, count] of skipped) if (this.#wants(agent)) this.#skipped += count;
    for (const line of shown) {
      if (!this.#wants(line.stream.agent)) continue;
      const test = this.#testOf(line.stream);
      if (test !== null && !test(line.subject)) continue;
      if (this.#queue.length >= queueEventsMax || this.#characters >= queueCharactersMax) {
        this.#skipped += this.#queue.length;
        this.#queue = [];
        this.#characters = 0;
      }
      this.#queue.push(line.event);
      this.#characters += line.event.length;
    }
    if (this.waiting) this.#wake?.();
  }

  /** What waits, up to a piece of it; skipped lines told first: they came before. */
  take(): string {
    const skipped = this.#skipped > 0 ? `event: skipped\ndata: {"count":${this.#skipped}}\n\n` : '';
    let count = 0;
    let characters = 0;
    while (count < this.#queue.length && characters < pieceCharactersMax) {
      characters += this.#queue[count]!.length;
      count += 1;
    }
    const text = skipped + this.#queue.splice(0, count).join('');
    this.#characters -= characters;
    this.#skipped = 0;
    return text;
  }

  /** True when something came or the reader was closed, false after the time of a keep-alive. */
  async wait(clock: Clock): Promise<boolean> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    await clock.sleep(keepAliveMs, woken.signal);
    this.#wake = null;
    return woken.signal.aborted;
  }

  close(): void {
    this.closed = true;
    this.#wake?.();
  }

  #testOf(stream: StreamHead): LineTest | null {
    const known = this.#tests.get(stream.number);
    if (known !== undefined) return known;
    const { agent, source } = stream;
    const query = ofOrigin(this.#watch.query, { agent, source, host: this.#hostOf(agent) });
    const test = query.kind === 'all' ? null : isNothing(query) ? () => false : lineTest(query);
    if (this.#tests.size >= testsMax) this.#tests.clear();
    this.#tests.set(stream.number, test);
    return test;
  }

  #wants(agent: string): boolean {
    return this.#watch.agent === null || this.#watch.agent === agent;
  }
}
