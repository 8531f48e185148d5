/**
 * Protocol B, `ila-soc`.
 *
 *   POST {base}/api/agent/register      {"agent_id","hostname","os_type"}
 *   POST {base}/api/agent/heartbeat     {"agent_id"}                        404: register again
 *   POST {base}/api/agent/ingest-batch  {"agent_id","logs":[{"log_text","source","timestamp"},…]}
 *   200 or 201 with {"status":"success",…} is success; where "total" is there it equals the number sent
 *
 * `source` is the file's base name, `timestamp` the batch's read time in ISO 8601. Lines are not stripped; a line of
 * white space alone is left out and counted. The protocol knows no ids: delivery is at-least-once.
 */
import type { Batch, BatchBody } from '../event/batch.ts';
import type { Outcome } from '../event/outcome.ts';
import type { HttpReply } from '../host/net.ts';
import { walkLines } from '../lines/ends.ts';
import { JsonWriter, jsonLineBytes } from '../lines/json.ts';
import { isBlank } from '../lines/white-space.ts';
import { isPage, outcomeOfStatus, replyObject, unproven } from './answers.ts';
import type { Encoded, Protocol, ProtocolLimits, Session, WireRequest } from './protocol.ts';
import type { Decoded, JsonObject, ReceivedBatch, ReceivedRecord, ReceivedRegistration } from './received.ts';
import { isName, isObject, readObject, refused, timestampReader } from './received.ts';

export const ingestPath = '/api/agent/ingest-batch';

/** What stands around one record's text, file name and time included, is seldom more. Bytes. */
const RECORD_BYTES_EXPECTED = 96;

export const ilaSocLimits: ProtocolLimits = {
  bodyBytesMax: null,
  envelopeBytes: 0,
  encodedBytes: (line) => jsonLineBytes(line) + RECORD_BYTES_EXPECTED,
};

export const ilaSoc: Protocol = {
  limits: ilaSocLimits,
  encode: encodePlain,
  classify: (reply, sent) => {
    const proof = successOf(reply, sent.nowMs);
    if (proof.kind !== 'success') return proof;
    const refuted = refuteTotal(reply, proof.object, sent.encoded.records);
    return refuted ?? { kind: 'acked', records: sent.encoded.records, duplicates: 0 };
  },
  presence: {
    register: registerRequest,
    registered: (reply, nowMs) => {
      const proof = successOf(reply, nowMs);
      return proof.kind === 'success' ? { kind: 'registered', envelope: 0, gzip: false } : proof;
    },
    heartbeat: (session) => jsonRequest('/api/agent/heartbeat', session, { agent_id: session.agentId }),
    beaten,
  },
  probe: () => [],
};

function encodePlain(batch: Batch, body: BatchBody, session: Session): Encoded {
  const writer = new JsonWriter(batch.bytes + RECORD_BYTES_EXPECTED * (batch.records + 1));
  const blank = { lines: 0, bytes: 0 };
  let records = 0;
  writer.text(`{"agent_id":${JSON.stringify(session.agentId)},"logs":[`);
  for (const [index, segment] of batch.segments.entries()) {
    if (segment.kind === 'gap') continue;
    const close = Buffer.from(`${recordTail(segment.path, batch.readAtMs)}}`);
    const write = (line: Uint8Array): void => {
      writer.bytes(recordOpening(records === 0));
      writer.line(line);
      writer.bytes(close);
      records += 1;
    };
    if (segment.kind === 'cut') {
      write(body[index]!);
      continue;
    }
    let before = 0;
    walkLines(body[index]!, (line, end) => {
      if (isBlank(line)) {
        blank.lines += 1;
        blank.bytes += end - before;
      } else write(line);
      before = end;
      return true;
    });
  }
  writer.text(']}');
  const request = ingestRequest(session, writer.written());
  return {
    request: records === 0 ? null : request,
    records,
    blank,
    cut: { lines: 0, bytes: 0 },
    envelope: 0,
  };
}

const firstOpening = Buffer.from('{"log_text":');
const nextOpening = Buffer.from(',{"log_text":');

/** What stands before a record's text. */
export function recordOpening(first: boolean): Uint8Array {
  return first ? firstOpening : nextOpening;
}

