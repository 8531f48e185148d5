/**
 * Removing what is older, or more, than is to be kept: blocks, the oldest first, then the links whose lines are all gone.
 * In small transactions between which receiving goes on. What is removed is remembered as removed (`removed-rows.ts`).
 *
 * Each stream belongs to one rule: that of its agent and source, else of its agent, else of its source, else the one for
 * all. A block's time is that of its newest line.
 */
import type { Database } from '../host/database.ts';
import type { Work } from '../host/work.ts';
import { rivals, type StoredSegment, wholeLinks } from './chain.ts';
import type { ChainRows, EpochRow } from './chain-rows.ts';
import { subtract } from './range.ts';
import type { Retained, RetentionRule } from './store.ts';
import type { BlockRow, Tables } from './tables.ts';

/** Blocks removed in one transaction: some 8 MiB of pages to be let go of. */
const stepBlocks = 32;
/** Rows looked at before others go on. */
const lookedAtOnce = 256;
/** The newest links of a chain stay, however old their lines are: a batch that comes again is known by its link. */
export const linksKeptMin = 256;
/** More than this are removed although their lines are there: half a million batches without lines worth a block. */
const linksKeptMax = 500_000;

export interface RetentionParts {
  readonly database: Database;
  readonly tables: Tables;
  readonly chains: ChainRows;
  readonly work: Work;
  readonly signal: AbortSignal;
}

export async function retain(
  rules: readonly RetentionRule[],
  nowMs: number,
  parts: RetentionParts,
): Promise<Retained> {
  const sorting = new Sorting(rules, parts.tables);
  const old = await removeOld(sorting, nowMs, parts);
  const much = await removeMuch(sorting, parts);
  for (const epoch of parts.chains.epochs(null)) await removeLinks(epoch, parts);
  return { blocks: old.blocks + much.blocks, bytes: old.bytes + much.bytes };
}

/** Which rule a stream belongs to. */
class Sorting {
  readonly rules: readonly RetentionRule[];
  readonly #tables: Tables;
  readonly #byStream = new Map<number, RetentionRule | null>();

  constructor(rules: readonly RetentionRule[], tables: Tables) {
    this.rules = rules;
    this.#tables = tables;
  }

  ruleOf(stream: number): RetentionRule | null {
    const known = this.#byStream.get(stream);
    if (known !== undefined) return known;
    const rule = this.#find(stream);
    this.#byStream.set(stream, rule);
    return rule;
  }

  #find(number: number): RetentionRule | null {
    const stream = this.#tables.streamOrNull(number);
    if (stream === null) return null;
    const { agent, source } = stream;
    const wanted = [
      [agent, source],
      [agent, null],
      [null, source],
      [null, null],
    ] as const;
    for (const [one, other] of wanted) {
      const rule = this.rules.find((each) => each.agent === one && each.source === other);
      if (rule !== undefined) return rule;
    }
    return null;
  }
}

async function removeOld(sorting: Sorting, nowMs: number, parts: RetentionParts): Promise<Retained> {
  const ages = sorting.rules.map(({ ageMs }) => ageMs).filter((ageMs) => ageMs !== null);
  if (ages.length === 0) return { blocks: 0, bytes: 0 };
  const newestMs = nowMs - Math.min(...ages);
  return removeOldest(parts, (block) => {
    if (block.receivedAtMs >= newestMs) return 'stop';
    const ageMs = sorting.ruleOf(block.stream)?.ageMs ?? null;
    return ageMs !== null && block.receivedAtMs < nowMs - ageMs ? 'remove' : 'keep';
  });
}

async function removeMuch(sorting: Sorting, parts: RetentionParts): Promise<Retained> {
  const bounded = sorting.rules.filter(({ bytesMax }) => bytesMax !== null);
  if (bounded.length === 0) return { blocks: 0, bytes: 0 };
  const excess = new Map(bounded.map((rule) => [rule, -rule.bytesMax!]));
  let above = 0;
  for (;;) {
    const held = parts.tables.removed.held(above, lookedAtOnce);
    for (const { stream, bytes } of held) {
      const rule = sorting.ruleOf(stream);
      const before = rule === null ? undefined : excess.get(rule);
      if (before !== undefined) excess.set(rule!, before + bytes);
    }
    if (held.length < lookedAtOnce) break;
    above = held.at(-1)!.stream;
    await parts.work.turn();
    if (parts.signal.aborted) return { blocks: 0, bytes: 0 };
  }
  return removeOldest(parts, (block) => {
    if ([...excess.values()].every((bytes) => bytes <= 0)) return 'stop';
    const rule = sorting.ruleOf(block.stream);
    const over = rule === null ? undefined : excess.get(rule);
    if (over === undefined || over <= 0) return 'keep';
    excess.set(rule!, over - (block.to - block.from));
    return 'remove';
  });
}

/** Asks for each block, the oldest first, what is to become of it. */
async function removeOldest(
  { database, tables, work, signal }: RetentionParts,
  judge: (block: BlockRow) => 'remove' | 'keep' | 'stop',
): Promise<Retained> {
  const total = { blocks: 0, bytes: 0 };
  let after = { receivedAtMs: Number.MIN_SAFE_INTEGER, number: 0 };
  for (let stopped = false; !stopped && !signal.aborted; ) {
    const found = tables.blocksFrom(after, lookedAtOnce);
    const doomed: BlockRow[] = [];
    for (const block of found) {
      const verdict = judge(block);
      stopped = verdict === 'stop';
      if (stopped) break;
      after = block;
      if (verdict === 'remove') doomed.push(block);
      if (doomed.length === stepBlocks) break;
    }
    if (doomed.length > 0) {
      database.transaction('normal', () => {
        for (const block of doomed) tables.retire(block);
      });
    }
    total.blocks += doomed.length;
    for (const { from, to } of doomed) total.bytes += to - from;
    if (found.length === 0) break;
    await work.turn();
  }
  return total;
}

/** From the beginning of the chain, as long as a link stands in its place alone and nothing of it is there any more. */
async function removeLinks(epoch: EpochRow, parts: RetentionParts): Promise<void> {
  const { chains, database, tables, work, signal } = parts;
  let { pruned } = epoch;
  const last = epoch.sequence - linksKeptMin;
  while (pruned.sequence < last && !signal.aborted) {
    const from = pruned;
    for (let steps = 0; steps < lookedAtOnce && pruned.sequence < last; steps++) {
      const sequence = pruned.sequence + 1;
      const links = chains.linksAt(epoch.number, sequence);
      const next = wholeLinks(links).find(({ previous }) => previous === pruned.hash);
      if (next === undefined || rivals(links).size > 0) break;
      const spare = sequence <= epoch.sequence - linksKeptMax;
      if (!spare && !links.every(({ segments }) => isGone(segments, tables))) break;
      pruned = { sequence, hash: next.hash };
    }
    if (pruned === from) return;
    const reached = pruned;
    database.transaction('normal', () => chains.prune(epoch.number, reached));
    await work.turn();
  }
}

function isGone(segments: string, tables: Tables): boolean {
  return (JSON.parse(segments) as StoredSegment[]).every(([number, from, to]) => {
    const range = { from, to };
    return subtract(range, tables.removed.near(number, range)).length === 0;
  });
}
