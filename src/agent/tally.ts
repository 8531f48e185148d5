/** What settled batches add to the ledger, in source bytes and lines, per stream, and where something was lost. Pure. */
import type { Batch, BatchBody, Segment } from '../event/batch.ts';
import { hasBody } from '../event/batch.ts';
import { walkLines } from '../lines/ends.ts';
import { isBlank } from '../lines/white-space.ts';
import type { Delivery } from '../output/output.ts';
import type { Change, LedgerEntry, Loss, StoredBatch } from '../state/state.ts';

interface Blank {
  readonly bytes: number;
  readonly lines: number;
}

const none = { bytes: 0, lines: 0 };
const lineLimit = 'line limit';
const protocolLimit = 'protocol limit';

/**
 * A batch that the destination took: acked, but for what was cut, filtered or could not be read. `counts` are the records
 * of each segment; the body is asked for only where blank lines of several streams must be told apart. `atMs`: now.
 */
export function ackedChanges(
  batch: Batch,
  delivery: Delivery,
  { counts, body, atMs }: { readonly counts: readonly number[]; body(): BatchBody; readonly atMs: number },
): Change[] {
  const tally = new Tally(batch.key.output, atMs);
  const blanks = blanksOf(batch, delivery, body);
  let cutLeft = delivery.cut;
  batch.segments.forEach((segment, index) => {
    if (!hasBody(segment)) {
      tally.withoutBody(segment);
      return;
    }
    const blank = blanks[index] ?? none;
    const overLimit = segment.kind === 'cut' ? segment.to - segment.from - segment.kept : 0;
    tally.add(segment, 'filtered', { reason: 'blank', ...blank });
    tally.add(segment, 'cut', { reason: lineLimit, bytes: overLimit, lines: overLimit > 0 ? 1 : 0 });
    tally.add(segment, 'cut', { reason: protocolLimit, ...cutLeft });
    tally.add(segment, 'acked', {
      reason: '',
      bytes: segment.to - segment.from - blank.bytes - overLimit - cutLeft.bytes,
      lines: counts[index]! - blank.lines,
    });
    cutLeft = none;
  });
  return tally.changes;
}

/** A batch that was set aside at its `atMs`. */
export function deadChanges({ batch, reason, atMs }: StoredBatch, counts: readonly number[]): Change[] {
  const tally = new Tally(batch.key.output, atMs);
  batch.segments.forEach((segment, index) => {
    const bytes = segment.to - segment.from;
    if (!hasBody(segment)) tally.withoutBody(segment);
    else tally.add(segment, 'dead', { reason, bytes, lines: counts[index]! });
  });
  return tally.changes;
}

/** A dead letter that was taken after all: it moves from dead to acked. `atMs`: now. */
export function replayedChanges(
  { batch, reason }: StoredBatch,
  { counts, atMs }: { readonly counts: readonly number[]; readonly atMs: number },
): Change[] {
  const tally = new Tally(batch.key.output, atMs);
  batch.segments.forEach((segment, index) => {
    if (!hasBody(segment)) return;
    const bytes = segment.to - segment.from;
    const lines = counts[index]!;
    tally.add(segment, 'dead', { reason, bytes: -bytes, lines: -lines });
    tally.add(segment, 'acked', { reason: '', bytes, lines });
  });
  return tally.changes;
}

/** What was acked once and sent again: what is gone moves from acked to gaps. `atMs`: now. */
export function resentChanges(batch: Batch, atMs: number): Change[] {
  const tally = new Tally(batch.key.output, atMs);
  for (const segment of batch.segments) {
    if (segment.kind !== 'gap' || segment.reason !== 'hub-went-back') continue;
    tally.add(segment, 'acked', { reason: '', bytes: segment.from - segment.to, lines: 0 });
    tally.withoutBody(segment);
  }
  return tally.changes;
}

/** What was acked once, sent again and refused: it moves from acked to dead. */
export function deadAgainChanges({ batch, reason, atMs }: StoredBatch, counts: readonly number[]): Change[] {
  const tally = new Tally(batch.key.output, atMs);
  batch.segments.forEach((segment, index) => {
    if (!hasBody(segment)) return;
    const bytes = segment.to - segment.from;
    const lines = counts[index]!;
    tally.add(segment, 'acked', { reason: '', bytes: -bytes, lines: -lines });
    tally.add(segment, 'dead', { reason, bytes, lines });
  });
  return [...tally.changes, ...resentChanges(batch, atMs)];
}

/** Blank lines that were left out, by segment. Those of one stream alone need not be looked for. */
function blanksOf(batch: Batch, { blank }: Delivery, body: () => BatchBody): readonly Blank[] {
  const { segments } = batch;
  if (blank.lines === 0) return [];
  const first = segments.findIndex(({ kind }) => kind === 'lines');
  if (segments.every(({ stream }) => stream === segments[0]!.stream)) {
    return segments.map((_, index) => (index === first ? blank : none));
  }
  const bodies = body();
  return segments.map((segment, index) => blankOf(segment, bodies[index] ?? new Uint8Array(0)));
}

class Tally {
  readonly #output: string;
  readonly #atMs: number;
  readonly #entries = new Map<string, LedgerEntry>();
  readonly #losses: Loss[] = [];

  constructor(output: string, atMs: number) {
    this.#output = output;
    this.#atMs = atMs;
  }

  get changes(): Change[] {
    return [
      ...[...this.#entries.values()].map((add): Change => ({ kind: 'ledger', add, atMs: this.#atMs })),
      ...this.#losses.map((loss): Change => ({ kind: 'loss', loss })),
    ];
  }

  withoutBody(segment: Extract<Segment, { kind: 'gap' | 'filtered' }>): void {
    const { stream, path, from, to, reason } = segment;
    if (segment.kind === 'filtered') {
      this.add(segment, 'filtered', { reason, bytes: to - from, lines: segment.lines });
      return;
    }
    this.add(segment, 'gap', { reason, bytes: to - from, lines: 0 });
    const about = { atMs: this.#atMs, output: this.#output, term: 'gap' } as const;
    if (to > from) this.#losses.push({ ...about, stream, path, from, to, reason });
  }

  add(
    { stream }: Segment,
    term: LedgerEntry['term'],
    amount: { readonly reason: string; readonly bytes: number; readonly lines: number },
  ): void {
    if (amount.bytes === 0 && amount.lines === 0) return;
    const key = `${stream} ${term} ${amount.reason}`;
    const before = this.#entries.get(key);
    const bytes = (before?.bytes ?? 0) + amount.bytes;
    const lines = (before?.lines ?? 0) + amount.lines;
    this.#entries.set(key, { stream, output: this.#output, term, reason: amount.reason, bytes, lines });
  }
}

function blankOf(segment: Segment, body: Uint8Array): Blank {
  let bytes = 0;
  let lines = 0;
  let from = 0;
  if (segment.kind !== 'lines') return { bytes, lines };
  walkLines(body, (line, end) => {
    if (isBlank(line)) {
      bytes += end - from;
      lines += 1;
    }
    from = end;
    return true;
  });
  return { bytes, lines };
}
