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
import { BlockError, type Content, readBlock } from './block.ts';
import { intersect, subtract } from './range.ts';
import { countOf, linesOf, part, type Run, rangeOf } from './run.ts';
import type { Line, Range } from './store.ts';
import type { BlockRow, StreamRow, Tables } from './tables.ts';
import { linesOfSections } from './text-block.ts';

const LF = 0x0a;

export interface Placement {
  /** Null: a stream or fork that does not exist yet. */
  readonly stream: StreamRow | null;
  /** What is to be stored: runs of lines without holes, in order. */
  readonly runs: readonly Run[];
  readonly duplicates: number;
}

export interface Machine {
  readonly tables: Tables;
  readonly work: Work;
  /** Whether the run is of a batch that was stored before, as its link proves. */
  readonly repeated: boolean;
}

/** At least one line. Its lines are looked at only where something of their range is stored already. */
export async function placeRun(
  run: Run,
  family: readonly StreamRow[],
  { tables, work, repeated }: Machine,
): Promise<Placement> {
  const range = rangeOf(run);
  let best: { stream: StreamRow; known: readonly Range[]; merit: number } | null = null;
  for (const stream of family) {
    const near = tables.rangesNear(stream.number, range);
    const known = intersect(range, near);
    // Of what retention has removed, only the link tells whether it is the same.
    const removed = repeated ? tables.removed.near(stream.number, range) : [];
    const there = known.flatMap((part) => subtract(part, removed));
    if (!(await equalWithin(there, run, { stream: stream.number, tables, work }))) continue;
    const merit = meritOf(known, touches(stream, range.from, tables));
    if (best === null || merit > best.merit) best = { stream, known, merit };
  }
  if (best === null) return { stream: null, runs: [run], duplicates: 0 };
  const runs = best.known.length === 0 ? [run] : runsOutside(best.known, run);
  const kept = runs.reduce((sum, one) => sum + countOf(one), 0);
  return { stream: best.stream, runs, duplicates: countOf(run) - kept };
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

async function equalWithin(known: readonly Range[], run: Run, stored: Stored): Promise<boolean> {
  for (const range of known) {
    if (await equalAsText(range, run, stored)) continue;
    if (!(await equalIn(range, overlapping(linesOf(run), range), stored))) return false;
  }
  return true;
}

/**
 * Whether the run and all stored blocks that overlap the range are texts, and equal in it. True proves that the lines
 * are equal too: the range begins and ends where a line does in both, so neither has a line that lies half inside.
 * What is not proved so is compared line by line; comparing bytes takes a twentieth of that.
 */
async function equalAsText(range: Range, run: Run, { stream, tables, work }: Stored): Promise<boolean> {
  if (run.kind !== 'text') return false;
  const cut = run.text.subarray(range.from - run.from, range.to - run.from);
  if (!beginsLine(run.text, range.from - run.from) || !endsLine(run.text, range.to - run.from)) return false;
  let position = range.from;
  while (position < range.to) {
    const block = tables.blocksAfter(stream, position, 1)[0];
    const body = block === undefined ? null : tables.body(block.number);
    if (block === undefined || body === null || block.from > position) return false;
    const content = await readStored(body, block, work);
    if (content === null || content.kind !== 'text' || content.from !== block.from) return false;
    let from = block.from;
    for (const { text } of content.sections) {
      const to = from + text.length;
      const [first, last] = [Math.max(from, range.from), Math.min(to, range.to)];
      if (first < last) {
        if (!beginsLine(text, first - from) || !endsLine(text, last - from)) return false;
        const own = cut.subarray(first - range.from, last - range.from);
        if (!beginsLine(cut, first - range.from) || !endsLine(cut, last - range.from)) return false;
        if (Buffer.compare(text.subarray(first - from, last - from), own) !== 0) return false;
      }
      from = to;
    }
    position = block.to;
  }
  return true;
}

function beginsLine(text: Uint8Array, at: number): boolean {
  return at === 0 || text[at - 1] === LF;
}

function endsLine(text: Uint8Array, at: number): boolean {
  return at === text.length || text[at - 1] === LF;
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
    const read = await readStored(body, block, work);
    if (read === null) return false;
    const all = read.kind === 'text' ? linesOfSections(read.sections, read.from) : read.lines;
    const lines = overlapping(all, range);
    if (!sameLines(lines, expected.slice(proved, proved + lines.length))) return false;
    proved += lines.length;
    position = block.to;
  }
  return proved === expected.length;
}

/** Null for a damaged block. */
async function readStored(body: Uint8Array, { contentBytes }: BlockRow, work: Work): Promise<Content | null> {
  try {
    return await readBlock(body, contentBytes, work);
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
function runsOutside(known: readonly Range[], run: Run): Run[] {
  const { from, to } = rangeOf(run);
  if (known.some((range) => range.from <= from && range.to >= to)) return [];
  const runs: Run[] = [];
  const lines = linesOf(run);
  let open: number | null = null;
  for (const [index, line] of lines.entries()) {
    const inside = known.some((range) => line.from >= range.from && line.to <= range.to);
    if (!inside) open ??= index;
    else if (open !== null) {
      runs.push(part(run, open, index));
      open = null;
    }
  }
  if (open !== null) runs.push(part(run, open, lines.length));
  return runs;
}
