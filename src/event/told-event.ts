/** What an agent saw and a hub should show: told with heartbeats until one is answered with success. Data only. */
import type { StreamId } from './stream.ts';

export interface ToldEvent {
  /** 128 random bits in hexadecimal: what is told twice is kept once. */
  readonly id: string;
  readonly kind: ToldKind;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly stream: StreamId | null;
  readonly path: string | null;
  /** A sentence for people, of 1 to 1,024 characters. */
  readonly detail: string;
}

/**
 * `source-edited`:   a followed file was shortened or changed before the position up to which it had been read.
 * `receipt-refused`: a receipt did not verify, or was for something else than what was sent.
 */
export type ToldKind = 'source-edited' | 'receipt-refused';
