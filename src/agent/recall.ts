/**
 * What an agent without its state, or with an older one, takes over from what its hub has of it. Each file is proved by the
 * source as after any start: what does not prove is a new stream.
 */
import type { StreamRecord } from '../event/stream.ts';
import type { Gap, HubStream, Range } from '../protocol/agent-streams.ts';
import type { Patterns } from '../source/file/patterns.ts';
import { isRotatedName } from '../source/file/rotated-name.ts';
import type { LedgerEntry } from '../state/state.ts';
import { readDescription } from './descriptions.ts';

export interface Recalled {
  readonly record: StreamRecord;
  /** Read, and settled, up to here: what is behind is sent again, and the hub passes over what it has. */
  readonly read: number;
  readonly ledger: readonly Omit<LedgerEntry, 'output'>[];
}

/** How a hub tells of ranges that were set aside; the dead letters themselves went with the state. */
const deadPrefix = 'dead: ';
const filteredPrefix = 'filtered: ';

/**
 * Streams that are not known here. A hub cannot make an agent read what it was not told to: only files are looked for that
 * a pattern wants, and what rotation made of their names.
 */
export function recall(
  found: readonly HubStream[],
  given: { readonly known: { has(stream: string): boolean }; readonly patterns: readonly Patterns[] },
): readonly Recalled[] {
  // The newest come first, and what came later takes the place of what was there.
  const recalled = withForks(found).flatMap((stream) => {
    const one = given.known.has(stream.stream) ? null : recallStream(stream);
    return one !== null && isWanted(one.record.path, given.patterns) ? [one] : [];
  });
  recalled.reverse();
  const successors = new Map(recalled.map(({ record }) => [record.parent?.stream, record]));
  return recalled.map((one) => {
    const next = successors.get(one.record.id);
    return next === undefined ? one : { ...one, record: ended(one.record, next) };
  });
}

/** A fork has what its stream brought where the hub had other bytes already. */
function withForks(found: readonly HubStream[]): readonly HubStream[] {
  const forks = new Map<string, HubStream[]>();
  for (const one of found) {
    const [of, fork] = one.stream.split('~');
    if (fork !== undefined) forks.set(of!, [...(forks.get(of!) ?? []), one]);
  }
  return found.map((one) => {
    const others = forks.get(one.stream) ?? [];
    return { ...one, ranges: [...one.ranges, ...others.flatMap(({ ranges }) => ranges)] };
  });
}

/**
 * A generation that another one continues. In their common file it would find what its successor has in common with it,
 * and read that twice; so it is looked for as if that were none of its own. A copy may hold its rest.
 */
function ended(record: StreamRecord, next: StreamRecord): StreamRecord {
  const common = record.identity.inode === next.identity.inode;
  const identity = common ? { ...record.identity, inode: noInode } : record.identity;
  return { ...record, identity, status: 'ended' };
}

/** Of no file. */
const noInode = 0n;

function recallStream({ stream, ranges, gaps, description }: HubStream): Recalled | null {
  const described = readDescription(stream, description);
  if (described === null) return null;
  const { record, start } = described;
  const kept = gaps.filter(({ reason }) => !reason.startsWith(deadPrefix));
  const end = endOf(start, [...ranges, ...kept]);
  const proofs = record.proofs.filter(({ position }) => position >= start && position <= end);
  const read = proofs.at(-1)?.position ?? start;
  return { record: { ...record, proofs }, read, ledger: ledgerOf(record, { start, read, gaps: kept }) };
}

/** Up to where everything from a position on is there. */
function endOf(start: number, ranges: readonly Range[]): number {
  let end = start;
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    if (from > end) break;
    end = Math.max(end, to);
  }
  return end;
}

function ledgerOf(
  { id: stream, parent }: StreamRecord,
  { start, read, gaps }: { readonly start: number; readonly read: number; readonly gaps: readonly Gap[] },
): Recalled['ledger'] {
  const entry = (term: LedgerEntry['term'], reason: string, bytes: number) => {
    return { stream, term, reason, bytes, lines: 0 };
  };
  const lost = gaps.map(({ from, to, reason }) => {
    const bytes = Math.max(0, Math.min(to, read) - Math.max(from, start));
    return reason.startsWith(filteredPrefix)
      ? entry('filtered', reason.slice(filteredPrefix.length), bytes)
      : entry('gap', reason, bytes);
  });
  const acked = read - start - lost.reduce((sum, { bytes }) => sum + bytes, 0);
  const skipped = start - (parent?.from ?? 0);
  return [entry('skipped', '', skipped), entry('acked', '', acked), ...lost].filter(
    ({ bytes }) => bytes !== 0,
  );
}

function isWanted(path: string, patterns: readonly Patterns[]): boolean {
  const matches = (one: string) => patterns.some((pattern) => pattern.matches(one));
  return matches(path) || originalsOf(path).some((one) => isRotatedName(one, path) && matches(one));
}

/** What the path may have been called before rotation: a stretch from one `-`, `.` or `_` to another, or to the end, came to it. */
function originalsOf(path: string): string[] {
  const name = path.lastIndexOf('/') + 1;
  const marks = [...path.slice(name).matchAll(/[-._]/g)].map(({ index }) => name + index).slice(-marksMax);
  return marks.flatMap((from) =>
    [...marks.filter((to) => to > from), path.length].map((to) => path.slice(0, from) + path.slice(to)),
  );
}

/** Names with more marks than this were not made by any rotation. */
const marksMax = 12;
