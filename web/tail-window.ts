/** Which of the held lines are drawn: those that pass the filter, the newest `rowsMax` of them, by chunks. */
import { matches } from './line-text.ts';
import type { TailChunk, TailEntry } from './tail-buffer.ts';

/** Rows in the document at most (and up to one chunk more). */
export const rowsMax = 2_000;

/**
 * In a flood nobody reads, and most rows built would be gone before they are seen: while the view follows, only those
 * about the end are built. The rest is there as soon as the reader scrolls up or pauses.
 */
const floodLinesPerSecond = 500;
const floodRows = 200;

export function rowsFor(view: { readonly following: boolean; readonly linesPerSecond: number }): number {
  return view.following && view.linesPerSecond > floodLinesPerSecond ? floodRows : rowsMax;
}

export interface WindowChunk {
  readonly key: number;
  readonly entries: readonly TailEntry[];
  readonly lines: number;
}

export interface TailWindow {
  readonly chunks: readonly WindowChunk[];
  /** Lines among `chunks`, notes left out. */
  readonly lines: number;
}

/** Remembers the filtered form of chunks that did not change, for one filter at a time. */
export interface WindowCache {
  pattern: RegExp | null;
  chunks: WeakMap<TailChunk, WindowChunk>;
}

export function emptyWindowCache(): WindowCache {
  return { pattern: null, chunks: new WeakMap() };
}

export function windowOf(
  chunks: readonly TailChunk[],
  options: { readonly pattern: RegExp | null; readonly cache: WindowCache; readonly rowsMax: number },
): TailWindow {
  const { pattern, cache } = options;
  if (cache.pattern !== pattern) {
    cache.pattern = pattern;
    cache.chunks = new WeakMap();
  }
  const kept: WindowChunk[] = [];
  let rows = 0;
  let lines = 0;
  for (let index = chunks.length - 1; index >= 0 && rows < options.rowsMax; index--) {
    const chunk = filtered(chunks[index]!, cache);
    if (chunk.entries.length === 0) continue;
    kept.push(chunk);
    rows += chunk.entries.length;
    lines += chunk.lines;
  }
  return { chunks: kept.reverse(), lines };
}

function filtered(chunk: TailChunk, cache: WindowCache): WindowChunk {
  if (cache.pattern === null) return chunk;
  const known = cache.chunks.get(chunk);
  if (known !== undefined) return known;
  const entries = chunk.entries.filter(
    (entry) => entry.kind === 'line' && matches(entry.searchText, cache.pattern),
  );
  const result = { key: chunk.key, entries, lines: entries.length };
  cache.chunks.set(chunk, result);
  return result;
}
