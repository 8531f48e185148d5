/**
 * The chain's texts and JSON (docs/protocol.md): what a link's hash is made of, what a hub signs, and how both stand on
 * the wire.
 *
 *   chain     = {"epoch","sequence","part","previous","batch_id","content_hash","breaks"?}
 *   breaks    = {"epoch","sequence","hash","reason"}
 *   statement = {"batch_id","chain":chain,"segments":[{"stream","path","from","to","kind":"dead","reason"}…]}
 *   receipt   = {"hub","agent_id","batch_id","epoch","sequence","part","records","duplicates","content_hash","link",
 *                "time","signature"}
 *
 * What is hashed or signed is UTF-8 with LF between its lines. So that no line can hold one, ids of batches are printable
 * ASCII, and an agent whose id holds a line end gets no chain.
 */
import type { Batch } from '../event/batch.ts';
import {
  type BreakReason,
  type Breaks,
  type Chain,
  type HubIdentity,
  type Link,
  type LinkPlace,
  noLink,
  type Receipt,
  type SignedReceipt,
  type StatedLink,
  type Statement,
} from '../event/chain.ts';
import type { Signer, Work } from '../host/work.ts';
import { isCount, isName, isObject, type JsonObject } from './received.ts';
import { readSegmentHead } from './segment-head.ts';

/** The version of the chain that is spoken here. */
export const chainVersion = 1;

/** Of every reply: 128 random bits in hexadecimal, drawn when the hub's process starts. */
export const runHeader = 'almadia-run';

/** So many halvings make one record of 2^53 bytes. */
const partCharactersMax = 53;

/** Statements in one header; further ones travel with later batches. */
export const statementsMax = 1000;

/** SHA-256 in hexadecimal. The part plays no role: all parts of a batch have the link of the whole. */
export function linkHash(link: Link, work: Pick<Work, 'sha256'>): string {
  const { epoch, sequence, previous, batchId, contentHash } = link;
  return work.sha256([['almadia-link/1', epoch, sequence, previous, batchId, contentHash].join('\n')]);
}

export function receiptText(receipt: Receipt): string {
  const { hub, agentId, batchId, epoch, sequence, part } = receipt;
  const { records, duplicates, contentHash, link, time } = receipt;
  const place = [hub, agentId, batchId, epoch, sequence, part];
  return ['almadia-receipt/1', ...place, records, duplicates, contentHash, link, time].join('\n');
}

export function signReceipt(receipt: Receipt, signer: Signer): SignedReceipt {
  const signature = signer.sign(Buffer.from(receiptText(receipt)));
  return { ...receipt, signature: Buffer.from(signature).toString('base64') };
}

/** `publicKey`: 32 bytes in base64, as the hub said at registration. Whatever is no key or no signature is false. */
export function receiptVerifies(
  receipt: SignedReceipt,
  publicKey: string,
  work: Pick<Work, 'verify'>,
): boolean {
  const text = Buffer.from(receiptText(receipt));
  return work.verify(Buffer.from(publicKey, 'base64'), text, Buffer.from(receipt.signature, 'base64'));
}

/** What a receipt must say, and who can tell whether it was signed. */
export interface Witness {
  readonly hub: HubIdentity;
  readonly agentId: string;
  readonly work: Pick<Work, 'sha256' | 'verify'>;
}

/** The receipt for a batch of which so many records were sent; or why it proves nothing. */
export function proveReceipt(
  value: unknown,
  batch: Pick<Batch, 'id' | 'contentHash'> & { readonly chain: Chain; readonly records: number },
  { hub, agentId, work }: Witness,
): SignedReceipt | string {
  const receipt = readReceipt(value);
  if (receipt === null) return 'it is none';
  const { chain } = batch;
  const { epoch, sequence, part } = receipt;
  const about = receipt.agentId === agentId && receipt.batchId === batch.id && receipt.hub === hub.id;
  if (!about) return 'it is of another hub, or for another batch';
  const placed = epoch === chain.epoch && sequence === chain.sequence && part === chain.part;
  if (!placed || receipt.link !== linkHash(chain, work)) return 'it is for another link';
  if (receipt.contentHash !== (batch.contentHash ?? chain.contentHash)) return 'it is for other bytes';
  if (receipt.records + receipt.duplicates !== batch.records) return 'it counts other records';
  return receiptVerifies(receipt, hub.publicKey, work)
    ? receipt
    : 'its signature is not by the key of the hub';
}

export function encodeReceipt(receipt: SignedReceipt): JsonObject {
  const { agentId, batchId, contentHash, ...rest } = receipt;
  return { ...rest, agent_id: agentId, batch_id: batchId, content_hash: contentHash };
}

