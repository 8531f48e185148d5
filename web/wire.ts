/**
 * The hub's JSON as the page understands it. Pure. Read leniently: a field that is absent or of another type becomes
 * null or a neutral value, an entry without its key fields is left out, so that a newer or older hub still shows.
 */
import type { HubEvent, Range, StoredChain, StoredStream } from './proof-of.ts';
import type { TailLine } from './tail-buffer.ts';

export type AgentStatus = 'active' | 'idle' | 'offline';

export interface FleetAgent {
  readonly id: string;
  readonly hostname: string;
  readonly system: string;
  readonly status: AgentStatus;
  readonly version: string | null;
  /** Milliseconds since the epoch by the hub's clock; null: never. */
  readonly lastSeenMs: number | null;
  readonly lines: number | null;
  readonly bytes: number | null;
  /** Bytes in the agent's files that the hub does not have yet; null where the agent does not say. */
  readonly lagBytes: number | null;
  /** Lines that the hub refused and the agent keeps aside; null where the agent does not say. */
  readonly deadLetters: number | null;
}

/** Ordered by host name, then id: rows do not jump when a state changes. */
export function readAgents(body: unknown): readonly FleetAgent[] {
  const agents = fieldsOf(fieldsOf(body).agents);
  return Object.entries(agents)
    .map(([id, value]) => readAgent(id, fieldsOf(value)))
    .sort((a, b) => compare(a.hostname, b.hostname) || compare(a.id, b.id));
}

function readAgent(id: string, fields: Fields): FleetAgent {
  const status = fields.status;
  return {
    id,
    hostname: textOf(fields.hostname) ?? id,
    system: textOf(fields.os_type) ?? '–',
    status: status === 'active' || status === 'idle' ? status : 'offline',
    version: textOf(fields.version),
    lastSeenMs: timeOf(fields.last_seen),
    lines: countOf(fields.lines),
    bytes: countOf(fields.bytes),
    lagBytes: countOf(fields.lag_bytes),
    deadLetters: countOf(fields.dead_letters),
  };
}

export function readLines(body: unknown): readonly TailLine[] {
  return Array.isArray(body) ? body.map(readLine).filter((line) => line !== null) : [];
}

/** Null when it is no line: without an id nothing could be told apart, without text there is nothing to show. */
export function readLine(value: unknown): TailLine | null {
  const fields = fieldsOf(value);
  const { id, text } = fields;
  if ((typeof id !== 'string' && typeof id !== 'number') || typeof text !== 'string') return null;
  return {
    id: String(id),
    text,
    agent: textOf(fields.agent) ?? '',
    source: textOf(fields.source) ?? '',
    path: textOf(fields.path) ?? '',
    receivedAtMs: timeOf(fields.received_at) ?? Number.NaN,
    cutOfBytes: fields.cut === true ? countOf(fields.original_bytes) : null,
    validUtf8: typeof fields.raw !== 'string',
  };
}

export function readStreams(body: unknown): readonly StoredStream[] {
  return entriesOf(fieldsOf(body).streams).map((fields) => ({
    agent: textOf(fields.agent) ?? '',
    id: textOf(fields.stream) ?? '',
    name: textOf(fields.path) ?? textOf(fields.source) ?? '–',
    fork: typeof fields.fork_of === 'string',
    duplicates: countOf(fields.duplicates) ?? 0,
    begin: countOf(fields.begin) ?? 0,
    ranges: entriesOf(fields.ranges).map(rangeOf),
    gaps: entriesOf(fields.gaps).map((gap) => ({ ...rangeOf(gap), reason: textOf(gap.reason) ?? '' })),
  }));
}

export function readChains(body: unknown): readonly StoredChain[] {
  return entriesOf(fieldsOf(body).chains).map((fields) => ({
    agent: textOf(fields.agent) ?? '',
    epoch: textOf(fields.epoch) ?? '',
    contiguousTo: countOf(fields.contiguous_to) ?? 0,
    newest: countOf(fields.newest) ?? 0,
    repeats: countOf(fields.repeats) ?? 0,
  }));
}

export function readEvents(body: unknown): readonly HubEvent[] {
  return entriesOf(fieldsOf(body).events).map((fields) => ({
    id: String(fields.id),
    agent: textOf(fields.agent) ?? '',
    kind: textOf(fields.kind) ?? '',
    atMs: timeOf(fields.at) ?? Number.NaN,
    path: textOf(fields.path),
    detail: textOf(fields.detail) ?? '',
  }));
}

/** What a refusal of the hub says; '' when it says nothing. */
export function readMessage(body: unknown): string {
  return textOf(fieldsOf(body).message) ?? '';
}

/** The payload of a `skipped` event. */
export function readSkipped(value: unknown): number | null {
  return countOf(fieldsOf(value).count);
}

/** JSON from the tail; undefined when it is damaged. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function entriesOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

function rangeOf(fields: Fields): Range {
  return { from: countOf(fields.from) ?? 0, to: countOf(fields.to) ?? 0 };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function countOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}

/** Milliseconds, or ISO 8601. */
function timeOf(value: unknown): number | null {
  const timeMs = typeof value === 'string' ? Date.parse(value) : value;
  return typeof timeMs === 'number' && Number.isFinite(timeMs) ? timeMs : null;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
