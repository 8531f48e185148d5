/**
 * What a request body means to the hub, whichever protocol it came in. Data only, and the small readers that all
 * `decode…` functions share. Decoding is total: every sequence of bytes gives a value or a refusal, never a throw.
 */
import type { GapReason } from '../event/batch.ts';
import type { StreamId } from '../event/stream.ts';
import type { ToldEvent } from '../event/told-event.ts';
import { decodeUtf8 } from '../lines/utf8.ts';
import type { Condition, Detail } from './condition.ts';
import { hasTooManyValues, jsonValuesMax } from './json-values.ts';

export type Decoded<T> = { readonly kind: 'decoded'; readonly value: T } | Refused;

/** `status` is what the deployed servers answer; `reason` is a sentence that names the offending key. */
export interface Refused {
  readonly kind: 'refused';
  readonly status: 400 | 413 | 422;
  readonly reason: string;
}

export interface ReceivedBatch {
  /** Null where the protocol has none (`sync-logs`). */
  readonly agentId: string | null;
  /** In the order of the request; with the envelope also reachable through its segments. */
  readonly records: readonly ReceivedRecord[];
  readonly envelope: Envelope | null;
}

export interface ReceivedRecord {
  /** The line without its line end: the file's own bytes with the envelope, else the text in UTF-8. */
  readonly bytes: Uint8Array;
  /** What the sender calls its origin: a file's base name, a server's name. */
  readonly source: string;
  /** The sender's time, milliseconds since the epoch; null where it gave none that can be read. */
  readonly timestampMs: number | null;
}

export interface Envelope {
  readonly batchId: string;
  readonly segments: readonly ReceivedSegment[];
}

/**
 * Positions are byte offsets in the sender's file. The records of a segment `lines` are contiguous: record i takes
 * the bytes from the end before it (or `from`) to `ends[i]`, line end included; its line end has 0, 1 (LF) or
 * 2 (CRLF) bytes, what remains after its own. The last of `ends` equals `to`.
 */
export type ReceivedSegment = {
  readonly stream: StreamId;
  readonly path: string;
  readonly from: number;
  readonly to: number;
} & (
  | { readonly kind: 'lines'; readonly records: readonly ReceivedRecord[]; readonly ends: readonly number[] }
  /** One line over the sender's limit: `record` is its beginning, `from`..`to` the whole with its line end. */
  | { readonly kind: 'cut'; readonly record: ReceivedRecord }
  | { readonly kind: 'gap'; readonly reason: GapReason }
  | { readonly kind: 'filtered' | 'dead'; readonly reason: string }
);

export interface ReceivedRegistration {
  readonly agentId: string;
  readonly hostname: string;
  readonly osType: string;
  /** Of an agent that asks for the chain; null for the others. */
  readonly instance: string | null;
  /** The agent's own epoch; null where it names none. */
  readonly epoch: string | null;
}

export interface ReceivedHeartbeat {
  readonly agentId: string;
  /** What an agent of Almadía tells beside; null from the others. */
  readonly report: {
    readonly lagBytes: number;
    readonly spoolBytes: number;
    readonly deadLetters: number;
    readonly version: string;
    readonly condition: Condition | null;
  } | null;
  readonly detail: Detail | null;
  readonly events: readonly ToldEvent[];
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function refused(status: Refused['status'], reason: string): Refused {
  return { kind: 'refused', status, reason };
}

/**
 * The body as a JSON object, or 400; 413 with more values than `jsonValuesMax`. Ill-formed UTF-8 is read as U+FFFD:
 * originals never send it.
 */
export function readObject(body: Uint8Array): Decoded<JsonObject> {
  if (hasTooManyValues(body)) {
    return refused(413, `the body holds more than ${jsonValuesMax} JSON values; send it in smaller parts`);
  }
  if (body.length === 0) return refused(400, 'the body is empty, a JSON object is expected');
  let value: unknown;
  try {
    value = JSON.parse(decodeUtf8(body));
  } catch (error) {
    return refused(400, `the body is not JSON${placeOf(error)}`);
  }
  return isObject(value) ? { kind: 'decoded', value } : refused(400, 'the body is not a JSON object');
}

/** Where the parser stopped, when it says so. Its own words quote the body, and what it holds belongs in no log. */
function placeOf(error: unknown): string {
  const { message } = error as SyntaxError;
  if (message.endsWith('end of JSON input')) return ': it ends too early';
  const at = / at position (\d+)/.exec(message)?.[1];
  return at === undefined ? '' : `, from character ${at} on`;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A whole number from 0 to 2^53 - 1: a position, a length or a count. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** A string of 1 to `charactersMax` characters. */
export function isName(value: unknown, charactersMax: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= charactersMax;
}

/**
 * A time as the originals write it: Unix seconds (whole or with decimals, also as text) or ISO 8601. ISO without a
 * zone is read as UTC: the sender's zone is not known.
 */
export function readTimestampMs(value: unknown): number | null {
  if (typeof value === 'number') return inDateRange(Math.round(value * 1000));
  if (typeof value !== 'string' || value.length > 64) return null;
  if (/^\d{1,12}(\.\d+)?$/.test(value)) return inDateRange(Math.round(Number(value) * 1000));
  if (!/^\d{4}-\d{2}-\d{2}([T ]|$)/.test(value)) return null;
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/i.test(value.slice(10));
  return inDateRange(Date.parse(zoned || value.length === 10 ? value : `${value}Z`));
}

/** Reads many times of one body: most records of a request carry the same, which is parsed once. */
export function timestampReader(): (value: unknown) => number | null {
  let last: unknown;
  let lastMs: number | null = null;
  return (value) => {
    if (value !== last) {
      last = value;
      lastMs = readTimestampMs(value);
    }
    return lastMs;
  };
}

/** Null outside of what a date can hold (ECMA-262: 8.64e15 ms on both sides of the epoch). */
function inDateRange(ms: number): number | null {
  return Math.abs(ms) <= 8.64e15 ? ms : null;
}
