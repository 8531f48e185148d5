import type { SignedReceipt } from './chain.ts';

/**
 * What became of an attempt to send. Expected outcomes are values; only bugs and broken machines throw.
 *
 * `acked`     the destination has it for good, as its protocol defines success.
 * `retry`     `away`: nobody there (no answer, 408, 425, 429, 502, 503, 504); counts no attempt.
 *             `fault`: 500 and other 5xx, which may be this batch's own fault; attempts are counted.
 *             `unsent`: it never left, because a batch before it was not acked; it is sent again in its order.
 * `rejected`  `destination`: configuration is wrong (401, 403, 404, 405, 407, redirects, a page instead of a reply);
 *             `size`: 413; `content`: 400, 422; `receipt`: what the hub signed is not for what was sent, or not by it.
 */
export type Outcome =
  | {
      readonly kind: 'acked';
      readonly records: number;
      readonly duplicates: number;
      /** Where the batch had a link. */
      readonly receipt?: SignedReceipt;
    }
  | {
      readonly kind: 'retry';
      readonly cause: 'away' | 'fault' | 'unsent';
      /** What the destination asked for (Retry-After), in milliseconds; null when it asked for nothing. */
      readonly afterMs: number | null;
      readonly reason: string;
    }
  | {
      readonly kind: 'rejected';
      readonly cause: 'destination' | 'size' | 'content' | 'receipt';
      readonly reason: string;
    };
