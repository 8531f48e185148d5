/**
 * Searching: pages of lines from the newest back, counts by time and level, and the neighbours of a line. Blocks are
 * expanded on the thread pool; what is done with one on the thread that receives is bounded by its size, and receiving
 * goes on between two. A call looks at a bounded number of bytes and says where to go on.
 */
import type { Work } from '../host/work.ts';
import { decodeUtf8 } from '../lines/utf8.ts';
import { type Level, levelOf, levels } from '../query/level.ts';
import { isNothing, lineTest, type Origin, ofOrigin } from '../query/match.ts';
import { needlesOf } from '../query/needles.ts';
import type { Query } from '../query/query.ts';
import { BlockError, type Content, decodeBlock, readBlock } from './block.ts';
import { oldestOf, type Sieve, siftContent } from './scan.ts';
import type { Line, Range, StreamHead } from './store.ts';
import type { BlockRow, Tables } from './tables.ts';
import { type WalkedBlock, walkBlocks } from './walk.ts';

/** A place in the order of search: by time of receiving, number of the stream, position. */
export interface Place {
  readonly receivedAtMs: number;
  readonly stream: number;
  readonly from: number;
}

export interface SearchScope {
  readonly query: Query;
  /** Null: of all. */
  readonly agent: string | null;
  readonly source: string | null;
  /** Received from then on, milliseconds since the epoch. */
  readonly sinceMs: number;
  /** Received before then. */
  readonly untilMs: number;
  /** The call ends once it has looked at so many bytes, and says how far it came. */
  readonly scannedBytes: number;
  readonly hostOf: (agent: string) => string;
  readonly signal: AbortSignal;
}

export interface PageAsked extends SearchScope {
  /** Only lines before it; null: from the newest. */
  readonly before: Place | null;
  readonly lines: number;
  /** Of the lines' bytes; one line is given however long it is. */
  readonly bytes: number;
}

export interface FoundLine {
  readonly stream: StreamHead;
  readonly line: Line;
}

export interface SearchPage {
  /** The newest first. */
  readonly lines: readonly FoundLine[];
  /** Where to go on; null: there is no more. The page may be empty and yet not the last. */
  readonly next: Place | null;
  readonly damaged: readonly DamagedRange[];
  /** Bytes of blocks that were looked at, expanded. */
  readonly scannedBytes: number;
}

export interface DamagedRange extends Range {
  readonly stream: StreamHead;
}

export interface Histogram {
  /** In order of time, `widthMs` each from `sinceMs` on. */
  readonly buckets: readonly Bucket[];
  /** What was received before this is not counted, or not all of it; null: all is. */
  readonly countedFromMs: number | null;
  readonly scannedBytes: number;
}

/** Lines by level; `none` where the line says none. */
export type Bucket = Readonly<Record<Level | 'none', number>>;

export const bucketsMax = 500;
const damagedMax = 100;
/** Blocks of which the earliest time is remembered. */
const oldestKept = 200_000;

export class Search {
  readonly #tables: Tables;
  readonly #work: Work;
  /** The earliest time in a block, which only its content tells: later pages pass over it. */
  readonly #oldest = new Map<string, number>();

  constructor(tables: Tables, work: Work) {
    this.#tables = tables;
    this.#work = work;
  }

