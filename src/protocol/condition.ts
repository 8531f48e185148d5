/**
 * How an agent is, in its heartbeat, under `almadia` beside the counts:
 *
 *   "interval_ms","lag_ms","spool_bytes_max","open_streams","last_error":{"reason","at","cause"}|null,
 *   "detail":{"stream_count","streams":[{"stream","path","position","size","watermark","lag_ms","trouble"}…],
 *             "configuration":{path: text…},"transitions":[{"at","level","event","message"}…]}
 *
 * Times are ISO 8601. Secrets are masked by who sends it. What is not well-formed is passed over by who receives it.
 */
import { isId } from './chain.ts';
import { isCount, isName, isObject, type JsonObject, readTimestampMs } from './received.ts';

/** `away`: nobody answers. `refused`: the destination wants something else. `file`, `state`: the agent's own machine. */
export type TroubleCause = 'away' | 'refused' | 'file' | 'state';

export interface Trouble {
  readonly reason: string;
  readonly atMs: number;
  readonly cause: TroubleCause;
}

export interface Condition {
  /** From one heartbeat to the next. */
  readonly intervalMs: number;
  /** How long the oldest byte that is not settled may have waited. */
  readonly lagMs: number;
  readonly spoolBytesMax: number;
  /** Streams whose ledger does not close. */
  readonly openStreams: number;
  readonly lastError: Trouble | null;
}

export interface Detail {
  /** Of all streams; `streams` holds those that lag most, as many as fit. */
  readonly streamCount: number;
  readonly streams: readonly DetailStream[];
  /** As it is in effect: what is written in a file under that path. */
  readonly configuration: Readonly<Record<string, string>>;
  /** The newest of the agent's own log, the oldest first. */
  readonly transitions: readonly Transition[];
}

export interface DetailStream {
  readonly stream: string;
  readonly path: string;
  /** Read up to here; settled up to `watermark`; bytes, like `size`. */
  readonly position: number;
  readonly size: number;
  readonly watermark: number;
  readonly lagMs: number;
  /** Why it is not being read at present; null when all is well. */
  readonly trouble: string | null;
}

export interface Transition {
  readonly atMs: number;
  readonly level: 'info' | 'warn' | 'error';
  readonly event: string;
  readonly message: string;
}

/** What a heartbeat takes of each list, in bytes of JSON; what is behind is left out. */
const streamsBytesMax = 48 * 1024;
const configurationBytesMax = 32 * 1024;
const transitionsMax = 50;
const sentenceMax = 1000;
const pathMax = 8192;

const causes: readonly TroubleCause[] = ['away', 'refused', 'file', 'state'];
const levels: readonly Transition['level'][] = ['info', 'warn', 'error'];

export function encodeCondition(condition: Condition): JsonObject {
  const { lastError } = condition;
  return {
    interval_ms: condition.intervalMs,
    lag_ms: Math.round(condition.lagMs),
    spool_bytes_max: condition.spoolBytesMax,
    open_streams: condition.openStreams,
    last_error:
      lastError === null
        ? null
        : {
            reason: cut(lastError.reason),
            at: new Date(lastError.atMs).toISOString(),
            cause: lastError.cause,
          },
  };
}

export function encodeDetail({ streamCount, streams, configuration, transitions }: Detail): JsonObject {
  const told = streams.map(({ lagMs, trouble, ...stream }) => ({
    ...stream,
    lag_ms: Math.round(lagMs),
    trouble: trouble === null ? null : cut(trouble),
  }));
  return {
    stream_count: streamCount,
    streams: fitting(told, streamsBytesMax),
    configuration: Object.fromEntries(fitting(Object.entries(configuration), configurationBytesMax)),
    transitions: transitions.slice(-transitionsMax).map(({ atMs, level, event, message }) => ({
      ...{ at: new Date(atMs).toISOString(), level, event, message: cut(message) },
    })),
  };
}

function cut(sentence: string): string {
  return sentence.slice(0, sentenceMax);
}

/** As many from the first on as take so many bytes of JSON together. */
function fitting<T>(list: readonly T[], bytesMax: number): readonly T[] {
  let bytes = 0;
  const end = list.findIndex((item) => {
    bytes += Buffer.byteLength(JSON.stringify(item)) + 1;
    return bytes > bytesMax;
  });
  return end < 0 ? list : list.slice(0, end);
}

/** Null for what is none. */
export function readCondition(told: JsonObject): Condition | null {
  const { interval_ms: intervalMs, lag_ms: lagMs, spool_bytes_max: spoolBytesMax, open_streams: open } = told;
  if (!isCount(intervalMs) || !isCount(lagMs) || !isCount(spoolBytesMax) || !isCount(open)) return null;
  return { intervalMs, lagMs, spoolBytesMax, openStreams: open, lastError: readTrouble(told.last_error) };
}

function readTrouble(value: unknown): Trouble | null {
  if (!isObject(value)) return null;
  const { reason, at, cause } = value;
  const atMs = readTimestampMs(at);
  const known = causes.find((one) => one === cause);
  if (!isName(reason, sentenceMax) || atMs === null || known === undefined) return null;
  return { reason, atMs, cause: known };
}

/** Null for what is none; entries that are none are left out, and more than an agent sends. */
export function readDetail(value: unknown): Detail | null {
  if (!isObject(value) || !isCount(value.stream_count)) return null;
  const { streams, configuration, transitions } = value;
  const settings = isObject(configuration) ? Object.entries(configuration) : [];
  const written = settings.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return {
    streamCount: value.stream_count,
    streams: fitting(entries(streams, readStream), streamsBytesMax),
    configuration: Object.fromEntries(fitting(written, configurationBytesMax)),
    transitions: entries(transitions, readTransition).slice(-transitionsMax),
  };
}

function entries<T>(value: unknown, read: (entry: JsonObject) => T | null): T[] {
  if (!Array.isArray(value)) return [];
  return value.map((entry) => (isObject(entry) ? read(entry) : null)).filter((entry) => entry !== null);
}

function readStream({ stream, path, position, size, watermark, lag_ms: lagMs, trouble }: JsonObject) {
  if (!isId(stream) || !isName(path, pathMax)) return null;
  if (!isCount(position) || !isCount(size) || !isCount(watermark) || !isCount(lagMs)) return null;
  const why = isName(trouble, sentenceMax) ? trouble : null;
  return { stream, path, position, size, watermark, lagMs, trouble: why };
}

function readTransition({ at, level, event, message }: JsonObject): Transition | null {
  const atMs = readTimestampMs(at);
  const known = levels.find((one) => one === level);
  if (atMs === null || known === undefined || !isName(event, 100) || !isName(message, sentenceMax))
    return null;
  return { atMs, level: known, event, message };
}
