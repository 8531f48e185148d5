/**
 * A protocol is a pure codec: batches to requests, replies to outcomes. No I/O, no time, no randomness. One file
 * each; the HTTP output carries any of them. What the hub does with requests is in the same files (`decode…`), in
 * the words of `received.ts`.
 */
import type { Batch, BatchBody } from '../event/batch.ts';
import type { HubIdentity, StatedLink } from '../event/chain.ts';
import type { Hold } from '../event/hold.ts';
import type { Outcome } from '../event/outcome.ts';
import type { ToldEvent } from '../event/told-event.ts';
import type { HttpReply } from '../host/net.ts';
import type { LineMemory } from '../lines/line-memory.ts';
import type { Witness } from './chain.ts';
import type { Condition, Detail } from './condition.ts';

/** What both ends know of each other. */
export interface Session {
  readonly agentId: string;
  readonly hostname: string;
  readonly osType: 'Linux' | 'Darwin' | 'Windows';
  readonly key: string;
  /** Almadía's own version, for the User-Agent. */
  readonly version: string;
  /** The version of the envelope that the server offered at registration; 0: none. */
  readonly envelope: number;
  /** Whether the server takes gzip; only known after it said so. */
  readonly gzip: boolean;
  /** The version of the block (`block.ts`) that the server offered; 0, or left out: none. */
  readonly block?: number;
  /** The content encodings that the server said it takes, the best first. */
  readonly encodings?: readonly string[];
  /** The version of the chain (`chain.ts`) that the server offered; 0, or left out: none. */
  readonly chain?: number;
  /** 128 random bits in hexadecimal, drawn when the agent's process starts; left out where no chain is to be asked for. */
  readonly instance?: string;
  /** The agent's own epoch, of which the hub is to state the link; left out before the first. */
  readonly epoch?: string | undefined;
  /** Whose receipts there are; null, or left out, without a chain. */
  readonly hub?: HubIdentity | null;
}

/** `path` (and query) is appended to the output's URL. The body's parts are sent one after the other. */
export interface WireRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: readonly Uint8Array[];
}

export interface Protocol {
  readonly limits: ProtocolLimits;
  /**
   * The request for a batch: the same batch and session give the same bytes. It is written into lent memory (without
   * one, into a memory of its own), and may have views of the batch's body as parts.
   */
  encode(batch: Batch, body: BatchBody, session: Session, memory?: LineMemory): Encoded;
  /** What the reply means for the batch that was sent. A reply that proves nothing is never an ack. */
  classify(reply: HttpReply, sent: Sent): Outcome;
  /** Registration and heartbeat; null for protocols that have none. */
  readonly presence: Presence | null;
  /**
   * Round trips that store nothing, for the connection test, best first: the next is tried when a server answers 404
   * or 405. Empty when registration and heartbeat serve.
   */
  probe(session: Session, nowMs: number): readonly WireRequest[];
}

/** A request that was sent, and when its reply was there (milliseconds since the epoch, for Retry-After dates). */
export interface Sent {
  readonly batch: Batch;
  readonly encoded: Encoded;
  readonly nowMs: number;
  /** Given where the batch went with a link: then the reply must hold a receipt. */
  readonly witness?: Witness | undefined;
}

export interface Encoded {
  /**
   * Null when nothing of the batch is to be sent (only blank lines, only gaps): it is settled without a request,
   * what was set aside is counted all the same.
   */
  readonly request: WireRequest | null;
  /** Records in the request: less than the batch's where some were set aside below. */
  readonly records: number;
  /** Blank lines that the protocol has no place for, bytes with their line ends. */
  readonly blank: { readonly lines: number; readonly bytes: number };
  /** Lines shortened by the protocol's limit: how many, and how many bytes were cut. */
  readonly cut: { readonly lines: number; readonly bytes: number };
  /** The right to the memory in which the request lies; given back when it is needed no more. */
  readonly hold: Hold;
  /** The version of the envelope in the request; the reply must prove it. 0: none. */
  readonly envelope: number;
}

export interface ProtocolLimits {
  /** Bytes of a whole request body, encoded; null: none but the batch's own. */
  readonly bodyBytesMax: number | null;
  /** Bytes that a request body takes without any record. */
  readonly envelopeBytes: number;
  /**
   * Bytes that one line adds to the request body at most, given without its line end; 0 for a line that is not sent.
   * Never more than fits in a request alone: a protocol with a limit cuts the line that is too long for it.
   */
  encodedBytes(line: Uint8Array, kind: 'lines' | 'cut'): number;
}

export interface Presence {
  register(session: Session): WireRequest;
  /** A refusal is an outcome too; success tells what the server can do. */
  registered(reply: HttpReply, nowMs: number): Outcome | Registered;
  heartbeat(session: Session, report: HeartbeatReport): WireRequest;
  /** `unknown`: the server does not know this agent; register again. */
  beaten(reply: HttpReply, nowMs: number): Outcome | { readonly kind: 'unknown' };
}

export interface Registered {
  readonly kind: 'registered';
  readonly envelope: number;
  readonly gzip: boolean;
  readonly block: number;
  readonly encodings: readonly string[];
  readonly chain: number;
  /** Whose receipts there will be; null without a chain. */
  readonly hub: HubIdentity | null;
  /** The newest epoch of this agent at the hub and how far it is contiguous; null where the hub knows no chain of it. */
  readonly link: StatedLink | null;
}

/** What a heartbeat tells a hub that understands it (only with the envelope, under the key `almadia`). */
export interface HeartbeatReport {
  readonly lagBytes: number;
  readonly spoolBytes: number;
  readonly deadLetters: number;
  readonly version: string;
  readonly condition?: Condition;
  readonly detail?: Detail;
  /** What it saw and no heartbeat has told yet; at most `toldEventsMax` (`told-events.ts`) at a time. */
  readonly events?: readonly ToldEvent[];
}
