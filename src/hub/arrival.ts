/** From what a protocol received to what the store takes. */
import { basename } from 'node:path/posix';
import type { Work } from '../host/work.ts';
import type { ReceivedBatch, ReceivedRecord, ReceivedSegment } from '../protocol/received.ts';
import type { Arrival, ArrivedSegment } from '../store/store.ts';

export interface Arriving {
  readonly agent: string;
  readonly batch: ReceivedBatch;
  readonly receivedAtMs: number;
}

/**
 * With the envelope, segments as the agent made them. Without it, one stream for each source, whose name follows from
 * agent and source and whose positions count bytes in the order of arrival.
 */
export function arrivalOf({ agent, batch, receivedAtMs }: Arriving, work: Work): Arrival {
  const segments =
    batch.envelope === null
      ? appendedBySource(agent, batch.records, work)
      : batch.envelope.segments.filter((segment) => segment.from < segment.to).map(segmentOf);
  return { agent: storedText(agent), receivedAtMs, segments: segments.map(withStoredTexts) };
}

function segmentOf(segment: ReceivedSegment): ArrivedSegment {
  const { stream, path, from, to } = segment;
  switch (segment.kind) {
    case 'lines': {
      const source = segment.records[0]?.source ?? basename(path);
      const records = segment.records.map(({ bytes }, index) => ({
        to: segment.ends[index]!,
        bytes,
        cut: false,
      }));
      return { kind: 'lines', stream, path, source, from, records };
    }
    case 'cut': {
      const { bytes, source } = segment.record;
      return { kind: 'lines', stream, path, source, from, records: [{ to, bytes, cut: true }] };
    }
    case 'gap':
      return { kind: 'gap', stream, path, source: basename(path), from, to, reason: segment.reason };
  }
}

function withStoredTexts(segment: ArrivedSegment): ArrivedSegment {
  return { ...segment, path: storedText(segment.path), source: storedText(segment.source) };
}

function appendedBySource(agent: string, records: readonly ReceivedRecord[], work: Work): ArrivedSegment[] {
  const bySource = new Map<string, { bytes: Uint8Array }[]>();
  for (const { source, bytes } of records) {
    const list = bySource.get(source);
    if (list === undefined) bySource.set(source, [{ bytes }]);
    else list.push({ bytes });
  }
  return [...bySource].map(([source, list]) => ({
    kind: 'append',
    stream: work.sha256([JSON.stringify(['almadia stream without positions', agent, source])]).slice(0, 32),
    path: '',
    source,
    records: list,
  }));
}

/**
 * A text as the store gives it back: NUL, at which SQLite's bindings end a text, and lone surrogates, which are no
 * text, become U+FFFD.
 */
export function storedText(text: string): string {
  return Buffer.from(text).toString().replaceAll('\0', '\ufffd');
}
