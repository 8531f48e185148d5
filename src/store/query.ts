/**
 * Reading: pages of lines in the order of positions, or the newest ones. A merge may replace blocks between two
 * pages; reading goes on from the position reached, so nothing is missed or repeated.
 */

import type { SqlRow } from '../host/database.ts';
import type { Work } from '../host/work.ts';
import { BlockError, decodeBlock } from './block.ts';
import type { ChainRows } from './chain-rows.ts';
import { intersect, joined } from './range.ts';
import type { AgentStreams, Line, Newest, Page, Query, Range, StreamSummary } from './store.ts';
import { type BlockRow, type StreamRow, streamOf, type Tables } from './tables.ts';

export async function* readPages(query: Query, tables: Tables, work: Work): AsyncGenerator<Page> {
  if (query.newest !== null) {
    yield* await newestPages({ ...query, newest: query.newest }, tables, work);
    return;
  }
  for (const stream of matchingStreams(query, tables)) yield* streamPages(stream, tables, work);
}

export function summaries(agent: string | null, tables: Tables): StreamSummary[] {
  return tables.streamRows(agent).map((row) => summaryOf(row, tables));
}

function summaryOf(row: SqlRow, tables: Tables): StreamSummary {
  const stream = streamOf(row);
  const ranges = tables.ranges(stream.number);
  const gaps = tables.gaps(stream.number);
  return {
    ...stream,
    lines: Number(row.lines),
    bytes: Number(row.bytes),
    duplicates: Number(row.duplicates),
    begin: beginOf(stream, { told: row.begin, known: [...ranges, ...gaps] }),
    ranges,
    gaps,
  };
}

/** A fork begins with what differed. What an agent tells may be anything, and never hides what is stored. */
function beginOf(
  { forkOf }: StreamRow,
  { told, known }: { readonly told: unknown; readonly known: readonly Range[] },
): number {
  const first = Math.min(...known.map(({ from }) => from));
  if (forkOf !== null) return known.length === 0 ? 0 : first;
  const begin = typeof told === 'number' && Number.isSafeInteger(told) && told > 0 ? told : 0;
  return Math.min(begin, first);
}

/** Ranges and gaps of one page; one stream may have more. */
const pageRangesMax = 50_000;

/** The newest streams first. */
export function agentStreams(
  agent: string,
  { below, max }: { readonly below: number | null; readonly max: number },
  { tables, chains }: { readonly tables: Tables; readonly chains: ChainRows },
): AgentStreams {
  const rows = tables.streamRowsBelow(agent, { below: below ?? Number.MAX_SAFE_INTEGER, max: max + 1 });
  const streams: AgentStreams['streams'][number][] = [];
  let ranges = 0;
  for (const row of rows.slice(0, max)) {
    const claimed = summaryOf(row, tables);
    const kept = [...tables.covered(claimed.number), ...tables.removed.of(claimed.number)];
    const known = joined(kept);
    const summary = { ...claimed, ranges: claimed.ranges.flatMap((range) => intersect(range, known)) };
    streams.push({ ...summary, description: chains.description(agent, summary.id) });
    ranges += summary.ranges.length + summary.gaps.length;
    if (ranges >= pageRangesMax) break;
  }
  return { streams, below: streams.length < rows.length ? streams.at(-1)!.number : null };
}

function matchingStreams(query: Query, tables: Tables): StreamRow[] {
  return tables
    .streamRows(query.agent)
    .map(streamOf)
    .filter((stream) => matches(stream, query));
}

function matches(stream: StreamRow, { stream: id, source }: Query): boolean {
  return (id === null || stream.id === id) && (source === null || stream.source === source);
}

async function* streamPages(stream: StreamRow, tables: Tables, work: Work): AsyncGenerator<Page> {
  let position = 0;
  for (;;) {
    const block = tables.blocksAfter(stream.number, position, 1)[0];
    if (block === undefined) return;
    yield await pageOf(stream, block, { position, tables, work });
    position = block.to;
  }
}

async function pageOf(
  stream: StreamRow,
  block: BlockRow,
  { position, tables, work }: { readonly position: number; readonly tables: Tables; readonly work: Work },
): Promise<Page> {
  try {
    const lines = await decodeBlock(tables.body(block.number)!, block.contentBytes, work);
    return { stream, lines: lines.filter((line) => line.from >= position), damaged: null };
  } catch (error) {
    if (!(error instanceof BlockError)) throw error;
    return { stream, lines: [], damaged: { from: Math.max(block.from, position), to: block.to } };
  }
}

interface Found {
  readonly stream: StreamRow;
  readonly line: Line;
}

type NewestQuery = Query & { readonly newest: Newest };

/** How often the search begins again because a merge has moved lines behind its back; the last result then stands. */
const searchesMax = 8;

async function newestPages(query: NewestQuery, tables: Tables, work: Work): Promise<Page[]> {
  for (let count = 1; ; count++) {
    const merges = tables.merges;
    const found = await newestLines(query, tables, work);
    if (tables.merges === merges || count === searchesMax) return grouped(found);
  }
}

/**
 * Blocks from the newest backwards, until as many lines are found as wanted and no older block can hold a newer one.
 * A block's time is that of its newest line.
 */
async function newestLines(query: NewestQuery, tables: Tables, work: Work): Promise<Found[]> {
  const streams = new Map(matchingStreams(query, tables).map((stream) => [stream.number, stream]));
  let before = { receivedAtMs: Number.MAX_SAFE_INTEGER, number: 0 };
  let found: Found[] = [];
  let enough = false;
  for (;;) {
    const block = tables.blocksBefore(query.agent, before, 1)[0];
    if (block === undefined) break;
    if (enough && found[0]!.line.receivedAtMs > block.receivedAtMs) break;
    before = block;
    const stream = streams.get(block.stream);
    if (stream === undefined) continue;
    const page = await pageOf(stream, block, { position: 0, tables, work });
    found = found.concat(page.lines.map((line) => ({ stream, line })));
    found.sort(byTime);
    const first = firstWithin(found, query.newest);
    enough ||= first > 0 || found.length === query.newest.lines;
    found = found.slice(first);
  }
  return found;
}

/** From which index on the lines stay within the bounds; the last is always in. */
function firstWithin(found: readonly Found[], { lines, bytes }: Newest): number {
  const leastByCount = Math.max(0, found.length - lines);
  let total = 0;
  for (let index = found.length - 1; index >= leastByCount; index--) {
    total += found[index]!.line.bytes.length;
    if (total > bytes) return Math.min(index + 1, found.length - 1);
  }
  return leastByCount;
}

function byTime(left: Found, right: Found): number {
  return (
    left.line.receivedAtMs - right.line.receivedAtMs ||
    left.stream.number - right.stream.number ||
    left.line.from - right.line.from
  );
}

function grouped(found: readonly Found[]): Page[] {
  const pages: { stream: StreamRow; lines: Line[]; damaged: null }[] = [];
  for (const { stream, line } of found) {
    const last = pages.at(-1);
    if (last?.stream === stream) last.lines.push(line);
    else pages.push({ stream, lines: [line], damaged: null });
  }
  return pages;
}