  /** Ends early, with what was found, when the signal is aborted. */
  async page(asked: PageAsked): Promise<SearchPage> {
    const upper = asked.before ?? { receivedAtMs: asked.untilMs, stream: 0, from: 0 };
    const found = new Newest(asked);
    const sieves = new Sieves(asked, (ms) => ms >= asked.sinceMs && ms <= upper.receivedAtMs);
    const damaged: DamagedRange[] = [];
    let scannedBytes = 0;
    for (const walked of walkBlocks(asked, this.#tables)) {
      if (walked === null) {
        await this.#work.turn();
        if (asked.signal.aborted) break;
        continue;
      }
      const { receivedAtMs } = walked.block;
      if (asked.signal.aborted || found.isFinalBefore(receivedAtMs)) break;
      const next = { receivedAtMs: receivedAtMs + 1, stream: 0, from: 0 };
      if (scannedBytes >= asked.scannedBytes && order(next, upper) > 0) {
        // Lines as old as the blocks that were not looked at would stand before some of theirs.
        const lines = found.lines.filter(({ line }) => line.receivedAtMs > receivedAtMs);
        return { lines, next, damaged, scannedBytes };
      }
      const sieve = sieves.of(walked.stream);
      if (sieve === null || this.#isNewer(walked.block, upper.receivedAtMs)) continue;
      const content = await this.#contentOf(walked, damaged);
      if (content === null) continue;
      scannedBytes += walked.block.contentBytes;
      const lines = siftContent(content, walked.wanted, sieve).map((line) => ({
        stream: walked.stream,
        line,
      }));
      found.add(lines.filter((one) => order(placeOf(one), upper) > 0));
    }
    return { lines: found.lines, next: found.next, damaged, scannedBytes };
  }

  /** Of `bucketsMax` buckets at most. */
  async histogram(scope: SearchScope, widthMs: number): Promise<Histogram> {
    const count = Math.min(bucketsMax, Math.max(1, Math.ceil((scope.untilMs - scope.sinceMs) / widthMs)));
    const buckets = Array.from({ length: count }, emptyBucket);
    const sieves = new Sieves(scope, (ms) => ms >= scope.sinceMs && ms < scope.untilMs);
    let scannedBytes = 0;
    for (const walked of walkBlocks(scope, this.#tables)) {
      if (walked === null) {
        await this.#work.turn();
        if (scope.signal.aborted) return { buckets, countedFromMs: scope.untilMs, scannedBytes };
        continue;
      }
      const { receivedAtMs } = walked.block;
      if (scope.signal.aborted || scannedBytes >= scope.scannedBytes) {
        return { buckets, countedFromMs: receivedAtMs + 1, scannedBytes };
      }
      const sieve = sieves.of(walked.stream);
      if (sieve === null || this.#isNewer(walked.block, scope.untilMs - 1)) continue;
      const content = await this.#contentOf(walked, []);
      if (content === null) continue;
      scannedBytes += walked.block.contentBytes;
      for (const line of siftContent(content, walked.wanted, sieve)) {
        const bucket = buckets[Math.floor((line.receivedAtMs - scope.sinceMs) / widthMs)];
        if (bucket !== undefined) bucket[levelOf(decodeUtf8(line.bytes)) ?? 'none'] += 1;
      }
    }
    return { buckets, countedFromMs: null, scannedBytes };
  }

  /**
   * The line of a stream that ends at a position, with so many lines before and behind it, in order of position; null
   * when there is none.
   */
  async context(
    stream: number,
    to: number,
    { before, behind }: { readonly before: number; readonly behind: number },
  ): Promise<{ readonly stream: StreamHead; readonly lines: readonly Line[] } | null> {
    const head = this.#tables.streamOrNull(stream);
    if (head === null) return null;
    const upTo = await this.#upTo(stream, to, before + 1);
    if (upTo.at(-1)?.to !== to) return null;
    return { stream: head, lines: [...upTo, ...(await this.#from(stream, to, behind))] };
  }

  async #upTo(stream: number, to: number, count: number): Promise<Line[]> {
    let lines: Line[] = [];
    let position = to;
    while (lines.length < count) {
      const block = this.#tables.blockBefore(stream, position);
      if (block === null) break;
      const earlier = (await this.#linesOf(block)).filter((line) => line.to <= position);
      lines = [...earlier, ...lines];
      position = block.from;
    }
    return lines.slice(-count);
  }

  async #from(stream: number, from: number, count: number): Promise<Line[]> {
    const lines: Line[] = [];
    let position = from;
    while (lines.length < count) {
      const block = this.#tables.blocksAfter(stream, position, 1)[0];
      if (block === undefined) break;
      lines.push(...(await this.#linesOf(block)).filter((line) => line.from >= position));
      position = block.to;
    }
    return lines.slice(0, count);
  }

  /** Of a damaged block none. */
  async #linesOf(block: BlockRow): Promise<Line[]> {
    try {
      return await decodeBlock(this.#tables.body(block.number)!, block.contentBytes, this.#work);
    } catch (error) {
      if (error instanceof BlockError) return [];
      throw error;
    }
  }

  async #contentOf(walked: WalkedBlock, damaged: DamagedRange[]): Promise<Content | null> {
    const { stream, block, body } = walked;
    try {
      const content = await readBlock(body, block.contentBytes, this.#work);
      if (this.#oldest.size >= oldestKept) this.#oldest.clear();
      this.#oldest.set(nameOf(block), oldestOf(content));
      // A small block is expanded without leaving the thread: whoever waits gets their turn.
      await this.#work.turn();
      return content;
    } catch (error) {
      if (!(error instanceof BlockError)) throw error;
      if (damaged.length < damagedMax) damaged.push({ stream, from: block.from, to: block.to });
      return null;
    }
  }

  /** Whether all of a block is known to be newer. */
  #isNewer(block: BlockRow, ms: number): boolean {
    return (this.#oldest.get(nameOf(block)) ?? 0) > ms;
  }
}

/** Numbers of blocks are used again. */
function nameOf({ number, stream, from, to, receivedAtMs }: BlockRow): string {
  return `${number} ${stream} ${from} ${to} ${receivedAtMs}`;
}

/** What to look for in the lines of each stream, made once for each origin; null: in none. */
class Sieves {
  readonly #scope: SearchScope;
  readonly #wantsTime: Sieve['wantsTime'];
  readonly #known = new Map<string, Sieve | null>();

  constructor(scope: SearchScope, wantsTime: Sieve['wantsTime']) {
    this.#scope = scope;
    this.#wantsTime = wantsTime;
  }

  of({ agent, source }: StreamHead): Sieve | null {
    const name = JSON.stringify([agent, source]);
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const sieve = this.#make({ agent, source, host: this.#scope.hostOf(agent) });
    this.#known.set(name, sieve);
    return sieve;
  }

  #make(origin: Origin): Sieve | null {
    const query = ofOrigin(this.#scope.query, origin);
    if (isNothing(query)) return null;
    const test = query.kind === 'all' ? null : lineTest(query);
    return { test, needles: needlesOf(query), wantsTime: this.#wantsTime };
  }
}

/** The newest lines within the bounds, the newest first. */
class Newest {
  lines: FoundLine[] = [];
  readonly #bounds: { readonly lines: number; readonly bytes: number };
  #full = false;

  constructor(bounds: { readonly lines: number; readonly bytes: number }) {
    this.#bounds = bounds;
  }

  add(found: readonly FoundLine[]): void {
    if (found.length === 0) return;
    const all = this.lines.concat(found).sort((left, right) => order(placeOf(left), placeOf(right)));
    let bytes = 0;
    let count = 0;
    while (count < all.length && count < this.#bounds.lines) {
      bytes += all[count]!.line.bytes.length;
      if (bytes > this.#bounds.bytes && count > 0) break;
      count += 1;
    }
    this.#full ||= count < all.length || count === this.#bounds.lines;
    // A view of the block would keep all of it.
    const own = ({ stream, line }: FoundLine) => ({ stream, line: { ...line, bytes: line.bytes.slice() } });
    const known = new Set(this.lines);
    this.lines = all.slice(0, count).map((one) => (known.has(one) ? one : own(one)));
  }

  /** Whether nothing received until then can be among them. */
  isFinalBefore(receivedAtMs: number): boolean {
    return this.#full && this.lines.at(-1)!.line.receivedAtMs > receivedAtMs;
  }

  /** Null when all that was found is here. */
  get next(): Place | null {
    return this.#full ? placeOf(this.lines.at(-1)!) : null;
  }
}

function placeOf({ stream, line }: FoundLine): Place {
  return { receivedAtMs: line.receivedAtMs, stream: stream.number, from: line.from };
}

/** Less than 0 when the left one is newer. */
function order(left: Place, right: Place): number {
  return right.receivedAtMs - left.receivedAtMs || right.stream - left.stream || right.from - left.from;
}

function emptyBucket(): Record<Level | 'none', number> {
  return Object.fromEntries([...levels, 'none'].map((level) => [level, 0])) as Record<Level | 'none', number>;
}
