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
import type { Outcome } from '../event/outcome.ts';
import type { HttpReply } from '../host/net.ts';
import { walkLines } from '../lines/ends.ts';
import { JsonWriter, jsonLineBytes } from '../lines/json.ts';
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

const comma = Buffer.from(',');
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
    encode: (batch, body, session) => encode(batch, body, { session, options, limits }),
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
}

function encode(batch: Batch, body: BatchBody, context: EncodeContext): Encoded {
  const writer = new JsonWriter(batch.bytes + context.limits.envelopeBytes + 3 * batch.records);
  const blank = { lines: 0, bytes: 0 };
  const cut = { lines: 0, bytes: 0 };
  let records = 0;
  writer.text('{"logs":[');
  const write = (line: Uint8Array, kind: 'lines' | 'cut', bytesWithEnd: number): void => {
    const shortened = shorten(line, kind, context);
    if (shortened === null) {
      blank.lines += 1;
      blank.bytes += bytesWithEnd;
      return;
    }
    if (shortened.cutBytes > 0) {
      cut.lines += 1;
      cut.bytes += shortened.cutBytes;
    }
    if (records > 0) writer.bytes(comma);
    writer.line(shortened.text);
    records += 1;
  };
  for (const [index, segment] of batch.segments.entries()) {
    if (segment.kind === 'gap') continue;
    if (segment.kind === 'cut') {
      write(body[index]!, 'cut', body[index]!.length);
      continue;
    }
    let before = 0;
    walkLines(body[index]!, (line, end) => {
      write(line, 'lines', end - before);
      before = end;
      return true;
    });
  }
  writer.text(`],"source":${JSON.stringify(context.options.source)},"timestamp":${seconds(batch.readAtMs)}}`);
  const request: WireRequest = {
    method: 'POST',
    path: '/logs',
    headers: headersOf(context.session),
    body: [writer.written()],
  };
  return { request: records === 0 ? null : request, records, blank, cut, envelope: 0 };
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
  const room = (options.bodyBytesMax ?? Number.POSITIVE_INFINITY) - limits.envelopeBytes - 1;
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
