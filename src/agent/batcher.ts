/**
 * Gathers pieces into a batch until it is full or its time is up. Per stream, small pieces that follow one another become
 * one segment; the order within a stream is kept, across streams there is none.
 *
 * Bodies are not copied, but where small ones become one segment. The batch holds the memory in which its bodies lie.
 */
import type { Segment } from '../event/batch.ts';
import { hasBody } from '../event/batch.ts';
import type { Hold } from '../event/hold.ts';
import type { StreamId } from '../event/stream.ts';
import { encodedRoom, type Fit, fitCut, fitLines } from '../protocol/fit.ts';
import type { ProtocolLimits } from '../protocol/protocol.ts';
import type { Piece } from '../source/source.ts';
import { linesOf } from './split.ts';

/** A batch that is closed but has no name yet. */
export interface Draft {
  readonly segments: readonly Segment[];
  readonly bodies: readonly Uint8Array[];
  /** Records of each segment. */
  readonly counts: readonly number[];
  readonly records: number;
  readonly bytes: number;
  readonly readAtMs: number;
  /** For each stream its lines, and the bytes that end where the batch leaves it, for the proof of that position. */
  readonly tails: ReadonlyMap<StreamId, Tail>;
  /** The right to the memory in which bodies and tails lie; whoever gets the draft lets go of it. */
  readonly holds: readonly Hold[];
}

type LeftOut = Extract<Segment, { kind: 'filtered' }>;

interface Tail {
  readonly position: number;
  readonly tail: Uint8Array;
  readonly lines: number;
}

export interface BatchLimits {
  readonly bytesMax: number;
  readonly recordsMax: number;
  readonly protocol: ProtocolLimits;
}

interface Open {
  segment: Segment;
  readonly chunks: Uint8Array[];
  bytes: number;
  records: number;
}

const LF = 10;
const tailBytesMax = 4096;
/** Pieces that make more than so many bytes together stay segments of their own: joining them is a copy. */
const joinedBytesMax = 64 * 1024;
const fullShare = 7 / 8;

export class Batcher {
  readonly #limits: BatchLimits;
  /** A destination may turn out to take less than was asked for. */
  bytesMax: number;
  #segments: Open[] = [];
  #lastOf = new Map<StreamId, Open>();
  #tails = new Map<StreamId, Tail>();
  #holds: Hold[] = [];
  #records = 0;
  #bytes = 0;
  #encodedBytes = 0;
  /** Monotonic milliseconds of the first piece; null while it is empty. */
  openedAtMs: number | null = null;

  constructor(limits: BatchLimits) {
    this.#limits = limits;
    this.bytesMax = limits.bytesMax;
  }

  get empty(): boolean {
    return this.#segments.length === 0;
  }

  /**
   * Full: nothing more is to be waited for. A read as large as a batch fills it but for an unfinished line; the little
   * room that this leaves is not worth cutting the next read in two.
   */
  get full(): boolean {
    return this.#bytes > this.bytesMax * fullShare || this.#records >= this.#limits.recordsMax;
  }

  /** Adds a piece; gives the batches that it filled. `at` tells when it was read. */
  add(piece: Piece, at: { readonly monotonicMs: number; readonly nowMs: number }): readonly Draft[] {
    const closed: Draft[] = [];
    let rest: Piece | null = piece;
    while (rest !== null) {
      const fit = this.#fit(rest);
      if (fit === null || this.#betterAlone(rest, fit)) {
        closed.push(this.close(at.nowMs));
        continue;
      }
      this.openedAtMs ??= at.monotonicMs;
      const [taken, left]: readonly [Piece, Piece | null] = cutPiece(rest, fit);
      this.#put(taken, fit);
      if (rest.hold) this.#holds.push(left === null ? rest.hold : rest.hold.share());
      rest = left;
      if (rest !== null || this.full) closed.push(this.close(at.nowMs));
    }
    return closed;
  }

