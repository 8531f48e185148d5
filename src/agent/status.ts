/** What a running agent tells of itself, over its local socket, as JSON. Data only. */
import type { Trouble } from '../protocol/condition.ts';
import type { StreamStatus } from '../source/source.ts';

/**
 * `connecting`: not answered yet. `connected`: the last answer was a success. `away`: nobody answers; batches are
 * kept. `refused`: the destination answers, but the configuration is wrong; everything is kept.
 */
export type Connection = 'connecting' | 'connected' | 'away' | 'refused';

export interface AgentStatus {
  readonly agentId: string;
  readonly hostname: string;
  readonly osType: string;
  readonly version: string;
  readonly pid: number;
  readonly startedAtMs: number;
  readonly nowMs: number;
  readonly stateDirectory: string;
  readonly residentBytes: number;
  readonly output: {
    readonly name: string;
    readonly type: string;
    /** Without credentials. */
    readonly url: string;
    readonly connection: Connection;
    /** When it last changed, milliseconds since the epoch. */
    readonly sinceMs: number;
    readonly lastAckAtMs: number | null;
    readonly lastError: Trouble | null;
    readonly nextTryAtMs: number | null;
  };
  /** What the hub and this agent have of each other's chain; null where no hub ever offered one. */
  readonly chain: {
    readonly hubId: string;
    /** Base64, as it is kept. */
    readonly publicKey: string;
    readonly epoch: string;
    /** Of the newest link. */
    readonly sequence: number;
    /** Receipts that verified, and that did not. */
    readonly receipts: number;
    readonly refused: number;
  } | null;
  readonly buffer: {
    readonly spooledBatches: number;
    readonly spooledRecords: number;
    readonly spooledBytes: number;
    readonly spoolBytesMax: number;
    /** Read and not settled, still in memory. */
    readonly heldRecords: number;
    /** True when the spool is full and the sources wait in their files. */
    readonly full: boolean;
  };
  readonly deadLetters: { readonly batches: number; readonly records: number; readonly bytes: number };
  readonly streams: readonly (StreamStatus & {
    readonly watermark: number;
    /** Bytes of the file that are not settled. */
    readonly lagBytes: number;
    /** How long the oldest of them may have waited, milliseconds. */
    readonly lagMs: number;
  })[];
  /** Streams whose ledger does not close: bytes or lines that nobody can account for. */
  readonly ledger: { readonly openStreams: number; readonly firstPath: string | null };
  readonly totals: {
    readonly ackedLines: number;
    readonly ackedBytes: number;
    /** By reason, such as `blank`. */
    readonly filteredLines: Readonly<Record<string, number>>;
    readonly cutLines: number;
    readonly gapBytes: number;
    readonly skippedBytes: number;
    /** Lines sent again after a crash to a destination that cannot tell repeats. */
    readonly possibleRepeats: number;
  };
}
