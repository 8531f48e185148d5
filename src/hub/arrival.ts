/** From what a protocol received to what the store takes. */
import type { Work } from '../host/work.ts';
import type { Incoming, IncomingSegment } from '../protocol/incoming.ts';
import type { Arrival, ArrivedSegment } from '../store/store.ts';

export interface Arriving {
  readonly agent: string;
  readonly batch: Incoming;
  readonly receivedAtMs: number;
}

/**
 * Segments as the agent made them. Where it knows no streams there is one for each source, whose name follows from
 * agent and source and whose positions count bytes in the order of arrival.
 */
export function arrivalOf({ agent, batch, receivedAtMs }: Arriving, work: Work): Arrival {
  const segments = batch.segments.map((segment): ArrivedSegment => {
    const stream = segment.stream ?? streamOf(agent, segment, work);
    const named = { stream, path: storedText(segment.path), source: storedText(segment.source) };
    switch (segment.kind) {
      case 'gap':
      case 'filtered':
      case 'dead':
        return { ...segment, ...named, kind: 'gap', reason: gapReason(segment.kind, segment.reason) };
      default:
        return { ...segment, ...named };
    }
  });
  return { agent: storedText(agent), receivedAtMs, segments };
}

/** Why there are no bytes: a gap's own reason, else the kind before it. */
export function gapReason(kind: 'gap' | 'filtered' | 'dead', reason: string): string {
  return kind === 'gap' ? reason : `${kind}: ${storedText(reason)}`;
}

function streamOf(agent: string, { source }: IncomingSegment, work: Work): string {
  return work.sha256([JSON.stringify(['almadia stream without positions', agent, source])]).slice(0, 32);
}

/**
 * A text as the store gives it back: NUL, at which SQLite's bindings end a text, and lone surrogates, which are no
 * text, become U+FFFD.
 */
export function storedText(text: string): string {
  return Buffer.from(text).toString().replaceAll('\0', '\ufffd');
}
