/**
 * The hub's block: the bytes of the files as they are, behind a small header that says what they are. Offered at
 * registration (`"almadia":{…,"block":1}`); without the offer the envelope is spoken (`hub.ts`).
 *
 *   POST {base}/api/agent/ingest-batch    content-type: application/vnd.almadia.block
 *
 *   block   = "almadia-block/1 " length LF header LF bytes
 *   length  = decimal; how many bytes the header has, without the LF behind it
 *   header  = {"agent_id","batch_id","read_at","segments":[segment…], and with the chain (`chain.ts`)
 *              "instance","content_hash","chain":chain,"streams":{stream:description…}?,"dead":[statement…]?}   JSON, UTF-8
 *   segment = {"stream","path","from","to","kind":"lines"}                       to - from bytes follow
 *             {"stream","path","from","to","kind":"cut","kept"}                  kept bytes follow
 *             {"stream","path","from","to","kind":"gap"|"filtered"|"dead","reason"}   none follow
 *   bytes   = the segments' bytes one after another, to the end of the body
 *
 * The bytes of `lines` are those of the file, line ends and blank lines included; every line but the last of a segment
 * ends with LF. Those of `cut` are the beginning of one line over the agent's limit. Nothing is escaped and nothing has
 * to be valid UTF-8. `read_at` is ISO 8601. A receiver passes over keys that it does not know. `content_hash` is the
 * SHA-256 of `bytes`; what follows `segments` is only sent where the server offers the chain.
 *
 * The whole body may be compressed (`content-encoding`), in one of the `encodings` offered. The reply is that of
 * `ingest-batch` with the envelope, and proves the same.
 *
 * Everything in a body is hostile: it is accepted only where the segments' lengths make up the bytes exactly.
 */
import type { Batch, BatchBody, Segment } from '../event/batch.ts';
import type { Chain, Statement } from '../event/chain.ts';
import type { Work } from '../host/work.ts';
import { countLines, lastLineEnd } from '../lines/ends.ts';
import {
  chainVersion,
  encodeChain,
  encodeStatement,
  isId,
  readChain,
  readStatement,
  statementsMax,
} from './chain.ts';
import { headersOf, ingestPath } from './ila-soc.ts';
import { type Chained, type Incoming, type IncomingSegment, sourceOf } from './incoming.ts';
import type { Session, WireRequest } from './protocol.ts';
import { type Decoded, isCount, isName, isObject, type JsonObject, readObject, refused } from './received.ts';
import { readSegmentHead } from './segment-head.ts';

/** The version of the block that is spoken here. */
export const blockVersion = 1;

/** What an agent may remember of a stream at the hub, JSON in UTF-8. */
export const descriptionBytesMax: number = 4 * 1024;

const contentType = 'application/vnd.almadia.block';

const LF = 0x0a;

/** The first line: two numbers of at most so many digits. */
const firstLine = /^almadia-block\/(\d{1,4}) (\d{1,9})\n/;
const firstLineBytesMax = 'almadia-block/'.length + 4 + 1 + 9 + 1;

/** The request for a batch; its parts are views of the batch's bytes. */
export function encodeBlock(batch: Batch, body: BatchBody, session: Session): WireRequest {
  const chained = (session.chain ?? 0) >= chainVersion;
  const header = Buffer.from(
    JSON.stringify({
      agent_id: session.agentId,
      batch_id: batch.id,
      read_at: new Date(batch.readAtMs).toISOString(),
      segments: batch.segments.map(describe),
      ...(chained && batch.chain !== undefined ? chainedPart(batch, batch.chain, session) : {}),
    }),
  );
  const head = Buffer.concat([
    Buffer.from(`almadia-block/${blockVersion} ${header.length}\n`),
    header,
    Uint8Array.of(LF),
  ]);
  return {
    method: 'POST',
    path: ingestPath,
    headers: headersOf(session, contentType),
    body: [head, ...body.filter((bytes) => bytes.length > 0)],
  };
}

function chainedPart(
  { contentHash, descriptions, statements }: Batch,
  chain: Chain,
  session: Session,
): object {
  return {
    instance: session.instance,
    content_hash: contentHash ?? chain.contentHash,
    chain: encodeChain(chain),
    ...(descriptions === undefined ? {} : { streams: Object.fromEntries(descriptions) }),
    ...(statements === undefined ? {} : { dead: statements.map(encodeStatement) }),
  };
}

function describe(segment: Segment): object {
  const { stream, path, from, to, kind } = segment;
  switch (segment.kind) {
    case 'lines':
      return { stream, path, from, to, kind };
    case 'cut':
      return { stream, path, from, to, kind, kept: segment.kept };
    case 'gap':
    case 'filtered':
      return { stream, path, from, to, kind, reason: segment.reason };
  }
}

const beginning = Buffer.from('almadia-block/');

/** A body begins so, or is JSON. */
export function isBlock(body: Uint8Array): boolean {
  return beginning.equals(body.subarray(0, beginning.length));
}

