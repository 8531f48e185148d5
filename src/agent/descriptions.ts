/**
 * What a hub keeps for an agent of its streams, so that one without its state knows its files again (docs/protocol.md, An
 * agent's streams). The hub does not look into it; what comes back is hostile all the same.
 *
 *   {"path","device","inode","birth"|null,"head":[length,hash],"proofs":[[position,length,hash]…],
 *    "parent":[stream,from]|null,"start","size","seen"}
 *
 * Device, inode and birth time (ns) are decimal text, `start` is where reading began, `seen` in milliseconds since the
 * epoch, the rest as in `event/stream.ts`.
 */
import type { Batch } from '../event/batch.ts';
import type { Proof, StreamId, StreamRecord } from '../event/stream.ts';
import { descriptionBytesMax } from '../protocol/block.ts';
import { isHash, isId } from '../protocol/chain.ts';
import { isCount, isName, isObject } from '../protocol/received.ts';

/** A stream is described again after so many bytes: no more than that is read twice by an agent that lost its state. */
const describedAgainBytes = 256 * 1024;

const pathCharactersMax = 8192;
const proofsMax = 16;

export interface Described {
  /** Without lines: they are not counted any more. */
  readonly record: StreamRecord;
  readonly start: number;
}

/** Null where it does not fit. */
export function describeStream(record: StreamRecord, start: number): object | null {
  const { path, identity, head, proofs, parent, size, seenAtMs: seen } = record;
  const { device, inode, birthTimeNs } = identity;
  const description = {
    ...{ path, device: String(device), inode: String(inode) },
    birth: birthTimeNs === null ? null : String(birthTimeNs),
    head: [head.length, head.hash],
    proofs: proofs.map((proof) => [proof.position, proof.length, proof.hash]),
    parent: parent === null ? null : [parent.stream, parent.from],
    ...{ start, size, seen },
  };
  return Buffer.byteLength(JSON.stringify(description)) <= descriptionBytesMax ? description : null;
}

/** Null for what is none. */
export function readDescription(id: StreamId, value: unknown): Described | null {
  if (!isObject(value) || !isId(id)) return null;
  const { path, device, inode, birth, start, size, seen } = value;
  if (!isName(path, pathCharactersMax) || !isWhole(device) || !isWhole(inode)) return null;
  if (birth !== null && !isWhole(birth)) return null;
  if (!isCount(start) || !isCount(size) || !isCount(seen)) return null;
  const [headLength, headHash] = Array.isArray(value.head) ? (value.head as unknown[]) : [];
  const head = readProof([headLength, headLength, headHash]);
  const proofs = Array.isArray(value.proofs) ? value.proofs.slice(0, proofsMax).map(readProof) : [null];
  const parent = readParent(value.parent);
  if (head === null || proofs.includes(null) || parent === undefined) return null;
  const identity = {
    device: BigInt(device),
    inode: BigInt(inode),
    birthTimeNs: birth === null ? null : BigInt(birth),
  };
  const known = { id, path, identity, head, proofs: proofs as Proof[], parent, size, seenAtMs: seen };
  return { record: { ...known, status: 'followed' }, start };
}

function readProof(value: unknown): Proof | null {
  const [position, length, hash] = Array.isArray(value) ? (value as unknown[]) : [];
  if (!isCount(position) || !isCount(length) || length > position || !isHash(hash)) return null;
  return { position, length, hash };
}

/** Undefined for what is none. */
function readParent(value: unknown): StreamRecord['parent'] | undefined {
  if (value === null) return null;
  const [stream, from] = Array.isArray(value) ? (value as unknown[]) : [];
  return isId(stream) && isCount(from) ? { stream, from } : undefined;
}

function isWhole(value: unknown): value is string {
  return typeof value === 'string' && /^\d{1,20}$/.test(value);
}

interface Told {
  readonly record: StreamRecord;
  readonly position: number;
}

/** Which streams are to be described with which batch. */
export class Descriptions {
  readonly #streams: ReadonlyMap<StreamId, StreamRecord>;
  readonly #startOf: (stream: StreamId) => number;
  readonly #told = new Map<StreamId, Told>();
  #epoch = '';

  /** `startOf`: where reading of a stream began. */
  constructor(streams: ReadonlyMap<StreamId, StreamRecord>, startOf: (stream: StreamId) => number) {
    this.#streams = streams;
    this.#startOf = startOf;
  }

  /** Those of a batch with a link that the hub does not know, or knows as they were. */
  of({ chain, segments }: Batch): ReadonlyMap<StreamId, object> {
    if (chain?.epoch !== this.#epoch) this.#told.clear();
    this.#epoch = chain?.epoch ?? '';
    const found = new Map<StreamId, object>();
    for (const { stream } of segments) {
      const record = found.has(stream) ? undefined : this.#streams.get(stream);
      if (record === undefined || !isDue(record, this.#told.get(stream))) continue;
      const description = describeStream(record, this.#startOf(stream));
      if (description !== null) found.set(stream, description);
    }
    return found;
  }

  /** A batch with these was acked. */
  told({ chain, descriptions }: Batch): void {
    if (chain?.epoch !== this.#epoch) return;
    for (const stream of descriptions?.keys() ?? []) {
      const record = this.#streams.get(stream);
      if (record !== undefined) this.#told.set(stream, { record, position: positionOf(record) });
    }
  }

  forget(stream: StreamId): void {
    this.#told.delete(stream);
  }
}

function isDue(record: StreamRecord, told: Told | undefined): boolean {
  if (told === undefined) return true;
  const { path, identity, head, parent } = told.record;
  const moved = record.path !== path || record.identity.inode !== identity.inode || record.parent !== parent;
  const grown = record.head.length >= 2 * head.length && record.head.length > head.length;
  return moved || grown || positionOf(record) - told.position >= describedAgainBytes;
}

function positionOf({ proofs }: StreamRecord): number {
  return proofs.at(-1)?.position ?? 0;
}
