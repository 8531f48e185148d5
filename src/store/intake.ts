/**
 * The way in: the one place that stores lines. Waves wait in a queue in the order of their calls; whatever waits at
 * the same time goes into one durable transaction, so that many agents share the cost of one disk flush.
 *
 * A group takes waves from the head of the queue as long as no stream occurs twice, but for runs that follow one another
 * (`plan.ts`). Blocks are encoded before their wave is in the queue where nothing but an overlap could
 * change them: compression of the next group then runs beside the transaction of this one.
 *
 * The queue is bounded by its callers: each has at most one wave here and holds one request.
 */
import type { Database } from '../host/database.ts';
import type { Work } from '../host/work.ts';
import type { Block } from './block.ts';
import { addLink, type ChainTables, type Placed } from './chain.ts';
import { type Encoded, encodeAhead, type Plan, planNext, planPart } from './plan.ts';
import { bytesOf, countOf, linesOf, type Run, rangeOf } from './run.ts';
import { asStoreError } from './schema.ts';
import type { Arrival, Line, Page, Receipt, StreamHead } from './store.ts';
import type { Tables } from './tables.ts';
import { follows, type WavePart, waveBytes, wavesOf } from './wave.ts';

/** Lines of one transaction, bytes; one larger wave goes alone. */
const groupBytesMax = 32 * 1024 * 1024;

export interface IntakeOptions extends ChainTables {
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
  readonly arrival: Arrival;
  /** Of the last wave of an arrival with a link: where the waves before lie. Null for the others. */
  readonly before: readonly Placed[] | null;
  readonly parts: readonly WavePart[];
  readonly bytes: number;
  /** Blocks of whole parts, in their order; null for parts that cannot be encoded before they are placed. */
  readonly encoded: readonly (Encoded | null)[];
  readonly resolve: (applied: Applied) => void;
  readonly reject: (error: unknown) => void;
}

interface Planned {
  readonly wave: Waiting;
  readonly plans: readonly Plan[];
}

interface Applied extends Receipt {
  readonly placed: readonly Placed[];
}

