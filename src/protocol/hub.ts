/**
 * Protocol B with the envelope, as agent and hub of Almadía speak it. A server that offers none (`session.envelope`
 * is 0) gets plain protocol B.
 *
 *   register reply      …,"almadia":{"envelope":1,"gzip":true}
 *   heartbeat           {"agent_id",          "almadia":{"lag_bytes","spool_bytes","dead_letters","version"}}
 *   ingest-batch        {"agent_id","logs":[record…],"almadia":{"batch_id","segments":[segment…]}}
 *   ingest-batch reply  …,"almadia":{"batch_id","records","duplicates"}
 *   record              {"log_text","source","timestamp"}, and where it applies
 *                       "raw": base64 of a line that is not valid UTF-8; "original_bytes": length of a cut line
 *   segment             {"stream","path","from","to","kind":"lines"|"cut","ends":[n…]}
 *                       {"stream","path","from","to","kind":"gap","reason"}
 *
 * `ends` holds for every record of the segment the bytes it takes in the file, line end included: its source end less
 * the end before it. So the line end (LF, CRLF, none) is what remains after the record's own bytes, and every byte of
 * the file can be told. Blank lines are kept. A batch of gaps alone is sent. `original_bytes` is that same length.
 *
 * In the reply `records` were stored by this request and `duplicates` were there already: together they are the
 * records sent. With that, delivery is exactly once.
 */
import type { Batch, BatchBody, Segment } from '../event/batch.ts';
import type { Outcome } from '../event/outcome.ts';
import type { HttpReply } from '../host/net.ts';
import { walkLines } from '../lines/ends.ts';
import { JsonWriter } from '../lines/json.ts';
import { unproven } from './answers.ts';
import {
  beaten,
  ilaSoc,
  ilaSocLimits,
  ingestPath,
  ingestRequest,
  jsonRequest,
  recordOpening,
  recordTail,
  refuteTotal,
  registerRequest,
  successOf,
} from './ila-soc.ts';
import type { Encoded, HeartbeatReport, Protocol, Registered, Sent, Session } from './protocol.ts';
import type { JsonObject } from './received.ts';
import { isCount, isObject } from './received.ts';

/** The version of the envelope that is spoken here. */
export const envelopeVersion = 1;

export const hub: Protocol = {
  limits: ilaSocLimits,
  encode: (batch, body, session) =>
    session.envelope === 0 ? ilaSoc.encode(batch, body, session) : encode(batch, body, session),
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

function encode(batch: Batch, body: BatchBody, session: Session): Encoded {
  const writer = new JsonWriter(2 * batch.bytes + 64 * batch.records + 256 * (batch.segments.length + 1));
  const segments: JsonObject[] = [];
  let records = 0;
  writer.text(`{"agent_id":${JSON.stringify(session.agentId)},"logs":[`);
  for (const [index, segment] of batch.segments.entries()) {
    const ends: number[] = [];
    const tail = recordTail(segment.path, batch.readAtMs);
    const close = Buffer.from(`${tail}}`);
    forEachRecord(segment, body[index]!, (line, sourceBytes) => {
      writer.bytes(recordOpening(records === 0));
      const valid = writer.line(line);
      if (valid && segment.kind === 'lines') writer.bytes(close);
      else writer.text(`${tail}${whatApplies(line, valid, segment.kind === 'cut' ? sourceBytes : null)}}`);
      ends.push(sourceBytes);
      records += 1;
    });
    segments.push(describeSegment(segment, ends));
  }
  const envelope = JSON.stringify({ batch_id: batch.id, segments });
  writer.text(`],"almadia":${envelope}}`);
  return {
    request: ingestRequest(session, writer.written()),
    records,
    blank: { lines: 0, bytes: 0 },
    cut: { lines: 0, bytes: 0 },
    envelope: envelopeVersion,
  };
}

/** Visits a segment's records with the bytes that each takes in the file. */
function forEachRecord(
  segment: Segment,
  body: Uint8Array,
  visit: (line: Uint8Array, sourceBytes: number) => void,
): void {
  switch (segment.kind) {
    case 'gap':
      return;
    case 'cut':
      visit(body, segment.to - segment.from);
      return;
    case 'lines': {
      let before = 0;
      walkLines(body, (line, end) => {
        visit(line, end - before);
        before = end;
        return true;
      });
    }
  }
}

/** The keys that only some records have. */
function whatApplies(line: Uint8Array, valid: boolean, originalBytes: number | null): string {
  const raw = valid ? '' : `,"raw":"${Buffer.from(line).toString('base64')}"`;
  return originalBytes === null ? raw : `${raw},"original_bytes":${originalBytes}`;
}

function describeSegment(segment: Segment, ends: readonly number[]): JsonObject {
  const { stream, path, from, to, kind } = segment;
  return kind === 'gap'
    ? { stream, path, from, to, kind, reason: segment.reason }
    : { stream, path, from, to, kind, ends };
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
  return { kind: 'acked', records: sent.encoded.records, duplicates };
}

function registered(reply: HttpReply, nowMs: number): Outcome | Registered {
  const proof = successOf(reply, nowMs);
  if (proof.kind !== 'success') return proof;
  const offer = proof.object.almadia;
  if (!isObject(offer) || !isCount(offer.envelope) || offer.envelope < envelopeVersion) {
    return { kind: 'registered', envelope: 0, gzip: false };
  }
  return { kind: 'registered', envelope: envelopeVersion, gzip: offer.gzip === true };
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
    },
  });
}
