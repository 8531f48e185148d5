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
import { hasBody } from '../event/batch.ts';
import type { Outcome } from '../event/outcome.ts';
import type { HttpReply } from '../host/net.ts';
import { jsonLineBytes } from '../lines/json.ts';
import { JsonBody } from '../lines/json-body.ts';
import { type LineMemory, openLineMemory } from '../lines/line-memory.ts';
import type { LineShape } from '../lines/shape.ts';
import { isPage, outcomeOfStatus, replyObject, unproven } from './answers.ts';
import { chainVersion, isId } from './chain.ts';
import type { Encoded, Protocol, ProtocolLimits, Registered, Session, WireRequest } from './protocol.ts';
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

/** A server that offers nothing. */
export const registeredPlain: Registered = {
  ...{ kind: 'registered', envelope: 0, gzip: false },
  ...{ block: 0, encodings: [], chain: 0, hub: null, link: null },
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
      return proof.kind === 'success' ? registeredPlain : proof;
    },
    heartbeat: (session) => jsonRequest('/api/agent/heartbeat', session, { agent_id: session.agentId }),
    beaten,
  },
  probe: () => [],
};

function encodePlain(
  batch: Batch,
  body: BatchBody,
  session: Session,
  memory: LineMemory = openLineMemory(),
): Encoded {
  const json = new JsonBody(memory, expectedBytes(batch));
  const blank = { lines: 0, bytes: 0 };
  let records = 0;
  json.text(`{"agent_id":${JSON.stringify(session.agentId)},"logs":[`);
  for (const [index, segment] of batch.segments.entries()) {
    if (!hasBody(segment)) continue;
    // A cut line may be blank as far as it is kept; it is sent all the same.
    const shape = recordShape(segment.path, batch.readAtMs, segment.kind === 'cut' ? 'keep' : 'leave-out');
    const written = json.lines(shape, body[index]!);
    records += written.records;
    blank.lines += written.blankLines;
    blank.bytes += written.blankBytes;
  }
  if (records > 0) json.dropLast();
  json.text(']}');
  const { parts, hold } = json.finish();
  return {
    request: records === 0 ? null : ingestRequest(session, parts),
    records,
    blank,
    cut: { lines: 0, bytes: 0 },
    hold,
    envelope: 0,
  };
}

/** A little more than most batches take. */
export function expectedBytes({ bytes, records, segments }: Batch): number {
  const line = bytes / Math.max(1, records);
  const around = RECORD_BYTES_EXPECTED + (segments[0]?.path.length ?? 0);
  return Math.ceil(records * (line * 1.05 + around) + 4096);
}

const recordOpening = Buffer.from('{"log_text":"');

/** How the lines of a segment become records. */
export function recordShape(path: string, readAtMs: number, blank: LineShape['blank']): LineShape {
  return {
    opening: recordOpening,
    closing: Buffer.from(`"${recordTail(path, readAtMs)}},`),
    blank,
    trim: false,
    invalid: 'replace',
    textBytesMax: 0,
  };
}

/** What follows a record's text, up to its closing brace: its source and its time. */
export function recordTail(path: string, readAtMs: number): string {
  const source = JSON.stringify(baseNameOf(path));
  return `,"source":${source},"timestamp":"${new Date(readAtMs).toISOString()}"`;
}

function baseNameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function ingestRequest(session: Session, body: readonly Uint8Array[]): WireRequest {
  return { method: 'POST', path: ingestPath, headers: headersOf(session), body };
}

export function jsonRequest(path: string, session: Session, body: JsonObject): WireRequest {
  return { method: 'POST', path, headers: headersOf(session), body: [Buffer.from(JSON.stringify(body))] };
}

export function registerRequest(session: Session): WireRequest {
  return jsonRequest('/api/agent/register', session, {
    agent_id: session.agentId,
    hostname: session.hostname,
    os_type: session.osType,
    ...(session.instance === undefined
      ? {}
      : {
          almadia: {
            chain: chainVersion,
            instance: session.instance,
            ...(session.epoch === undefined ? {} : { epoch: session.epoch }),
            version: session.version,
          },
        }),
  });
}

export function headersOf(
  session: Session,
  contentType = 'application/json',
): Readonly<Record<string, string>> {
  return {
    'content-type': contentType,
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
  const { agent_id: agentId, hostname, os_type: osType, almadia } = object.value;
  if (!isName(agentId, 256)) return refused(400, 'agent_id is not a text of 1 to 256 characters');
  const asked = isObject(almadia) && almadia.chain === chainVersion && !agentId.includes('\n');
  return {
    kind: 'decoded',
    value: {
      instance: asked && isId(almadia.instance) ? almadia.instance : null,
      epoch: asked && isId(almadia.epoch) ? almadia.epoch : null,
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
