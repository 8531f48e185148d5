/**
 * Protocol B with the envelope, as agent and hub of Almadía speak it. A server that offers none (`session.envelope`
 * is 0) gets plain protocol B; one that offers blocks gets those (`block.ts`), and the rest as here.
 *
 *   register reply      …,"almadia":{"envelope":1,"gzip":true,"block":1,"encodings":["br",…], and with the chain
 *                       "chain":1,"hub":{"id","public_key"},"link":{"epoch","sequence","hash","highest"}|null}
 *   heartbeat           {"agent_id","almadia":{"lag_bytes","spool_bytes","dead_letters","version","events"?,…}}  (`condition.ts`)
 *   ingest-batch        {"agent_id","logs":[record…],"almadia":{"batch_id","segments":[segment…]}}
 *   ingest-batch reply  …,"almadia":{"batch_id","records","duplicates"}
 *   record              {"log_text","source","timestamp"}, and where it applies
 *                       "raw": base64 of a line that is not valid UTF-8; "original_bytes": length of a cut line
 *   segment             {"stream","path","from","to","kind":"lines"|"cut","ends":[n…]}
 *                       {"stream","path","from","to","kind":"gap"|"filtered","reason"}
 *
 * `ends` holds for every record of the segment the bytes it takes in the file, line end included: its source end less
 * the end before it. So the line end (LF, CRLF, none) is what remains after the record's own bytes, and every byte of
 * the file can be told. Blank lines are kept. A batch of gaps alone is sent. `original_bytes` is that same length.
 *
 * In the reply `records` were stored by this request and `duplicates` were there already: together they are the
 * records sent. With that, delivery is exactly once.
 */
import type { Batch, BatchBody, CarryingSegment, Segment } from '../event/batch.ts';
import { hasBody } from '../event/batch.ts';
import type { HubIdentity } from '../event/chain.ts';
import type { Hold } from '../event/hold.ts';
import type { Outcome } from '../event/outcome.ts';
import type { HttpReply } from '../host/net.ts';
import { Decimals, JsonBody } from '../lines/json-body.ts';
import { type LineMemory, openLineMemory } from '../lines/line-memory.ts';
import type { LineShape } from '../lines/shape.ts';
import { isValidUtf8 } from '../lines/utf8.ts';
import { unproven } from './answers.ts';
import { blockVersion, encodeBlock } from './block.ts';
import { chainVersion, isId, proveReceipt, readStatedLink } from './chain.ts';
import { encodeCondition, encodeDetail } from './condition.ts';
import {
  beaten,
  expectedBytes,
  ilaSoc,
  ilaSocLimits,
  ingestPath,
  ingestRequest,
  jsonRequest,
  recordShape,
  recordTail,
  refuteTotal,
  registeredPlain,
  registerRequest,
  successOf,
} from './ila-soc.ts';
import type { Encoded, HeartbeatReport, Protocol, Registered, Sent, Session } from './protocol.ts';
import type { JsonObject } from './received.ts';
import { isCount, isName, isObject } from './received.ts';
import { encodeEvent } from './told-events.ts';

/** The version of the envelope that is spoken here. */
export const envelopeVersion = 1;

/** Of an offer's list, what stands behind is not looked at. */
const encodingsMax = 16;

export const hub: Protocol = {
  limits: ilaSocLimits,
  encode: (batch, body, session, memory = openLineMemory()) => {
    if (session.envelope === 0) return ilaSoc.encode(batch, body, session, memory);
    return (session.block ?? 0) >= blockVersion
      ? inBlock(batch, body, session)
      : encode(batch, body, session, memory);
  },
  classify: (reply, sent) =>
    sent.encoded.envelope === 0 ? ilaSoc.classify(reply, sent) : classify(reply, sent),
  presence: { register: registerRequest, registered, heartbeat, beaten },
  probe: (session) => [
    jsonRequest(`${ingestPath}?dry_run=1`, session, {
      agent_id: session.agentId,
      logs: [],
      almadia: { batch_id: 'dry-run', segments: [] },
    }),
  ],
};

/** The bytes of a block are the batch's own. */
const nothingHeld: Hold = { share: () => nothingHeld, release: () => undefined };

function inBlock(batch: Batch, body: BatchBody, session: Session): Encoded {
  return {
    request: encodeBlock(batch, body, session),
    records: batch.records,
    blank: { lines: 0, bytes: 0 },
    cut: { lines: 0, bytes: 0 },
    envelope: envelopeVersion,
    hold: nothingHeld,
  };
}

function encode(batch: Batch, body: BatchBody, session: Session, memory: LineMemory): Encoded {
  const json = new JsonBody(memory, expectedBytes(batch) + 8 * batch.records);
  const segments: string[] = [];
  let records = 0;
  json.text(`{"agent_id":${JSON.stringify(session.agentId)},"logs":[`);
  for (const [index, segment] of batch.segments.entries()) {
    const ends = new Decimals();
    if (hasBody(segment)) records += writeRecords(json, batch, { segment, body: body[index]!, ends });
    segments.push(describeSegment(segment, ends));
  }
  if (records > 0) json.dropLast();
  json.text(`],"almadia":{"batch_id":${JSON.stringify(batch.id)},"segments":[${segments.join(',')}]}}`);
  const { parts, hold } = json.finish();
  return {
    request: ingestRequest(session, parts),
    records,
    blank: { lines: 0, bytes: 0 },
    cut: { lines: 0, bytes: 0 },
    hold,
    envelope: envelopeVersion,
  };
}

