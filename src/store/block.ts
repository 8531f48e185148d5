/**
 * A block: lines of one stream that follow one another without holes, as one value of the database. Version 2 holds the
 * bytes of a file (`text-block.ts`), version 1 whatever lines there are. Both lie in the frame of `frame.ts`.
 *
 *   content = start received count line{count} bytes      of version 1
 *   line    = span kind-and-length received-difference
 *
 * All numbers are varints (`varint.ts`). `start` is the position of the first line; `span` how many bytes of the
 * source a line takes, line end included; `kind-and-length` twice the length of its bytes, plus one for a cut line;
 * `received` milliseconds since the epoch, each line's as the folded difference to the one before. `bytes` are the
 * lines' bytes one after another, without line ends, to the end of the content.
 *
 * Bytes read are hostile: whatever does not fit throws `BlockError`, and nothing is read past the content.
 */
import type { Work } from '../host/work.ts';
import { BlockError, blockBytesMax, blockBytesMin, pack, seal, unpack, unseal } from './frame.ts';
import type { Line } from './store.ts';
import { linesOfSections, readSections, readStart, type Section } from './text-block.ts';
import { fold, unfold, VarintReader, varintBytesMax, writeVarint } from './varint.ts';

export { BlockError, blockBytesMax, blockBytesMin } from './frame.ts';

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
  const packed = await pack([content], content.length >= blockBytesMin, work);
  return {
    from: lines[0]!.from,
    to: lines.at(-1)!.to,
    records: lines.length,
    contentBytes: content.length,
    receivedAtMs: lines.reduce((newest, line) => Math.max(newest, line.receivedAtMs), 0),
    body: seal(1, packed, { start: new Uint8Array(), work }),
  };
}

/** What a block holds: the bytes of its file where it has them, else lines. */
export type Content =
  | { readonly kind: 'text'; readonly from: number; readonly sections: readonly Section[] }
  | { readonly kind: 'lines'; readonly lines: readonly Line[] };

/** `contentBytes` bounds the decompression. Throws `BlockError`. */
export async function readBlock(body: Uint8Array, contentBytes: number, work: Work): Promise<Content> {
  const { version, compression, rest } = unseal(body, work);
  const { from, payloadAt } = version === 2 ? guarded(() => readStart(rest)) : { from: 0, payloadAt: 0 };
  const content = await unpack(rest.subarray(payloadAt), { compression, contentBytes, work });
  return guarded<Content>(() =>
    version === 2
      ? { kind: 'text', from, sections: readSections(content) }
      : { kind: 'lines', lines: readLines(content) },
  );
}

/** As `readBlock`, with an object for each line. */
export async function decodeBlock(body: Uint8Array, contentBytes: number, work: Work): Promise<Line[]> {
  const content = await readBlock(body, contentBytes, work);
  return content.kind === 'text' ? linesOfSections(content.sections, content.from) : [...content.lines];
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

function guarded<T>(read: () => T): T {
  try {
    return read();
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
