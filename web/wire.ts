/**
 * The hub's JSON as the page understands it. Pure. Read leniently: a field that is absent or of another type becomes
 * null or a neutral value, an entry without its key fields is left out, so that a newer or older hub still shows.
 */
import { countOf, entriesOf, type Fields, fieldsOf, textOf, timeOf } from './json.ts';
import type { HubEvent, Range, StoredChain, StoredStream } from './proof-of.ts';
import type { TailLine } from './tail-buffer.ts';

export function readLines(body: unknown): readonly TailLine[] {
  return Array.isArray(body) ? body.map(readLine).filter((line) => line !== null) : [];
}

/** Null when it is no line: without an id nothing could be told apart, without text there is nothing to show. */
export function readLine(value: unknown): TailLine | null {
  const fields = fieldsOf(value);
  const { id, text } = fields;
  if ((typeof id !== 'string' && typeof id !== 'number') || typeof text !== 'string') return null;
  return {
    id: String(id),
    text,
    agent: textOf(fields.agent) ?? '',
    source: textOf(fields.source) ?? '',
    path: textOf(fields.path) ?? '',
    receivedAtMs: timeOf(fields.received_at) ?? Number.NaN,
    cutOfBytes: fields.cut === true ? countOf(fields.original_bytes) : null,
    validUtf8: typeof fields.raw !== 'string',
  };
}

/** A page of what a query finds, the newest line first. */
export interface FoundPage {
  readonly lines: readonly TailLine[];
  /** Where older ones begin; null: there are none. */
  readonly next: string | null;
  /** What in the query is probably not meant so, by UTF-16 positions. */
  readonly notes: readonly { readonly at: number; readonly to: number; readonly message: string }[];
}

export function readFound(body: unknown): FoundPage {
  const fields = fieldsOf(body);
  return {
    lines: readLines(fields.lines),
    next: textOf(fields.next),
    notes: entriesOf(fields.notes).map((note) => ({
      at: countOf(note.at) ?? 0,
      to: countOf(note.to) ?? 0,
      message: textOf(note.message) ?? '',
    })),
  };
}

export function readStreams(body: unknown): readonly StoredStream[] {
  return entriesOf(fieldsOf(body).streams).map((fields) => ({
    agent: textOf(fields.agent) ?? '',
    id: textOf(fields.stream) ?? '',
    name: textOf(fields.path) ?? textOf(fields.source) ?? '–',
    fork: typeof fields.fork_of === 'string',
    duplicates: countOf(fields.duplicates) ?? 0,
    begin: countOf(fields.begin) ?? 0,
    ranges: entriesOf(fields.ranges).map(rangeOf),
    gaps: entriesOf(fields.gaps).map((gap) => ({ ...rangeOf(gap), reason: textOf(gap.reason) ?? '' })),
  }));
}

export function readChains(body: unknown): readonly StoredChain[] {
  return entriesOf(fieldsOf(body).chains).map((fields) => ({
    agent: textOf(fields.agent) ?? '',
    epoch: textOf(fields.epoch) ?? '',
    contiguousTo: countOf(fields.contiguous_to) ?? 0,
    newest: countOf(fields.newest) ?? 0,
    repeats: countOf(fields.repeats) ?? 0,
  }));
}

export function readEvents(body: unknown): readonly HubEvent[] {
  return entriesOf(fieldsOf(body).events).map((fields) => ({
    id: String(fields.id),
    agent: textOf(fields.agent) ?? '',
    kind: textOf(fields.kind) ?? '',
    atMs: timeOf(fields.at) ?? Number.NaN,
    path: textOf(fields.path),
    detail: textOf(fields.detail) ?? '',
  }));
}

/** What a refusal of the hub says; '' when it says nothing. */
export function readMessage(body: unknown): string {
  return textOf(fieldsOf(body).message) ?? '';
}

/** The payload of a `skipped` event. */
export function readSkipped(value: unknown): number | null {
  return countOf(fieldsOf(value).count);
}

function rangeOf(fields: Fields): Range {
  return { from: countOf(fields.from) ?? 0, to: countOf(fields.to) ?? 0 };
}
