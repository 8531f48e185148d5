/**
 * Arrivals cut into waves: in a wave, each stream has at most one run of lines or one gap, so that a wave can be
 * placed against what is stored and committed as one. Nearly every arrival is one wave.
 */
import type { StreamId } from '../event/stream.ts';
import { countOf, joined as joinedRuns, moved, type Run, rangeOf } from './run.ts';
import type { Arrival, ArrivedRecord, ArrivedSegment } from './store.ts';

/** Lines that follow one another without holes; or such without positions yet, as if they began at 0; or a gap. */
export type WavePart = {
  readonly agent: string;
  readonly stream: StreamId;
  readonly path: string;
  readonly source: string;
} & (
  | { readonly kind: 'lines' | 'append'; readonly run: Run }
  | {
      readonly kind: 'gap';
      readonly from: number;
      readonly to: number;
      readonly reason: string;
      readonly leftOut: boolean;
    }
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
    .map((segment) => partOf(segment, arrival))
    .filter((part) => part.kind === 'gap' || countOf(part.run) > 0);
}

function partOf(segment: ArrivedSegment, { agent, receivedAtMs }: Arrival): WavePart {
  const { stream, path, source } = segment;
  const head = { agent, stream, path, source };
  switch (segment.kind) {
    case 'lines':
      return { ...head, kind: 'lines', run: runOf(segment.records, segment.from, receivedAtMs) };
    case 'append': {
      let to = 0;
      const records = segment.records.map(({ bytes }) => {
        to += bytes.length + 1;
        return { to, bytes, cut: false };
      });
      return { ...head, kind: 'append', run: runOf(records, 0, receivedAtMs) };
    }
    case 'text': {
      const { from, text, count } = segment;
      const run: Run = { kind: 'text', from: from ?? 0, text, count, receivedAtMs };
      return { ...head, kind: from === null ? 'append' : 'lines', run };
    }
    case 'gap':
      return { ...head, kind: 'gap', ...gapOf(segment) };
  }
}

function gapOf({ from, to, reason, leftOut }: Extract<ArrivedSegment, { kind: 'gap' }>) {
  return { from, to, reason, leftOut: leftOut === true };
}

function runOf(records: readonly ArrivedRecord[], start: number, receivedAtMs: number): Run {
  let from = start;
  // A spread instead of this literal costs thirty times as much, and there is one for each line.
  const lines = records.map(({ to, bytes, cut }) => {
    const line = { from, to, bytes, cut, receivedAtMs };
    from = to;
    return line;
  });
  return { kind: 'lines', lines };
}

/** Runs are gathered before they are put together: a request may hold one segment for each line. */
function joined(parts: readonly WavePart[]): WavePart[] {
  const groups: WavePart[][] = [];
  for (const part of parts) {
    const group = groups.at(-1);
    if (group !== undefined && follows(group.at(-1)!, part)) group.push(part);
    else groups.push([part]);
  }
  return groups.map(whole);
}

/** Whether the lines of one go on where those of the other end, in the same stream of the same agent. */
export function follows(left: WavePart, right: WavePart): boolean {
  if (left.stream !== right.stream || left.agent !== right.agent) return false;
  if (left.kind === 'gap' || right.kind === 'gap' || left.kind !== right.kind) return false;
  return left.kind === 'append' || rangeOf(left.run).to === rangeOf(right.run).from;
}

function whole(group: readonly WavePart[]): WavePart {
  const [first] = group as readonly [WavePart];
  if (group.length === 1 || first.kind === 'gap') return first;
  const runs = group.flatMap((part) => (part.kind === 'gap' ? [] : [part.run]));
  if (first.kind === 'lines') return { ...first, run: joinedRuns(runs) };
  let from = 0;
  const inRow = runs.map((run) => {
    const placed = moved(run, from);
    from = rangeOf(placed).to;
    return placed;
  });
  return { ...first, run: joinedRuns(inRow) };
}

/** As much of the source as its runs take. */
export function waveBytes(wave: readonly WavePart[]): number {
  let bytes = 0;
  for (const part of wave) {
    if (part.kind === 'gap') continue;
    const { from, to } = rangeOf(part.run);
    bytes += to - from;
  }
  return bytes;
}
