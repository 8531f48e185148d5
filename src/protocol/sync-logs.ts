/**
 * Protocol A, `sync-logs`.
 *
 *   POST {base}/logs   {"logs":["line",…],"source":"name","timestamp":1700000000}
 *   POST {base}/test   {"source":"name","test_run":true,"message":"…"}
 *   200, 201, 204      success, unless the body is a web page
 *
 * Every line is one JSON string, stripped of white space at both ends; a line of white space alone is left out and
 * counted. The deployed server refuses bodies near 10 KB, so a body stays within `bodyBytesMax` and a line over
 * `lineBytesMax` is cut and marked. The protocol knows no ids: delivery is at-least-once.
 */
import type { Batch, BatchBody } from '../event/batch.ts';
import { hasBody } from '../event/batch.ts';
import type { Outcome } from '../event/outcome.ts';
import type { HttpReply } from '../host/net.ts';
import { jsonLineBytes } from '../lines/json.ts';
import { JsonBody } from '../lines/json-body.ts';
import { type LineMemory, openLineMemory } from '../lines/line-memory.ts';
import type { LineShape } from '../lines/shape.ts';
import { cutUtf8 } from '../lines/utf8.ts';
import { isBlank, trimWhiteSpace } from '../lines/white-space.ts';
import { isPage, outcomeOfStatus, unproven } from './answers.ts';
import type { Encoded, Protocol, ProtocolLimits, Sent, Session, WireRequest } from './protocol.ts';
import type { Decoded, ReceivedBatch, ReceivedRecord } from './received.ts';
import { isName, readObject, readTimestampMs, refused } from './received.ts';

/** The original's limits, both in bytes. */
export const syncLogsLimits = { bodyBytesMax: 7500, lineBytesMax: 6000 } as const;

export interface SyncLogsOptions {
  /** The sender's name in every body. */
  readonly source: string;
  /** Null: no limit. */
  readonly bodyBytesMax: number | null;
  /** A longer line is cut to so many bytes, and the mark is added. Null: no limit. */
  readonly lineBytesMax: number | null;
}

/** More than any line has. */
const unlimitedBytes = 0x7fff_ffff;
const truncationMark = Buffer.from('...[TRUNCATED]');

/** Unix seconds have ten digits until the year 2286. */
const TIMESTAMP_DIGITS = 10;

/** The base to which `/logs` and `/test` are appended: a URL that ends in `/logs` already names the endpoint. */
export function syncLogsBase(url: string): string {
  return url.replace(/\/+$/, '').replace(/\/logs$/, '');
}

export function syncLogs(options: SyncLogsOptions): Protocol {
  const limits = limitsOf(options);
  return {
    limits,
    encode: (batch, body, session, memory = openLineMemory()) =>
      encode(batch, body, { session, options, limits, memory }),
    classify,
    presence: null,
    probe: (session, nowMs) => [
      request('/test', session, {
        source: options.source,
        test_run: true,
        message: 'Connection test from Almadia',
      }),
      request('/logs', session, { logs: [], source: options.source, timestamp: seconds(nowMs) }),
    ],
  };
}

function limitsOf(options: SyncLogsOptions): ProtocolLimits {
  const empty = JSON.stringify({ logs: [], source: options.source, timestamp: 0 });
  const envelopeBytes = Buffer.byteLength(empty) - 1 + TIMESTAMP_DIGITS;
  const limits: ProtocolLimits = {
    bodyBytesMax: options.bodyBytesMax,
    envelopeBytes,
    encodedBytes(line, kind) {
      const shortened = shorten(line, kind, { options, limits });
      return shortened === null ? 0 : jsonLineBytes(shortened.text) + 1;
    },
  };
  return limits;
}

interface EncodeContext {
  readonly session: Session;
  readonly options: SyncLogsOptions;
  readonly limits: ProtocolLimits;
  readonly memory: LineMemory;
}

function encode(batch: Batch, body: BatchBody, context: EncodeContext): Encoded {
  const json = new JsonBody(context.memory, batch.bytes + context.limits.envelopeBytes + 4 * batch.records);
  const shape = shapeOf(context);
  const blank = { lines: 0, bytes: 0 };
  const cut = { lines: 0, bytes: 0 };
  let records = 0;
  json.text('{"logs":[');
  const write = (line: Uint8Array, kind: 'lines' | 'cut'): void => {
    const { text, cutBytes } = shorten(line, kind, context)!;
    if (cutBytes > 0) {
      cut.lines += 1;
      cut.bytes += cutBytes;
    }
    json.line(text);
    json.text(',');
  };
  for (const [index, segment] of batch.segments.entries()) {
    if (!hasBody(segment)) continue;
    if (segment.kind === 'cut') {
      write(body[index]!, 'cut');
      records += 1;
      continue;
    }
    const written = json.lines(shape, body[index]!, { stopped: (line) => write(line, 'lines') });
    records += written.records;
    blank.lines += written.blankLines;
    blank.bytes += written.blankBytes;
  }
  if (records > 0) json.dropLast();
  json.text(`],"source":${JSON.stringify(context.options.source)},"timestamp":${seconds(batch.readAtMs)}}`);
  const { parts, hold } = json.finish();
  const request: WireRequest = {
    method: 'POST',
    path: '/logs',
    headers: headersOf(context.session),
    body: parts,
  };
  return { request: records === 0 ? null : request, records, blank, cut, hold, envelope: 0 };
}

