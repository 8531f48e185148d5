/**
 * Bodies of protocols A and B (plain and with the envelope) read by the byte kernel, without an object for each line.
 *
 * It knows the shape in which agents send: keys in the order of `ila-soc.ts`, `hub.ts` and `sync-logs.ts`, as
 * `JSON.stringify` and Python's `json.dumps` write them. All else, and whatever is wrong, is left to the general way
 * (`decodeIngest`, `decodeLogs`): it alone judges, so that there is one set of messages. What is read here is read
 * there to the same, which `scan.test.ts` holds.
 */
import { itemsMax, type LogScanner, type Origin, type ScannedLogs } from '../lines/decode.ts';
import { type Incoming, type IncomingSegment, incomingOf, sourceOf } from './incoming.ts';
import { decodeIngest } from './ingest.ts';
import { jsonValuesMax } from './json-values.ts';
import { type Decoded, isCount, isName, isObject, type JsonObject, type ReceivedBatch } from './received.ts';
import { readSegmentHead, type SegmentHead } from './segment-head.ts';
import { decodeLogs } from './sync-logs.ts';

/** The body of `POST /api/agent/ingest-batch`. */
export function readIngest(body: Uint8Array, scanner: LogScanner): Decoded<Incoming> {
  const scanned = scanIngest(body, scanner);
  return scanned === null ? read(decodeIngest(body)) : { kind: 'decoded', value: scanned };
}

/** The body of `POST /logs`. */
export function readLogs(body: Uint8Array, scanner: LogScanner): Decoded<Incoming> {
  const scanned = scanLogs(body, scanner);
  return scanned === null ? read(decodeLogs(body)) : { kind: 'decoded', value: scanned };
}

function read(decoded: Decoded<ReceivedBatch>): Decoded<Incoming> {
  return decoded.kind === 'refused' ? decoded : { kind: 'decoded', value: incomingOf(decoded.value) };
}

/** What stands before the first record is looked for in so many bytes. */
const openingBytesMax = 2048;
/** Values that JSON.parse makes of a record at most: those of a body are bounded by `jsonValuesMax`. */
const valuesPerRecord = 4;

