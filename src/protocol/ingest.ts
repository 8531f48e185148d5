/**
 * The hub's side of protocol B with the envelope: `ingest-batch` (also plain), heartbeat, and what the hub puts into
 * its replies. The grammar stands in `hub.ts`.
 *
 * Everything in a body is hostile. What is accepted fits together: the segments' records are the request's records,
 * every record's own bytes and its line end make up exactly the bytes it claims of the file, and no record holds a
 * line end. So the file's bytes can be told from the records and `ends`.
 */
import type { HubIdentity, SignedReceipt, StatedLink } from '../event/chain.ts';
import { isValidUtf8 } from '../lines/utf8.ts';
import { blockVersion } from './block.ts';
import { chainVersion, encodeReceipt } from './chain.ts';
import { readCondition, readDetail } from './condition.ts';
import { envelopeVersion } from './hub.ts';
import { decodePlainIngest } from './ila-soc.ts';
import type {
  Decoded,
  JsonObject,
  ReceivedBatch,
  ReceivedHeartbeat,
  ReceivedRecord,
  ReceivedSegment,
  Refused,
} from './received.ts';
import { isCount, isName, isObject, readObject, readTimestampMs, refused } from './received.ts';
import { readSegmentHead } from './segment-head.ts';
import { readEvents } from './told-events.ts';

const LF = 0x0a;

/** Under the key `almadia` of the reply to `register`: what every hub offers that knows the envelope. */
export const registerOffer: JsonObject = { envelope: envelopeVersion, gzip: true };

/** What this hub offers. `encodings` are those that it can expand, best first; `chain` only to whom asks for it. */
export function hubOffer(encodings: readonly string[], chain: ChainOffer | null): JsonObject {
  const offer = { ...registerOffer, block: blockVersion, encodings };
  if (chain === null) return offer;
  const { id, publicKey } = chain.hub;
  return { ...offer, chain: chainVersion, hub: { id, public_key: publicKey }, link: chain.link };
}

/** What a hub says of itself and of an agent's chain. */
export interface ChainOffer {
  readonly hub: HubIdentity;
  readonly link: StatedLink | null;
}

/** Under the key `almadia` of the reply to `ingest-batch`. `records` without the duplicates; signed for a batch with a link. */
export function receipt(
  batchId: string,
  counts: { readonly records: number; readonly duplicates: number },
  signed: SignedReceipt | null = null,
): JsonObject {
  const { records, duplicates } = counts;
  const told = { batch_id: batchId, records, duplicates };
  return signed === null ? told : { ...told, receipt: encodeReceipt(signed) };
}

/** The body of `POST /api/agent/ingest-batch`, plain or with the envelope. With it, `logs` may be empty. */
export function decodeIngest(body: Uint8Array): Decoded<ReceivedBatch> {
  const object = readObject(body);
  if (object.kind === 'refused') return object;
  const envelope = object.value.almadia;
  if (envelope === undefined) return decodePlainIngest(object.value);
  if (!isObject(envelope)) return refused(400, 'almadia is not an object');
  return decodeEnvelope(object.value, envelope);
}

/** The body of `POST /api/agent/heartbeat`. A report that is not well-formed is left out, the heartbeat counts. */
export function decodeHeartbeat(body: Uint8Array): Decoded<ReceivedHeartbeat> {
  const object = readObject(body);
  if (object.kind === 'refused') return object;
  const { agent_id: agentId, almadia } = object.value;
  if (!isName(agentId, 256)) return refused(400, 'agent_id is not a text of 1 to 256 characters');
  const told = isObject(almadia) ? almadia : null;
  const report = told === null ? null : readReport(told);
  return {
    kind: 'decoded',
    value: { agentId, report, detail: readDetail(told?.detail), events: readEvents(told?.events) },
  };
}

function readReport(report: JsonObject): ReceivedHeartbeat['report'] {
  const { lag_bytes: lagBytes, spool_bytes: spoolBytes, dead_letters: deadLetters, version } = report;
  if (!isCount(lagBytes) || !isCount(spoolBytes) || !isCount(deadLetters) || !isName(version, 64))
    return null;
  return { lagBytes, spoolBytes, deadLetters, version, condition: readCondition(report) };
}

function decodeEnvelope(object: JsonObject, envelope: JsonObject): Decoded<ReceivedBatch> {
  const { agent_id: agentId, logs } = object;
  const { batch_id: batchId, segments } = envelope;
  if (!isName(agentId, 256)) return refused(400, 'agent_id is not a text of 1 to 256 characters');
  if (!Array.isArray(logs)) return refused(400, 'logs is not a list');
  if (!isName(batchId, 128)) return refused(400, 'almadia.batch_id is not a text of 1 to 128 characters');
  if (!Array.isArray(segments)) return refused(400, 'almadia.segments is not a list');

  const records = readRecords(logs);
  if (typeof records === 'string') return refused(400, records);
  const received: ReceivedSegment[] = [];
  let taken = 0;
  for (const [index, entry] of segments.entries()) {
    const segment = readSegment(entry, records, taken);
    if (typeof segment === 'string') return refused(400, `almadia.segments[${index}]${segment}`);
    taken += recordsIn(segment);
    received.push(segment);
  }
  if (taken !== records.length) return noSegmentFor(records.length - taken);
  return { kind: 'decoded', value: { agentId, records, envelope: { batchId, segments: received } } };
}