const textOpening = Buffer.from('"');
const textClosing = Buffer.from('",');

/** Lines that `shorten` need not look at: they fit whatever their escapes. */
function shapeOf({ options, limits }: EncodeContext): LineShape {
  // A byte takes six at most.
  const unescaped = Math.max(1, Math.floor((roomOf(options, limits) - 2) / 6));
  return {
    opening: textOpening,
    closing: textClosing,
    blank: 'leave-out',
    trim: true,
    invalid: 'replace',
    textBytesMax: Math.min(options.lineBytesMax ?? unlimitedBytes, unescaped, unlimitedBytes),
  };
}

/** What one line may take in a body of its own. */
function roomOf({ bodyBytesMax }: SyncLogsOptions, { envelopeBytes }: ProtocolLimits): number {
  return (bodyBytesMax ?? Number.POSITIVE_INFINITY) - envelopeBytes - 1;
}

/**
 * The line as it is sent; null when it is blank. It is cut at `lineBytesMax`, and further while its escapes alone
 * would not let a body with only this line stay within the limit. A line that was cut before it came here is marked
 * all the same.
 */
function shorten(
  line: Uint8Array,
  kind: 'lines' | 'cut',
  { options, limits }: Pick<EncodeContext, 'options' | 'limits'>,
): { readonly text: Uint8Array; readonly cutBytes: number } | null {
  if (kind === 'lines' && isBlank(line)) return null;
  const text = trimWhiteSpace(line);
  const lineBytesMax = options.lineBytesMax ?? Number.POSITIVE_INFINITY;
  const room = roomOf(options, limits);
  const fits = text.length * 6 + 2 <= room || jsonLineBytes(text) <= room;
  if (kind === 'lines' && text.length <= lineBytesMax && fits) return { text, cutBytes: 0 };
  const kept = longestFitting(cutUtf8(text, lineBytesMax), room - truncationMark.length);
  return { text: Buffer.concat([kept, truncationMark]), cutBytes: text.length - kept.length };
}

/** The longest beginning whose JSON string takes at most `room` bytes, found by halving. */
function longestFitting(text: Uint8Array, room: number): Uint8Array {
  if (jsonLineBytes(text) <= room) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (jsonLineBytes(cutUtf8(text, middle)) <= room) low = middle;
    else high = middle - 1;
  }
  return cutUtf8(text, low);
}

function classify(reply: HttpReply, sent: Sent): Outcome {
  if (![200, 201, 204].includes(reply.status)) {
    return reply.status >= 200 && reply.status < 300
      ? unproven(reply, 'success is 200, 201 or 204')
      : outcomeOfStatus(reply, sent.nowMs);
  }
  if (isPage(reply)) return unproven(reply, 'a page');
  return { kind: 'acked', records: sent.encoded.records, duplicates: 0 };
}

function request(path: string, session: Session, body: Readonly<Record<string, unknown>>): WireRequest {
  return { method: 'POST', path, headers: headersOf(session), body: [Buffer.from(JSON.stringify(body))] };
}

function headersOf(session: Session): Readonly<Record<string, string>> {
  return {
    'content-type': 'application/json',
    accept: 'application/json',
    'x-api-key': session.key,
    'user-agent': `almadia/${session.version}`,
  };
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}

/** The hub's side of `POST /logs`. An empty list is valid: the connection test sends one. */
export function decodeLogs(body: Uint8Array): Decoded<ReceivedBatch> {
  const object = readObject(body);
  if (object.kind === 'refused') return object;
  const { logs, source, timestamp } = object.value;
  if (!Array.isArray(logs)) return refused(422, 'logs is not a list');
  if (source !== undefined && !isName(source, 1024))
    return refused(422, 'source is not a text of 1 to 1024 characters');
  const timestampMs = readTimestampMs(timestamp);
  const records: ReceivedRecord[] = [];
  for (const [index, line] of logs.entries()) {
    if (typeof line !== 'string') return refused(422, `logs[${index}] is not a string`);
    records.push({ bytes: Buffer.from(line), source: source ?? 'unknown', timestampMs });
  }
  return { kind: 'decoded', value: { agentId: null, records, envelope: null } };
}
