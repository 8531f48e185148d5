/**
 * The state's contract in plain maps: the model to which the carrier on the disk is held, and a quick one for
 * simulations. Opening it again gives what was committed, as after the end of a process.
 */
import type { BatchKey } from '../event/batch.ts';
import { compareKeys } from '../event/batch.ts';
import type { StreamRecord } from '../event/stream.ts';
import type { Change, Cursor, LedgerEntry, Snapshot, State, StoredBatch } from './state.ts';

export interface MemoryStore {
  open(): State;
}

interface Tables {
  readonly streams: Map<string, StreamRecord>;
  readonly cursors: Map<string, Cursor>;
  readonly batches: Map<string, StoredBatch>;
  readonly bodies: Map<string, Uint8Array>;
  readonly ledger: Map<string, LedgerEntry>;
  readonly notes: Map<string, string>;
}

export function memoryStore(): MemoryStore {
  const tables: Tables = {
    streams: new Map(),
    cursors: new Map(),
    batches: new Map(),
    bodies: new Map(),
    ledger: new Map(),
    notes: new Map(),
  };
  return { open: () => openMemoryState(tables) };
}

function openMemoryState(tables: Tables): State {
  return {
    snapshot: snapshotOf(tables),
    commit: (changes) => {
      for (const change of changes) applyChange(tables, change);
    },
    body: (key) => tables.bodies.get(nameOf(key)) ?? null,
    close: () => undefined,
  };
}

function snapshotOf(tables: Tables): Snapshot {
  return {
    streams: [...tables.streams.values()],
    cursors: [...tables.cursors.values()],
    batches: [...tables.batches.values()].sort(compareBatches),
    ledger: [...tables.ledger.values()],
    notes: new Map(tables.notes),
  };
}

function applyChange(tables: Tables, change: Change): void {
  switch (change.kind) {
    case 'stream':
      tables.streams.set(change.stream.id, change.stream);
      return;
    case 'forget-stream':
      forgetStream(tables, change.id);
      return;
    case 'cursor':
      tables.cursors.set(JSON.stringify([change.cursor.stream, change.cursor.output]), change.cursor);
      return;
    case 'batch': {
      const name = nameOf(change.stored.batch.key);
      tables.batches.set(name, change.stored);
      if (change.body !== undefined) tables.bodies.set(name, new Uint8Array(Buffer.concat(change.body)));
      return;
    }
    case 'forget-batch':
      tables.batches.delete(nameOf(change.key));
      tables.bodies.delete(nameOf(change.key));
      return;
    case 'ledger':
      addToLedger(tables, change.add);
      return;
    case 'note':
      tables.notes.set(change.name, change.value);
      return;
  }
}

function forgetStream(tables: Tables, id: string): void {
  tables.streams.delete(id);
  for (const [name, cursor] of tables.cursors) if (cursor.stream === id) tables.cursors.delete(name);
  if (id === '') return;
  for (const [name, entry] of [...tables.ledger]) {
    if (entry.stream !== id) continue;
    tables.ledger.delete(name);
    addToLedger(tables, { ...entry, stream: '' });
  }
}

function addToLedger(tables: Tables, add: LedgerEntry): void {
  const name = JSON.stringify([add.stream, add.output, add.term, add.reason]);
  const before = tables.ledger.get(name);
  tables.ledger.set(name, {
    ...add,
    bytes: add.bytes + (before?.bytes ?? 0),
    lines: add.lines + (before?.lines ?? 0),
  });
}

function compareBatches(a: StoredBatch, b: StoredBatch): number {
  const [left, right] = [a.batch.key, b.batch.key];
  if (left.output !== right.output) return left.output < right.output ? -1 : 1;
  return compareKeys(left, right);
}

function nameOf(key: BatchKey): string {
  return JSON.stringify([key.output, key.sequence, key.part]);
}
