/**
 * What a hub has of an agent's streams (docs/protocol.md, Streams):
 *
 *   GET {base}/api/agent/streams?agent_id=…[&epoch=…][&after=…]
 *   {"status":"success", "streams":[{"stream","path","ranges":[[from,to]…],"gaps":[[from,to,reason]…],"description"}…],
 *    "link", "next"}
 *
 * `next` is null on the last page. Keys that are not named here are passed over.
 */
import type { StatedLink } from '../event/chain.ts';
import { readStatedLink } from './chain.ts';
import { isCount, isObject, type JsonObject } from './received.ts';

export interface HubStream {
  readonly stream: string;
  readonly path: string;
  /** What is stored. */
  readonly ranges: readonly Range[];
  /** What is not stored and known to be: gaps, filtered and dead ranges. */
  readonly gaps: readonly Gap[];
  /** What the agent told of it; null where it told nothing. */
  readonly description: unknown;
}

export interface Whose {
  readonly agentId: string;
  /** Of which the link is asked for; without it, the newest that the hub knows. */
  readonly epoch?: string | undefined;
}

/** Byte offsets; `to` is past the end. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface Gap extends Range {
  readonly reason: string;
}

export interface AgentStreams {
  readonly streams: readonly HubStream[];
  /** Of the epoch that was asked for where the hub knows it, else of the newest; null: it has no chain of the agent. */
  readonly link: StatedLink | null;
}

export interface StreamsPage extends AgentStreams {
  readonly next: string | null;
}

export function agentStreamsPath(whose: Whose, after: string | null): string {
  const { agentId, epoch } = whose;
  const query = new URLSearchParams({
    agent_id: agentId,
    ...(epoch === undefined ? {} : { epoch }),
    ...(after === null ? {} : { after }),
  });
  return `/api/agent/streams?${query}`;
}

/** Null where it is not what a hub answers. */
export function readStreamsPage(body: JsonObject): StreamsPage | null {
  const { status, streams, next } = body;
  if (status !== 'success' || !Array.isArray(streams)) return null;
  if (next !== null && typeof next !== 'string') return null;
  const read = streams.map(readStream);
  return read.includes(null) ? null : { streams: read as HubStream[], next, link: readStatedLink(body.link) };
}

/** All of an agent's streams, page by page, up to so many pages; null where one could not be had. */
export async function collectStreams(
  whose: Whose,
  pagesMax: number,
  ask: (path: string) => Promise<StreamsPage | null>,
): Promise<AgentStreams | null> {
  const streams: HubStream[] = [];
  let after: string | null = null;
  let link: StatedLink | null = null;
  for (let pages = 0; pages < pagesMax; pages += 1) {
    const page: StreamsPage | null = await ask(agentStreamsPath(whose, after));
    if (page === null) return null;
    streams.push(...page.streams);
    link = page.link;
    after = page.next;
    if (after === null) break;
  }
  return { streams, link };
}

function readStream(entry: unknown): HubStream | null {
  if (!isObject(entry)) return null;
  const { stream, path } = entry;
  const ranges = readRanges(entry.ranges);
  const gaps = readGaps(entry.gaps);
  if (typeof stream !== 'string' || typeof path !== 'string' || ranges === null || gaps === null) return null;
  return { stream, path, ranges, gaps, description: entry.description ?? null };
}

function readRanges(list: unknown): Range[] | null {
  if (!Array.isArray(list)) return null;
  const ranges: Range[] = [];
  for (const entry of list) {
    const [from, to] = Array.isArray(entry) ? (entry as unknown[]) : [];
    if (!isCount(from) || !isCount(to) || from > to) return null;
    ranges.push({ from, to });
  }
  return ranges;
}

function readGaps(list: unknown): Gap[] | null {
  const ranges = readRanges(list);
  if (ranges === null) return null;
  const reasons = (list as unknown[][]).map((entry) => entry[2]);
  if (!reasons.every((reason) => typeof reason === 'string')) return null;
  return ranges.map((range, index) => ({ ...range, reason: reasons[index] as string }));
}
