/**
 * An output delivers batches. Order: `send` may be called for `inFlightMax` batches at a time, in their order; what that
 * does to the order of arrival is the output's own business (a destination that keeps no ranges gets one after
 * another, each when its turn has come, and none after one that it did not take: `unsent`). The body must stay as it is until `send` resolves. Ack: only `acked` means that the destination has it for good. Failure: every
 * expected failure is an outcome; no batch is retried inside. Cancellation: an aborted signal ends `send` with
 * `retry, away`: whether the batch arrived is then not known.
 */
import type { Batch, BatchBody } from '../event/batch.ts';
import type { HubIdentity, StatedLink } from '../event/chain.ts';
import type { Outcome } from '../event/outcome.ts';
import type { HubStream } from '../protocol/agent-streams.ts';
import type { HeartbeatReport, ProtocolLimits } from '../protocol/protocol.ts';

export interface Output {
  readonly limits: ProtocolLimits;
  /** How many batches may be on their way at once; 1 when it does not say. */
  readonly inFlightMax?: number;
  /** Gets ready to send: registers where the protocol has it (`send` does so too). Null: ready. */
  connect(signal: AbortSignal): Promise<Outcome | null>;
  /**
   * A batch of which nothing is to be sent is acked without a request. `turn` tells, once it is known, whether all
   * batches before it were acked and are remembered so.
   */
  send(batch: Batch, body: BatchBody, signal: AbortSignal, turn?: Promise<boolean>): Promise<Delivery>;
  /**
   * Shows that the agent lives; registers again when the destination has forgotten it. Null: all is well; `acked`: and the
   * events of the report were told.
   */
  heartbeat(report: HeartbeatReport, signal: AbortSignal): Promise<Outcome | null>;
  /** What a hub has of this agent's streams, the newest first; null: it cannot be had now. Without it, there is no hub. */
  streams?(signal: AbortSignal): Promise<readonly HubStream[] | null>;
  close(): Promise<void>;
}

/** Whoever joins batches into a chain, as an output needs it (docs/protocol.md, Links and receipts). */
export interface Chaining {
  /** 128 random bits in hexadecimal, of this process. */
  readonly instance: string;
  /** Of which batches must have a link to be sent; null while the hub takes none. */
  readonly epoch: string | null;
  /** Before a registration is asked for. */
  registering(): Registering;
}

export interface Registering {
  /** The agent's own epoch; undefined before the first. */
  readonly epoch: string | undefined;
  /** What the hub said; null: it offers no chain. Resolves once what follows from it is remembered. */
  done(said: { readonly hub: HubIdentity; readonly link: StatedLink | null } | null): Promise<void>;
}

/** An outcome, and what the protocol set aside on the way: it counts when the outcome is `acked`. */
export interface Delivery {
  readonly outcome: Outcome;
  readonly blank: { readonly lines: number; readonly bytes: number };
  readonly cut: { readonly lines: number; readonly bytes: number };
}

export const nothingSetAside: Omit<Delivery, 'outcome'> = {
  blank: { lines: 0, bytes: 0 },
  cut: { lines: 0, bytes: 0 },
};
