/**
 * What a hub keeps for an agent of its streams, so that one without its state knows its files again (docs/protocol.md, An
 * agent's streams). The hub looks at `start` alone; what comes back is hostile all the same.
 *
 *   {"path","device","inode","birth"|null,"head":[length,hash],"proofs":[[position,length,hash]…],
 *    "parent":[stream,from]|null,"start","size","seen","met"}
 *
 * Device, inode and birth time (ns) are decimal text, `start` is where reading began, `seen` and `met` in milliseconds
 * since the epoch, the rest as in `event/stream.ts`. Older agents did not tell `met`.
 */
import type { Batch } from '../event/batch.ts';
import type { Proof, StreamId, StreamRecord } from '../event/stream.ts';
import { descriptionBytesMax } from '../protocol/block.ts';
import { isHash, isId } from '../protocol/chain.ts';
import { isCount, isName, isObject } from '../protocol/received.ts';
import type { Change, State } from '../state/state.ts';

/** A stream is described again after so many bytes: no more than that is read twice by an agent that lost its state. */
const describedAgainBytes = 256 * 1024;

/** So many that have moved are told beside a batch of others. */
const movedMax = 100;

const pathCharactersMax = 8192;
const proofsMax = 16;

export interface Described {
  /** Without lines: they are not counted any more. */
  readonly record: StreamRecord;
  readonly start: number;
}

/** Null where it does not fit. */
export function describeStream(record: StreamRecord, start: number): object | null {
  const { path, identity, head, proofs, parent, size, seenAtMs: seen, metAtMs: met } = record;
  const { device, inode, birthTimeNs } = identity;
  const description = {
    ...{ path, device: String(device), inode: String(inode) },
    birth: birthTimeNs === null ? null : String(birthTimeNs),
    head: [head.length, head.hash],
    proofs: proofs.map((proof) => [proof.position, proof.length, proof.hash]),
    parent: parent === null ? null : [parent.stream, parent.from],
    ...{ start, size, seen, ...(met === undefined ? {} : { met }) },
  };
  return Buffer.byteLength(JSON.stringify(description)) <= descriptionBytesMax ? description : null;
}

/** Null for what is none. */
export function readDescription(id: StreamId, value: unknown): Described | null {
  if (!isObject(value) || !isId(id)) return null;
  const { path, device, inode, birth, start, size, seen, met = seen } = value;
  if (!isName(path, pathCharactersMax) || !isWhole(device) || !isWhole(inode)) return null;
  if (birth !== null && !isWhole(birth)) return null;
  if (!isCount(start) || !isCount(size) || !isCount(seen) || !isCount(met)) return null;
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
  const known = { id, path, identity, head, proofs: proofs as Proof[], parent, size };
  return { record: { ...known, seenAtMs: seen, metAtMs: met, status: 'followed' }, start };
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
  readonly #output: string;
  readonly #told = new Map<StreamId, Told>();
  /** Their files got another name or place, and no batch of theirs may follow that tells it. */
  readonly #moved: Set<StreamId>;
  #epoch = '';

  /** `startOf`: where reading of a stream began. */
  constructor(given: {
    readonly state: Pick<State, 'kept'>;
    readonly output: string;
    readonly streams: ReadonlyMap<StreamId, StreamRecord>;
    readonly startOf: (stream: StreamId) => number;
  }) {
    this.#streams = given.streams;
    this.#startOf = given.startOf;
    this.#output = given.output;
    this.#moved = new Set(given.state.kept(given.output, 'moved').map(({ name }) => name));
  }

  /** What is remembered of a stream changes; gives what is to be committed with that. */
  changed(before: StreamRecord, now: StreamRecord): Change[] {
    if (isSameFile(before, now) || this.#moved.has(now.id)) return [];
    this.#moved.add(now.id);
    const kept = { output: this.#output, kind: 'moved', name: now.id, value: '' } as const;
    return [{ kind: 'keep', kept }];
  }

  /** What is to be told with a batch that has a link: of its streams, and of some of those that have moved. */
  of({ chain, segments }: Batch): ReadonlyMap<StreamId, object> {
    if (chain?.epoch !== this.#epoch) this.#told.clear();
    this.#epoch = chain?.epoch ?? '';
    const found = new Map<StreamId, object>();
    const tell = (stream: StreamId) => {
      const record = found.has(stream) ? undefined : this.#streams.get(stream);
      if (record === undefined || !isDue(record, this.#told.get(stream))) return;
      const description = describeStream(record, this.#startOf(stream));
      if (description !== null) found.set(stream, description);
    };
    for (const { stream } of segments) tell(stream);
    for (const stream of [...this.#moved].slice(0, movedMax)) tell(stream);
    return found;
  }

  /** A batch with these was acked; gives what is to be committed with that. */
  told({ chain, descriptions }: Batch): Change[] {
    if (descriptions === undefined || chain?.epoch !== this.#epoch) return [];
    const changes: Change[] = [];
    for (const [stream, { path, inode }] of descriptions as ReadonlyMap<StreamId, Partial<Sent>>) {
      const record = this.#streams.get(stream);
      if (record === undefined) changes.push(...this.forget(stream));
      // It may have moved again since the batch was sent.
      if (record?.path !== path || String(record?.identity.inode) !== inode) continue;
      this.#told.set(stream, { record: record!, position: positionOf(record!) });
      changes.push(...this.#unmoved(stream));
    }
    return changes;
  }

  forget(stream: StreamId): Change[] {
    this.#told.delete(stream);
    return this.#unmoved(stream);
  }

  #unmoved(stream: StreamId): Change[] {
    if (!this.#moved.delete(stream)) return [];
    return [{ kind: 'drop', dropped: { output: this.#output, kind: 'moved', name: stream } }];
  }
}

interface Sent {
  readonly path: string;
  readonly inode: string;
}

function isSameFile(one: StreamRecord, other: StreamRecord): boolean {
  const [a, b] = [one.identity, other.identity];
  return one.path === other.path && a.inode === b.inode && a.device === b.device;
}

function isDue(record: StreamRecord, told: Told | undefined): boolean {
  if (told === undefined) return true;
  const { head } = told.record;
  const grown = record.head.length >= 2 * head.length && record.head.length > head.length;
  return (
    !isSameFile(record, told.record) || grown || positionOf(record) - told.position >= describedAgainBytes
  );
}

function positionOf({ proofs }: StreamRecord): number {
  return proofs.at(-1)?.position ?? 0;
}
