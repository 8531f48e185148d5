/**
 * The state's contract in plain maps: the model to which the carrier on the disk is held, and a quick one for
 * simulations. Opening it again gives what was committed, as after the end of a process.
 */
import type { BatchKey } from '../event/batch.ts';
import { compareKeys } from '../event/batch.ts';
import type { StreamRecord } from '../event/stream.ts';
import { seenBy } from './forgotten.ts';
import { type HourEntry, hourlyOf, keyOfHour } from './hours.ts';
import type {
  Change,
  Cursor,
  History,
  Kept,
  LedgerEntry,
  Loss,
  Seen,
  Snapshot,
  State,
  StoredBatch,
} from './state.ts';
import { hoursMax, lossesMax } from './state.ts';

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
  readonly hours: Map<string, HourEntry>;
  readonly losses: Loss[];
  readonly kept: Map<string, Kept>;
}

export function memoryStore(): MemoryStore {
  const tables: Tables = {
    streams: new Map(),
    cursors: new Map(),
    batches: new Map(),
    bodies: new Map(),
    ledger: new Map(),
    notes: new Map(),
    hours: new Map(),
    losses: [],
    kept: new Map(),
  };
  return { open: () => openMemoryState(tables) };
}

function openMemoryState(tables: Tables): State {
  return {
    snapshot: snapshotOf(tables),
    commit: (changes) => {
      for (const change of changes) applyChange(tables, change);
      for (const entry of hourlyOf(changes)) addToHour(tables, entry);
    },
    ledger: (stream) =>
      [...tables.ledger.values()].filter((entry) => stream === undefined || entry.stream === stream),
    history: (output, sinceMs) => historyOf(tables, output, sinceMs),
    kept: (output, kind) =>
      [...tables.kept.values()]
        .filter((one) => one.output === output && one.kind === kind)
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
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
      forgetStream(tables, change.id, change.seen);
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
    case 'loss':
      tables.losses.push(change.loss);
      tables.losses.splice(0, tables.losses.length - lossesMax);
      return;
    case 'note':
      tables.notes.set(change.name, change.value);
      return;
    case 'keep':
      tables.kept.set(keptName(change.kept), change.kept);
      return;
    case 'drop':
      tables.kept.delete(keptName(change.dropped));
      return;
  }
}

function forgetStream(tables: Tables, id: string, seen: Seen | undefined): void {
  tables.streams.delete(id);
  for (const [name, cursor] of tables.cursors) if (cursor.stream === id) tables.cursors.delete(name);
  if (id === '') return;
  const mine = [...tables.ledger.values()].filter(({ stream }) => stream === id);
  for (const one of seenBy(mine, seen)) addToLedger(tables, { stream: '', term: 'seen', reason: '', ...one });
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

function addToHour({ hours }: Tables, entry: HourEntry): void {
  const name = JSON.stringify([entry.startMs, entry.output, entry.term, entry.reason]);
  const before = hours.get(name);
  hours.set(name, {
    ...entry,
    bytes: entry.bytes + (before?.bytes ?? 0),
    lines: entry.lines + (before?.lines ?? 0),
  });
  const starts = startsOf(hours);
  for (const [key, { startMs }] of hours) if (startMs < starts.at(-hoursMax)!) hours.delete(key);
}

function historyOf({ hours, losses }: Tables, output: string, sinceMs: number): History {
  const startMs = keyOfHour(sinceMs);
  const starts = startsOf(hours);
  const terms = new Map<string, History['terms'][number]>();
  for (const { startMs: start, term, reason, bytes, lines, output: whose } of hours.values()) {
    if (whose !== output || start < startMs) continue;
    const name = JSON.stringify([term, reason]);
    const before = terms.get(name) ?? { bytes: 0, lines: 0 };
    terms.set(name, { output, term, reason, bytes: before.bytes + bytes, lines: before.lines + lines });
  }
  return {
    fromMs: starts.length >= hoursMax ? Math.max(startMs, starts[0]!) : startMs,
    terms: [...terms.values()],
    losses: losses.filter((loss) => loss.output === output && loss.atMs >= startMs),
  };
}

function startsOf(hours: Tables['hours']): readonly number[] {
  return [...new Set([...hours.values()].map(({ startMs }) => startMs))].sort((a, b) => a - b);
}

function compareBatches(a: StoredBatch, b: StoredBatch): number {
  const [left, right] = [a.batch.key, b.batch.key];
  if (left.output !== right.output) return left.output < right.output ? -1 : 1;
  return compareKeys(left, right);
}

function nameOf(key: BatchKey): string {
  return JSON.stringify([key.output, key.sequence, key.part]);
}

function keptName({ output, kind, name }: Omit<Kept, 'value'>): string {
  return JSON.stringify([output, kind, name]);
}
