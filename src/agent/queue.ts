/**
 * The batches of one output that wait to be sent, in the order of the outbox, and whose turn it is. In memory; the outbox
 * commits. A batch keeps its place until it is settled:
 *
 *   waiting    sent in its turn
 *   postponed  its bytes cannot be read at present; what follows it in its streams waits too, others go first
 *   suspect    refused by itself; passed over until another is taken (it is guilty) or nobody is (all are acquitted)
 */
import type { StreamId } from '../event/stream.ts';
import type { Clock } from '../host/clock.ts';
import type { Entry } from './entry.ts';

const postponeMs = 1000;

export class Queue {
  readonly #clock: Clock;
  readonly #pending: Entry[] = [];
  readonly #suspects = new Set<Entry>();
  /** A spool may hold very many batches; few of them are ever postponed. */
  readonly #postponed = new Set<Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get pending(): readonly Entry[] {
    return this.#pending;
  }

  /** The first that is neither suspect, postponed nor on its way, nor follows a postponed one in a stream. */
  next(): Entry | null {
    const nowMs = this.#clock.monotonicMs();
    const heldBack = new Set<StreamId>();
    for (const entry of this.#pending) {
      const { segments } = entry.stored.batch;
      const waits = entry.postponedUntilMs > nowMs || segments.some(({ stream }) => heldBack.has(stream));
      if (waits) for (const { stream } of segments) heldBack.add(stream);
      else if (entry.suspect === null && !entry.sending) return entry;
    }
    return null;
  }

  /** Behind all others. */
  add(entry: Entry): void {
    this.#pending.push(entry);
  }

  /** The parts of a batch stand where it stood; without parts it is settled. */
  replace(entry: Entry, parts: readonly Entry[] = []): void {
    this.#pending.splice(this.#pending.indexOf(entry), 1, ...parts);
    this.#postponed.delete(entry);
  }

  postpone(entry: Entry): void {
    entry.postponedUntilMs = this.#clock.monotonicMs() + postponeMs;
    this.#postponed.add(entry);
  }

  /** How long until a postponed batch is due; Infinity when none is postponed. */
  get postponedMs(): number {
    const nowMs = this.#clock.monotonicMs();
    let least = Number.POSITIVE_INFINITY;
    for (const { postponedUntilMs } of this.#postponed) {
      if (postponedUntilMs > nowMs) least = Math.min(least, postponedUntilMs - nowMs);
    }
    return least;
  }

  get suspects(): readonly Entry[] {
    return [...this.#suspects];
  }

  suspect(entry: Entry, reason: string): void {
    entry.suspect = reason;
    this.#suspects.add(entry);
  }

  /** It is guilty, or nobody is: it is passed over no more. */
  acquit(entry: Entry): void {
    entry.suspect = null;
    this.#suspects.delete(entry);
  }
}
