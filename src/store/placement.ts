/**
 * Where an arriving segment belongs: in the stream that it names, or in one of its forks, and what of it is new.
 *
 * A range is a claim and the content decides. In each stream of the family, the stored lines of the overlap must be
 * equal, record by record (positions, bytes, cut or not); else this stream is out of the question. Among those that
 * remain, the one that proves the most bytes wins, so that what came before is found where it lies; then one that
 * ends where the segment begins; then the first. When none remains, a new fork takes the whole segment. Bytes that
 * cannot be read any more (a damaged block) prove nothing.
 */

import type { Work } from '../host/work.ts';
import { BlockError, decodeBlock } from './block.ts';
import { intersect } from './range.ts';
import type { Line, Range } from './store.ts';
import type { BlockRow, StreamRow, Tables } from './tables.ts';

export interface Placement {
  /** Null: a stream or fork that does not exist yet. */
  readonly stream: StreamRow | null;
  /** What is to be stored: runs of lines without holes, in order. */
  readonly runs: readonly (readonly Line[])[];
  readonly duplicates: number;
}

/** `lines` follow one another without holes; at least one. */
export async function placeLines(
  lines: readonly Line[],
  family: readonly StreamRow[],
  { tables, work }: { readonly tables: Tables; readonly work: Work },
): Promise<Placement> {
  const range = { from: lines[0]!.from, to: lines.at(-1)!.to };
  let best: { stream: StreamRow; known: readonly Range[]; merit: number } | null = null;
  for (const stream of family) {
    const near = tables.rangesNear(stream.number, range);
    const known = intersect(range, near);
    if (!(await equalWithin(known, lines, { stream: stream.number, tables, work }))) continue;
    const merit = meritOf(known, touches(stream, range.from, tables));
    if (best === null || merit > best.merit) best = { stream, known, merit };
  }
  if (best === null) return { stream: null, runs: [lines], duplicates: 0 };
  const runs = runsOutside(best.known, lines);
  const kept = runs.reduce((sum, run) => sum + run.length, 0);
  return { stream: best.stream, runs, duplicates: lines.length - kept };
}

/** A gap says nothing that could be proved: it belongs where the stream was left off, else to the stream itself. */
export function placeGap(range: Range, family: readonly StreamRow[], tables: Tables): StreamRow | null {
  return family.find((stream) => touches(stream, range.from, tables)) ?? family[0] ?? null;
}

function touches(stream: StreamRow, position: number, tables: Tables): boolean {
  const point = { from: position, to: position };
  return [...tables.rangesNear(stream.number, point), ...tables.gapsNear(stream.number, point)].some(
    (range) => range.to === position,
  );
}

/** Proved bytes count first; touching decides between streams that prove nothing. */
function meritOf(known: readonly Range[], touching: boolean): number {
  const proved = known.reduce((sum, part) => sum + part.to - part.from, 0);
  return proved * 2 + (touching ? 1 : 0);
}

interface Stored {
  readonly stream: number;
  readonly tables: Tables;
  readonly work: Work;
}

async function equalWithin(
  known: readonly Range[],
  lines: readonly Line[],
  stored: Stored,
): Promise<boolean> {
  for (const part of known) {
    if (!(await equalIn(part, overlapping(lines, part), stored))) return false;
  }
  return true;
}

/**
 * Whether the stored lines that overlap the range are the expected ones; false where some cannot be read. Ends at the
 * first difference: a claim of one line over the whole stream reads one block, not all of them.
 */
async function equalIn(
  range: Range,
  expected: readonly Line[],
  { stream, tables, work }: Stored,
): Promise<boolean> {
  let position = range.from;
  let proved = 0;
  while (position < range.to) {
    const block = tables.blocksAfter(stream, position, 1)[0];
    const body = block === undefined ? null : tables.body(block.number);
    if (block === undefined || body === null || block.from > position) return false;
    const read = await readBlock(body, block, work);
    if (read === null) return false;
    const lines = overlapping(read, range);
    if (!sameLines(lines, expected.slice(proved, proved + lines.length))) return false;
    proved += lines.length;
    position = block.to;
  }
  return proved === expected.length;
}

/** Null for a damaged block. */
async function readBlock(body: Uint8Array, { contentBytes }: BlockRow, work: Work): Promise<Line[] | null> {
  try {
    return await decodeBlock(body, contentBytes, work);
  } catch (error) {
    if (error instanceof BlockError) return null;
    throw error;
  }
}

function overlapping(lines: readonly Line[], range: Range): Line[] {
  return lines.filter((line) => line.to > range.from && line.from < range.to);
}

function sameLines(left: readonly Line[], right: readonly Line[]): boolean {
  if (left.length !== right.length) return false;
  return left.every((line, index) => {
    const other = right[index]!;
    return (
      line.from === other.from &&
      line.to === other.to &&
      line.cut === other.cut &&
      Buffer.compare(line.bytes, other.bytes) === 0
    );
  });
}

/** What lies outside of ranges whose lines were proved equal, so that no line lies half inside. */
function runsOutside(known: readonly Range[], lines: readonly Line[]): Line[][] {
  const runs: Line[][] = [];
  let open: Line[] | null = null;
  for (const line of lines) {
    if (known.some((part) => line.from >= part.from && line.to <= part.to)) {
      open = null;
      continue;
    }
    if (open === null) {
      open = [];
      runs.push(open);
    }
    open.push(line);
  }
  return runs;
}
