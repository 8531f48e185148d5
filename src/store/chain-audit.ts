/**
 * What the store can prove of chains: links against each other, and against the lines that they say they stored. Reads
 * only, and between two links lets others go on.
 */
import type { Work } from '../host/work.ts';
import { linkHash } from '../protocol/chain.ts';
import { BlockError, type Content, readBlock } from './block.ts';
import { rivals, type StoredSegment, wholeLinks } from './chain.ts';
import type { ChainRows, EpochRow, LinkRow } from './chain-rows.ts';
import { subtract } from './range.ts';
import type { BrokenLink, ChainAudit, LostRange, Range } from './store.ts';
import type { BlockRow, Tables } from './tables.ts';

/** Of each list of one chain; what is behind is the same trouble. */
export const foundMax = 1000;

/** Blocks asked for at once under one segment. */
const blocksAtOnce = 100;

export interface AuditParts {
  readonly chains: ChainRows;
  readonly tables: Tables;
  readonly work: Work;
  readonly content: boolean;
}

export async function* auditChains(agent: string | null, parts: AuditParts): AsyncGenerator<ChainAudit> {
  for (const epoch of parts.chains.epochs(agent)) yield await auditChain(epoch, parts);
}

async function auditChain(epoch: EpochRow, parts: AuditParts): Promise<ChainAudit> {
  const { chains, work } = parts;
  const missing: Range[] = [];
  const broken: BrokenLink[] = [];
  const lost: LostRange[] = [];
  const contents = new Contents(parts);
  let contiguousTo = epoch.pruned.sequence;
  let hash: string | null = epoch.pruned.hash;
  let links = 0;
  let last = epoch.pruned.sequence;
  for (;;) {
    const sequence = chains.sequenceAfter(epoch.number, last);
    if (sequence === null) break;
    const found = chains.linksAt(epoch.number, sequence);
    const whole = wholeLinks(found);
    const next = whole.find(({ previous }) => previous === hash) ?? null;
    const to = whole.length === 0 ? sequence + 1 : sequence;
    if (last + 1 < to) missing.push({ from: last + 1, to });
    if (next !== null && contiguousTo === sequence - 1) contiguousTo = sequence;
    if (next === null && hash !== null && sequence === last + 1 && whole.length > 0) {
      broken.push(nameOf(whole[0]!, 'previous'));
    }
    const doubtful = rivals(found);
    for (const link of found) {
      links += 1;
      if (doubtful.has(link.part)) broken.push(nameOf(link, 'two-batches'));
      if (linkHash(linkOf(link, epoch), work) !== link.hash) broken.push(nameOf(link, 'hash'));
      lost.push(...lostOf(link, parts.tables));
      if (parts.content && link.contentHash !== '' && (await contents.differ(link))) {
        broken.push(nameOf(link, 'content'));
      }
    }
    // Behind a sequence that is not whole, nothing says which link would have to come before.
    hash = (next ?? whole[0])?.hash ?? null;
    last = sequence;
    await work.turn();
  }
  if (epoch.sequence > last) missing.push({ from: last + 1, to: epoch.sequence + 1 });
  const { agent, epoch: id, repeats, left } = epoch;
  return {
    ...{ agent, epoch: id, left, links, repeats, contiguousTo, prunedTo: epoch.pruned.sequence },
    missing: joined(missing).slice(0, foundMax),
    broken: broken.slice(0, foundMax),
    lost: lost.slice(0, foundMax),
  };
}

function linkOf({ sequence, previous, batchId, batchHash }: LinkRow, { epoch }: EpochRow) {
  return { epoch, sequence, previous, batchId, contentHash: batchHash };
}

function nameOf({ sequence, part, batchId }: LinkRow, why: BrokenLink['why']): BrokenLink {
  return { sequence, part, batchId, why };
}

function joined(ranges: readonly Range[]): Range[] {
  const whole: Range[] = [];
  for (const range of ranges) {
    const before = whole.at(-1);
    if (before?.to === range.from) whole[whole.length - 1] = { from: before.from, to: range.to };
    else whole.push(range);
  }
  return whole;
}

