/**
 * What an agent remembers: streams, cursors, batches, the ledger. One contract of few members, fit to be carried by
 * one SQLite file (`sqlite.ts`) and, for very old engines, by an append-only file. There is no SQL above it.
 *
 * Contract. `commit` is one transaction: all changes or none. `normal`: it survives the end of the process; at a
 * power loss the newest commits may be missing, but never one without those before it. `full`: it is on the disk
 * when the call returns. Changes are upserts and removals by key, so repeating one does no harm. Failure throws
 * `AlmadiaError` STATE_FULL, STATE_BROKEN and leaves what was there before; the caller keeps its data and tries
 * again. Nothing can be cancelled: calls are synchronous and short. One process at a time (STATE_LOCKED).
 */
import type { Batch, BatchKey } from '../event/batch.ts';
import type { StreamId, StreamRecord } from '../event/stream.ts';
import type { Durability } from '../host/database.ts';

export interface State {
  /** What was remembered when it was opened. */
  readonly snapshot: Snapshot;
  commit(changes: readonly Change[], durability: Durability): void;
  /** The ledger as it is now: of one stream, or all of it. */
  ledger(stream?: StreamId): readonly LedgerEntry[];
  /** What became of an output's bytes, and where some were lost, since a time (milliseconds since the epoch). */
  history(output: string, sinceMs: number): History;
  /** What is kept of one kind of an output's dealings with its hub, in order of their names. */
  kept(output: string, kind: Kept['kind']): readonly Kept[];
  /** The bytes of a spooled or dead batch, as one block; null for one whose bytes are not kept here. */
  body(key: BatchKey): Uint8Array | null;
  close(): void;
}

export interface Snapshot {
  readonly streams: readonly StreamRecord[];
  readonly cursors: readonly Cursor[];
  /** In order of output, sequence and part. Also those of outputs that are not configured any more. */
  readonly batches: readonly StoredBatch[];
  readonly ledger: readonly LedgerEntry[];
  readonly notes: ReadonlyMap<string, string>;
}

/** What is kept of the dealings of one output with its hub (docs/protocol.md), as JSON: `agent/links.ts` has the shapes. */
export interface Kept {
  readonly output: string;
  readonly kind: 'standing' | 'receipt' | 'statement' | 'event' | 'moved';
  readonly name: string;
  readonly value: string;
}

/** How far one output is with one stream. */
export interface Cursor {
  readonly stream: StreamId;
  readonly output: string;
  /**
   * The source is read from here on, or from the end of the last remembered batch of the stream where that lies further:
   * everything before is settled or lies in a remembered batch.
   */
  readonly read: number;
  /** Everything before it is settled: acked, filtered, a gap, or committed as dead letter. */
  readonly watermark: number;
}

/**
 * `open`:    boundaries only; its bytes are still in the source.
 * `spooled`: its bytes are kept here.
 * `acked`:   settled before an earlier batch was; kept so that a restart does not send it again.
 * `dead`:    set aside with the reason; its bytes are kept here. `replay` marks one that is to be sent once more.
 * `again`:   settled before, and lost by the hub since; its bytes are in the source. It holds no watermark back.
 */
export interface StoredBatch {
  readonly batch: Batch;
  readonly status: 'open' | 'spooled' | 'acked' | 'dead' | 'replay' | 'again';
  /** How many answers blamed this batch. */
  readonly attempts: number;
  /** Why it is dead; '' otherwise. */
  readonly reason: string;
  /** Milliseconds since the epoch of the last change. */
  readonly atMs: number;
}

/**
 * Running totals; `add` in a change is added to what is there. The stream '' stands for all that are no longer known, and
 * only it has the term `seen`: what the equation's other side was when each of them was forgotten.
 */
export interface LedgerEntry {
  readonly stream: StreamId;
  readonly output: string;
  readonly term: 'seen' | 'skipped' | 'acked' | 'filtered' | 'dead' | 'cut' | 'gap';
  /** Which rule, limit or cause; '' where there is only one. */
  readonly reason: string;
  readonly bytes: number;
  readonly lines: number;
}

/** What was seen of a stream, as one output has it. */
export interface Seen {
  readonly output: string;
  readonly bytes: number;
  /** Null where they were not counted: then those of the ledger are taken. */
  readonly lines: number | null;
}

/** Bytes of a stream that will never arrive. */
export interface Loss {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly output: string;
  readonly stream: StreamId;
  /** For people. */
  readonly path: string;
  readonly from: number;
  readonly to: number;
  readonly term: 'gap' | 'dead';
  readonly reason: string;
}

export interface History {
  /** The beginning of the first hour that is counted in; 0: nothing older was ever forgotten, and all of it is counted. */
  readonly fromMs: number;
  readonly terms: readonly Omit<LedgerEntry, 'stream'>[];
  /** Oldest first. */
  readonly losses: readonly Loss[];
}

/** The ledger is kept by hour for so many hours in which something happened: two months without a pause. */
export const hoursMax = 1500;
/** So many losses are kept with their places, the newest; the ledger counts the others. */
export const lossesMax = 1000;
export const hourMs = 3_600_000;

export type Change =
  | { readonly kind: 'stream'; readonly stream: StreamRecord }
  /**
   * Also removes its cursors. Its ledger is added to that of the stream named '' (streams no longer known), and to the
   * term `seen` there what the source had seen of it; for outputs that are not named, what their ledger has of it.
   */
  | { readonly kind: 'forget-stream'; readonly id: StreamId; readonly seen?: Seen }
  | { readonly kind: 'cursor'; readonly cursor: Cursor }
  /** A body given is kept from now on; without one, what is kept stays. */
  | { readonly kind: 'batch'; readonly stored: StoredBatch; readonly body?: readonly Uint8Array[] }
  | { readonly kind: 'forget-batch'; readonly key: BatchKey }
  /** With the time at which it happened it is counted in that hour too. */
  | { readonly kind: 'ledger'; readonly add: LedgerEntry; readonly atMs?: number }
  | { readonly kind: 'loss'; readonly loss: Loss }
  | { readonly kind: 'note'; readonly name: string; readonly value: string }
  | { readonly kind: 'keep'; readonly kept: Kept }
  | { readonly kind: 'drop'; readonly dropped: Omit<Kept, 'value'> };
