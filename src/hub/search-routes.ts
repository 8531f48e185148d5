/**
 * Searching over HTTP: `/api/search` in pages, `/api/histogram`, `/api/context`. See docs/api.md. A search ends when who
 * asked for it hangs up, and only so many run at a time: receiving goes before.
 */
import type { Clock } from '../host/clock.ts';
import { parseQuery } from '../query/parse.ts';
import type { Note, Query } from '../query/query.ts';
import { bucketsMax, type Place, type SearchScope } from '../store/search.ts';
import type { Store } from '../store/store.ts';
import type { Fleet } from './fleet.ts';
import { foundJson } from './line-json.ts';
import { momentOf } from './moment.ts';
import { json, Refusal, unavailable } from './reply.ts';
import type { Route, RoutedRequest } from './router.ts';

const linesDefault = 100;
const linesMax = 1000;
const linesBytesMax = 4 * 1024 * 1024;
const neighboursDefault = 10;
const neighboursMax = 500;
const bucketsDefault = 60;
const dayMs = 86_400_000;
/** One reply looks at so many bytes of lines at most; the asker goes on with `next`. */
const scannedBytesMax = 256 * 1024 * 1024;
const runningMax = 4;

export interface SearchParts {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly clock: Clock;
}

export function searchRoutes(parts: SearchParts): Route[] {
  let running = 0;
  const bounded =
    (answer: (request: RoutedRequest, parts: SearchParts) => ReturnType<Route['answer']>): Route['answer'] =>
    async (request) => {
      if (running >= runningMax) {
        throw unavailable('BUSY', 'Other searches are running; ask again in a moment.', 1);
      }
      running += 1;
      try {
        return await answer(request, parts);
      } finally {
        running -= 1;
      }
    };
  return [
    { method: 'GET', path: '/api/search', access: 'key', answer: bounded(searchReply) },
    { method: 'GET', path: '/api/histogram', access: 'key', answer: bounded(histogramReply) },
    { method: 'GET', path: '/api/context', access: 'key', answer: bounded(contextReply) },
  ];
}

/** What a request asks to search, and what is odd about its query. Throws `Refusal` 400. */
export function askedScope(
  { search, signal }: RoutedRequest,
  { fleet, clock }: Pick<SearchParts, 'fleet' | 'clock'>,
): { readonly scope: SearchScope & { readonly query: Query }; readonly notes: readonly Note[] } {
  const { query, notes } = parseQuery(search.get('q') ?? '');
  const nowMs = clock.now();
  const scope = {
    query,
    agent: search.get('agent') || null,
    source: search.get('source') || null,
    sinceMs: momentOf(search, 'since', nowMs) ?? 0,
    untilMs: momentOf(search, 'until', nowMs) ?? Number.MAX_SAFE_INTEGER,
    scannedBytes: scannedBytesMax,
    hostOf: (agent: string) => fleet.get(agent)?.hostname ?? '',
    signal,
  };
  return { scope, notes };
}

async function searchReply(request: RoutedRequest, parts: SearchParts) {
  const { scope, notes } = askedScope(request, parts);
  const lines = countOf(request.search, 'limit', { usual: linesDefault, most: linesMax });
  const before = placeOf(request.search.get('cursor'));
  const page = await parts.store.search.page({ ...scope, before, lines, bytes: linesBytesMax });
  return json(200, {
    status: 'success',
    lines: page.lines.map(foundJson),
    next: page.next === null ? null : cursorOf(page.next),
    notes,
    damaged: page.damaged.map(({ stream, from, to }) => {
      return { agent: stream.agent, source: stream.source, stream: stream.id, from, to };
    }),
    scanned_bytes: page.scannedBytes,
  });
}

async function histogramReply(request: RoutedRequest, parts: SearchParts) {
  const { scope, notes } = askedScope(request, parts);
  const untilMs = Math.min(scope.untilMs, parts.clock.now() + 1);
  const sinceMs = request.search.get('since') ? scope.sinceMs : untilMs - dayMs;
  const count = countOf(request.search, 'buckets', { usual: bucketsDefault, most: bucketsMax });
  const widthMs = Math.max(1, Math.ceil((untilMs - sinceMs) / count));
  const histogram = await parts.store.search.histogram({ ...scope, sinceMs, untilMs }, widthMs);
  return json(200, {
    status: 'success',
    from: new Date(sinceMs).toISOString(),
    width_ms: widthMs,
    buckets: histogram.buckets,
    counted_from: histogram.countedFromMs === null ? null : new Date(histogram.countedFromMs).toISOString(),
    notes,
    scanned_bytes: histogram.scannedBytes,
  });
}

async function contextReply({ search }: RoutedRequest, { store }: SearchParts) {
  const id = /^(\d{1,15})-(\d{1,15})$/.exec(search.get('id') ?? '');
  if (id === null) throw invalid('id is not the id of a line.');
  const bounds = { usual: neighboursDefault, most: neighboursMax };
  const around = await store.search.context(Number(id[1]), Number(id[2]), {
    before: countOf(search, 'before', bounds),
    behind: countOf(search, 'after', bounds),
  });
  if (around === null)
    throw new Refusal(404, 'LINE_UNKNOWN', { message: 'There is no such line (any more).' });
  const { stream, lines } = around;
  return json(200, { status: 'success', lines: lines.map((line) => foundJson({ stream, line })) });
}

function countOf(
  search: URLSearchParams,
  name: string,
  { usual, most }: { readonly usual: number; readonly most: number },
): number {
  const text = search.get(name);
  if (text === null || text === '') return usual;
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1) throw invalid(`${name} is not a whole number from 1.`);
  return Math.min(Number(text), most);
}

function cursorOf({ receivedAtMs, stream, from }: Place): string {
  return `${receivedAtMs}-${stream}-${from}`;
}

function placeOf(cursor: string | null): Place | null {
  if (cursor === null || cursor === '') return null;
  const numbers = /^(\d{1,15})-(\d{1,15})-(\d{1,15})$/.exec(cursor);
  if (numbers === null) throw invalid('cursor is none that a search has given.');
  const [receivedAtMs, stream, from] = numbers.slice(1).map(Number) as [number, number, number];
  return { receivedAtMs, stream, from };
}

function invalid(message: string): Refusal {
  return new Refusal(400, 'QUERY_INVALID', { message });
}
