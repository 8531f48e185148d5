/**
 * The ledger's equation for one stream and output, in bytes of the source:
 *
 *   seen = skipped + held + in flight + spooled + acked + filtered + dead letters + cut + gaps
 *
 * `seen` and `held` are measured at the source (how large its file is, how far it was read); in flight and spooled are
 * counted over the batches that are not settled; the other terms lie in the state. So a byte that is lost, or counted
 * twice, between a source and a destination leaves a difference. In lines it holds for what was read into closed batches,
 * where all of those were counted; a line that was cut counts as acked too. Pure.
 */
import type { Segment } from '../event/batch.ts';
import type { StreamId, StreamRecord } from '../event/stream.ts';
import type { LedgerEntry } from '../state/state.ts';

export interface Amount {
  readonly bytes: number;
  /** Null where they were not counted. */
  readonly lines: number | null;
}

/** `taken-over`: lines that an earlier program had left. `forgotten`: all that ended long ago, together. */
export interface Account {
  readonly stream: StreamId;
  readonly path: string;
  readonly status: 'followed' | 'ended' | 'taken-over' | 'forgotten';
  readonly output: string;
  /** Where the stream begins in its file: what is before belongs to the one that it continues. */
  readonly base: number;
  readonly seen: Amount;
  /** Before the place where reading began, bytes. */
  readonly skipped: number;
  /** Not in a closed batch yet: in its file, or just read, bytes. */
  readonly held: number;
  readonly inFlight: Amount;
  readonly spooled: Amount;
  readonly acked: Amount;
  /** By reason. */
  readonly filtered: Readonly<Record<string, Amount>>;
  readonly dead: Readonly<Record<string, Amount>>;
  readonly cut: Readonly<Record<string, Amount>>;
  readonly gaps: Readonly<Record<string, Amount>>;
  /** All before it is settled, byte offset. */
  readonly watermark: number;
  /** What was seen less what it became: 0 where the ledger closes; lines null where they are not known. */
  readonly difference: Amount;
}

/** A stream as its source has it. */
export interface Measured {
  readonly stream: StreamId;
  readonly path: string;
  readonly status: Account['status'];
  readonly output: string;
  /** Where the stream begins in its file: what is before belongs to another. */
  readonly base: number;
  /** The largest size at which it was seen. */
  readonly size: number;
  /** Where the last closed batch ends. */
  readonly read: number;
  readonly watermark: number;
  readonly lines: number | null;
}

/** A batch that is not settled. */
export interface Waiting {
  readonly spooled: boolean;
  readonly segments: readonly Segment[];
  /** Records of each segment; null where only the whole is known. */
  readonly counts: readonly number[] | null;
  readonly records: number;
}

/** What a generation has in common with the one that it continues is that one's. */
export function baseOf(record: Pick<StreamRecord, 'parent'> | undefined): number {
  return record?.parent?.from ?? 0;
}

export function accountOf(
  measured: Measured,
  given: { readonly waiting: Pending; readonly ledger: readonly LedgerEntry[] },
): Account {
  const { stream, path, status, output, base, size, read, watermark } = measured;
  const seen = { bytes: Math.max(size, read) - base, lines: measured.lines };
  const { inFlight, spooled } = given.waiting;
  const terms = termsOf(given.ledger);
  const held = seen.bytes - (read - base);
  const became = sum([
    { bytes: held + terms.skipped.bytes, lines: 0 },
    ...[inFlight, spooled, terms.acked],
    ...[...Object.values(terms.filtered), ...Object.values(terms.dead), ...Object.values(terms.gaps)],
    ...Object.values(terms.cut).map(({ bytes }) => ({ bytes, lines: 0 })),
  ]);
  return {
    stream,
    path,
    status,
    output,
    base,
    seen,
    skipped: terms.skipped.bytes,
    held,
    inFlight,
    spooled,
    acked: terms.acked,
    filtered: terms.filtered,
    dead: terms.dead,
    cut: terms.cut,
    gaps: terms.gaps,
    watermark,
    difference: sum([seen, { bytes: -became.bytes, lines: negative(became.lines) }]),
  };
}

