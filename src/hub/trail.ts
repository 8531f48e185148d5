/**
 * Who changed what at this hub: one entry for each request that people or programs of theirs made to change something, and
 * each attempt to log in, whatever became of it. Bodies are not in it: they hold secrets.
 *
 * Kept in the store's notes, the newest `entriesMax`, and said in the hub's own log too, which nobody can reach over
 * the net.
 */
import type { Clock } from '../host/clock.ts';
import type { SelfLog } from '../host/selflog.ts';
import type { Notes } from '../store/store.ts';

export interface TrailEntry {
  readonly atMs: number;
  /** What was shown: the hub's own key, a log-in, nothing yet (the log-in itself), or the socket of the hub's user. */
  readonly by: 'hub-key' | 'log-in' | 'nobody' | 'socket';
  /** Of the connection: a proxy's where there is one. '' for the socket. */
  readonly address: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

export interface NumberedEntry extends TrailEntry {
  readonly number: number;
}

export const entriesMax = 2000;
const noteKind = 'trail';
/** The hub's own names of things are far shorter; what is longer was made up by who asked. */
const pathMax = 2048;

export class Trail {
  readonly #options: { readonly notes: Notes; readonly clock: Clock; readonly log: SelfLog };
  /** The oldest first. */
  #entries: NumberedEntry[];

  constructor(options: { readonly notes: Notes; readonly clock: Clock; readonly log: SelfLog }) {
    this.#options = options;
    this.#entries = options.notes
      .list(noteKind)
      .map(({ name, value }) => ({ ...(JSON.parse(value) as TrailEntry), number: Number(name) }))
      .sort((a, b) => a.number - b.number);
  }

  add({ path, ...told }: Omit<TrailEntry, 'atMs'>): void {
    const { notes, clock, log } = this.#options;
    const entry = { atMs: clock.now(), ...told, path: path.slice(0, pathMax) };
    const number = (this.#entries.at(-1)?.number ?? 0) + 1;
    this.#entries.push({ ...entry, number });
    const { by, address, method, status } = entry;
    log.write('info', 'hub.asked', `${method} ${entry.path}`, { by, address, status });
    try {
      notes.put(noteKind, String(number), { value: JSON.stringify(entry), durability: 'normal' });
      while (this.#entries.length > entriesMax) {
        const oldest = this.#entries.shift()!;
        notes.put(noteKind, String(oldest.number), { value: null, durability: 'normal' });
      }
    } catch (error) {
      log.write('error', 'trail.not_kept', `who changed what is in this log only: ${error}`);
    }
  }

  /** The newest first, below a number; null: the newest of all. */
  list(below: number | null, max: number): readonly NumberedEntry[] {
    const older = below === null ? this.#entries : this.#entries.filter(({ number }) => number < below);
    return older.slice(-max).reverse();
  }
}
