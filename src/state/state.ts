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
 */
export interface StoredBatch {
  readonly batch: Batch;
  readonly status: 'open' | 'spooled' | 'acked' | 'dead' | 'replay';
  /** How many answers blamed this batch. */
  readonly attempts: number;
  /** Why it is dead; '' otherwise. */
  readonly reason: string;
  /** Milliseconds since the epoch of the last change. */
  readonly atMs: number;
}

/** Running totals; `add` in a change is added to what is there. */
export interface LedgerEntry {
  readonly stream: StreamId;
  readonly output: string;
  readonly term: 'skipped' | 'acked' | 'filtered' | 'dead' | 'cut' | 'gap';
  /** Which rule, limit or cause; '' where there is only one. */
  readonly reason: string;
  readonly bytes: number;
  readonly lines: number;
}

export type Change =
  | { readonly kind: 'stream'; readonly stream: StreamRecord }
  /** Also removes its cursors. Its ledger is added to that of the stream named '' (streams no longer known). */
  | { readonly kind: 'forget-stream'; readonly id: StreamId }
  | { readonly kind: 'cursor'; readonly cursor: Cursor }
  /** A body given is kept from now on; without one, what is kept stays. */
  | { readonly kind: 'batch'; readonly stored: StoredBatch; readonly body?: readonly Uint8Array[] }
  | { readonly kind: 'forget-batch'; readonly key: BatchKey }
  | { readonly kind: 'ledger'; readonly add: LedgerEntry }
  | { readonly kind: 'note'; readonly name: string; readonly value: string };
