/**
 * Links as they are stored: in the transaction of the last of their lines, so that a link never says more than is there.
 *
 * The segments of a link say where its bytes lie, in their order in the batch: `[stream, from, to]` or, for the beginning
 * of an overlong line, `[stream, from, to, kept]`, with the store's own number of the stream (a fork's where the content
 * disagreed). So the content hash can be made again from what is stored.
 */
import { noLink } from '../event/chain.ts';
import { type ChainRows, type EpochRow, type LinkRow, linkRow } from './chain-rows.ts';
import type { EventRows } from './event-rows.ts';
import type { Arrival, ArrivedLink, HashedChain, Range } from './store.ts';

export type StoredSegment =
  | readonly [stream: number, from: number, to: number]
  | readonly [stream: number, from: number, to: number, kept: number];

/** Where a run of an arrival's lines went. */
export interface Placed extends Range {
  /** As the sender names it. */
  readonly stream: string;
  /** The store's own number of where it lies. */
  readonly number: number;
}

/** Links taken into the contiguous part at one commit; further ones at the next. */
const stepsMax = 1000;

export interface ChainTables {
  readonly chains: ChainRows;
  readonly events: EventRows;
}

/** Inside the transaction in which the last of the arrival's lines are stored. False for a link that was there already. */
export function addLink(
  arrival: Arrival & { readonly link: ArrivedLink },
  placed: readonly Placed[],
  tables: ChainTables,
): boolean {
  const { agent, link, receivedAtMs } = arrival;
  const { chain } = link;
  const epoch = epochFor(arrival, chain.epoch, tables);
  const segments = JSON.stringify(storedSegments(arrival, placed));
  const row = linkRow(epoch.number, link, { contentHash: link.contentHash, segments });
  // What came so long after its link was removed is a repeat: the chain goes on far behind it.
  const added = chain.sequence > epoch.pruned.sequence && tables.chains.addLink(row);
  if (!added) tables.chains.repeat(epoch.number);
  if (chain.breaks !== undefined && epoch.left === null) {
    tables.chains.leave(epoch.number, chain.breaks);
    const { epoch: left, sequence, reason } = chain.breaks;
    tables.events.add({
      ...{
        agent,
        name: `epoch ${chain.epoch}`,
        kind: 'chain-epoch',
        atMs: receivedAtMs,
        stream: null,
        path: null,
      },
      detail: `a new chain of batches: ${reason}; the agent left ${left} at link ${sequence}`,
    });
  }
  for (const statement of link.statements) state(statement, arrival, tables);
  for (const [stream, value] of link.descriptions) {
    tables.chains.describe(agent, stream, { epoch: epoch.number, sequence: chain.sequence, value });
  }
  reach(epoch, { at: chain.sequence, arrival, tables });
  return added;
}

function state(statement: HashedChain, arrival: Arrival, tables: ChainTables): void {
  const epoch = epochFor(arrival, statement.chain.epoch, tables);
  if (statement.chain.sequence <= epoch.pruned.sequence) return;
  tables.chains.addLink(linkRow(epoch.number, statement, { contentHash: '', segments: '[]' }));
  reach(epoch, { at: statement.chain.sequence, arrival, tables });
}

function epochFor({ agent }: Arrival, id: string, { chains }: ChainTables): EpochRow {
  const known = chains.epoch(agent, id);
  if (known !== null) return known;
  const place = { epoch: id, sequence: 0, hash: noLink };
  return { ...place, number: chains.addEpoch(agent, place), agent, repeats: 0, left: null, pruned: place };
}