const logsOpening = /^[ \t\r\n]*\{[ \t\r\n]*"logs"[ \t\r\n]*:[ \t\r\n]*\[/;
const ingestOpening =
  /^[ \t\r\n]*\{[ \t\r\n]*"agent_id"[ \t\r\n]*:[ \t\r\n]*("(?:[^"\\]|\\.)*")[ \t\r\n]*,[ \t\r\n]*"logs"[ \t\r\n]*:[ \t\r\n]*\[/;

/** Null: not for this way. */
export function scanLogs(body: Uint8Array, scanner: LogScanner): Incoming | null {
  const opening = openingOf(body, logsOpening);
  if (opening === null || !scanner.takes(body)) return null;
  const logs = scanner.scan(body, opening[0].length, 'strings');
  const rest = logs === null ? null : restOf(body, logs);
  if (logs === null || rest === null || 'logs' in rest) return null;
  const source = rest.source === undefined ? 'unknown' : rest.source;
  if (!isName(source, 1024)) return null;
  const records = logs.lineEnds.length;
  const { text } = logs;
  const segment: IncomingSegment = {
    ...{ kind: 'text', stream: null, path: '', source, from: null },
    ...{ text, count: records },
  };
  return { agentId: null, batchId: null, records, segments: [segment], chained: null };
}

/** Null: not for this way. */
export function scanIngest(body: Uint8Array, scanner: LogScanner): Incoming | null {
  const opening = openingOf(body, ingestOpening);
  if (opening === null || !scanner.takes(body)) return null;
  const agentId = parsed(Buffer.from(opening[1]!, 'latin1').toString());
  const logs = isName(agentId, 256) ? scanner.scan(body, opening[0].length, 'records') : null;
  const rest = logs === null ? null : restOf(body, logs);
  if (logs === null || rest === null || 'logs' in rest || 'agent_id' in rest) return null;
  const sources = sourcesOf(body, logs.origins);
  if (sources === null) return null;
  const records = logs.lineEnds.length;
  const { almadia } = rest;
  if (almadia === undefined) {
    return {
      agentId: agentId as string,
      batchId: null,
      records,
      segments: bySource(logs, sources),
      chained: null,
    };
  }
  if (!isObject(almadia) || !isName(almadia.batch_id, 128)) return null;
  const segments = placed(almadia.segments, logs, sources);
  return segments === null
    ? null
    : { agentId: agentId as string, batchId: almadia.batch_id, records, segments, chained: null };
}

function openingOf(body: Uint8Array, shape: RegExp): RegExpExecArray | null {
  return shape.exec(Buffer.from(body.subarray(0, openingBytesMax)).toString('latin1'));
}

/** The keys behind `logs`; null where they are no JSON, or more values than a body may hold. */
function restOf(body: Uint8Array, { end, lineEnds }: ScannedLogs): JsonObject | null {
  // JSON's white space, which is less than what `trimStart` takes.
  const rest = Buffer.from(body.subarray(end))
    .toString()
    .replace(/^[ \t\r\n]+/, '');
  if (rest.length + lineEnds.length * valuesPerRecord > jsonValuesMax) return null;
  if (!/^,[ \t\r\n]*"/.test(rest)) return /^\}[ \t\r\n]*$/.test(rest) ? {} : null;
  const object = parsed(`{${rest.slice(1)}`);
  return isObject(object) ? object : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Source {
  /** From which line on. */
  readonly line: number;
  readonly name: string;
}

function sourcesOf(body: Uint8Array, origins: readonly Origin[]): Source[] | null {
  const sources: Source[] = [];
  for (const { line, sourceFrom, sourceTo } of origins) {
    const name = parsed(Buffer.from(body.subarray(sourceFrom, sourceTo)).toString());
    if (typeof name !== 'string') return null;
    sources.push({ line, name: isName(name, 4096) ? name : 'unknown' });
  }
  return sources;
}

/** The lines of each source follow one another as if there were no others. */
function bySource({ text, lineEnds }: ScannedLogs, sources: readonly Source[]): IncomingSegment[] {
  const parts = new Map<string, { texts: Uint8Array[]; count: number }>();
  for (const [index, { line, name }] of sources.entries()) {
    const next = sources[index + 1]?.line ?? lineEnds.length;
    const own = parts.get(name) ?? { texts: [], count: 0 };
    own.texts.push(text.subarray(lineEnds[line - 1] ?? 0, lineEnds[next - 1]));
    own.count += next - line;
    parts.set(name, own);
  }
  return [...parts].map(([source, { texts, count }]) => ({
    ...{ kind: 'text', stream: null, path: '', source, from: null },
    ...{ text: texts.length === 1 ? texts[0]! : Buffer.concat(texts), count },
  }));
}

/** Null where a segment does not fit the lines, and where a line does not end with LF alone. */
function placed(list: unknown, logs: ScannedLogs, sources: readonly Source[]): IncomingSegment[] | null {
  if (!Array.isArray(list) || list.length > itemsMax) return null;
  const segments: IncomingSegment[] = [];
  let taken = 0;
  let origin = 0;
  for (const entry of list) {
    const head = readSegmentHead(entry);
    if (typeof head === 'string' || head.kind === 'cut') return null;
    const { stream, path, from, to } = head;
    if (head.kind !== 'lines') {
      const { kind, reason } = head;
      if (from < to) segments.push({ kind, stream, path, source: sourceOf(path), from, to, reason });
      continue;
    }
    const { ends } = entry as { readonly ends?: unknown };
    const text = Array.isArray(ends) ? textOf(ends, logs, { first: taken, head }) : null;
    if (text === null) return null;
    while ((sources[origin + 1]?.line ?? Number.POSITIVE_INFINITY) <= taken) origin += 1;
    const source = sources[origin]!.name;
    const count = (ends as readonly unknown[]).length;
    taken += count;
    if (from < to) segments.push({ kind: 'text', stream, path, source, from, text, count });
  }
  return taken === logs.lineEnds.length ? segments : null;
}

/** The bytes of a segment whose lines take `lengths` each; the last may have no line end. */
function textOf(
  lengths: readonly unknown[],
  { text, lineEnds }: ScannedLogs,
  { first, head }: { readonly first: number; readonly head: SegmentHead },
): Uint8Array | null {
  const begin = lineEnds[first - 1] ?? 0;
  let before = begin;
  let finished = true;
  for (let index = 0; index < lengths.length; index++) {
    const end = lineEnds[first + index];
    const length = lengths[index];
    if (end === undefined || !finished || !isCount(length) || length === 0) return null;
    finished = length === end - before;
    if (!finished && length !== end - before - 1) return null;
    before = end;
  }
  const bytes = text.subarray(begin, finished ? before : before - 1);
  return bytes.length === head.to - head.from ? bytes : null;
}
