/**
 * A batch as the hub takes it, whichever protocol it came in and however its body was read. Data only.
 *
 * Where bytes and line ends tell all (`text`), there is no object for each line; `lines` and `append` have one for each.
 */
import { basename } from 'node:path/posix';
import type { Chain, Statement } from '../event/chain.ts';
import type { StreamId } from '../event/stream.ts';
import type { ReceivedBatch, ReceivedRecord, ReceivedSegment } from './received.ts';

export interface Incoming {
  /** Null where the protocol has none (`sync-logs`). */
  readonly agentId: string | null;
  /** Null where the sender asks for no receipt. */
  readonly batchId: string | null;
  readonly records: number;
  readonly segments: readonly IncomingSegment[];
  readonly chained: Chained | null;
}

export interface PlacedRecord {
  readonly to: number;
  /** Without the line end. */
  readonly bytes: Uint8Array;
  readonly cut: boolean;
}

/**
 * `text`:   bytes of the file from `from` on, line ends included. With `from` null the sender knows no positions: then
 *           every line ends with LF, also the last.
 * `lines`:  records at positions, without holes from `from` to their last `to`.
 * `append`: records of a sender that knows no positions.
 * `gap`, `filtered`, `dead`: positions of which no bytes come, and why.
 */
export type IncomingSegment = { readonly path: string; readonly source: string } & (
  | {
      readonly kind: 'text';
      readonly stream: StreamId | null;
      readonly from: number | null;
      readonly text: Uint8Array;
      readonly count: number;
    }
  | {
      readonly kind: 'lines';
      readonly stream: StreamId;
      readonly from: number;
      readonly records: readonly PlacedRecord[];
    }
  | { readonly kind: 'append'; readonly stream: null; readonly records: readonly { bytes: Uint8Array }[] }
  | {
      readonly kind: 'gap' | 'filtered' | 'dead';
      readonly stream: StreamId;
      readonly from: number;
      readonly to: number;
      readonly reason: string;
    }
);

/** What a block brings besides its segments where agent and hub speak the chain. */
export interface Chained {
  readonly chain: Chain;
  /** Of the process that sent it; null where it does not say. */
  readonly instance: string | null;
  /** SHA-256 of the segments' bytes, which it was held against. */
  readonly contentHash: string;
  /** What the agent remembers of streams: objects as JSON, to be kept as they are. */
  readonly descriptions: ReadonlyMap<StreamId, string>;
  readonly statements: readonly Statement[];
}

/** Without the envelope, the records of each source follow one another as if there were no others. */
export function incomingOf({ agentId, records, envelope }: ReceivedBatch): Incoming {
  return {
    agentId,
    batchId: envelope?.batchId ?? null,
    records: records.length,
    chained: null,
    segments:
      envelope === null
        ? appendedBySource(records)
        : envelope.segments.filter((segment) => segment.from < segment.to).map(segmentOf),
  };
}

/** What a segment is called where none of its records says it. */
export function sourceOf(path: string): string {
  return basename(path);
}

function segmentOf(segment: ReceivedSegment): IncomingSegment {
  const { stream, path, from, to } = segment;
  switch (segment.kind) {
    case 'lines': {
      const source = segment.records[0]?.source ?? sourceOf(path);
      const records = segment.records.map(({ bytes }, index) => ({
        to: segment.ends[index]!,
        bytes,
        cut: false,
      }));
      return { kind: 'lines', stream, path, source, from, records };
    }
    case 'cut': {
      const { bytes, source } = segment.record;
      return { kind: 'lines', stream, path, source, from, records: [{ to, bytes, cut: true }] };
    }
    case 'gap':
    case 'filtered':
    case 'dead':
      return { kind: segment.kind, stream, path, source: sourceOf(path), from, to, reason: segment.reason };
  }
}

function appendedBySource(records: readonly ReceivedRecord[]): IncomingSegment[] {
  const bySource = new Map<string, { bytes: Uint8Array }[]>();
  for (const { source, bytes } of records) {
    const list = bySource.get(source);
    if (list === undefined) bySource.set(source, [{ bytes }]);
    else list.push({ bytes });
  }
  return [...bySource].map(([source, list]) => ({
    kind: 'append',
    stream: null,
    path: '',
    source,
    records: list,
  }));
}