/** Says what is broken at the place just taken, and takes into the contiguous part what belongs to it now. */
function reach(
  epoch: EpochRow,
  { at, arrival, tables }: { readonly at: number; readonly arrival: Arrival; readonly tables: ChainTables },
): void {
  const { chains, events } = tables;
  const broken = (sequence: number, detail: string) =>
    events.add({
      ...{ agent: arrival.agent, name: `broken ${epoch.epoch} ${sequence} ${detail}`, kind: 'chain-broken' },
      ...{ atMs: arrival.receivedAtMs, stream: null, path: null },
      detail: `link ${sequence} of ${epoch.epoch}: ${detail}`,
    });
  if (rivals(chains.linksAt(epoch.number, at)).size > 0) broken(at, 'two batches claim the same place');
  // The row may have been moved on by a statement of the same batch.
  let { sequence, hash } = chains.epoch(arrival.agent, epoch.epoch)!;
  const before = sequence;
  while (sequence - before < stepsMax) {
    const whole = wholeLinks(chains.linksAt(epoch.number, sequence + 1));
    const next = whole.find(({ previous }) => previous === hash);
    if (next === undefined && whole.length > 0) broken(sequence + 1, 'it is not of the link before');
    if (next === undefined) break;
    sequence += 1;
    hash = next.hash;
  }
  if (sequence > before) chains.reach(epoch.number, { sequence, hash });
}

/** Parts of which there is more than one: other links, or other bytes. What was stated may have been stored later. */
export function rivals(links: readonly LinkRow[]): ReadonlySet<string> {
  const first = new Map<string, LinkRow>();
  const found = new Set<string>();
  for (const link of links) {
    const other = first.get(link.part);
    const [one, two] = [other?.contentHash ?? '', link.contentHash];
    if (other === undefined || one === '') first.set(link.part, link);
    if (other === undefined) continue;
    if (other.hash !== link.hash || (one !== '' && two !== '' && one !== two)) found.add(link.part);
  }
  // The parts of one batch have its link.
  if (new Set(links.map(({ hash }) => hash)).size > 1) for (const { part } of links) found.add(part);
  return found;
}

/** Of the links of one sequence, those that have the whole batch, one for each; by their hashes. */
export function wholeLinks(links: readonly LinkRow[]): LinkRow[] {
  const parts = new Map<string, { readonly link: LinkRow; readonly parts: Set<string> }>();
  for (const link of links) {
    const known = parts.get(link.hash);
    if (known === undefined) parts.set(link.hash, { link, parts: new Set([link.part]) });
    else known.parts.add(link.part);
  }
  return [...parts.values()].filter((one) => isWhole(one.parts)).map(({ link }) => link);
}

/** Whether the parts make up the whole: '' itself, or both halves of every split. */
export function isWhole(parts: ReadonlySet<string>): boolean {
  const covered = new Set(parts);
  // The longest first, so that two halves make the part that a shorter one waits for.
  for (const part of [...parts].sort((a, b) => b.length - a.length)) {
    for (let name = part; name !== '' && covered.has(name); name = name.slice(0, -1)) {
      const other = name.slice(0, -1) + (name.endsWith('0') ? '1' : '0');
      if (!covered.has(other)) break;
      covered.add(name.slice(0, -1));
    }
  }
  return covered.has('');
}

function storedSegments({ segments }: Arrival, placed: readonly Placed[]): StoredSegment[] {
  const byStream = new Map<string, Placed[]>();
  for (const one of placed) {
    const list = byStream.get(one.stream);
    if (list === undefined) byStream.set(one.stream, [one]);
    else list.push(one);
  }
  const stored: StoredSegment[] = [];
  for (const segment of segments) {
    if (segment.kind === 'gap' || segment.kind === 'append' || segment.from === null) continue;
    const { stream, from } = segment;
    const to = segment.kind === 'text' ? from + segment.text.length : segment.records.at(-1)?.to;
    const place = byStream.get(stream)?.find((one) => to !== undefined && one.from <= from && to <= one.to);
    if (place === undefined || to === undefined) continue;
    const last = stored.at(-1);
    if (segment.kind === 'lines') {
      const kept = segment.records.reduce((sum, { bytes }) => sum + bytes.length, 0);
      stored.push([place.number, from, to, kept]);
    } else if (last?.length === 3 && last[0] === place.number && last[2] === from) {
      stored[stored.length - 1] = [place.number, last[1], to];
    } else stored.push([place.number, from, to]);
  }
  return stored;
}