/** What follows a record's text, up to its closing brace: its source and its time. */
export function recordTail(path: string, readAtMs: number): string {
  const source = JSON.stringify(baseNameOf(path));
  return `,"source":${source},"timestamp":"${new Date(readAtMs).toISOString()}"`;
}

function baseNameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function ingestRequest(session: Session, body: Uint8Array): WireRequest {
  return { method: 'POST', path: ingestPath, headers: headersOf(session), body: [body] };
}

export function jsonRequest(path: string, session: Session, body: JsonObject): WireRequest {
  return { method: 'POST', path, headers: headersOf(session), body: [Buffer.from(JSON.stringify(body))] };
}

export function registerRequest(session: Session): WireRequest {
  return jsonRequest('/api/agent/register', session, {
    agent_id: session.agentId,
    hostname: session.hostname,
    os_type: session.osType,
  });
}

function headersOf(session: Session): Readonly<Record<string, string>> {
  return {
    'content-type': 'application/json',
    'x-api-key': session.key,
    'user-agent': `almadia/${session.version}`,
  };
}

export function beaten(reply: HttpReply, nowMs: number): Outcome | { readonly kind: 'unknown' } {
  if (reply.status === 404) return { kind: 'unknown' };
  const proof = successOf(reply, nowMs);
  return proof.kind === 'success' ? { kind: 'acked', records: 0, duplicates: 0 } : proof;
}

/** The JSON object of a reply that says success; else what the reply means. */
export function successOf(
  reply: HttpReply,
  nowMs: number,
): Outcome | { readonly kind: 'success'; readonly object: JsonObject } {
  const { status } = reply;
  if (status < 200 || status > 299) return outcomeOfStatus(reply, nowMs);
  if (status !== 200 && status !== 201) return unproven(reply, 'success is 200 or 201');
  const object = isPage(reply) ? null : replyObject(reply);
  if (object === null) return unproven(reply, 'it is no JSON object');
  if (object.status !== 'success') return unproven(reply, 'its "status" is not "success"');
  return { kind: 'success', object };
}

/** An outcome when the reply's `total` speaks against the number sent. */
export function refuteTotal(reply: HttpReply, object: JsonObject, sent: number): Outcome | null {
  if (object.total === undefined || object.total === sent) return null;
  return unproven(reply, `${sent} records were sent, its "total" is ${JSON.stringify(object.total)}`);
}

/** The hub's side of `POST /api/agent/register`. */
export function decodeRegistration(body: Uint8Array): Decoded<ReceivedRegistration> {
  const object = readObject(body);
  if (object.kind === 'refused') return object;
  const { agent_id: agentId, hostname, os_type: osType } = object.value;
  if (!isName(agentId, 256)) return refused(400, 'agent_id is not a text of 1 to 256 characters');
  return {
    kind: 'decoded',
    value: {
      agentId,
      hostname: isName(hostname, 256) ? hostname : 'unknown',
      osType: isName(osType, 64) ? osType : 'unknown',
    },
  };
}

/** The hub's side of a plain `POST /api/agent/ingest-batch`: the keys of the original. */
export function decodePlainIngest(object: JsonObject): Decoded<ReceivedBatch> {
  const { agent_id: agentId, logs } = object;
  if (!isName(agentId, 256)) return refused(400, 'agent_id is not a text of 1 to 256 characters');
  if (!Array.isArray(logs) || logs.length === 0) return refused(400, 'logs is missing or empty');
  const records: ReceivedRecord[] = [];
  const readTime = timestampReader();
  for (const [index, entry] of logs.entries()) {
    const text: unknown = isObject(entry) ? entry.log_text : undefined;
    if (typeof text !== 'string') return refused(400, `logs[${index}].log_text is not a string`);
    records.push({ bytes: Buffer.from(text), ...originOf(entry, readTime) });
  }
  return { kind: 'decoded', value: { agentId, records, envelope: null } };
}

export function originOf(
  entry: JsonObject,
  readTime: ReturnType<typeof timestampReader>,
): Pick<ReceivedRecord, 'source' | 'timestampMs'> {
  return {
    source: isName(entry.source, 4096) ? entry.source : 'unknown',
    timestampMs: readTime(entry.timestamp),
  };
}
