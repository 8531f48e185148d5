/** From what a protocol received to what the store takes. */
import type { Work } from '../host/work.ts';
import { linkHash } from '../protocol/chain.ts';
import { type Chained, type Incoming, type IncomingSegment, sourceOf } from '../protocol/incoming.ts';
import type { Arrival, ArrivedLink, ArrivedSegment } from '../store/store.ts';

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
        return { ...segment, ...named, kind: 'gap' };
      case 'filtered':
      case 'dead':
        return { ...segment, ...named, ...leftOut(segment.kind, segment.reason) };
      default:
        return { ...segment, ...named };
    }
  });
  const arrival = { agent: storedText(agent), receivedAtMs, segments: [...segments, ...setAside(batch)] };
  return batch.chained === null ? arrival : { ...arrival, link: linkOf(batch.chained, work) };
}

function leftOut(kind: 'filtered' | 'dead', reason: string) {
  return { kind: 'gap', leftOut: true, reason: `${kind}: ${storedText(reason)}` } as const;
}

function linkOf({ chain, contentHash, descriptions, statements }: Chained, work: Work): ArrivedLink {
  return {
    ...{ chain, contentHash, descriptions, hash: linkHash(chain, work) },
    statements: statements.map((statement) => ({
      chain: statement.chain,
      hash: linkHash(statement.chain, work),
    })),
  };
}

function setAside({ chained }: Incoming): ArrivedSegment[] {
  return (chained?.statements ?? []).flatMap(({ segments }) =>
    segments.map(({ stream, path, from, to, reason }) => ({
      ...{ stream, path: storedText(path), source: storedText(sourceOf(path)), from, to },
      ...leftOut('dead', reason),
    })),
  );
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