/** Null for what is none. Whether it is for what was sent, and verifies, is the caller's to ask. */
export function readReceipt(value: unknown): SignedReceipt | null {
  if (!isObject(value)) return null;
  const { hub, agent_id: agentId, batch_id: batchId, epoch, sequence, part } = value;
  const { records, duplicates, content_hash: contentHash, link, time, signature } = value;
  if (!isId(hub) || !isName(agentId, 256) || !isBatchId(batchId) || !isId(epoch)) return null;
  if (!isCount(sequence) || !isPart(part) || !isCount(records) || !isCount(duplicates)) return null;
  if (!isHash(contentHash) || !isHash(link) || !isName(time, 32) || !isName(signature, 128)) return null;
  return {
    ...{ hub, agentId, batchId, epoch, sequence, part },
    ...{ records, duplicates, contentHash, link, time, signature },
  };
}

export function encodeChain({
  epoch,
  sequence,
  part,
  previous,
  batchId,
  contentHash,
  breaks,
}: Chain): object {
  return {
    ...{ epoch, sequence, part, previous, batch_id: batchId, content_hash: contentHash },
    ...(breaks === undefined ? {} : { breaks }),
  };
}

/** Or what is wrong with it. */
export function readChain(value: unknown): Chain | string {
  if (!isObject(value)) return ' is not an object';
  const { epoch, sequence, part, previous, batch_id: batchId, content_hash: contentHash, breaks } = value;
  if (!isId(epoch)) return '.epoch is not 128 bits in hexadecimal';
  if (!isCount(sequence) || sequence === 0) return '.sequence is not a whole number from 1';
  if (!isPart(part)) return '.part is no part of a batch';
  if (!isHash(previous)) return '.previous is no SHA-256 in hexadecimal';
  if (sequence === 1 && previous !== noLink) return '.previous is not 64 zeros in the first link';
  if (!isBatchId(batchId)) return '.batch_id is not 1 to 128 characters of printable ASCII';
  if (!isHash(contentHash)) return '.content_hash is no SHA-256 in hexadecimal';
  const chain = { epoch, sequence, part, previous, batchId, contentHash };
  if (breaks === undefined) return chain;
  const read = readBreaks(breaks);
  return read === null
    ? '.breaks does not say which link of which epoch, and why'
    : { ...chain, breaks: read };
}

function readBreaks(value: unknown): Breaks | null {
  const place = readLinkPlace(value);
  const reason = isObject(value) ? value.reason : null;
  return place !== null && isBreakReason(reason) ? { ...place, reason } : null;
}

/** Null for what is none. */
export function readLinkPlace(value: unknown): LinkPlace | null {
  if (!isObject(value)) return null;
  const { epoch, sequence, hash } = value;
  return isId(epoch) && isCount(sequence) && isHash(hash) ? { epoch, sequence, hash } : null;
}

/** Null for what is none. A hub that says no `highest` has none over the contiguous part. */
export function readStatedLink(value: unknown): StatedLink | null {
  const place = readLinkPlace(value);
  if (place === null) return null;
  const highest = (value as JsonObject).highest;
  return { ...place, highest: isCount(highest) ? Math.max(highest, place.sequence) : place.sequence };
}

export function encodeStatement({ batchId, chain, segments }: Statement): object {
  return {
    batch_id: batchId,
    chain: encodeChain(chain),
    segments: segments.map(({ stream, path, from, to, reason }) => {
      return { stream, path, from, to, kind: 'dead', reason };
    }),
  };
}

/** Or what is wrong with it. */
export function readStatement(value: unknown): Statement | string {
  if (!isObject(value)) return ' is not an object';
  const { batch_id: batchId, segments } = value;
  if (!isBatchId(batchId)) return '.batch_id is not 1 to 128 characters of printable ASCII';
  const chain = readChain(value.chain);
  if (typeof chain === 'string') return `.chain${chain}`;
  if (!Array.isArray(segments)) return '.segments is not a list';
  const read: Statement['segments'][number][] = [];
  for (const [index, entry] of segments.entries()) {
    const head = readSegmentHead(entry);
    if (typeof head === 'string') return `.segments[${index}]${head}`;
    if (head.kind !== 'dead') return `.segments[${index}].kind is not dead`;
    const { stream, path, from, to, reason } = head;
    if (from < to) read.push({ stream, path, from, to, reason });
  }
  return { batchId, chain, segments: read };
}

/** 128 bits in lower-case hexadecimal. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);
}

export function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function isBatchId(value: unknown): value is string {
  return typeof value === 'string' && /^[\x20-\x7e]{1,128}$/.test(value);
}

function isPart(value: unknown): value is string {
  return typeof value === 'string' && value.length <= partCharactersMax && /^[01]*$/.test(value);
}

function isBreakReason(value: unknown): value is BreakReason {
  return value === 'hub-went-back' || value === 'hub-changed' || value === 'state-lost';
}
