/** Batches for tests of codecs and outputs, made from a few words. */
import type { Batch, BatchBody, GapReason, Segment } from '../../src/event/batch.ts';
import { bodyBytesOf } from '../../src/event/batch.ts';
import { countLines } from '../../src/lines/ends.ts';

/** A segment and its bytes. */
export interface Piece {
  readonly segment: Segment;
  readonly body: Uint8Array;
}

export interface Where {
  readonly path?: string;
  readonly from?: number;
  readonly stream?: string;
}

const streamOfTests = '0123456789abcdef0123456789abcdef';

export function lines(content: string | Uint8Array, where: Where = {}): Piece {
  const body = typeof content === 'string' ? Buffer.from(content) : content;
  const place = placeOf(where);
  return { segment: { ...place, to: place.from + body.length, kind: 'lines' }, body };
}

/** A line over the line limit, of which only `kept` is there; `bytes` is its whole length with its line end. */
export function cut(kept: string | Uint8Array, bytes: number, where: Where = {}): Piece {
  const body = typeof kept === 'string' ? Buffer.from(kept) : kept;
  const place = placeOf(where);
  return { segment: { ...place, to: place.from + bytes, kind: 'cut', kept: body.length }, body };
}

export function gap(bytes: number, reason: GapReason, where: Where = {}): Piece {
  const place = placeOf(where);
  return { segment: { ...place, to: place.from + bytes, kind: 'gap', reason }, body: new Uint8Array(0) };
}

function placeOf(where: Where): Pick<Segment, 'stream' | 'path' | 'from'> {
  return {
    stream: where.stream ?? streamOfTests,
    path: where.path ?? '/var/log/app.log',
    from: where.from ?? 0,
  };
}

/** 2025-11-29T10:00:00.250Z */
export const readAtMsOfTests = 1_764_410_400_250;

export function batchOf(...pieces: readonly Piece[]): { readonly batch: Batch; readonly body: BatchBody } {
  const segments = pieces.map((piece) => piece.segment);
  const batch: Batch = {
    key: { output: 'test', sequence: 1, part: '' },
    id: 'f'.repeat(64),
    readAtMs: readAtMsOfTests,
    segments,
    records: pieces.reduce((total, piece) => total + recordsIn(piece), 0),
    bytes: segments.reduce((total, segment) => total + bodyBytesOf(segment), 0),
  };
  return { batch, body: pieces.map((piece) => piece.body) };
}

function recordsIn(piece: Piece): number {
  if (piece.segment.kind === 'gap') return 0;
  return piece.segment.kind === 'cut' ? 1 : countLines(piece.body);
}
