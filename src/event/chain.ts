/**
 * How batches are joined so that none can vanish, come twice or change its place unseen (docs/protocol.md). Data only.
 *
 * A link joins a batch to the one before; an epoch is one unbroken chain of links.
 */
import type { StreamId } from './stream.ts';

/** What a link's hash is made of: the batch as it was closed, before any split. */
export interface Link {
  /** 128 random bits in hexadecimal. */
  readonly epoch: string;
  /** 1, 2, 3, … in each epoch. */
  readonly sequence: number;
  /** The hash of the link before; `noLink` for the first. */
  readonly previous: string;
  readonly batchId: string;
  /** SHA-256 of the batch's bytes, in hexadecimal. */
  readonly contentHash: string;
}

/** A batch's place in the chain. */
export interface Chain extends Link {
  /** '' for a whole batch; a split of part p gives p + '0' and p + '1'. */
  readonly part: string;
  /** Only in the first link of an epoch that follows another. */
  readonly breaks?: Breaks;
}

/** Where and why an agent left an epoch. */
export interface Breaks {
  readonly epoch: string;
  /** The last link of that epoch that the agent knows; 0 and `noLink` where it knows none. */
  readonly sequence: number;
  readonly hash: string;
  readonly reason: BreakReason;
}

export type BreakReason = 'hub-went-back' | 'hub-changed' | 'state-lost';

/** Where there is no link before. */
export const noLink: string = '0'.repeat(64);

/** A batch that the hub refused for good and that the agent set aside: the chain closes over it. */
export interface Statement {
  readonly batchId: string;
  readonly chain: Chain;
  readonly segments: readonly StatedSegment[];
}

export interface StatedSegment {
  readonly stream: StreamId;
  readonly path: string;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** What a hub signs once a batch's lines, ranges and link are on its disk. */
export interface Receipt {
  /** The hub's id. */
  readonly hub: string;
  readonly agentId: string;
  readonly batchId: string;
  readonly epoch: string;
  readonly sequence: number;
  readonly part: string;
  /** Stored by this request, and there already. */
  readonly records: number;
  readonly duplicates: number;
  /** SHA-256 of the bytes sent, in hexadecimal. */
  readonly contentHash: string;
  /** The hash of the batch's link. */
  readonly link: string;
  /** ISO 8601 in milliseconds. */
  readonly time: string;
}

export interface SignedReceipt extends Receipt {
  /** Ed25519 over `receiptText` (`protocol/chain.ts`), base64. */
  readonly signature: string;
}

/** A place up to which a chain is contiguous. */
export interface LinkPlace {
  readonly epoch: string;
  /** 0 where the epoch has no contiguous link yet, with `noLink`. */
  readonly sequence: number;
  readonly hash: string;
}

/** What a hub says of an epoch at registration. */
export interface StatedLink extends LinkPlace {
  /** The highest sequence that it has of this epoch, contiguous or not. */
  readonly highest: number;
}

/** Who a hub is to its agents. */
export interface HubIdentity {
  /** 128 random bits in hexadecimal. */
  readonly id: string;
  /** Of Ed25519, 32 bytes in base64. */
  readonly publicKey: string;
}
