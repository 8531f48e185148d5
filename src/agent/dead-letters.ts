/**
 * Dead letters: batches that were set aside with a reason, their bytes kept in the state. Listed, shown, sent once
 * more, or dropped, by hand; the same over a running agent's batches and over the state of a stopped one.
 *
 * Order: as in the state, by output, sequence and part. A call commits durably before it returns, and only then tells
 * the shelf. Failure throws `AlmadiaError` (STATE_FULL, STATE_BROKEN) and changes nothing. Nothing is ever dropped
 * without an entry in the ledger: its bytes stay counted under the term `dead`, moved to the reason `dropped by hand`.
 */
import type { BatchKey, Segment } from '../event/batch.ts';
import { bodyBytesOf, compareKeys, hasBody, splitBody } from '../event/batch.ts';
import type { Change, Snapshot, State, StoredBatch } from '../state/state.ts';

export interface DeadLetter {
  readonly id: string;
  readonly records: number;
  /** Of the bodies together. */
  readonly bytes: number;
  readonly reason: string;
  readonly attempts: number;
  readonly atMs: number;
  readonly paths: readonly string[];
  /** Marked to be sent once more. */
  readonly replaying: boolean;
}

export interface DeadLetters {
  list(): readonly DeadLetter[];
  /** The lines as they were read, with their line ends; null where no such dead letter is. */
  body(id: string): Uint8Array | null;
  /** How many were marked; unknown ids and those marked before count nothing. */
  replay(ids: readonly string[] | 'all'): number;
  /** How many were dropped. */
  drop(ids: readonly string[] | 'all'): number;
}

/** Where batches are remembered in memory while the state is open. */
export interface Shelf {
  batches(): Iterable<StoredBatch>;
  /** A batch is marked to be sent once more. */
  changed(stored: StoredBatch): void;
  forgotten(key: BatchKey): void;
}

export const droppedByHand = 'dropped by hand';

/** `default/42`, `default/42.01` for a part of a split batch. */
export function deadLetterId(key: BatchKey): string {
  return `${key.output}/${key.sequence}${key.part === '' ? '' : `.${key.part}`}`;
}

/** For a stopped agent: what its state remembered when it was opened. */
export function shelfOf(snapshot: Snapshot): Shelf {
  const batches = new Map(snapshot.batches.map((stored) => [deadLetterId(stored.batch.key), stored]));
  return {
    batches: () => batches.values(),
    changed: (stored) => {
      batches.set(deadLetterId(stored.batch.key), stored);
    },
    forgotten: (key) => {
      batches.delete(deadLetterId(key));
    },
  };
}

export function deadLettersOf(state: State, shelf: Shelf, nowMs: () => number): DeadLetters {
  const all = (): StoredBatch[] =>
    [...shelf.batches()]
      .filter((stored) => stored.status === 'dead' || stored.status === 'replay')
      .sort((a, b) => compareOutputs(a, b) || compareKeys(a.batch.key, b.batch.key));
  const chosen = (ids: readonly string[] | 'all'): StoredBatch[] => {
    const wanted = ids === 'all' ? null : new Set(ids);
    return all().filter((stored) => wanted === null || wanted.has(deadLetterId(stored.batch.key)));
  };
  return {
    list: () => all().map(letterOf),
    body: (id) => {
      const [stored] = chosen([id]);
      return stored === undefined ? null : state.body(stored.batch.key);
    },
    replay: (ids) => {
      const marked = chosen(ids)
        .filter((stored) => stored.status === 'dead')
        .map((stored): StoredBatch => ({ ...stored, status: 'replay', attempts: 0, atMs: nowMs() }));
      if (marked.length === 0) return 0;
      state.commit(
        marked.map((stored) => ({ kind: 'batch', stored })),
        'full',
      );
      for (const stored of marked) shelf.changed(stored);
      return marked.length;
    },
    drop: (ids) => {
      const dropped = chosen(ids);
      if (dropped.length === 0) return 0;
      state.commit(
        dropped.flatMap((stored) => dropChanges(stored, state.body(stored.batch.key), nowMs())),
        'full',
      );
      for (const stored of dropped) shelf.forgotten(stored.batch.key);
      return dropped.length;
    },
  };
}

function letterOf(stored: StoredBatch): DeadLetter {
  const { batch } = stored;
  return {
    id: deadLetterId(batch.key),
    records: batch.records,
    bytes: batch.bytes,
    reason: stored.reason,
    attempts: stored.attempts,
    atMs: stored.atMs,
    paths: [...new Set(batch.segments.map((segment) => segment.path))],
    replaying: stored.status === 'replay',
  };
}

function dropChanges(stored: StoredBatch, block: Uint8Array | null, atMs: number): Change[] {
  const { batch, reason } = stored;
  const bodies = block === null ? null : splitBody(batch.segments, block);
  const moves = batch.segments.filter(hasBody).flatMap((segment): Change[] => {
    const lines = bodies === null ? 0 : linesOf(segment, bodies[batch.segments.indexOf(segment)]!);
    const about = { stream: segment.stream, output: batch.key.output, term: 'dead' } as const;
    const bytes = segment.to - segment.from;
    return [
      { kind: 'ledger', add: { ...about, reason, bytes: -bytes, lines: -lines }, atMs },
      { kind: 'ledger', add: { ...about, reason: droppedByHand, bytes, lines }, atMs },
      { kind: 'loss', loss: { ...about, ...rangeOf(segment), reason: droppedByHand, atMs } },
    ];
  });
  return [...moves, { kind: 'forget-batch', key: batch.key }];
}

function rangeOf({ path, from, to }: Segment): Pick<Segment, 'path' | 'from' | 'to'> {
  return { path, from, to };
}

/** Lines of a body whose last one may lack its line end. */
function linesOf(segment: Segment, body: Uint8Array): number {
  if (segment.kind === 'cut' || bodyBytesOf(segment) === 0) return segment.kind === 'cut' ? 1 : 0;
  let lines = body.at(-1) === 0x0a ? 0 : 1;
  for (const byte of body) if (byte === 0x0a) lines += 1;
  return lines;
}

function compareOutputs(a: StoredBatch, b: StoredBatch): number {
  const [left, right] = [a.batch.key.output, b.batch.key.output];
  return left === right ? 0 : left < right ? -1 : 1;
}
