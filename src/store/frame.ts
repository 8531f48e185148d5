/**
 * What all blocks are wrapped in, whatever their version:
 *
 *   block       = version compression check [start] payload
 *   version     = one byte; 1: `block.ts`, 2: `text-block.ts`
 *   compression = 0 none | 1 gzip | 2 brotli     one byte
 *   check       = the first 8 bytes of the SHA-256 of all the rest: version, compression, start and payload
 *   start       = the position of the first line, a varint; only in version 2
 *   payload     = content, compressed as said
 *
 * Compression is brotli of quality 0 (docs/decisions/0018-encodings.md); blocks of earlier hubs have gzip.
 */
import { ExpansionError, type Work } from '../host/work.ts';

/** Blocks are filled up to this many bytes of content; one longer line makes a larger block. */
export const blockBytesMax = 256 * 1024;
/** A block of fewer bytes waits, uncompressed, to be merged with those that follow it. */
export const blockBytesMin = 64 * 1024;

const headerBytes = 10;

export class BlockError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BlockError';
  }
}

export interface Packed {
  readonly compression: number;
  readonly payload: Uint8Array;
  /** Before compression. */
  readonly contentBytes: number;
}

export interface Frame {
  readonly version: number;
  readonly compression: number;
  /** All behind the check. */
  readonly rest: Uint8Array;
}

export async function pack(parts: readonly Uint8Array[], compress: boolean, work: Work): Promise<Packed> {
  const contentBytes = parts.reduce((sum, part) => sum + part.length, 0);
  if (!compress) return { compression: 0, payload: Buffer.concat(parts), contentBytes };
  return { compression: 2, payload: await work.compress('br', parts), contentBytes };
}

export function seal(
  version: number,
  { compression, payload }: Packed,
  { start, work }: { readonly start: Uint8Array; readonly work: Work },
): Uint8Array {
  const head = Uint8Array.of(version, compression);
  return Buffer.concat([head, checkOf([head, start, payload], work), start, payload]);
}

/** Throws `BlockError`. */
export function unseal(body: Uint8Array, work: Work): Frame {
  const head = body.subarray(0, 2);
  const rest = body.subarray(headerBytes);
  if (body.length < headerBytes) throw new BlockError('a block is shorter than its header');
  if (head[0] !== 1 && head[0] !== 2) throw new BlockError(`a block has version ${head[0]}, not 1 or 2`);
  if (!Buffer.from(body.subarray(2, headerBytes)).equals(checkOf([head, rest], work))) {
    throw new BlockError('the bytes of a block do not fit its checksum');
  }
  return { version: head[0], compression: head[1]!, rest };
}

/** `contentBytes` bounds the decompression. Throws `BlockError`. */
export async function unpack(
  payload: Uint8Array,
  { compression, contentBytes, work }: { compression: number; contentBytes: number; work: Work },
): Promise<Uint8Array> {
  if (compression === 0) return payload;
  try {
    return await work.decompress(compression === 1 ? 'gzip' : 'br', payload, contentBytes);
  } catch (error) {
    if (error instanceof ExpansionError) throw new BlockError(`a block cannot be expanded: ${error.message}`);
    throw error;
  }
}

function checkOf(parts: readonly Uint8Array[], work: Work): Uint8Array {
  return Buffer.from(work.sha256(parts).slice(0, 16), 'hex');
}