/** Ranges that the link stored and that are claimed no more, or for which there are no blocks and were none removed. */
function lostOf({ sequence, part, batchId, segments }: LinkRow, tables: Tables): LostRange[] {
  return (JSON.parse(segments) as StoredSegment[]).flatMap(([number, from, to]) => {
    const range = { from, to };
    const claimed = subtract(range, tables.rangesNear(number, range));
    const gone =
      claimed.length > 0
        ? claimed
        : subtractAll(range, blocksOf(number, range, tables), tables.removed.near(number, range));
    if (gone.length === 0) return [];
    const { id: stream, path } = tables.streamOrNull(number) ?? { id: '', path: '' };
    return gone.map((one) => ({ ...one, sequence, part, batchId, stream, path }));
  });
}

function subtractAll(range: Range, blocks: readonly Range[], removed: readonly Range[]): Range[] {
  return subtract(range, blocks).flatMap((part) => subtract(part, removed));
}

function blocksOf(stream: number, range: Range, tables: Tables): BlockRow[] {
  const found: BlockRow[] = [];
  let position = range.from;
  while (position < range.to) {
    const blocks = tables.blocksAfter(stream, position, blocksAtOnce);
    found.push(...blocks);
    if (blocks.length < blocksAtOnce) break;
    position = blocks.at(-1)!.to;
  }
  return found;
}

/** The bytes of links, made again from the blocks. Keeps the block read last: batches follow one another in them. */
class Contents {
  readonly #parts: AuditParts;
  #last: { readonly number: number; readonly content: Content | null } = { number: -1, content: null };

  constructor(parts: AuditParts) {
    this.#parts = parts;
  }

  /** False also where the stored lines do not tell the file's own bytes, or are not there at all. */
  async differ({ contentHash, segments }: LinkRow): Promise<boolean> {
    const bytes: Uint8Array[] = [];
    for (const segment of JSON.parse(segments) as StoredSegment[]) {
      const own = await this.#bytesOf(segment);
      if (own === null) return false;
      bytes.push(...own);
    }
    return this.#parts.work.sha256(bytes) !== contentHash;
  }

  async #bytesOf([stream, from, to, kept]: StoredSegment): Promise<Uint8Array[] | null> {
    const bytes: Uint8Array[] = [];
    let position = from;
    while (position < to) {
      const block = this.#parts.tables.blocksAfter(stream, position, 1)[0];
      if (block === undefined || block.from > position) return null;
      const content = await this.#read(block);
      if (content === null) return null;
      if (kept !== undefined) return cutLine(content, { from, to, kept });
      if (content.kind !== 'text') return null;
      let at = content.from;
      for (const { text } of content.sections) {
        const [first, end] = [Math.max(position, at), Math.min(to, at + text.length)];
        if (first < end) bytes.push(text.subarray(first - at, end - at));
        at += text.length;
      }
      position = block.to;
    }
    return bytes;
  }

  /** Null for a block that cannot be read, and for one that was merged into another meanwhile. */
  async #read(block: BlockRow): Promise<Content | null> {
    if (this.#last.number === block.number) return this.#last.content;
    const body = this.#parts.tables.body(block.number);
    const content = body === null ? null : await contentOf(body, block, this.#parts.work);
    this.#last = { number: block.number, content };
    return content;
  }
}

async function contentOf(body: Uint8Array, block: BlockRow, work: Work): Promise<Content | null> {
  try {
    return await readBlock(body, block.contentBytes, work);
  } catch (error) {
    if (error instanceof BlockError) return null;
    throw error;
  }
}

function cutLine(content: Content, line: Range & { readonly kept: number }): Uint8Array[] | null {
  if (content.kind !== 'lines') return null;
  const found = content.lines.find(({ from, to }) => from === line.from && to === line.to);
  return found === undefined || found.bytes.length !== line.kept ? null : [found.bytes];
}
