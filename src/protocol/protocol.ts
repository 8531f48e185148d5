/**
 * A protocol is a pure codec: batches to requests, replies to outcomes. No I/O, no time, no randomness. One file
 * each; the HTTP output carries any of them.
 */
import type { Batch, BatchBody } from '../event/batch.ts';
import type { Outcome } from '../event/outcome.ts';
import type { HttpReply } from '../host/net.ts';

/** What both ends know of each other. */
export interface Session {
  readonly agentId: string;
  readonly hostname: string;
  readonly osType: 'Linux' | 'Darwin' | 'Windows';
  readonly key: string;
  /** What protocol A calls `source`. */
  readonly source: string;
  /** The version of the envelope that the server offered at registration; 0: none. */
  readonly envelope: number;
  /** Whether the server takes gzip; only known after it said so. */
  readonly gzip: boolean;
}

/** `path` is appended to the output's URL. The body's parts are sent one after the other. */
export interface WireRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: readonly Uint8Array[];
}

export interface Protocol {
  readonly limits: ProtocolLimits;
  /**
   * The request for a batch: the same batch and session give the same bytes. Null when nothing of it is to be sent
   * (only blank lines, only gaps); it is then settled without a request.
   */
  encode(batch: Batch, body: BatchBody, session: Session): Encoded | null;
  /** What the reply means for the batch that was sent. A reply that proves nothing is never an ack. */
  classify(reply: HttpReply, sent: Encoded, batch: Batch): Outcome;
  /** Registration and heartbeat; null for protocols that have none. */
  readonly presence: Presence | null;
  /** A round trip that stores nothing, for the connection test; null when registration serves. */
  probe(session: Session): readonly WireRequest[];
}

export interface Encoded {
  readonly request: WireRequest;
  /** Records in the request: less than the batch's where some were set aside below. */
  readonly records: number;
  /** Blank lines that the protocol has no place for, bytes with their line ends. */
  readonly blank: { readonly lines: number; readonly bytes: number };
  /** Lines shortened by the protocol's limit: how many, and how many bytes were cut. */
  readonly cut: { readonly lines: number; readonly bytes: number };
}

export interface ProtocolLimits {
  /** Bytes of a whole request body, encoded; null: none but the batch's own. */
  readonly bodyBytesMax: number | null;
  /** How many bytes the request takes without any record, and each record adds at most, for given raw bytes. */
  readonly envelopeBytes: number;
  /** Encoded bytes of one line, given without its line end; 0 for a line that is not sent. */
  encodedBytes(line: Uint8Array): number;
}

export interface Presence {
  register(session: Session): WireRequest;
  /** A refusal is an outcome too; success tells what the server can do. */
  registered(
    reply: HttpReply,
  ): Outcome | { readonly kind: 'registered'; readonly envelope: number; readonly gzip: boolean };
  heartbeat(session: Session, report: HeartbeatReport): WireRequest;
  /** `unknown`: the server does not know this agent; register again. */
  beaten(reply: HttpReply): Outcome | { readonly kind: 'unknown' };
}

/** What a heartbeat tells a hub that understands it (only with the envelope). */
export interface HeartbeatReport {
  readonly lagBytes: number;
  readonly spoolBytes: number;
  readonly deadLetters: number;
  readonly version: string;
}