/** The hub's side. What it gives are views of the body. Bytes that do not fit their hash are refused. */
export function decodeBlock(body: Uint8Array, work: Pick<Work, 'sha256'>): Decoded<Incoming> {
  const first = firstLine.exec(Buffer.from(body.subarray(0, firstLineBytesMax)).toString('latin1'));
  if (first === null) return refused(400, 'the body does not begin as a block does');
  if (Number(first[1]) !== blockVersion) {
    return refused(400, `the block has version ${first[1]}, not ${blockVersion}`);
  }
  const headerAt = first[0].length;
  const bytesAt = headerAt + Number(first[2]) + 1;
  if (body[bytesAt - 1] !== LF) return refused(400, 'the header of the block does not end where it should');
  const header = readObject(body.subarray(headerAt, bytesAt - 1));
  if (header.kind === 'refused') return { ...header, reason: `the header of the block: ${header.reason}` };
  const { agent_id: agentId, batch_id: batchId, segments } = header.value;
  if (!isName(agentId, 256)) return refused(400, 'agent_id is not a text of 1 to 256 characters');
  if (!isName(batchId, 128)) return refused(400, 'batch_id is not a text of 1 to 128 characters');
  if (!Array.isArray(segments)) return refused(400, 'segments is not a list');
  const read: IncomingSegment[] = [];
  let at = bytesAt;
  let records = 0;
  for (const [index, entry] of segments.entries()) {
    const segment = readSegment(entry, body.subarray(at));
    if (typeof segment === 'string') return refused(400, `segments[${index}]${segment}`);
    at += segment.bytes;
    records += segment.records;
    if (segment.incoming !== null) read.push(segment.incoming);
  }
  if (at !== body.length) return refused(400, `the last ${body.length - at} bytes belong to no segment`);
  const chained = readChained(header.value, body.subarray(bytesAt), work);
  if (typeof chained === 'string') return refused(400, chained);
  if (chained !== null && agentId.includes('\n')) return refused(400, 'agent_id holds a line end');
  return { kind: 'decoded', value: { agentId, batchId, records, segments: read, chained } };
}

/** Null without a chain; or what is wrong with it. Descriptions that are none, or too large, are passed over. */
function readChained(
  header: JsonObject,
  bytes: Uint8Array,
  work: Pick<Work, 'sha256'>,
): Chained | null | string {
  if (header.chain === undefined) return null;
  const chain = readChain(header.chain);
  if (typeof chain === 'string') return `chain${chain}`;
  const contentHash = work.sha256([bytes]);
  if (header.content_hash !== contentHash)
    return `content_hash is not that of the bytes, which is ${contentHash}`;
  if (chain.part === '' && (chain.contentHash !== contentHash || chain.batchId !== header.batch_id)) {
    return 'chain names another batch, and this is no part of one';
  }
  const dead = header.dead ?? [];
  if (!Array.isArray(dead) || dead.length > statementsMax)
    return `dead is not a list of up to ${statementsMax}`;
  const statements: Statement[] = [];
  for (const [index, entry] of dead.entries()) {
    const statement = readStatement(entry);
    if (typeof statement === 'string') return `dead[${index}]${statement}`;
    statements.push(statement);
  }
  const instance = isId(header.instance) ? header.instance : null;
  return { chain, instance, contentHash, descriptions: readDescriptions(header.streams), statements };
}

function readDescriptions(value: unknown): Map<string, string> {
  const descriptions = new Map<string, string>();
  for (const [stream, description] of Object.entries(isObject(value) ? value : {})) {
    const text = isId(stream) && isObject(description) ? JSON.stringify(description) : '';
    if (text !== '' && Buffer.byteLength(text) <= descriptionBytesMax) descriptions.set(stream, text);
  }
  return descriptions;
}

interface Read {
  /** Null for a segment that covers nothing. */
  readonly incoming: IncomingSegment | null;
  readonly bytes: number;
  readonly records: number;
}

/** A segment with its bytes, with which `rest` begins; or what is wrong with it. */
function readSegment(entry: unknown, rest: Uint8Array): Read | string {
  const head = readSegmentHead(entry);
  if (typeof head === 'string') return head;
  const { stream, path, from, to } = head;
  const source = sourceOf(path);
  if (head.kind !== 'lines' && head.kind !== 'cut') {
    const { kind, reason } = head;
    const incoming: IncomingSegment = { kind, stream, path, source, from, to, reason };
    return { incoming: from < to ? incoming : null, bytes: 0, records: 0 };
  }
  const length = head.kind === 'lines' ? to - from : (entry as { readonly kept?: unknown }).kept;
  if (!isCount(length) || length > to - from || length > rest.length)
    return ' has not as many bytes as it says';
  const bytes = rest.subarray(0, length);
  if (from === to) return head.kind === 'lines' ? { incoming: null, bytes: 0, records: 0 } : ' cuts no line';
  if (head.kind === 'cut') {
    if (lastLineEnd(bytes) > 0) return ' of kind cut holds a line end';
    const records = [{ to, bytes, cut: true }];
    return { incoming: { kind: 'lines', stream, path, source, from, records }, bytes: length, records: 1 };
  }
  const count = countLines(bytes);
  const incoming: IncomingSegment = { kind: 'text', stream, path, source, from, text: bytes, count };
  return { incoming, bytes: length, records: count };
}
