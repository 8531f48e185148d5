/**
 * The lines the page holds. Bounded in lines and in characters; at the bound the oldest go (they stay stored at the
 * hub). While the view is held still, arrivals wait apart, bounded likewise, and what does not fit is counted.
 *
 * Lines come in chunks that never change once full, so that drawing costs what is new and not what is there.
 * A line is taken once: ids already seen are left out, also after a reconnection or a clearing.
 */
import { searchText } from './line-text.ts';

export interface TailLine {
  readonly id: string;
  readonly agent: string;
  readonly source: string;
  readonly path: string;
  readonly text: string;
  /** When the hub stored it; NaN when the hub did not say. */
  readonly receivedAtMs: number;
  /** Length in the source of a line over the agent's limit, of which only the beginning is stored; null: it is whole. */
  readonly cutOfBytes: number | null;
  /** False when the stored bytes were not valid UTF-8 and the text has U+FFFD in their place. */
  readonly validUtf8: boolean;
}

export type TailEntry =
  | { readonly kind: 'line'; readonly key: number; readonly line: TailLine; readonly searchText: string }
  | { readonly kind: 'note'; readonly key: number; readonly note: TailNote };

/** Why lines are absent from the page between two others. `count`: how many, null when it is not known. */
export interface TailNote {
  readonly reason: 'too-fast' | 'while-away' | 'while-paused';
  readonly count: number | null;
}

export interface TailChunk {
  readonly key: number;
  readonly entries: readonly TailEntry[];
  /** Entries that are lines. */
  readonly lines: number;
  readonly characters: number;
}

export interface TailBounds {
  readonly linesMax: number;
  readonly charactersMax: number;
  readonly chunkLines: number;
}

export const tailBounds: TailBounds = { linesMax: 10_000, charactersMax: 16 << 20, chunkLines: 100 };

/** A chunk of long lines closes early, so that dropping one chunk never drops most of what is held. */
const chunkCharactersMax = 256 << 10;

export class TailBuffer {
  readonly #bounds: TailBounds;
  #chunks: TailChunk[] = [];
  #entries = 0;
  #characters = 0;
  #nextKey = 0;
  #held = false;
  #waiting: TailEntry[] = [];
  #waitingCharacters = 0;
  #waitingLines = 0;
  #waitingDropped = 0;
  #seen = new Set<string>();

  constructor(bounds: TailBounds = tailBounds) {
    this.#bounds = bounds;
  }

  /** Oldest first. The same chunk object as before means the same content. */
  get chunks(): readonly TailChunk[] {
    return this.#chunks;
  }

  /** Lines that are shown or could be, notes left out. */
  get lines(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.lines, 0);
  }

  /** Lines that arrived since the view was held still, those that no longer fit included. */
  get arrivedWhileHeld(): number {
    return this.#waitingLines;
  }

  /** Takes new lines, oldest first; returns how many were new. */
  add(lines: readonly TailLine[]): number {
    const fresh: TailEntry[] = [];
    for (const line of lines) {
      if (this.#seen.has(line.id)) continue;
      this.#seen.add(line.id);
      fresh.push({ kind: 'line', key: this.#nextKey++, line, searchText: searchText(line.text) });
    }
    this.#forgetOldIds();
    if (fresh.length > 0) this.#take(fresh);
    return fresh.length;
  }

  /**
   * Takes the newest stored lines after a (re)connection. When none of them is known, they do not reach back to what
   * is shown, and lines between may be absent. A line that the live tail had passed over comes late rather than never.
   */
  catchUp(stored: readonly TailLine[]): void {
    const reaches = this.#seen.size === 0 || stored.some((line) => this.#seen.has(line.id));
    if (!reaches && stored.length > 0) this.note({ reason: 'while-away', count: null });
    this.add(stored);
  }

  note(note: TailNote): void {
    this.#take([{ kind: 'note', key: this.#nextKey++, note }]);
  }

  /** From now on arrivals wait. */
  hold(): void {
    this.#held = true;
  }

  /** Shows what waited and goes on. */
  release(): void {
    this.#held = false;
    const waiting = this.#waiting;
    const dropped = this.#waitingDropped;
    this.#forgetWaiting();
    if (dropped > 0) this.note({ reason: 'while-paused', count: dropped });
    this.#append(waiting);
  }

  /** Empties the view, what waited included. Ids stay known: a line cleared away does not come back. */
  clear(): void {
    this.#chunks = [];
    this.#entries = 0;
    this.#characters = 0;
    this.#forgetWaiting();
  }

  #take(entries: readonly TailEntry[]): void {
    if (this.#held) this.#wait(entries);
    else this.#append(entries);
  }

  #wait(entries: readonly TailEntry[]): void {
    for (const entry of entries) {
      this.#waiting.push(entry);
      this.#waitingCharacters += charactersOf(entry);
      if (entry.kind === 'line') this.#waitingLines++;
    }
    // Less than all that can be held, so that at the release the note of what was dropped is not dropped itself.
    const linesMax = this.#bounds.linesMax - this.#bounds.chunkLines;
    const charactersMax = this.#bounds.charactersMax / 2;
    let drop = Math.max(0, this.#waiting.length - linesMax);
    for (let index = 0; index < drop; index++) this.#waitingCharacters -= charactersOf(this.#waiting[index]!);
    while (this.#waitingCharacters > charactersMax && drop < this.#waiting.length - 1) {
      this.#waitingCharacters -= charactersOf(this.#waiting[drop++]!);
    }
    if (drop === 0) return;
    for (const entry of this.#waiting.splice(0, drop)) if (entry.kind === 'line') this.#waitingDropped++;
  }

  #append(entries: readonly TailEntry[]): void {
    const chunks = [...this.#chunks];
    for (const entry of entries) {
      const characters = charactersOf(entry);
      const lines = entry.kind === 'line' ? 1 : 0;
      const last = chunks.at(-1);
      const full =
        last === undefined ||
        last.entries.length >= this.#bounds.chunkLines ||
        last.characters > chunkCharactersMax;
      if (full) {
        chunks.push({ key: entry.key, entries: [entry], lines, characters });
      } else {
        chunks[chunks.length - 1] = {
          key: last.key,
          entries: [...last.entries, entry],
          lines: last.lines + lines,
          characters: last.characters + characters,
        };
      }
      this.#entries++;
      this.#characters += characters;
    }
    while (chunks.length > 1 && this.#overBounds()) {
      const oldest = chunks.shift()!;
      this.#entries -= oldest.entries.length;
      this.#characters -= oldest.characters;
    }
    this.#chunks = chunks;
  }

  #overBounds(): boolean {
    return this.#entries > this.#bounds.linesMax || this.#characters > this.#bounds.charactersMax;
  }

  #forgetWaiting(): void {
    this.#waiting = [];
    this.#waitingCharacters = 0;
    this.#waitingLines = 0;
    this.#waitingDropped = 0;
  }

  /** A Set gives its members in the order they came, so the oldest are at its head. */
  #forgetOldIds(): void {
    let over = this.#seen.size - 2 * this.#bounds.linesMax;
    if (over <= 0) return;
    for (const id of this.#seen) {
      if (over-- <= 0) return;
      this.#seen.delete(id);
    }
  }
}

function charactersOf(entry: TailEntry): number {
  return entry.kind === 'line' ? entry.line.text.length : 0;
}
