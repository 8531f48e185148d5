/** A batch in an outbox, and how batches get their names. Pure but for the hash. */
import type { Batch, BatchBody, BatchKey, Segment } from '../event/batch.ts';
import type { Hold } from '../event/hold.ts';
import type { Work } from '../host/work.ts';
import type { StoredBatch } from '../state/state.ts';

export interface Entry {
  stored: StoredBatch;
  /** Null when the bytes must be fetched: from the spool or from the source. */
  body: BatchBody | null;
  /** Records of each segment; null where only the body can tell. */
  readonly counts: readonly number[] | null;
  /** The right to the memory in which the body lies; given back by `letGo`. */
  holds: readonly Hold[];
  /** Refused by itself, with the reason; guilty only when others are accepted. */
  suspect: string | null;
  /** It died of too many faults and may be tried once more when others are taken. */
  secondChance: boolean;
  /** It is on its way, and its outcome is not known. */
  sending: boolean;
  /** Its bytes could not be read again; other streams go first until then. Monotonic milliseconds. */
  postponedUntilMs: number;
}

export interface Content {
  readonly segments: readonly Segment[];
  readonly bodies: BatchBody;
  readonly records: number;
}

/** With what is in memory of it; without, its bytes are to be fetched. */
export function newEntry(
  stored: StoredBatch,
  held: {
    readonly body: BatchBody | null;
    readonly counts?: readonly number[];
    readonly holds?: readonly Hold[];
  },
): Entry {
  return {
    stored,
    body: held.body,
    counts: held.counts ?? null,
    holds: held.holds ?? [],
    suspect: null,
    secondChance: false,
    sending: false,
    postponedUntilMs: 0,
  };
}

/** Its bytes are kept elsewhere from now on, or needed no more. */
export function letGo(entry: Entry): void {
  for (const hold of entry.holds) hold.release();
  entry.body = null;
  entry.holds = [];
}

/** The same agent, output and segments give the same id, before and after a restart. */
export function nameBatch(
  content: Content,
  given: { readonly key: BatchKey; readonly readAtMs: number; readonly agentId: string; readonly work: Work },
): Batch {
  const { segments, bodies, records } = content;
  const { key, readAtMs, agentId, work } = given;
  const named = segments.map((one) => `${one.stream} ${one.from} ${one.to} ${one.kind}\n`);
  const id = work.sha256([`${agentId}\n${key.output}\n`, ...named]);
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
  return { key, id, readAtMs, segments, records, bytes };
}

/** The key of one half of a batch. */
export function halfKey(key: BatchKey, half: 0 | 1): BatchKey {
  return { ...key, part: `${key.part}${half}` };
}
