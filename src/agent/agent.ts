/** The whole agent, on a machine given as an argument. */
import type { Host } from '../host/host.ts';
import type { Metrics } from '../host/metrics.ts';
import type { SelfLog } from '../host/selflog.ts';
import type { AgentSettings } from '../settings/agent.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { AgentStatus } from './status.ts';

export interface AgentOptions {
  readonly log: SelfLog;
  readonly metrics: Metrics;
  readonly version: string;
  /** Reads the key again where it may have changed since (its file, the configuration); null: it cannot. */
  readonly freshKey: (() => Promise<string | null>) | null;
}

export interface Agent {
  status(): AgentStatus;
  readonly deadLetters: DeadLetters;
  /**
   * Stops: closes the sources, sends what the destination takes within `drainMs`, keeps the rest, lets go of the
   * state. Aborting the signal skips the waiting.
   */
  stop(drainMs: number, signal?: AbortSignal): Promise<void>;
  /** Resolves when it has stopped; rejects when it cannot go on (the state is broken). */
  readonly done: Promise<void>;
}

/** Opens the state, takes over what an original left, finds the files, and begins. Throws `AlmadiaError`. */
export async function startAgent(host: Host, settings: AgentSettings, options: AgentOptions): Promise<Agent> {
  await Promise.reject(new Error(`to be built: ${host.process.pid} ${settings.profile} ${options.version}`));
  throw new Error('unreachable');
}
