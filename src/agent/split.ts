/** Cuts a batch in two, at half of its records. Pure. */
import type { Batch, BatchBody, Segment } from '../event/batch.ts';
import { countLines, offsetAfterLines } from '../lines/ends.ts';

export interface Part {
  readonly segments: readonly Segment[];
  readonly bodies: BatchBody;
  readonly records: number;
}

/** Both halves have records; the batch has at least two. */
export function splitInHalf(batch: Batch, body: BatchBody): readonly [Part, Part] {
  const wanted = batch.records >> 1;
  const first: { segments: Segment[]; bodies: Uint8Array[]; records: number } = {
    segments: [],
    bodies: [],
    records: 0,
  };
  const second: typeof first = { segments: [], bodies: [], records: 0 };
  const put = (to: typeof first, segment: Segment, bytes: Uint8Array, records: number) => {
    to.segments.push(segment);
    to.bodies.push(bytes);
    to.records += records;
  };
  batch.segments.forEach((segment, index) => {
    const bytes = body[index]!;
    const records = recordsOf(segment, bytes);
    const missing = wanted - first.records;
    if (missing <= 0) put(second, segment, bytes, records);
    else if (records <= missing) put(first, segment, bytes, records);
    else {
      const at = offsetAfterLines(bytes, missing);
      put(first, { ...segment, to: segment.from + at }, bytes.subarray(0, at), missing);
      put(second, { ...segment, from: segment.from + at }, bytes.subarray(at), records - missing);
    }
  });
  return [first, second];
}

/** How many lines a segment covers of which `records` are in its body; those of a gap are not known. */
export function linesOf(segment: Segment, records: number): number {
  return segment.kind === 'filtered' ? segment.lines : records;
}

/** How many records a segment carries. */
export function recordsOf(segment: Segment, body: Uint8Array): number {
  switch (segment.kind) {
    case 'lines':
      return countLines(body);
    case 'cut':
      return 1;
    case 'gap':
    case 'filtered':
      return 0;
  }
}
