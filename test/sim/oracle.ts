/**
 * Compares what arrived with what was written. Each function gives the first thing that is wrong, as a sentence, or
 * null.
 *
 * At the hub: every line without an excuse is there, exactly once, byte for byte, at its own offsets, in the order of
 * its file; nothing is there that was never written. At receivers that cannot tell repeats: every line is there, and
 * no oftener than requests of unknown fate account for.
 */
import type { Truth, WrittenLine } from './truth.ts';

/** A line of `/api/export`. */
export interface Exported {
  readonly stream: string;
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly raw?: string;
}

export interface HubView {
  readonly records: readonly Exported[];
}

/** What arrived, by line. */
export type Arrivals = Map<WrittenLine, number>;

export function readExport(ndjson: string): Exported[] {
  return ndjson
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Exported);
}

/** What is wrong with what the hub has so far; lines may still be missing. */
export function judgeHub(
  records: readonly Exported[],
  { truth, lineBytesMax }: { readonly truth: Truth; readonly lineBytesMax: number },
): { readonly wrong: string | null; readonly arrivals: Arrivals } {
  const arrivals: Arrivals = new Map();
  const last = new Map<string, { readonly line: WrittenLine; readonly record: Exported }>();
  for (const record of records) {
    const bytes = record.raw === undefined ? Buffer.from(record.text) : Buffer.from(record.raw, 'base64');
    const line = truth.find(bytes, record.to);
    if (line === null) return { wrong: `never written: ${show(record)}`, arrivals };
    const wrong = judgeRecord(record, bytes, { line, lineBytesMax }) ?? judgeOrder(record, line, last);
    if (wrong !== null) return { wrong, arrivals };
    const count = (arrivals.get(line) ?? 0) + 1;
    arrivals.set(line, count);
    if (count > 1 && line.repeatable === null) {
      return { wrong: `${count} times at the hub: ${describe(line)}, now ${show(record)}`, arrivals };
    }
  }
  return { wrong: null, arrivals };
}

function judgeRecord(
  record: Exported,
  bytes: Buffer,
  { line, lineBytesMax }: { readonly line: WrittenLine; readonly lineBytesMax: number },
): string | null {
  const whole = bytes.length === line.bytes.length;
  const long = line.bytes.length > lineBytesMax;
  if (long !== !whole || (long && (bytes.length > lineBytesMax || bytes.length < lineBytesMax - 4))) {
    return `cut to ${bytes.length} bytes, limit ${lineBytesMax}: ${describe(line)}`;
  }
  const lineEnd = line.to - record.to;
  const placed = record.from === line.from && lineEnd >= 0 && lineEnd <= 2;
  if (placed || line.repeatable !== null) return null;
  return `claimed at ${record.from} to ${record.to}: ${describe(line)}`;
}

/** What an audit finds of chains, given as NDJSON: no link may be doubtful, and of the newest none may be missing. */
export function judgeChains(ndjson: string): string | null {
  const chains = ndjson
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ChainOfAudit)
    .filter(({ epoch }) => epoch !== undefined);
  if (chains.length === 0) return 'there is no chain';
  for (const [index, chain] of chains.entries()) {
    const { broken, lost, missing: gone } = chain;
    const newest = index === chains.length - 1;
    if (broken.length > 0 || lost.length > 0 || (newest && gone.length > 0)) {
      return `the chain does not close: ${JSON.stringify(chain)}`;
    }
  }
  return null;
}

interface ChainOfAudit {
  readonly epoch?: string;
  readonly broken: readonly object[];
  readonly lost: readonly object[];
  readonly missing: readonly object[];
}

/** Within a stream lines come in the order of their file, and all of one generation. */
function judgeOrder(
  record: Exported,
  line: WrittenLine,
  last: Map<string, { readonly line: WrittenLine; readonly record: Exported }>,
): string | null {
  const before = last.get(record.stream);
  last.set(record.stream, { line, record });
  if (before === undefined || line.repeatable !== null || before.line.repeatable !== null) return null;
  if (before.record.to > record.from) return `not in order in its stream: ${describe(line)}`;
  if (before.line.generation.file === line.generation.file) return null;
  return `one stream has two files: ${describe(before.line)} and ${describe(line)}`;
}

/** Lines that must be there and are not; the first few, as a sentence. */
export function missing(truth: Truth, arrivals: Arrivals): string | null {
  const lost = [...truth.lines.values()].filter((line) => line.excuse === null && !arrivals.has(line));
  if (lost.length === 0) return null;
  return `${lost.length} lines are missing, the first: ${describe(lost[0]!)}, the last: ${describe(lost.at(-1)!)}`;
}

/** One request that carried lines to a receiver without memory. */
export interface Delivery {
  readonly texts: readonly string[];
  /** How often the receiver took it. */
  readonly delivered: number;
  /** Whether the agent certainly learnt, and remembers, that it arrived. */
  readonly certain: boolean;
}

/** As `judgeHub`, for receivers that cannot tell repeats: `canonical` is what the protocol makes of a line. */
export function judgePlain(
  deliveries: readonly Delivery[],
  { truth, canonical }: { readonly truth: Truth; readonly canonical: (line: Buffer) => string },
): { readonly wrong: string | null; readonly arrivals: Arrivals } {
  // A torn line may read like a whole one: those that must arrive come last and win.
  const lines = [...truth.lines.values()].sort(
    (a, b) => Number(a.excuse === null) - Number(b.excuse === null),
  );
  const byText = new Map(lines.map((line) => [canonical(line.bytes), line]));
  const arrivals: Arrivals = new Map();
  const allowed = new Map<WrittenLine, number>();
  const last = new Map<number, WrittenLine>();
  for (const { texts, delivered, certain } of deliveries) {
    for (const text of texts) {
      const line = byText.get(text);
      if (line === undefined)
        return { wrong: `never written: ${JSON.stringify(text.slice(0, 60))}`, arrivals };
      const count = (arrivals.get(line) ?? 0) + delivered;
      const limit = (allowed.get(line) ?? 1) + (certain ? delivered - 1 : delivered);
      if (count > limit && line.repeatable === null) {
        return { wrong: `${count} times, at most ${limit} are accounted for: ${describe(line)}`, arrivals };
      }
      const before = last.get(line.generation.file);
      if (
        !arrivals.has(line) &&
        before !== undefined &&
        before.serial > line.serial &&
        line.repeatable === null
      ) {
        return { wrong: `after ${describe(before)} came ${describe(line)}`, arrivals };
      }
      if (!arrivals.has(line)) last.set(line.generation.file, line);
      arrivals.set(line, count);
      allowed.set(line, limit);
    }
  }
  return { wrong: null, arrivals };
}

function describe(line: WrittenLine): string {
  const { generation, from, to, bytes } = line;
  const text = JSON.stringify(bytes.subarray(0, 40).toString());
  return `${text} (generation ${generation.number} of ${generation.writer}, bytes ${from} to ${to})`;
}

function show(record: Exported): string {
  return `${JSON.stringify(record.text.slice(0, 60))} (stream ${record.stream}, ${record.from} to ${record.to})`;
}
