/**
 * The way in: the one place that stores lines. Waves wait in a queue in the order of their calls; whatever waits at
 * the same time goes into one durable transaction, so that many agents share the cost of one disk flush.
 *
 * A group takes waves from the head of the queue as long as no stream occurs twice, so that each is placed against
 * committed lines only. Blocks are encoded before their wave is in the queue where nothing but an overlap could
 * change them: compression of the next group then runs beside the transaction of this one.
 *
 * The queue is bounded by its callers: each has at most one wave here and holds one request.
 */
import type { Database } from '../host/database.ts';
import type { Work } from '../host/work.ts';
import { type Block, blockBytesMax, blocksOf, encodeBlock } from './block.ts';
import { type Placement, placeGap, placeRun } from './placement.ts';
import { bytesOf, countOf, linesOf, moved, pieces, type Run, rangeOf } from './run.ts';
import { asStoreError } from './schema.ts';
import type { Arrival, Line, Page, Receipt, StreamHead } from './store.ts';
import type { StreamRow, Tables } from './tables.ts';
import { type PackedText, packText, textBlock } from './text-block.ts';
import { type WavePart, waveBytes, wavesOf } from './wave.ts';

/** Lines of one transaction, bytes; one larger wave goes alone. */
const groupBytesMax = 32 * 1024 * 1024;

export interface IntakeOptions {
  readonly path: string;
  readonly work: Work;
  /** Called after a commit with the streams that got blocks. */
  readonly stored: (streams: readonly StoredBlocks[]) => void;
}

export interface StoredBlocks {
  readonly stream: number;
  readonly blocks: readonly Block[];
}

interface Waiting {
  readonly parts: readonly WavePart[];
  readonly bytes: number;
  /** Blocks of whole parts, in their order; null for parts that cannot be encoded before they are placed. */
  readonly encoded: readonly (Encoded | null)[];
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: unknown) => void;
}

/** Blocks of a whole run: done, or but for their position in the stream. */
type Encoded =
  | { readonly kind: 'text'; readonly packed: readonly PackedText[] }
  | { readonly kind: 'lines'; readonly blocks: readonly Block[] };

/** What one part comes to: what to write, decided before the transaction. */
interface Plan {
  readonly part: WavePart;
  readonly stream: StreamRow | null;
  /** The name of the stream or fork that is to be created where `stream` is null. */
  readonly created: { readonly id: string; readonly root: string } | null;
  readonly runs: readonly Run[];
  readonly blocks: readonly Block[];
  readonly duplicates: number;
}

const nothing: Receipt = { stored: 0, duplicates: 0, bytes: 0, pages: [] };

export class Intake {
  readonly #database: Database;
  readonly #tables: Tables;
  readonly #options: IntakeOptions;
  #queue: Waiting[] = [];
  #running: Promise<void> | null = null;

  constructor(database: Database, tables: Tables, options: IntakeOptions) {
    this.#database = database;
    this.#tables = tables;
    this.#options = options;
  }