/** Gives how many records there are. Lines that are not valid UTF-8, and cut ones, have keys of their own. */
function writeRecords(
  json: JsonBody,
  { readAtMs }: Batch,
  given: { readonly segment: CarryingSegment; readonly body: Uint8Array; readonly ends: Decimals },
): number {
  const { segment, body, ends } = given;
  const tail = recordTail(segment.path, readAtMs);
  const write = (line: Uint8Array, originalBytes: number | null) => {
    json.text('{"log_text":');
    json.line(line);
    json.text(`${tail}${whatApplies(line, isValidUtf8(line), originalBytes)}},`);
  };
  if (segment.kind === 'cut') {
    const sourceBytes = segment.to - segment.from;
    write(body, sourceBytes);
    ends.add(Buffer.from(`${sourceBytes},`));
    return 1;
  }
  const shape: LineShape = { ...recordShape(segment.path, readAtMs, 'keep'), invalid: 'stop' };
  return json.lines(shape, body, { ends, stopped: (line) => write(line, null) }).records;
}

/** The keys that only some records have. */
function whatApplies(line: Uint8Array, valid: boolean, originalBytes: number | null): string {
  const raw = valid ? '' : `,"raw":"${Buffer.from(line).toString('base64')}"`;
  return originalBytes === null ? raw : `${raw},"original_bytes":${originalBytes}`;
}

/** As JSON. */
function describeSegment(segment: Segment, ends: Decimals): string {
  const { stream, path, from, to, kind } = segment;
  if (!hasBody(segment)) return JSON.stringify({ stream, path, from, to, kind, reason: segment.reason });
  return `${JSON.stringify({ stream, path, from, to, kind }).slice(0, -1)},"ends":[${ends.text()}]}`;
}

function classify(reply: HttpReply, sent: Sent): Outcome {
  const proof = successOf(reply, sent.nowMs);
  if (proof.kind !== 'success') return proof;
  const refuted = refuteTotal(reply, proof.object, sent.encoded.records);
  if (refuted !== null) return refuted;
  const receipt = proof.object.almadia;
  if (!isObject(receipt)) return unproven(reply, 'it has no receipt');
  const { batch_id: batchId, records, duplicates } = receipt;
  if (batchId !== sent.batch.id) return unproven(reply, 'its receipt is for another batch');
  if (!isCount(records) || !isCount(duplicates) || records + duplicates !== sent.encoded.records) {
    return unproven(reply, `${sent.encoded.records} records were sent, its receipt counts others`);
  }
  const { batch, witness } = sent;
  const acked = { kind: 'acked', records: sent.encoded.records, duplicates } as const;
  if (witness === undefined || batch.chain === undefined) return acked;
  if (receipt.receipt === undefined) return unproven(reply, 'it has no signed receipt');
  const expected = { ...batch, chain: batch.chain, records: sent.encoded.records };
  const proved = proveReceipt(receipt.receipt, expected, witness);
  if (typeof proved !== 'string') return { ...acked, receipt: proved };
  return { kind: 'rejected', cause: 'receipt', reason: `the receipt of the hub proves nothing: ${proved}` };
}

function registered(reply: HttpReply, nowMs: number): Outcome | Registered {
  const proof = successOf(reply, nowMs);
  if (proof.kind !== 'success') return proof;
  const offer = proof.object.almadia;
  if (!isObject(offer) || !isCount(offer.envelope) || offer.envelope < envelopeVersion)
    return registeredPlain;
  const gzip = offer.gzip === true;
  const block = isCount(offer.block) && offer.block >= blockVersion ? blockVersion : 0;
  const hub = block > 0 && offer.chain === chainVersion ? readHub(offer.hub) : null;
  const named = Array.isArray(offer.encodings) ? offer.encodings.slice(0, encodingsMax) : [];
  return {
    kind: 'registered',
    envelope: envelopeVersion,
    gzip,
    block,
    encodings: named.length === 0 && gzip ? ['gzip'] : named.filter((name) => typeof name === 'string'),
    chain: hub === null ? 0 : chainVersion,
    hub,
    link: hub === null ? null : readStatedLink(offer.link),
  };
}

/** Null for what is none: then there is no chain. */
function readHub(value: unknown): HubIdentity | null {
  if (!isObject(value)) return null;
  const { id, public_key: publicKey } = value;
  return isId(id) && isName(publicKey, 64) ? { id, publicKey } : null;
}

function heartbeat(session: Session, report: HeartbeatReport): ReturnType<typeof jsonRequest> {
  const body: JsonObject = { agent_id: session.agentId };
  if (session.envelope === 0) return jsonRequest('/api/agent/heartbeat', session, body);
  return jsonRequest('/api/agent/heartbeat', session, {
    ...body,
    almadia: {
      lag_bytes: report.lagBytes,
      spool_bytes: report.spoolBytes,
      dead_letters: report.deadLetters,
      version: report.version,
      ...(report.condition === undefined ? {} : encodeCondition(report.condition)),
      ...(report.detail === undefined ? {} : { detail: encodeDetail(report.detail) }),
      ...(report.events === undefined ? {} : { events: report.events.map(encodeEvent) }),
    },
  });
}
