/**
 * A block: lines of one stream that follow one another without holes, as one value of the database.
 *
 *   block   = version compression check payload
 *   version = 1                       one byte
 *   compression = 0 none | 1 gzip     one byte
 *   check   = the first 8 bytes of the SHA-256 of version, compression and payload
 *   payload = content, compressed as said
 *   content = start received count line{count} bytes
 *   line    = span kind-and-length received-difference
 *
 * All numbers are varints (`varint.ts`). `start` is the position of the first line; `span` how many bytes of the
 * source a line takes, line end included; `kind-and-length` twice the length of its bytes, plus one for a cut line;
 * `received` milliseconds since the epoch, each line's as the folded difference to the one before. `bytes` are the
 * lines' bytes one after another, without line ends, to the end of the content.
 *
 * Bytes read are hostile: whatever does not fit throws `BlockError`, and nothing is read past the content.
 */
import { ExpansionError, type Work } from '../host/work.ts';
import type { Line } from './store.ts';
import { fold, unfold, VarintReader, varintBytesMax, writeVarint } from './varint.ts';

/** Blocks are filled up to this many bytes of content; one longer line makes a larger block. */
export const blockBytesMax = 256 * 1024;
/** A block of fewer bytes waits, uncompressed, to be merged with those that follow it. */
export const blockBytesMin = 64 * 1024;

const version = 1;
const headerBytes = 10;

export class BlockError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BlockError';
  }
}

export interface Block {
  readonly from: number;
  readonly to: number;
  readonly records: number;
  /** Bytes of the content before compression. */
  readonly contentBytes: number;
  /** The newest of its lines, milliseconds since the epoch. */
  readonly receivedAtMs: number;
  readonly body: Uint8Array;
}

/** Encodes lines that follow one another; compressed when they fill a block's least size. */
export async function encodeBlock(lines: readonly Line[], work: Work): Promise<Block> {
  const content = contentOf(lines);
  const compress = content.length >= blockBytesMin;
  const payload = compress ? await work.gzip([content]) : content;
  const head = Uint8Array.of(version, compress ? 1 : 0);
  return {
    from: lines[0]!.from,
    to: lines.at(-1)!.to,
    records: lines.length,
    contentBytes: content.length,
    receivedAtMs: lines.reduce((newest, line) => Math.max(newest, line.receivedAtMs), 0),
    body: Buffer.concat([head, checkOf(head, payload, work), payload]),
  };
}

/** `contentBytes` bounds the decompression. Throws `BlockError`. */
export async function decodeBlock(body: Uint8Array, contentBytes: number, work: Work): Promise<Line[]> {
  const head = body.subarray(0, 2);
  const payload = body.subarray(headerBytes);
  if (body.length < headerBytes) throw new BlockError('a block is shorter than its header');
  if (head[0] !== version) throw new BlockError(`a block has version ${head[0]}, not ${version}`);
  if (!Buffer.from(body.subarray(2, headerBytes)).equals(checkOf(head, payload, work))) {
    throw new BlockError('the bytes of a block do not fit its checksum');
  }
  if (head[1] === 0) return linesOf(payload);
  try {
    return linesOf(await work.decompress('gzip', payload, contentBytes));
  } catch (error) {
    if (error instanceof ExpansionError) throw new BlockError(`a block cannot be expanded: ${error.message}`);
    throw error;
  }
}

/** Cuts lines into runs that fill a block each. */
export function blocksOf(lines: readonly Line[]): Line[][] {
  const blocks: Line[][] = [];
  let current: Line[] = [];
  let bytes = 0;
  for (const line of lines) {
    if (current.length > 0 && bytes + line.bytes.length > blockBytesMax) {
      blocks.push(current);
      current = [];
      bytes = 0;
    }
    current.push(line);
    bytes += line.bytes.length + 4;
  }
  if (current.length > 0) blocks.push(current);
  return blocks;
}

function checkOf(head: Uint8Array, payload: Uint8Array, work: Work): Uint8Array {
  return Buffer.from(work.sha256([head, payload]).slice(0, 16), 'hex');
}

function contentOf(lines: readonly Line[]): Uint8Array {
  const numbersMax = (3 + lines.length * 3) * varintBytesMax;
  const bytes = lines.reduce((sum, line) => sum + line.bytes.length, 0);
  const content = Buffer.allocUnsafe(numbersMax + bytes);
  let received = lines[0]!.receivedAtMs;
  let at = writeVarint(content, 0, lines[0]!.from);
  at = writeVarint(content, at, received);
  at = writeVarint(content, at, lines.length);
  for (const line of lines) {
    at = writeVarint(content, at, line.to - line.from);
    at = writeVarint(content, at, line.bytes.length * 2 + (line.cut ? 1 : 0));
    at = writeVarint(content, at, fold(line.receivedAtMs - received));
    received = line.receivedAtMs;
  }
  for (const line of lines) {
    content.set(line.bytes, at);
    at += line.bytes.length;
  }
  return content.subarray(0, at);
}

function linesOf(content: Uint8Array): Line[] {
  try {
    return readLines(content);
  } catch (error) {
    if (error instanceof RangeError) throw new BlockError(`a block cannot be read: ${error.message}`);
    throw error;
  }
}

function readLines(content: Uint8Array): Line[] {
  const reader = new VarintReader(content, 0);
  let from = reader.next();
  let receivedAtMs = reader.next();
  const count = reader.next();
  if (count > content.length) throw new BlockError('a block claims more lines than it has bytes');
  const heads: { from: number; to: number; length: number; cut: boolean; receivedAtMs: number }[] = [];
  for (let index = 0; index < count; index++) {
    const to = from + reader.next();
    const length = reader.next();
    receivedAtMs += unfold(reader.next());
    heads.push({ from, to, length: Math.floor(length / 2), cut: length % 2 === 1, receivedAtMs });
    from = to;
  }
  let at = reader.position;
  const lines = heads.map((head) => {
    const bytes = content.subarray(at, at + head.length);
    at += head.length;
    return { from: head.from, to: head.to, bytes, cut: head.cut, receivedAtMs: head.receivedAtMs };
  });
  if (at !== content.length) throw new BlockError('the lines of a block do not fill it');
  return lines;
}
