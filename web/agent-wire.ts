/** The hub's JSON of agents as the page understands it; as leniently as `wire.ts`. Pure. */
import { compare, countOf, entriesOf, type Fields, fieldsOf, textOf, timeOf } from './json.ts';

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
  /** How long the oldest of these bytes has waited; null where the agent does not say. */
  readonly lagMs: number | null;
  /** Lines that were newly stored in each of the last hours, the running one last; empty where the hub does not say. */
  readonly hourlyLines: readonly number[];
  readonly lastError: {
    readonly reason: string;
    readonly hint: string | null;
    readonly atMs: number | null;
  } | null;
  /** What the hub's audit found; null: not looked at yet. `complete` is null while batches may still be on their way. */
  readonly proof: {
    readonly complete: boolean | null;
    readonly missingBytes: number;
    readonly gapBytes: number;
  } | null;
}

/** What an agent said of itself with its last heartbeat. */
export interface AgentDetail {
  readonly streamCount: number;
  /** Those that lag most. */
  readonly streams: readonly {
    readonly id: string;
    readonly path: string;
    readonly size: number | null;
    readonly watermark: number | null;
    readonly lagMs: number | null;
    readonly trouble: string | null;
  }[];
  /** Path of a setting, and its value as text; secrets are masked by the agent. */
  readonly configuration: readonly (readonly [string, string])[];
  /** The newest first. */
  readonly transitions: readonly {
    readonly atMs: number;
    readonly level: string;
    readonly message: string;
  }[];
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
    lagMs: countOf(fields.lag_ms),
    hourlyLines: numbersOf(fieldsOf(fields.hours).lines),
    lastError: readError(fieldsOf(fields.last_error)),
    proof: readProof(fields.proof),
  };
}

function readError(fields: Fields): FleetAgent['lastError'] {
  const reason = textOf(fields.reason);
  return reason === null ? null : { reason, hint: textOf(fields.hint), atMs: timeOf(fields.at) };
}

function readProof(value: unknown): FleetAgent['proof'] {
  if (typeof value !== 'object' || value === null) return null;
  const { complete, missing_bytes, gap_bytes } = fieldsOf(value);
  return {
    complete: typeof complete === 'boolean' ? complete : null,
    missingBytes: countOf(missing_bytes) ?? 0,
    gapBytes: countOf(gap_bytes) ?? 0,
  };
}

/** Null when the agent has told nothing of itself. */
export function readDetail(body: unknown): AgentDetail | null {
  const { detail } = fieldsOf(body);
  if (typeof detail !== 'object' || detail === null) return null;
  const fields = fieldsOf(detail);
  const streams = entriesOf(fields.streams).map((one) => ({
    id: textOf(one.stream) ?? '',
    path: textOf(one.path) ?? '–',
    size: countOf(one.size),
    watermark: countOf(one.watermark),
    lagMs: countOf(one.lag_ms),
    trouble: textOf(one.trouble),
  }));
  return {
    streamCount: countOf(fields.stream_count) ?? streams.length,
    streams,
    configuration: Object.entries(fieldsOf(fields.configuration)).map(([path, value]) => [
      path,
      String(value),
    ]),
    transitions: entriesOf(fields.transitions).map((one) => ({
      atMs: timeOf(one.at) ?? Number.NaN,
      level: textOf(one.level) ?? '',
      message: textOf(one.message) ?? textOf(one.event) ?? '',
    })),
  };
}

function numbersOf(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.map((one) => countOf(one) ?? 0) : [];
}
