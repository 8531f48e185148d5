/**
 * Reading what is stored: the export, the newest lines, the streams.
 *
 * The export is NDJSON in the order of the files: streams one after another, each by position. It holds a block at a
 * time in memory, and waits for a slow reader. A block that cannot be read any more stands in it as one object with
 * `error`, and the rest follows.
 */
import type { ChainAudit, Page, Query, Store, StreamSummary } from '../store/store.ts';
import { exportFormats, exportFound, exportHeaders } from './export.ts';
import { askedAgent } from './fleet-routes.ts';
import { type LineJson, lineJson } from './line-json.ts';
import { json, Refusal } from './reply.ts';
import type { Route, RoutedRequest } from './router.ts';
import { askedScope, type SearchParts } from './search-routes.ts';

const linesDefault = 200;
const linesMax = 5000;
/** Texts of one reply with newest lines, bytes; over it the oldest are left out. */
const linesBytesMax = 4 * 1024 * 1024;

export type ReadParts = SearchParts;

export function readRoutes(parts: ReadParts): Route[] {
  return [
    { method: 'GET', path: '/api/export', access: 'key', answer: (request) => exportReply(request, parts) },
    { method: 'GET', path: '/api/lines', access: 'key', answer: (request) => linesReply(request, parts) },
    { method: 'GET', path: '/api/streams', access: 'key', answer: (request) => streamsReply(request, parts) },
    { method: 'GET', path: '/api/audit', access: 'key', answer: (request) => auditReply(request, parts) },
  ];
}

/** Lines of one page of an export. */
const exportPage = { lines: 1000, bytes: 4 * 1024 * 1024 };

function exportReply(request: RoutedRequest, parts: ReadParts) {
  if (['q', 'since', 'until', 'format'].some((name) => request.search.get(name)))
    return foundReply(request, parts);
  const query: Query = {
    agent: askedAgent(request, parts),
    stream: request.search.get('stream') || null,
    source: request.search.get('source') || null,
    newest: null,
  };
  return {
    status: 200,
    headers: { 'content-type': 'application/x-ndjson; charset=utf-8' },
    body: exported(parts.store.read(query)),
  };
}

function foundReply(request: RoutedRequest, parts: ReadParts) {
  const asked = request.search.get('format') || 'ndjson';
  const format = exportFormats.find((one) => one === asked);
  if (format === undefined) {
    throw new Refusal(400, 'QUERY_INVALID', { message: `format is none of ${exportFormats.join(', ')}.` });
  }
  if (request.search.get('stream')) {
    throw new Refusal(400, 'QUERY_INVALID', { message: 'stream is for exports without a query.' });
  }
  const { scope } = askedScope(request, parts);
  return {
    status: 200,
    headers: exportHeaders(format),
    body: exportFound(parts.store, { ...scope, ...exportPage }, format),
  };
}

async function* exported(pages: AsyncIterable<Page>): AsyncGenerator<string> {
  for await (const { stream, lines, damaged } of pages) {
    if (damaged !== null) {
      const { agent, source, id } = stream;
      yield `${JSON.stringify({ agent, source, stream: id, ...damaged, error: 'the stored bytes are damaged' })}\n`;
    }
    if (lines.length > 0) yield `${lines.map((line) => JSON.stringify(lineJson(stream, line))).join('\n')}\n`;
  }
}

async function linesReply(request: RoutedRequest, parts: ReadParts) {
  const newest = { lines: countOf(request.search.get('limit')), bytes: linesBytesMax };
  const query = { agent: askedAgent(request, parts), stream: null, source: null, newest };
  const lines: LineJson[] = [];
  for await (const page of parts.store.read(query)) {
    for (const line of page.lines) lines.push(lineJson(page.stream, line));
  }
  return json(200, lines);
}

function countOf(text: string | null): number {
  if (text === null || text === '') return linesDefault;
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) {
    throw new Refusal(400, 'QUERY_INVALID', { message: 'limit is not a whole number from 1.' });
  }
  return Math.min(count, linesMax);
}

function streamsReply(request: RoutedRequest, parts: ReadParts) {
  const streams = parts.store.streams(askedAgent(request, parts));
  return json(200, { status: 'success', streams: streams.map(describe) });
}

function describe(stream: StreamSummary) {
  return {
    agent: stream.agent,
    stream: stream.id,
    path: stream.path,
    source: stream.source,
    fork_of: stream.forkOf,
    lines: stream.lines,
    bytes: stream.bytes,
    duplicates: stream.duplicates,
    begin: stream.begin,
    ranges: stream.ranges,
    gaps: stream.gaps,
  };
}

/**
 * NDJSON, an object for each stream, one for each chain, then `{"complete","streams","epochs"}`: a reply without that
 * last line was cut off and proves nothing. With `content=1` every stored byte is looked at.
 */
function auditReply(request: RoutedRequest, parts: ReadParts) {
  const agent = askedAgent(request, parts);
  return {
    status: 200,
    headers: { 'content-type': 'application/x-ndjson; charset=utf-8' },
    body: audited(parts.store, agent, request.search.get('content') === '1'),
  };
}

async function* audited(store: Store, agent: string | null, content: boolean): AsyncGenerator<string> {
  let streams = 0;
  let epochs = 0;
  let complete = true;
  for await (const stream of store.audit(agent, content)) {
    streams += 1;
    complete &&= stream.missing.length === 0;
    const proof = { complete_to: stream.completeTo, missing: stream.missing, removed: stream.removed };
    yield `${JSON.stringify({ ...describe(stream), ...proof })}\n`;
  }
  for await (const chain of store.auditChains(agent, content)) {
    epochs += 1;
    complete &&= chain.missing.length + chain.broken.length + chain.lost.length === 0;
    yield `${JSON.stringify(describeChain(chain))}\n`;
  }
  yield `${JSON.stringify({ complete, streams, epochs })}\n`;
}

function describeChain({
  agent,
  epoch,
  left,
  links,
  repeats,
  prunedTo,
  contiguousTo,
  missing,
  broken,
  lost,
}: ChainAudit) {
  return {
    ...{ agent, epoch, left, links, repeats, pruned_to: prunedTo, contiguous_to: contiguousTo, missing },
    broken: broken.map(({ batchId, ...one }) => ({ ...one, batch_id: batchId })),
    lost: lost.map(({ batchId, ...one }) => ({ ...one, batch_id: batchId })),
  };
}