/** Streams that are no longer known: what was seen of them lies in the ledger. */
export function forgottenAccount(output: string, ledger: readonly LedgerEntry[]): Account {
  const seen = totalOf(ledger.filter(({ term }) => term === 'seen'));
  const known = { stream: '', path: '', status: 'forgotten', output, base: 0 } as const;
  const at = { size: seen.bytes, read: seen.bytes, watermark: seen.bytes, lines: seen.lines };
  return accountOf({ ...known, ...at }, { waiting: nothingPending, ledger });
}

export interface Pending {
  readonly inFlight: Amount;
  readonly spooled: Amount;
}

const nothing: Amount = { bytes: 0, lines: 0 };
export const nothingPending: Pending = { inFlight: nothing, spooled: nothing };

/** By stream: of all, or of some. */
export function pendingOf(
  batches: Iterable<Waiting>,
  some: ReadonlySet<StreamId> | null = null,
): ReadonlyMap<StreamId, Pending> {
  const found = new Map<StreamId, Pending>();
  for (const { segments, counts, records, spooled } of batches) {
    const alone = segments.every(({ stream }) => stream === segments[0]!.stream);
    segments.forEach((segment, index) => {
      const { stream, from, to } = segment;
      if (some !== null && !some.has(stream)) return;
      const whole = alone && counts === null;
      const inBody = whole ? (index === 0 ? records : 0) : (counts?.[index] ?? null);
      // Of a batch of one stream the whole is enough: the first segment stands for all.
      const leftOut = segment.kind === 'filtered' ? segment.lines : 0;
      const amount = { bytes: to - from, lines: inBody === null ? null : inBody + leftOut };
      const before = found.get(stream) ?? nothingPending;
      const term = spooled ? 'spooled' : 'inFlight';
      found.set(stream, { ...before, [term]: sum([before[term], amount]) });
    });
  }
  return found;
}

export function sum(amounts: readonly Amount[]): Amount {
  return amounts.reduce(plus, nothing);
}

export function closes({ difference }: Account): boolean {
  return difference.bytes === 0 && (difference.lines ?? 0) === 0;
}

interface Terms {
  readonly skipped: Amount;
  readonly acked: Amount;
  readonly filtered: Record<string, Amount>;
  readonly dead: Record<string, Amount>;
  readonly cut: Record<string, Amount>;
  readonly gaps: Record<string, Amount>;
}

function termsOf(ledger: readonly LedgerEntry[]): Terms {
  let skipped = nothing;
  let acked = nothing;
  const [filtered, dead, cut, gaps]: Record<string, Amount>[] = [{}, {}, {}, {}];
  for (const entry of ledger) {
    const { term, bytes, lines } = entry;
    // A dead letter that was taken after all has left nothing there.
    if (bytes === 0 && lines === 0) continue;
    const amount = { bytes, lines };
    if (term === 'skipped') skipped = plus(skipped, amount);
    else if (term === 'acked') acked = plus(acked, amount);
    else if (term === 'filtered') addTo(filtered!, entry.reason, amount);
    else if (term === 'dead') addTo(dead!, entry.reason, amount);
    else if (term === 'cut') addTo(cut!, entry.reason, amount);
    else if (term === 'gap') addTo(gaps!, entry.reason, amount);
  }
  return { skipped, acked, filtered: filtered!, dead: dead!, cut: cut!, gaps: gaps! };
}

/** Of the streams that are forgotten there are several entries for one reason. */
function addTo(reasons: Record<string, Amount>, reason: string, amount: Amount): void {
  const before = reasons[reason];
  reasons[reason] = before === undefined ? amount : plus(before, amount);
}

function plus(a: Amount, b: Amount): Amount {
  return { bytes: a.bytes + b.bytes, lines: a.lines === null || b.lines === null ? null : a.lines + b.lines };
}

function totalOf(entries: readonly LedgerEntry[]): Amount {
  return sum(entries.map(({ bytes, lines }) => ({ bytes, lines })));
}

function negative(lines: number | null): number | null {
  return lines === null ? null : -lines;
}