const nothing: Receipt = { stored: 0, duplicates: 0, bytes: 0, pages: [], linked: false };

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
    const waves = wavesOf(arrival);
    if (waves.length === 0 && arrival.link !== undefined) waves.push([]);
    const placed: Placed[] = [];
    for (const [index, parts] of waves.entries()) {
      const encoded = await Promise.all(parts.map((part) => encodeAhead(part, this.#options.work)));
      const before = arrival.link !== undefined && index === waves.length - 1 ? placed : null;
      const receipt = await this.#enqueue({ arrival, before, parts, encoded });
      for (const one of receipt.placed) placed.push(one);
      total = {
        stored: total.stored + receipt.stored,
        duplicates: total.duplicates + receipt.duplicates,
        bytes: total.bytes + receipt.bytes,
        pages: total.pages.concat(receipt.pages),
        linked: receipt.linked,
      };
    }
    return total;
  }

  /** Resolves when nothing waits any more. */
  async drained(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  #enqueue(wave: Pick<Waiting, 'arrival' | 'before' | 'parts' | 'encoded'>): Promise<Applied> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...wave, bytes: waveBytes(wave.parts), resolve, reject });
      this.#running ??= this.#run();
    });
  }

  async #run(): Promise<void> {
    // What arrived or was compressed while the last transaction ran gets into the queue first, and shares the next.
    await this.#options.work.turn();
    while (this.#queue.length > 0) {
      await this.#settle(this.#takeGroup());
      await this.#options.work.turn();
    }
    this.#running = null;
  }

  /** A group that fails is tried again wave by wave, so that no sender can fail another's. */
  async #settle(group: readonly Waiting[]): Promise<void> {
    try {
      const planned = await this.#planGroup(group);
      const receipts = this.#apply(planned);
      planned.forEach(({ wave }, index) => {
        wave.resolve(receipts[index]!);
      });
      const later = group.filter((wave) => planned.every((one) => one.wave !== wave));
      this.#queue = later.concat(this.#queue);
    } catch (error) {
      if (group.length === 1) group[0]!.reject(asStoreError(error, this.#options.path));
      else for (const wave of group) await this.#settle([wave]);
    }
  }

  #takeGroup(): Waiting[] {
    const last = new Map<string, WavePart>();
    let bytes = 0;
    let count = 0;
    for (const wave of this.#queue) {
      const fits = wave.parts.every((part) => {
        const before = last.get(nameOf(part));
        return before === undefined || follows(before, part);
      });
      if (!fits || (count > 0 && bytes + wave.bytes > groupBytesMax)) break;
      for (const part of wave.parts) last.set(nameOf(part), part);
      bytes += wave.bytes;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  /** Those of the group that can be committed now: all but some that follow others of it. */
  async #planGroup(group: readonly Waiting[]): Promise<Planned[]> {
    const before = new Map<string, Promise<Planned | null>>();
    const all = group.map((wave) => {
      const planned = this.#planWave(wave, new Map(before));
      for (const part of wave.parts) before.set(nameOf(part), planned);
      return planned;
    });
    return (await Promise.all(all)).filter((planned) => planned !== null);
  }

  /** Null where a part of it follows one that is not committed now, or cannot be placed before that is. */
  async #planWave(
    wave: Waiting,
    before: ReadonlyMap<string, Promise<Planned | null>>,
  ): Promise<Planned | null> {
    const machine = {
      ...{ tables: this.#tables, work: this.#options.work },
      repeated: isRepeat(wave.arrival, this.#options.chains),
    };
    const plans = await Promise.all(
      wave.parts.map(async (part, index) => {
        const encoded = wave.encoded[index] ?? null;
        const earlier = before.get(nameOf(part));
        if (earlier === undefined) return planPart(part, encoded, machine);
        const found = (await earlier)?.plans.find((plan) => nameOf(plan.part) === nameOf(part));
        return found === undefined ? null : planNext(part, encoded, { before: found, machine });
      }),
    );
    const ready = plans.filter((plan) => plan !== null);
    return ready.length === plans.length ? { wave, plans: ready } : null;
  }

  #apply(planned: readonly Planned[]): Applied[] {
    const written: StoredBlocks[] = [];
    const created: Created = new Map();
    const receipts = this.#database.transaction('full', () =>
      planned.map((one) => this.#applyWave(one, { written, created })),
    );
    this.#options.stored(written);
    return receipts;
  }

  #applyWave(
    { wave, plans }: Planned,
    { written, created }: { readonly written: StoredBlocks[]; readonly created: Created },
  ): Applied {
    const { arrival, before } = wave;
    const pages: Page[] = [];
    const placed: Placed[] = [];
    let [stored, duplicates, bytes] = [0, 0, 0];
    for (const plan of plans) {
      const stream = this.#streamOf(plan, created, arrival);
      if (plan.part.kind === 'gap') this.#addGap(stream, plan.part, arrival);
      else placed.push({ ...rangeOf(plan.part.run), stream: plan.part.stream, number: stream.number });
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
    const linked =
      before !== null &&
      arrival.link !== undefined &&
      addLink({ ...arrival, link: arrival.link }, [...before, ...placed], this.#options);
    return { stored, duplicates, bytes, pages, linked, placed };
  }

  #addGap(
    stream: StreamHead,
    gap: Extract<WavePart, { kind: 'gap' }>,
    { agent, receivedAtMs }: Arrival,
  ): void {
    const { id, path } = stream;
    for (const { from, to } of this.#tables.addGap(stream.number, gap, gap.reason)) {
      if (gap.leftOut) continue;
      this.#options.events.add({
        ...{ agent, name: `gap ${id} ${from} ${to}`, kind: 'gap', atMs: receivedAtMs, stream: id, path },
        detail: `bytes ${from} to ${to} were lost before they could be sent: ${gap.reason}`,
      });
    }
  }

  #streamOf(
    { stream, created: name, part }: Plan,
    created: Created,
    { receivedAtMs: atMs }: Arrival,
  ): StreamHead {
    if (stream !== null) return stream;
    const known = created.get(name!);
    if (known !== undefined) return known;
    const row = { agent: part.agent, path: part.path, source: part.source, ...name! };
    const head = {
      ...row,
      number: this.#tables.addStream(row),
      forkOf: row.id === row.root ? null : row.root,
    };
    created.set(name!, head);
    if (head.forkOf !== null) {
      const { agent, id, path } = head;
      this.#options.events.add({
        ...{ agent, name: `fork ${id}`, kind: 'fork', atMs, stream: id, path },
        detail: `other bytes came for positions of ${head.forkOf} that were stored; both are kept`,
      });
    }
    return head;
  }
}

function isRepeat({ agent, link }: Arrival, chains: ChainTables['chains']): boolean {
  if (link === undefined) return false;
  const { epoch, sequence, part } = link.chain;
  return chains.hasLink({ agent, epoch, sequence, part, hash: link.hash, contentHash: link.contentHash });
}

/** Streams that a transaction has created, by what several plans may share. */
type Created = Map<NonNullable<Plan['created']>, StreamHead>;

function nameOf({ agent, stream }: WavePart): string {
  return `${stream} ${agent}`;
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