  close(readAtMs: number): Draft {
    const draft: Draft = {
      segments: this.#segments.map((open) => open.segment),
      bodies: this.#segments.map(({ chunks }) => (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))),
      counts: this.#segments.map((open) => open.records),
      records: this.#records,
      bytes: this.#bytes,
      readAtMs,
      tails: this.#tails,
      holds: this.#holds,
    };
    this.#segments = [];
    this.#lastOf = new Map();
    this.#tails = new Map();
    this.#holds = [];
    this.#records = 0;
    this.#bytes = 0;
    this.#encodedBytes = 0;
    this.openedAtMs = null;
    return draft;
  }

  /** Null: the batch must be closed first. */
  #fit(piece: Piece): Fit | null {
    const { protocol, recordsMax } = this.#limits;
    const room = {
      bytes: this.bytesMax - this.#bytes,
      records: recordsMax - this.#records,
      encodedBytes: encodedRoom(protocol) - this.#encodedBytes,
      empty: this.empty,
    };
    if (!hasBody(piece.segment)) return { bytes: 0, records: 0, encodedBytes: 0 };
    const { length } = piece.body;
    if (protocol.bodyBytesMax === null && length <= room.bytes && piece.records <= room.records) {
      // Nothing to look for: it goes in whole.
      return { bytes: length, records: piece.records, encodedBytes: 0 };
    }
    const fit =
      piece.segment.kind === 'cut'
        ? fitCut(piece.body, room, protocol)
        : fitLines(piece.body, room, protocol);
    return fit.bytes === 0 && !this.empty ? null : fit;
  }

  /** A piece that would have to be cut here and goes whole into the next batch, where this one is well filled. */
  #betterAlone(piece: Piece, fit: Fit): boolean {
    const { length } = piece.body;
    return fit.bytes < length && length <= this.bytesMax && this.#bytes * 2 >= this.bytesMax;
  }

  #put({ segment, body, records, tail }: Piece, fit: Fit): void {
    const last = this.#lastOf.get(segment.stream);
    if (last?.segment.kind === 'filtered' && leftOutToo(last.segment, segment)) {
      last.segment = { ...last.segment, to: segment.to, lines: last.segment.lines + segment.lines };
    } else if (last !== undefined && last.bytes + body.length <= joinedBytesMax && continues(last, segment)) {
      last.segment = { ...last.segment, to: segment.to };
      last.chunks.push(body);
      last.bytes += body.length;
      last.records += records;
    } else {
      const open: Open = { segment, chunks: [body], bytes: body.length, records };
      this.#segments.push(open);
      this.#lastOf.set(segment.stream, open);
    }
    if (segment.kind !== 'gap' || tail.length > 0) {
      const lines = (this.#tails.get(segment.stream)?.lines ?? 0) + linesOf(segment, records);
      this.#tails.set(segment.stream, { position: segment.to, tail, lines });
    }
    this.#records += records;
    this.#bytes += body.length;
    this.#encodedBytes += fit.encodedBytes;
  }
}

/** Both were left out by the same rule, one after the other. */
function leftOutToo(last: LeftOut, next: Segment): next is LeftOut {
  return next.kind === 'filtered' && last.reason === next.reason && last.to === next.from;
}

/** A segment of whole lines goes on where the one before ended in a line end. */
function continues(last: Open, next: Segment): boolean {
  const whole = last.chunks.at(-1)?.at(-1) === LF;
  return whole && last.segment.kind === 'lines' && next.kind === 'lines' && last.segment.to === next.from;
}

function cutPiece(piece: Piece, fit: Fit): readonly [Piece, Piece | null] {
  const { segment, body } = piece;
  if (segment.kind !== 'lines' || fit.bytes >= body.length) return [piece, null];
  const middle = segment.from + fit.bytes;
  const first = body.subarray(0, fit.bytes);
  return [
    {
      segment: { ...segment, to: middle },
      body: first,
      records: fit.records,
      tail: first.subarray(Math.max(0, first.length - tailBytesMax)),
    },
    {
      segment: { ...segment, from: middle },
      body: body.subarray(fit.bytes),
      records: piece.records - fit.records,
      tail: piece.tail,
      hold: piece.hold ?? null,
    },
  ];
}
