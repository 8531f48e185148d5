/**
 * The audit of an agent: the account of every stream, and where something is missing. The same over a running agent and
 * over the state of a stopped one. Reads only.
 */
import { hasBody } from '../event/batch.ts';
import type { LinkPlace } from '../event/chain.ts';
import type { StreamId, StreamRecord } from '../event/stream.ts';
import { printablePath } from '../host/disk.ts';
import type { StreamStatus } from '../source/source.ts';
import type { History, LedgerEntry, Loss, Snapshot, State, StoredBatch } from '../state/state.ts';
import {
  type Account,
  accountOf,
  baseOf,
  closes,
  forgottenAccount,
  type Measured,
  nothingPending,
  pendingOf,
  type Waiting,
} from './account.ts';
import { standingIn } from './links.ts';
import { type Marks, Settlement } from './settlement.ts';

export interface Audit {
  readonly agentId: string;
  readonly atMs: number;
  /** False: the agent is stopped, and this is what its state knows. What was written since is not seen. */
  readonly running: boolean;
  readonly output: string;
  /** By path, then by name. */
  readonly streams: readonly Account[];
  /** Streams that ended so long ago that only their sums are kept; null where some streams were asked for. */
  readonly forgotten: Account | null;
  /** Gaps and dead letters with their places, oldest first; of very many the newest. */
  readonly missing: readonly Loss[];
  /** The newest link for which the hub has signed; null where there is none. */
  readonly signed: LinkPlace | null;
  /** What happened since the time that was asked for; null when none was. */
  readonly since: Pick<History, 'fromMs' | 'terms'> | null;
}

/** What an audit is made of. */
export interface Books {
  readonly agentId: string;
  readonly atMs: number;
  readonly running: boolean;
  readonly output: string;
  readonly streams: readonly Measured[];
  readonly waiting: Iterable<Waiting>;
  readonly dead: Iterable<StoredBatch>;
  readonly signed: LinkPlace | null;
  readonly state: Pick<State, 'ledger' | 'history'>;
}

/** `sinceMs`: milliseconds since the epoch; null: all of it. Throws `AlmadiaError` STATE_BROKEN. */
export function makeAudit(books: Books, sinceMs: number | null): Audit {
  const { agentId, atMs, running, output, state } = books;
  const history = state.history(output, sinceMs ?? 0);
  const letters = [...books.dead].flatMap(lossesOf).filter((loss) => loss.atMs >= history.fromMs);
  return {
    ...{ agentId, atMs, running, output, signed: books.signed },
    ...accountsOf(books),
    missing: [...history.losses, ...letters].sort((a, b) => a.atMs - b.atMs),
    since: sinceMs === null ? null : { fromMs: history.fromMs, terms: history.terms },
  };
}

/** The accounts of all streams that an output has to do with. */
export function accountsOf(
  books: Pick<Books, 'output' | 'streams' | 'waiting' | 'state'>,
): Pick<Audit, 'streams' | 'forgotten'> {
  const { output, streams } = books;
  const ledger = new Map<StreamId, LedgerEntry[]>(streams.map(({ stream }) => [stream, []]));
  const others: LedgerEntry[] = [];
  // Of a stream that is not known any more, a dead letter may be replayed or dropped.
  for (const entry of books.state.ledger())
    if (entry.output === output) (ledger.get(entry.stream) ?? others).push(entry);
  const pending = pendingOf(books.waiting);
  return {
    streams: streams
      .map((measured) => {
        const waiting = pending.get(measured.stream) ?? nothingPending;
        return accountOf(measured, { waiting, ledger: ledger.get(measured.stream)! });
      })
      .sort(byPath),
    forgotten: forgottenAccount(output, others),
  };
}

/** Those whose equation does not hold. */
export function brokenOf({ streams, forgotten }: Pick<Audit, 'streams' | 'forgotten'>): readonly Account[] {
  const all = forgotten === null ? streams : [...streams, forgotten];
  return all.filter((account) => !closes(account));
}

/** What an output and a running source know of each stream. */
export function measuredOf(
  output: string,
  known: {
    readonly records: ReadonlyMap<StreamId, StreamRecord>;
    readonly marks: Iterable<Marks>;
    /** What the source sees now; none of a stopped agent. */
    readonly seen: readonly StreamStatus[];
  },
): Measured[] {
  const marks = new Map([...known.marks].map((one) => [one.stream, one]));
  const seen = new Map(known.seen.map((one) => [one.id, one]));
  const measured = [...known.records.values()].map((record): Measured => {
    const base = baseOf(record);
    const { read, watermark } = marks.get(record.id) ?? { read: base, watermark: base };
    const now = seen.get(record.id);
    marks.delete(record.id);
    return {
      ...{ stream: record.id, path: printablePath(record.path), output, base, read, watermark },
      status: now?.status ?? record.status,
      size: Math.max(record.size, now?.size ?? 0, now?.position ?? 0),
      lines: record.lines ?? null,
    };
  });
  for (const { stream, read, watermark } of marks.values()) {
    const unfiled = { path: '', status: 'taken-over', base: 0, size: read, lines: null } as const;
    measured.push({ stream, output, read, watermark, ...unfiled });
  }
  return measured;
}

/** The books of a stopped agent, for one of its outputs. */
export function booksOf(
  state: State,
  given: { readonly output: string; readonly agentId: string; readonly atMs: number },
): Books {
  const { output } = given;
  const { snapshot } = state;
  const mine = snapshot.batches.filter(({ batch }) => batch.key.output === output);
  const records = new Map(snapshot.streams.map((one) => [one.id, one]));
  const marks = marksIn(snapshot, output);
  return {
    ...given,
    running: false,
    streams: measuredOf(output, { records, marks, seen: [] }),
    waiting: mine.filter(isWaiting).map(({ batch, status }) => ({
      spooled: status === 'spooled',
      segments: batch.segments,
      counts: null,
      records: batch.records,
    })),
    signed: standingIn(state, output).signed,
    dead: mine.filter(({ status }) => status === 'dead' || status === 'replay'),
    state,
  };
}

function isWaiting({ status }: StoredBatch): boolean {
  return status === 'open' || status === 'spooled';
}

/** Batches that stand behind a cursor. */
const marksOf: ReadonlySet<StoredBatch['status']> = new Set(['open', 'spooled', 'acked']);

/** How far an output was with each stream: its cursors, and what the batches that are remembered add to them. */
function marksIn(snapshot: Snapshot, output: string): readonly Marks[] {
  const settlement = new Settlement();
  for (const cursor of snapshot.cursors) if (cursor.output === output) settlement.restore(cursor);
  for (const { batch, status } of snapshot.batches) {
    if (batch.key.output !== output || !marksOf.has(status)) continue;
    settlement.read(batch.segments);
  }
  return [...settlement.all()];
}

function lossesOf({ batch, reason, atMs }: StoredBatch): Loss[] {
  const { output } = batch.key;
  return batch.segments
    .filter(hasBody)
    .map(({ stream, path, from, to }) => ({ atMs, output, stream, path, from, to, term: 'dead', reason }));
}

function byPath(a: Account, b: Account): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return a.stream < b.stream ? -1 : 1;
}