function noSegmentFor(count: number): Refused {
  return refused(400, `the last ${count} of logs belong to no segment`);
}

/**
 * The records, or what is wrong with one. All texts become bytes at once, joined by line ends, which none may hold:
 * one by one costs three times as much. A batch has one time, so the last one read is remembered.
 */
function readRecords(logs: readonly unknown[]): ReceivedRecord[] | string {
  const texts: string[] = [];
  for (const [index, entry] of logs.entries()) {
    if (!isObject(entry) || typeof entry.log_text !== 'string')
      return `logs[${index}].log_text is not a string`;
    texts.push(entry.log_text);
  }
  const whole = Buffer.from(texts.join('\n'));
  const records: ReceivedRecord[] = [];
  let time: { readonly written: unknown; readonly ms: number | null } = { written: undefined, ms: null };
  let from = 0;
  for (const [index, entry] of (logs as readonly JsonObject[]).entries()) {
    const lineEnd = whole.indexOf(LF, from);
    const to = lineEnd < 0 ? whole.length : lineEnd;
    const bytes = entry.raw === undefined ? whole.subarray(from, to) : readRaw(entry.raw);
    if (bytes === null) return `logs[${index}].raw is not base64 of bytes that are not UTF-8`;
    if (entry.raw !== undefined && bytes.includes(LF)) return `logs[${index}] holds a line end`;
    if (entry.timestamp !== time.written) {
      time = { written: entry.timestamp, ms: readTimestampMs(entry.timestamp) };
    }
    const source = isName(entry.source, 4096) ? entry.source : 'unknown';
    records.push({ bytes, source, timestampMs: time.ms });
    from = to + 1;
  }
  if (logs.length > 0 && from !== whole.length + 1) {
    return `logs[${texts.findIndex((text) => text.includes('\n'))}] holds a line end`;
  }
  return records;
}

function readRaw(raw: unknown): Buffer | null {
  if (typeof raw !== 'string') return null;
  const bytes = Buffer.from(raw, 'base64');
  return bytes.toString('base64') === raw && !isValidUtf8(bytes) ? bytes : null;
}

/** A segment with its records, which begin at `first` of all; or what is wrong with it. */
function readSegment(
  entry: unknown,
  records: readonly ReceivedRecord[],
  first: number,
): ReceivedSegment | string {
  const head = readSegmentHead(entry);
  if (typeof head === 'string' || (head.kind !== 'lines' && head.kind !== 'cut')) return head;
  const { stream, path, from, to, kind } = head;
  const ends = readEnds((entry as JsonObject).ends, { from, to });
  if (ends === null) return '.ends does not lead from .from to .to';
  const own = records.slice(first, first + ends.length);
  if (own.length !== ends.length) return '.ends counts more records than logs holds';
  if (kind === 'cut') return readCut({ stream, path, from, to }, own);
  const wrong = own.findIndex((record, index) => !fitsIn(record, ends, { index, from }));
  if (wrong >= 0) return `.ends[${wrong}] does not fit logs[${first + wrong}]`;
  return { stream, path, from, to, kind, records: own, ends };
}

function readCut(
  range: Pick<ReceivedSegment, 'stream' | 'path' | 'from' | 'to'>,
  own: readonly ReceivedRecord[],
): ReceivedSegment | string {
  const [record] = own;
  if (record === undefined || own.length !== 1) return ' of kind cut has not one record';
  if (record.bytes.length > range.to - range.from) return ' is shorter than its record';
  return { ...range, kind: 'cut', record };
}

/** Absolute source ends from the lengths on the wire; null when they are no way from `from` to `to`. */
function readEnds(
  lengths: unknown,
  { from, to }: { readonly from: number; readonly to: number },
): readonly number[] | null {
  if (!Array.isArray(lengths)) return null;
  const ends: number[] = [];
  let end = from;
  for (const length of lengths) {
    if (!isCount(length) || length === 0) return null;
    end += length;
    if (end > to) return null;
    ends.push(end);
  }
  return end === to ? ends : null;
}

/** A record's own bytes and a line end fill its range; only the last of a segment may lack the line end. */
function fitsIn(
  record: ReceivedRecord,
  ends: readonly number[],
  { index, from }: { readonly index: number; readonly from: number },
): boolean {
  const lineEnd = ends[index]! - (ends[index - 1] ?? from) - record.bytes.length;
  return lineEnd === 1 || lineEnd === 2 || (lineEnd === 0 && index === ends.length - 1);
}

function recordsIn(segment: ReceivedSegment): number {
  switch (segment.kind) {
    case 'lines':
      return segment.records.length;
    case 'cut':
      return 1;
    case 'gap':
    case 'filtered':
    case 'dead':
      return 0;
  }
}
