/**
 * The gate before a destination: open, or closed until a time. Pure; it owns when the next attempt is made.
 *
 * Delays grow exponentially with full jitter (each is drawn between nothing and the grown bound), so that a thousand
 * agents do not come back at once. A destination that refuses the configuration is probed slowly from the start.
 */
export type Gate =
  | { readonly kind: 'open' }
  | {
      readonly kind: 'closed';
      /** `away`: nobody answers. `fault`: it answers with an error of its own. `refused`: the configuration is wrong. */
      readonly why: 'away' | 'fault' | 'refused';
      /** Monotonic milliseconds. */
      readonly untilMs: number;
      readonly failures: number;
      readonly reason: string;
    };

export interface Backoff {
  readonly initialMs: number;
  readonly maxMs: number;
}

export interface Failure {
  readonly why: 'away' | 'fault' | 'refused';
  /** What the destination asked for; null when it asked for nothing. */
  readonly afterMs: number | null;
  readonly reason: string;
}

export const openGate: Gate = { kind: 'open' };
const delayMsMin = 20;

/** `fraction` is a random number in [0, 1). */
export function closeGate(
  gate: Gate,
  failure: Failure,
  at: { readonly nowMs: number; readonly fraction: number; readonly backoff: Backoff },
): Gate {
  const { initialMs, maxMs } = at.backoff;
  const failures = gate.kind === 'closed' ? gate.failures + 1 : 1;
  const first = failure.why === 'refused' ? Math.max(initialMs, maxMs / 8) : initialMs;
  const bound = Math.min(maxMs, first * 2 ** Math.min(failures - 1, 30));
  // A fixed delay that somebody asked for (seed A's RETRY_DELAY) is kept as it is.
  const drawn = initialMs === maxMs ? bound : bound * at.fraction;
  const delayMs = Math.max(delayMsMin, drawn, failure.afterMs ?? 0);
  return { kind: 'closed', why: failure.why, untilMs: at.nowMs + delayMs, failures, reason: failure.reason };
}
