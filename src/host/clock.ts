/** Time. Every wait of the program goes through here, so that a test can own it. */
export interface Clock {
  /** Milliseconds since the epoch, UTC. May jump in both directions. */
  now(): number;
  /** Milliseconds that only ever grow; for intervals and deadlines. */
  monotonicMs(): number;
  /** Resolves after `ms`, or at once when the signal is aborted (it does not throw: look at the signal). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
