/**
 * Merges small blocks into compressed ones in the background, one stream at a time. The replacement is one
 * transaction, so a crash leaves either the small blocks or the large one. Only blocks that follow one another
 * without holes are merged, which keeps the order by position. Blocks that cannot be read are left as they are.
 */
import type { Database } from '../host/database.ts';
import { DatabaseError } from '../host/database.ts';
import type { SelfLog } from '../host/selflog.ts';
import type { Work } from '../host/work.ts';
import {
  type Block,
  BlockError,
  blockBytesMax,
  blockBytesMin,
  blocksOf,
  type Content,
  encodeBlock,
  readBlock,
} from './block.ts';
import type { BlockRow, Tables } from './tables.ts';
import { linesOfSections, packText, textBlock } from './text-block.ts';

/** A stream is looked at when so much has gathered since the last time. */
const looseBytesMax = blockBytesMax;
const looseBlocksMax = 64;

export interface PackerOptions {
  readonly work: Work;
  readonly log: SelfLog;
}

export class Packer {
  readonly #database: Database;
  readonly #tables: Tables;
  readonly #options: PackerOptions;
  readonly #loose = new Map<number, { blocks: number; bytes: number }>();
  readonly #due = new Set<number>();
  #running: Promise<void> | null = null;
  #closing = false;

  constructor(database: Database, tables: Tables, options: PackerOptions) {
    this.#database = database;
    this.#tables = tables;
    this.#options = options;
    for (const { stream, blocks, bytes } of tables.looseTotals()) this.added(stream, { blocks, bytes });
  }

  /** Tells of loose blocks that were stored. */
  added(stream: number, { blocks, bytes }: { readonly blocks: number; readonly bytes: number }): void {
    const before = this.#loose.get(stream) ?? { blocks: 0, bytes: 0 };
    const total = { blocks: before.blocks + blocks, bytes: before.bytes + bytes };
    if (total.blocks < looseBlocksMax && (total.bytes < looseBytesMax || total.blocks < 2)) {
      this.#loose.set(stream, total);
      return;
    }
    this.#loose.delete(stream);
    this.#due.add(stream);
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is left to merge. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  /** Ends after the block in hand. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.idle();
  }

  async #run(): Promise<void> {
    await Promise.resolve();
    for (const stream of this.#due) {
      this.#due.delete(stream);
      if (!this.#closing) await this.#pack(stream);
    }
    this.#running = null;
  }

  async #pack(stream: number): Promise<void> {
    const runs = await this.#attempt(stream, () => runsOf(this.#tables.looseBlocks(stream)));
    for (const run of runs ?? []) {
      if (this.#closing) return;
      await this.#attempt(stream, () => this.#merge(stream, run));
    }
  }

  /** Null after a failure. Nothing is lost: the small blocks stay and are tried again when more of this stream has come. */
  async #attempt<T>(stream: number, work: () => T | Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof BlockError) && !(error instanceof DatabaseError)) throw error;
      this.#options.log.write('warn', 'store.merge_failed', error.message, { stream });
      return null;
    }
  }

  async #merge(stream: number, run: readonly BlockRow[]): Promise<void> {
    const contents: Content[] = [];
    for (const block of run) {
      const body = this.#tables.body(block.number);
      if (body === null) return;
      contents.push(await readBlock(body, block.contentBytes, this.#options.work));
    }
    const packed = await blocksOfContents(contents, this.#options.work);
    this.#database.transaction('normal', () => {
      // Retention may have taken one away meanwhile.
      if (!run.every(({ number }) => this.#tables.hasBlock(number))) return;
      for (const block of run) this.#tables.removeBlock(block.number);
      const head = this.#tables.stream(stream);
      for (const block of packed) this.#tables.addBlock(head, block);
    });
    this.#tables.addMerge(stream, { from: run[0]!.from, to: run.at(-1)!.to });
  }
}

/** Texts are put together as they are, in one block, since a run is not larger; all else line by line. */
async function blocksOfContents(contents: readonly Content[], work: Work): Promise<Block[]> {
  const texts = contents.filter((content) => content.kind === 'text');
  if (texts.length === contents.length) {
    const packed = await packText(
      texts.flatMap((content) => content.sections),
      work,
    );
    return [textBlock(packed, texts[0]!.from, work)];
  }
  const lines = contents.flatMap((content) =>
    content.kind === 'text' ? linesOfSections(content.sections, content.from) : content.lines,
  );
  return Promise.all(blocksOf(lines).map((part) => encodeBlock(part, work)));
}

/** Neighbours without holes between them, of up to a block's size together; blocks that stand alone are left out. */
function runsOf(blocks: readonly BlockRow[]): BlockRow[][] {
  const runs: BlockRow[][] = [];
  let run: BlockRow[] = [];
  let bytes = 0;
  for (const block of blocks) {
    const follows = run.at(-1)?.to === block.from;
    if (!follows || bytes + block.contentBytes > blockBytesMax) {
      runs.push(run);
      run = [];
      bytes = 0;
    }
    run.push(block);
    bytes += block.contentBytes;
  }
  runs.push(run);
  return runs.filter((one) => one.length > 1 && worthwhile(one));
}

/** Small blocks in small numbers are left to gather, so that the same lines are not written over and over. */
function worthwhile(run: readonly BlockRow[]): boolean {
  const bytes = run.reduce((sum, block) => sum + block.contentBytes, 0);
  return bytes >= blockBytesMin || run.length >= looseBlocksMax / 4;
}
