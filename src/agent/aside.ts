/**
 * Batches of one output that were set aside: dead letters, and those among them that are to be sent once more.
 * In memory; the outbox commits.
 */
import type { BatchKey } from '../event/batch.ts';
import type { StoredBatch } from '../state/state.ts';
import { deadLetterId, type Shelf } from './dead-letters.ts';
import type { Entry } from './entry.ts';

export class Aside implements Shelf {
  readonly #entries = new Map<string, Entry>();
  readonly #marked: () => void;

  /** `marked` is called when a batch is to be sent once more. */
  constructor(marked: () => void) {
    this.#marked = marked;
  }

  add(entry: Entry): void {
    this.#entries.set(deadLetterId(entry.stored.batch.key), entry);
  }

  has(entry: Entry): boolean {
    return this.#entries.get(deadLetterId(entry.stored.batch.key)) === entry;
  }

  /** The next that is to be sent once more and is not on its way. */
  next(): Entry | null {
    for (const entry of this.#entries.values()) {
      if (entry.stored.status === 'replay' && !entry.sending) return entry;
    }
    return null;
  }

  /** Those that died of faults and have not been tried again; they are marked now. */
  takeSecondChances(): readonly Entry[] {
    const due = [...this.#entries.values()].filter((entry) => entry.secondChance);
    for (const entry of due) {
      entry.secondChance = false;
      entry.stored = { ...entry.stored, status: 'replay' };
    }
    return due;
  }

  batches(): Iterable<StoredBatch> {
    return [...this.#entries.values()].map((entry) => entry.stored);
  }

  changed(stored: StoredBatch): void {
    const entry = this.#entries.get(deadLetterId(stored.batch.key));
    if (entry !== undefined) entry.stored = stored;
    this.#marked();
  }

  forgotten(key: BatchKey): void {
    this.#entries.delete(deadLetterId(key));
  }
}
