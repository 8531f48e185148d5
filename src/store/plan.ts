/**
 * What is to be written for each part of a wave, decided before the transaction: its stream, what of it is new, and the
 * blocks.
 *
 * Parts are placed against committed lines. One kind is not: a part that goes on where another of the same group ends, as
 * the batches of one file do that are on their way at the same time. It goes where that one goes, if nothing that is
 * committed could make a difference; else its wave waits for the next group.
 */
import type { Work } from '../host/work.ts';
import { type Block, blockBytesMax, blocksOf, encodeBlock } from './block.ts';
import { type Machine, type Placement, placeGap, placeRun } from './placement.ts';
import { moved, pieces, type Run, rangeOf } from './run.ts';
import type { StreamRow, Tables } from './tables.ts';
import { type PackedText, packText, textBlock } from './text-block.ts';
import { follows, type WavePart } from './wave.ts';

export interface Plan {
  readonly part: WavePart;
  readonly stream: StreamRow | null;
  /** The name of the stream or fork that is to be created where `stream` is null; one object for all that share it. */
  readonly created: { readonly id: string; readonly root: string } | null;
  readonly runs: readonly Run[];
  readonly blocks: readonly Block[];
  readonly duplicates: number;
}

/** Blocks of a whole run: done, or but for their position in the stream. */
export type Encoded =
  | { readonly kind: 'text'; readonly packed: readonly PackedText[] }
  | { readonly kind: 'lines'; readonly blocks: readonly Block[] };

/** What can be made before it is known where the part goes; null where that cannot. */
export async function encodeAhead(part: WavePart, work: Work): Promise<Encoded | null> {
  if (part.kind === 'gap') return null;
  // The position of a line stands inside of what is compressed, that of a text does not.
  return part.run.kind === 'text' || part.kind === 'lines' ? encode(part.run, work) : null;
}

export async function planPart(part: WavePart, encoded: Encoded | null, machine: Machine): Promise<Plan> {
  const family = machine.tables.family(part.agent, part.stream);
  const placement = await place(part, family, machine);
  const created = placement.stream === null ? nameOf(part, family) : null;
  return { part, created, blocks: await blocksFor(placement, encoded, machine.work), ...placement };
}

/** The same for a part that follows `before`, which is not committed yet. Null: not before that is. */
export async function planNext(
  part: WavePart,
  encoded: Encoded | null,
  { before, machine }: { readonly before: Plan; readonly machine: Machine },
): Promise<Plan | null> {
  const run = runAfter(part, before, machine.tables);
  if (run === null) return null;
  const { stream, created } = before;
  const placement = { stream, runs: [run], duplicates: 0 };
  return { part, created, blocks: await blocksFor(placement, encoded, machine.work), ...placement };
}

function runAfter(part: WavePart, before: Plan, tables: Tables): Run | null {
  const [last] = before.runs;
  if (part.kind === 'gap' || !follows(before.part, part) || last === undefined) return null;
  if (part.kind === 'append') return moved(part.run, rangeOf(last).to);
  if (before.duplicates > 0 || before.runs.length !== 1) return null;
  // Of streams that hold nothing of the range, placement takes one that ends where it begins. That is now `before`'s.
  const range = rangeOf(part.run);
  for (const stream of tables.family(part.agent, part.stream)) {
    const own = stream.number === before.stream?.number;
    const near = tables.rangesNear(stream.number, range);
    if (near.some(({ from, to }) => from < range.to && to > range.from)) return null;
    const ends = [...near, ...(own ? [] : tables.gapsNear(stream.number, range))];
    if (!own && ends.some(({ to }) => to === range.from)) return null;
  }
  return part.run;
}

async function place(part: WavePart, family: readonly StreamRow[], machine: Machine): Promise<Placement> {
  const { tables } = machine;
  switch (part.kind) {
    case 'lines':
      return placeRun(part.run, family, machine);
    case 'gap':
      return { stream: placeGap(part, family, tables), runs: [], duplicates: 0 };
    case 'append': {
      const stream = family[0] ?? null;
      const start = stream === null ? 0 : tables.end(stream.number);
      return { stream, runs: [moved(part.run, start)], duplicates: 0 };
    }
  }
}

/** `encoded` serves where the whole part is new. */
async function blocksFor(
  { runs, duplicates }: Placement,
  encoded: Encoded | null,
  work: Work,
): Promise<Block[]> {
  const whole = runs.length === 1 && duplicates === 0;
  const blocks: Block[] = [];
  for (const run of runs) {
    const done = whole && encoded !== null ? encoded : await encode(run, work);
    for (const block of blocksAt(rangeOf(run).from, done, work)) blocks.push(block);
  }
  return blocks;
}

async function encode(run: Run, work: Work): Promise<Encoded> {
  if (run.kind === 'lines') {
    const blocks = blocksOf(run.lines).map((lines) => encodeBlock(lines, work));
    return { kind: 'lines', blocks: await Promise.all(blocks) };
  }
  const { text: whole, receivedAtMs } = run;
  const packed = pieces(whole, blockBytesMax).map((text) => packText([{ receivedAtMs, text }], work));
  return { kind: 'text', packed: await Promise.all(packed) };
}

function blocksAt(start: number, encoded: Encoded, work: Work): readonly Block[] {
  if (encoded.kind === 'lines') return encoded.blocks;
  let from = start;
  return encoded.packed.map((packed) => {
    const block = textBlock(packed, from, work);
    from = block.to;
    return block;
  });
}

/** A fork's name follows from its stream's; no sender can name one, since names of streams are hexadecimal. */
function nameOf(part: WavePart, family: readonly StreamRow[]): { id: string; root: string } {
  const id = family.length === 0 ? part.stream : `${part.stream}~${family.length}`;
  return { id, root: part.stream };
}
