/**
 * Where a batch must close: how much of a block goes in. Pure; the agent's batcher calls it for every piece it reads.
 */
import { countLines, lastLineEnd, offsetAfterLines, walkLines } from '../lines/ends.ts';
import type { ProtocolLimits } from './protocol.ts';

/** What an open batch still takes. */
export interface Room {
  /** Raw bytes. */
  readonly bytes: number;
  readonly records: number;
  /** Encoded bytes, as counted by `encodedBytes`; begins at `encodedRoom(limits)`. */
  readonly encodedBytes: number;
  /** Nothing is in the batch yet: it takes one line whatever its size, so that there is always progress. */
  readonly empty: boolean;
}

export interface Fit {
  /** Bytes of the block that go in: whole lines from its beginning. 0: the batch is to be closed first. */
  readonly bytes: number;
  readonly records: number;
  /** What they take of `Room.encodedBytes`; 0 for a protocol without a limit on it. */
  readonly encodedBytes: number;
}

const nothing: Fit = { bytes: 0, records: 0, encodedBytes: 0 };

/** The encoded room of an empty batch. */
export function encodedRoom(limits: ProtocolLimits): number {
  return limits.bodyBytesMax === null ? Number.POSITIVE_INFINITY : limits.bodyBytesMax - limits.envelopeBytes;
}

/**
 * How much of `block` (the body of a segment of kind `lines`: whole lines, the last of which may be unfinished) goes
 * into the room. Without an encoded limit only bytes and line ends are looked at.
 */
export function fitLines(block: Uint8Array, room: Room, limits: ProtocolLimits): Fit {
  const records = room.empty ? Math.max(1, room.records) : room.records;
  if (block.length === 0 || records <= 0) return nothing;
  const bytes = fitBytes(block, room);
  if (bytes === 0) return nothing;
  return limits.bodyBytesMax === null
    ? fitRaw(block.subarray(0, bytes), records)
    : fitEncoded(block.subarray(0, bytes), { ...room, records }, limits);
}

/** Whether one line of a segment of kind `cut` goes in; all of it or nothing. */
export function fitCut(body: Uint8Array, room: Room, limits: ProtocolLimits): Fit {
  const encodedBytes = limits.bodyBytesMax === null ? 0 : limits.encodedBytes(body, 'cut');
  const fits = body.length <= room.bytes && room.records > 0 && encodedBytes <= room.encodedBytes;
  return fits || room.empty ? { bytes: body.length, records: 1, encodedBytes } : nothing;
}

/** Whole lines within the room's raw bytes; the first line at least, when the batch is empty. */
function fitBytes(block: Uint8Array, room: Room): number {
  if (block.length <= room.bytes) return block.length;
  const whole = lastLineEnd(block.subarray(0, Math.max(0, room.bytes)));
  return whole > 0 || !room.empty ? whole : offsetAfterLines(block, 1);
}

function fitRaw(block: Uint8Array, recordsMax: number): Fit {
  const records = countLines(block);
  if (records <= recordsMax) return { bytes: block.length, records, encodedBytes: 0 };
  return { bytes: offsetAfterLines(block, recordsMax), records: recordsMax, encodedBytes: 0 };
}

function fitEncoded(block: Uint8Array, room: Room, limits: ProtocolLimits): Fit {
  let bytes = 0;
  let records = 0;
  let encodedBytes = 0;
  walkLines(block, (line, end) => {
    const more = limits.encodedBytes(line, 'lines');
    const first = room.empty && records === 0;
    if (records >= room.records || (!first && encodedBytes + more > room.encodedBytes)) return false;
    bytes = end;
    records += 1;
    encodedBytes += more;
    return true;
  });
  return { bytes, records, encodedBytes };
}
