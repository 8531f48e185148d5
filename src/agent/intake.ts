/**
 * Reads from the source into batches, as long as the outbox has room. Back-pressure is not reading.
 *
 * A batch that is due stays open while the delivery is busy: it would only wait, and what is read meanwhile would follow
 * it in a batch of its own. So requests grow with the load, and a line waits for two of them at most.
 */
import type { Host } from '../host/host.ts';
import type { Piece, Source } from '../source/source.ts';
import type { Batcher, Draft } from './batcher.ts';
import type { Delivery } from './delivery.ts';
import type { Outbox } from './outbox.ts';
import { type Filter, sift } from './sift.ts';

export interface IntakeOptions {
  readonly host: Pick<Host, 'clock'>;
  readonly source: Source;
  readonly batcher: Batcher;
  readonly outbox: Outbox;
  readonly delivery: Pick<Delivery, 'busy' | 'dealtWith'>;
  /** Which lines are left out; without it no line is looked at. */
  readonly filter?: Filter;
  /** An open batch closes after so long; the first line after a silence of that length goes at once. */
  readonly intervalMs: number;
}

/** Until the signal is aborted; what was read by then is closed into a last batch. */
export async function runIntake(options: IntakeOptions, signal: AbortSignal): Promise<void> {
  const { host, batcher, outbox, delivery, intervalMs } = options;
  let closedAtMs = Number.NEGATIVE_INFINITY;
  const close = (drafts: readonly Draft[]) => {
    for (const draft of drafts) {
      outbox.enter(draft);
      closedAtMs = host.clock.monotonicMs();
    }
  };
  while (!signal.aborted) {
    if (!outbox.hasRoom) {
      await outbox.roomMade.wait(host.clock, Number.POSITIVE_INFINITY, signal);
      continue;
    }
    const dueMs = batcher.openedAtMs === null ? null : Math.max(batcher.openedAtMs, closedAtMs) + intervalMs;
    const pieces = await takeUntil(options, dueMs, signal);
    for (const piece of pieces) {
      const at = { monotonicMs: host.clock.monotonicMs(), nowMs: host.clock.now() };
      const parts = options.filter === undefined ? [piece] : sift(piece, options.filter);
      for (const part of parts) close(batcher.add(part, at));
    }
    const nowMs = host.clock.monotonicMs();
    const silent = nowMs - closedAtMs >= intervalMs;
    if (!batcher.empty && (silent || (dueMs !== null && nowMs >= dueMs)) && !delivery.busy) {
      close([batcher.close(host.clock.now())]);
    }
  }
  if (!batcher.empty) close([batcher.close(host.clock.now())]);
}

const over = 'over';

/** Waits for pieces, but not past the time at which the open batch is due and the delivery is free. */
async function takeUntil(
  { host, source, batcher, delivery }: IntakeOptions,
  dueMs: number | null,
  signal: AbortSignal,
): Promise<readonly Piece[]> {
  if (dueMs === null) return await source.take(batcher.bytesMax, signal);
  const waitMs = dueMs - host.clock.monotonicMs();
  if (waitMs <= 0 && !delivery.busy) return [];
  const due = new AbortController();
  const stop = () => due.abort(over);
  signal.addEventListener('abort', stop, { once: true });
  const wait = delivery.busy
    ? delivery.dealtWith.wait(host.clock, Number.POSITIVE_INFINITY, due.signal)
    : host.clock.sleep(waitMs, due.signal);
  const alarm = wait.then(stop);
  const pieces = await source.take(batcher.bytesMax, due.signal);
  stop();
  await alarm;
  signal.removeEventListener('abort', stop);
  return pieces;
}