  async commit(arrival: Arrival): Promise<Receipt> {
    let total = nothing;
    for (const parts of wavesOf(arrival)) {
      const encoded = await Promise.all(parts.map((part) => this.#encodeAhead(part)));
      const receipt = await this.#enqueue({ parts, encoded });
      total = {
        stored: total.stored + receipt.stored,
        duplicates: total.duplicates + receipt.duplicates,
        bytes: total.bytes + receipt.bytes,
        pages: total.pages.concat(receipt.pages),
      };
    }
    return total;
  }

  /** Resolves when nothing waits any more. */
  async drained(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #encodeAhead(part: WavePart): Promise<Encoded | null> {
    if (part.kind === 'gap') return null;
    // The position of a line stands inside of what is compressed, that of a text does not.
    return part.run.kind === 'text' || part.kind === 'lines' ? this.#encode(part.run) : null;
  }

  async #encode(run: Run): Promise<Encoded> {
    const { work } = this.#options;
    if (run.kind === 'lines') {
      const blocks = blocksOf(run.lines).map((lines) => encodeBlock(lines, work));
      return { kind: 'lines', blocks: await Promise.all(blocks) };
    }
    const { text: whole, receivedAtMs } = run;
    const packed = pieces(whole, blockBytesMax).map((text) => packText([{ receivedAtMs, text }], work));
    return { kind: 'text', packed: await Promise.all(packed) };
  }

  #blocksAt(start: number, encoded: Encoded): readonly Block[] {
    if (encoded.kind === 'lines') return encoded.blocks;
    let from = start;
    return encoded.packed.map((packed) => {
      const block = textBlock(packed, from, this.#options.work);
      from = block.to;
      return block;
    });
  }

  #enqueue(wave: Pick<Waiting, 'parts' | 'encoded'>): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...wave, bytes: waveBytes(wave.parts), resolve, reject });
      this.#running ??= this.#run();
    });
  }

  async #run(): Promise<void> {
    // Requests that arrived in the same turn of the event loop get into the queue first, and share the transaction.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      await this.#settle(this.#takeGroup());
    }
    this.#running = null;
  }

  /** A group that fails is tried again wave by wave, so that no sender can fail another's. */
  async #settle(group: readonly Waiting[]): Promise<void> {
    try {
      const plans = await Promise.all(group.map((wave) => this.#plan(wave)));
      const receipts = this.#apply(plans);
      group.forEach((wave, index) => {
        wave.resolve(receipts[index]!);
      });
    } catch (error) {
      if (group.length === 1) group[0]!.reject(asStoreError(error, this.#options.path));
      else for (const wave of group) await this.#settle([wave]);
    }
  }

  #takeGroup(): Waiting[] {
    const seen = new Set<string>();
    let bytes = 0;
    let count = 0;
    for (const wave of this.#queue) {
      const names = wave.parts.map((part) => `${part.agent}\n${part.stream}`);
      if (names.some((name) => seen.has(name))) break;
      if (count > 0 && bytes + wave.bytes > groupBytesMax) break;
      for (const name of names) seen.add(name);
      bytes += wave.bytes;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  async #plan(wave: Waiting): Promise<Plan[]> {
    return Promise.all(wave.parts.map((part, index) => this.#planPart(part, wave.encoded[index] ?? null)));
  }

  async #planPart(part: WavePart, encoded: Encoded | null): Promise<Plan> {
    const family = this.#tables.family(part.agent, part.stream);
    const placement = await this.#place(part, family);
    const whole = placement.runs.length === 1 && placement.duplicates === 0;
    const blocks: Block[] = [];
    for (const run of placement.runs) {
      const done = whole && encoded !== null ? encoded : await this.#encode(run);
      blocks.push(...this.#blocksAt(rangeOf(run).from, done));
    }
    const created = placement.stream === null ? nameOf(part, family) : null;
    return { part, created, blocks, ...placement };
  }

  async #place(part: WavePart, family: readonly StreamRow[]): Promise<Placement> {
    const tables = this.#tables;
    switch (part.kind) {
      case 'lines':
        return placeRun(part.run, family, { tables, work: this.#options.work });
      case 'gap':
        return { stream: placeGap(part, family, tables), runs: [], duplicates: 0 };
      case 'append': {
        const stream = family[0] ?? null;
        const start = stream === null ? 0 : tables.end(stream.number);
        return { stream, runs: [moved(part.run, start)], duplicates: 0 };
      }
    }
  }

  #apply(plans: readonly (readonly Plan[])[]): Receipt[] {
    const written: StoredBlocks[] = [];
    const receipts = this.#database.transaction('full', () =>
      plans.map((wave) => this.#applyWave(wave, written)),
    );
    this.#options.stored(written);
    return receipts;
  }

  #applyWave(plans: readonly Plan[], written: StoredBlocks[]): Receipt {
    const pages: Page[] = [];
    let [stored, duplicates, bytes] = [0, 0, 0];
    for (const plan of plans) {
      const stream = this.#streamOf(plan);
      if (plan.part.kind === 'gap') this.#tables.addGap(stream.number, plan.part, plan.part.reason);
      for (const run of plan.runs) this.#tables.addRange(stream.number, rangeOf(run));
      for (const block of plan.blocks) this.#tables.addBlock(stream, block);
      const count = {
        lines: plan.runs.reduce((sum, run) => sum + countOf(run), 0),
        bytes: plan.runs.reduce((sum, run) => sum + bytesOf(run), 0),
        duplicates: plan.duplicates,
      };
      this.#tables.count(stream.number, count);
      if (plan.runs.length > 0) pages.push(new RunsPage(stream, plan.runs));
      if (plan.blocks.length > 0) written.push({ stream: stream.number, blocks: plan.blocks });
      stored += count.lines;
      duplicates += count.duplicates;
      bytes += count.bytes;
    }
    return { stored, duplicates, bytes, pages };
  }

  #streamOf({ stream, created, part }: Plan): StreamHead {
    if (stream !== null) return stream;
    const row = { agent: part.agent, path: part.path, source: part.source, ...created! };
    const number = this.#tables.addStream(row);
    return { ...row, number, forkOf: row.id === row.root ? null : row.root };
  }
}

/** A fork's name follows from its stream's; no sender can name one, since names of streams are hexadecimal. */
function nameOf(part: WavePart, family: readonly StreamRow[]): { id: string; root: string } {
  const id = family.length === 0 ? part.stream : `${part.stream}~${family.length}`;
  return { id, root: part.stream };
}

/** What was stored; its lines are made when somebody looks at them. */
class RunsPage implements Page {
  readonly stream: StreamHead;
  readonly damaged = null;
  readonly #runs: readonly Run[];

  constructor(stream: StreamHead, runs: readonly Run[]) {
    this.stream = stream;
    this.#runs = runs;
  }

  get lines(): readonly Line[] {
    return this.#runs.flatMap(linesOf);
  }
}
