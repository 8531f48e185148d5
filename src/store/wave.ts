/**
 * Arrivals cut into waves: in a wave, each stream has at most one run of lines or one gap, so that a wave can be
 * placed against what is stored and committed as one. Nearly every arrival is one wave.
 */
import type { StreamId } from '../event/stream.ts';
import type { Arrival, ArrivedSegment, Line } from './store.ts';

/** Lines that follow one another without holes; or records without positions; or a gap. */
export type WavePart = {
  readonly agent: string;
  readonly stream: StreamId;
  readonly path: string;
  readonly source: string;
} & (
  | { readonly kind: 'lines'; readonly lines: readonly Line[] }
  | { readonly kind: 'append'; readonly records: readonly Uint8Array[]; readonly receivedAtMs: number }
  | { readonly kind: 'gap'; readonly from: number; readonly to: number; readonly reason: string }
);

/** In the order of the segments; neighbours of one stream that follow one another become one part. */
export function wavesOf(arrival: Arrival): WavePart[][] {
  const waves: WavePart[][] = [];
  const nextWave = new Map<StreamId, number>();
  for (const part of joined(partsOf(arrival))) {
    const index = nextWave.get(part.stream) ?? 0;
    nextWave.set(part.stream, index + 1);
    if (waves[index] === undefined) waves[index] = [];
    waves[index].push(part);
  }
  return waves;
}

function partsOf(arrival: Arrival): WavePart[] {
  return arrival.segments
    .filter((segment) => segment.kind === 'gap' || segment.records.length > 0)
    .map((segment) => partOf(segment, arrival));
}

function partOf(segment: ArrivedSegment, { agent, receivedAtMs }: Arrival): WavePart {
  const { stream, path, source } = segment;
  const head = { agent, stream, path, source };
  switch (segment.kind) {
    case 'lines': {
      let from = segment.from;
      // A spread instead of this literal costs thirty times as much, and there is one for each line.
      const lines = segment.records.map(({ to, bytes, cut }) => {
        const line = { from, to, bytes, cut, receivedAtMs };
        from = to;
        return line;
      });
      return { ...head, kind: 'lines', lines };
    }
    case 'append':
      return {
        ...head,
        kind: 'append',
        records: segment.records.map((record) => record.bytes),
        receivedAtMs,
      };
    case 'gap':
      return { ...head, kind: 'gap', from: segment.from, to: segment.to, reason: segment.reason };
  }
}

/** Runs are gathered before they are put together: a request may hold one segment for each line. */
function joined(parts: readonly WavePart[]): WavePart[] {
  const runs: WavePart[][] = [];
  for (const part of parts) {
    const run = runs.at(-1);
    if (run !== undefined && follows(run.at(-1)!, part)) run.push(part);
    else runs.push([part]);
  }
  return runs.map(whole);
}

function follows(left: WavePart, right: WavePart): boolean {
  if (left.stream !== right.stream) return false;
  if (left.kind === 'lines' && right.kind === 'lines') return left.lines.at(-1)!.to === right.lines[0]!.from;
  return left.kind === 'append' && right.kind === 'append';
}

function whole(run: readonly WavePart[]): WavePart {
  const [first] = run as readonly [WavePart];
  if (run.length === 1) return first;
  switch (first.kind) {
    case 'lines':
      return { ...first, lines: run.flatMap((part) => (part.kind === 'lines' ? part.lines : [])) };
    case 'append':
      return { ...first, records: run.flatMap((part) => (part.kind === 'append' ? part.records : [])) };
    case 'gap':
      return first;
  }
}

export function waveBytes(wave: readonly WavePart[]): number {
  let bytes = 0;
  for (const part of wave) {
    if (part.kind === 'lines') for (const line of part.lines) bytes += line.bytes.length;
    if (part.kind === 'append') for (const record of part.records) bytes += record.length;
  }
  return bytes;
}
