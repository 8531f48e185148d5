/**
 * What the store can prove of each stream: what it says that it holds, against what lies in it. Reads only.
 *
 * Ranges are what was acked, blocks are the lines. Both are written in one transaction, so they agree unless somebody, or
 * a disk, took something away afterwards.
 */
import type { Work } from '../host/work.ts';
import { readPages } from './query.ts';
import { hull, subtract } from './range.ts';
import type { Missing, Range, StreamAudit, StreamSummary } from './store.ts';
import type { Tables } from './tables.ts';

/** With `content` every block is expanded and its checksum looked at; without, only positions are compared. */
export async function* auditStreams(
  streams: readonly StreamSummary[],
  machine: { readonly tables: Tables; readonly work: Work; readonly content: boolean },
): AsyncGenerator<StreamAudit> {
  const { tables } = machine;
  for (const { number, ...head } of streams) {
    const damaged = machine.content ? await damagedOf(head, tables, machine.work) : [];
    // In one step, so that no commit comes between what is said and what is there.
    const claims = { begin: head.begin, ranges: tables.ranges(number), gaps: tables.gaps(number) };
    const [stored, removed] = [tables.covered(number), tables.removed.of(number)];
    yield { ...head, number, ...claims, removed, ...judge(claims, { stored, removed, damaged }) };
  }
}

/** Pure: the places of a stream where something is missing, in order. */
export function judge(
  { begin, ranges, gaps }: Pick<StreamSummary, 'begin' | 'ranges' | 'gaps'>,
  found: {
    readonly stored: readonly Range[];
    readonly removed: readonly Range[];
    readonly damaged: readonly Range[];
  },
): Pick<StreamAudit, 'completeTo' | 'missing'> {
  const { stored, removed, damaged } = found;
  const known = [...ranges, ...gaps, ...stored].sort((a, b) => a.from - b.from);
  if (known.length === 0) return { completeTo: begin, missing: [] };
  const whole = { from: begin, to: hull(known).to };
  const missing: Missing[] = [
    ...subtract(whole, known).map((range): Missing => ({ ...range, why: 'never-arrived' })),
    ...ranges.flatMap((range) =>
      subtract(range, stored)
        .flatMap((part) => subtract(part, removed))
        .map((part): Missing => ({ ...part, why: 'removed' })),
    ),
    ...stored.flatMap((block) =>
      subtract(block, ranges).map((part): Missing => ({ ...part, why: 'not-acked' })),
    ),
    ...damaged.map((range): Missing => ({ ...range, why: 'damaged' })),
  ];
  missing.sort((a, b) => a.from - b.from);
  return { completeTo: missing[0]?.from ?? whole.to, missing };
}

async function damagedOf(
  stream: Pick<StreamSummary, 'agent' | 'id'>,
  tables: Tables,
  work: Work,
): Promise<Range[]> {
  const query = { agent: stream.agent, stream: stream.id, source: null, newest: null };
  const damaged: Range[] = [];
  for await (const page of readPages(query, tables, work)) {
    if (page.damaged !== null) damaged.push(page.damaged);
  }
  return damaged;
}
