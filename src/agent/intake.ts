/** Reads from the source into batches, as long as the outbox has room. Back-pressure is not reading. */
import type { Host } from '../host/host.ts';
import type { Piece, Source } from '../source/source.ts';
import type { Batcher, Draft } from './batcher.ts';
import type { Outbox } from './outbox.ts';

export interface IntakeOptions {
  readonly host: Pick<Host, 'clock'>;
  readonly source: Source;
  readonly batcher: Batcher;
  readonly outbox: Outbox;
  /** An open batch closes after so long; the first line after a silence of that length goes at once. */
  readonly intervalMs: number;
}

/** Until the signal is aborted; what was read by then is closed into a last batch. */
export async function runIntake(options: IntakeOptions, signal: AbortSignal): Promise<void> {
  const { host, batcher, outbox, intervalMs } = options;
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
      close(batcher.add(piece, at));
    }
    const nowMs = host.clock.monotonicMs();
    const silent = nowMs - closedAtMs >= intervalMs;
    if (!batcher.empty && (silent || (dueMs !== null && nowMs >= dueMs))) {
      close([batcher.close(host.clock.now())]);
    }
  }
  if (!batcher.empty) close([batcher.close(host.clock.now())]);
}

const over = 'over';

/** Waits for pieces, but not past the time at which the open batch is due. */
async function takeUntil(
  { host, source, batcher }: IntakeOptions,
  dueMs: number | null,
  signal: AbortSignal,
): Promise<readonly Piece[]> {
  if (dueMs === null) return await source.take(batcher.bytesMax, signal);
  const waitMs = dueMs - host.clock.monotonicMs();
  if (waitMs <= 0) return [];
  const due = new AbortController();
  const stop = () => due.abort(over);
  signal.addEventListener('abort', stop, { once: true });
  const alarm = host.clock.sleep(waitMs, due.signal).then(stop);
  const pieces = await source.take(batcher.bytesMax, due.signal);
  stop();
  await alarm;
  signal.removeEventListener('abort', stop);
  return pieces;
}
