/**
 * Reads one open generation of a file, forward, in whole lines.
 *
 * Invariants. `position` is the start of a line; everything before it was given out. The bytes just before it are
 * remembered, and every read starts with them: when they differ, nothing of that read is used. Between `position`
 * and `scanned` there is no LF. An unfinished line is not held in memory: it is read again once its end is there.
 * Positions and sizes are bytes.
 *
 * Files are read into lent memory (`lines/arena.ts`). Every piece holds the region in which its body lies.
 */
import type { Segment } from '../../event/batch.ts';
import type { FileHandle } from '../../host/disk.ts';
import type { Region } from '../../lines/arena.ts';
import { type LineMemory, openLineMemory } from '../../lines/line-memory.ts';
import type { Piece } from '../source.ts';
import { headBytesMax, proofBytesMax } from './proof.ts';
import { type BlockPart, holeBytesMin, nulsAtStart, splitBlock } from './split.ts';

/**
 * `lines`:    pieces, and whether more may follow at once.
 * `nothing`:  the end of the file, perhaps after an unfinished line.
 * `replaced`: the bytes before the position are not those that were read: another generation.
 */
export type Reading =
  | { readonly kind: 'lines'; readonly pieces: readonly Piece[]; readonly more: boolean }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'replaced' };

const LF = 10;
const rememberedBytesMax = 256;
/** A file that grows slowly is read in small steps, one that has much to give in ever larger ones. */
const readBytesMin = 16 * 1024;
const readBytesMax = 1024 * 1024;
/** How far an unfinished line is read again from its start before its end is searched for in pieces. */
const rereadBytesMax = 256 * 1024;
/** So few bytes are copied out of the lent memory: they may wait long in a batch, and would hold a whole granule. */
const copiedBytesMax = 8 * 1024;

export interface TailerOptions {
  readonly stream: string;
  /** For people and protocols. */
  readonly path: string;
  readonly position: number;
  /** Bytes that end at `position`, as many as are known. */
  readonly before: Uint8Array;
  /**
   * Whether these are the file's first bytes as they were when its stream was named. Before anything is read there is
   * nothing to overlap with, and the file may have been written anew since.
   */
  beginsSo(bytes: Uint8Array): boolean;
  readonly lineBytesMax: number;
  /** Where it is read into; without one, a memory of its own. */
  readonly memory?: LineMemory;
}

export class Tailer {
  readonly handle: FileHandle;
  readonly #memory: LineMemory;
  readonly #stream: string;
  readonly #lineBytesMax: number;
  #path: string;
  #position: number;
  #scanned: number;
  #remembered: Buffer;
  #head: Buffer;
  readonly #beginsSo: (bytes: Uint8Array) => boolean;
  #readBytes = readBytesMin;

  constructor(handle: FileHandle, options: TailerOptions) {
    this.handle = handle;
    this.#memory = options.memory ?? openLineMemory();
    this.#stream = options.stream;
    this.#path = options.path;
    this.#position = options.position;
    this.#scanned = options.position;
    this.#lineBytesMax = options.lineBytesMax;
    this.#remembered = remember(options.before);
    this.#beginsSo = options.beginsSo;
    const whole = options.before.length === options.position;
    this.#head = whole ? Buffer.from(options.before.subarray(0, headBytesMax)) : Buffer.alloc(0);
  }

  get position(): number {
    return this.#position;
  }

  /** The bytes just before the position, for whoever opens the file again. */
  get remembered(): Uint8Array {
    return this.#remembered;
  }

  /** The first bytes of the file, as they were read and not as they may stand there now; empty when not known. */
  get head(): Buffer {
    return this.#head;
  }

  /** True when bytes were seen after the last line end. */
  get unfinished(): boolean {
    return this.#scanned > this.#position;
  }

  renamed(path: string): void {
    this.#path = path;
  }

  /** At most so many bytes, but for a line that is longer. */
  async read(bytesMax = readBytesMax): Promise<Reading> {
    // A long unfinished line is searched for its end in pieces, so that slow growth does not read it again and again.
    if (this.#scanned - this.#position >= rereadBytesMax) return await this.#seekLineEnd();
    return await this.#readLines(Math.min(this.#readBytes, Math.max(bytesMax, readBytesMin)));
  }

  /** Gives out what is left as if the file ended in a line end; its last piece may have none. */
  async finish(): Promise<Reading> {
    const end = (await this.handle.stat()).size;
    if (end < this.#position) return { kind: 'replaced' };
    if (end - this.#position > this.#lineBytesMax) {
      // Whole lines may still be among what is left; only when none is, the rest is one long line.
      const reading = await this.read();
      return reading.kind === 'nothing' ? await this.#giveCut(end) : reading;
    }
    const block = await this.#block(end - this.#position);
    if (block === null) return { kind: 'replaced' };
    return using(block, () => this.#giveRest(block));
  }

  #giveRest(block: Block): Reading {
    if (block.bytes.length === 0) return { kind: 'nothing' };
    const last = block.bytes.lastIndexOf(LF);
    if (last >= 0) return this.#giveLines(block, { end: last + 1, more: true });
    const to = this.#position + block.bytes.length;
    const part = { from: this.#position, to, body: block.bytes, tail: lastOf(block.all, proofBytesMax) };
    const piece = this.#piece({ kind: 'lines' }, part, block);
    this.#advance(to, { remembered: block.all, read: block.bytes });
    return { kind: 'lines', pieces: [piece], more: false };
  }

  async #readLines(wanted: number): Promise<Reading> {
    const unfinished = this.#scanned - this.#position;
    const length = unfinished * 2 < wanted ? wanted : unfinished + wanted;
    const block = await this.#block(length);
    if (block === null) return { kind: 'replaced' };
    return using(block, () => {
      const full = block.bytes.length === length;
      this.#readBytes = full ? Math.min(this.#readBytes * 2, readBytesMax) : readBytesMin;
      const last = block.bytes.lastIndexOf(LF);
      if (last >= 0) return this.#giveLines(block, { end: last + 1, more: full });
      this.#scanned = this.#position + block.bytes.length;
      return full ? { kind: 'lines', pieces: [], more: true } : { kind: 'nothing' };
    });
  }

  /**
   * Reads from the position, with the remembered bytes before it in the same call; null when they differ. Whoever gets
   * the block lets go of its region.
   */
  async #block(length: number): Promise<Block | null> {
    const overlap = this.#remembered.length;
    const region = this.#memory.take(overlap + length);
    let kept = false;
    try {
      const position = this.#position - overlap;
      const count = await this.handle.read(region.bytes, { offset: 0, length: overlap + length, position });
      const all = region.bytes.subarray(0, count);
      if (count < overlap || this.#remembered.compare(all, 0, overlap) !== 0) return null;
      if (this.#position === 0 && length > 0 && !this.#beginsSo(all)) return null;
      if (count <= copiedBytesMax) {
        const copy = Buffer.from(all);
        return { all: copy, bytes: copy.subarray(overlap), region: null };
      }
      kept = true;
      region.shrink(count);
      return { all: region.bytes, bytes: region.bytes.subarray(overlap), region };
    } finally {
      if (!kept) region.release();
    }
  }

  #giveLines(block: Block, { end, more }: { readonly end: number; readonly more: boolean }): Reading {
    const overlap = block.all.length - block.bytes.length;
    const start = this.#position;
    const pieces = splitBlock(block.bytes.subarray(0, end), this.#lineBytesMax).map((part) => {
      const body = block.bytes.subarray(part.from, keptTo(part));
      const tail = lastOf(block.all.subarray(0, overlap + part.to), proofBytesMax);
      return this.#piece(shapeOf(part), { from: start + part.from, to: start + part.to, body, tail }, block);
    });
    this.#advance(start + end, { remembered: block.all.subarray(0, overlap + end), read: block.bytes });
    this.#scanned = start + block.bytes.length;
    return { kind: 'lines', pieces, more };
  }

  /** Looks for the end of a long line, keeping nothing; gives the line out, cut or whole, when its end is found. */
  async #seekLineEnd(): Promise<Reading> {
    const { count, found } = await this.#probe();
    if (found < 0) {
      this.#scanned += count;
      if (count > 0) return { kind: 'lines', pieces: [], more: true };
      if ((await this.handle.stat()).size >= this.#scanned) return { kind: 'nothing' };
      // Cut back within the unfinished line: look at the position again.
      this.#scanned = this.#position;
      return (await this.#block(0)) === null
        ? { kind: 'replaced' }
        : { kind: 'lines', pieces: [], more: true };
    }
    const end = this.#scanned + found + 1;
    if (end - this.#position <= this.#lineBytesMax + 2) {
      this.#scanned = this.#position;
      return await this.#readLines(end - this.#position);
    }
    return await this.#giveCut(end);
  }

  /**
   * Only the beginning of the line would be kept. Where that is a hole, which a writer leaves that goes on at its old
   * position after a truncation, or a file system after a power loss, the hole is left out and its line is read.
   */
  async #giveCut(end: number): Promise<Reading> {
    const holeEnd = await this.#holeEnd(end);
    if (holeEnd - this.#position >= holeBytesMin) return await this.#giveHole(holeEnd);
    const tail = Buffer.allocUnsafeSlow(Math.min(proofBytesMax, end - this.#position));
    const count = await this.handle.read(tail, {
      offset: 0,
      length: tail.length,
      position: end - tail.length,
    });
    const block = await this.#block(this.#lineBytesMax);
    if (block === null) {
      this.#scanned = this.#position;
      return { kind: 'replaced' };
    }
    return using(block, () => {
      if (count < tail.length || block.bytes.length < this.#lineBytesMax) {
        this.#scanned = this.#position;
        return { kind: 'lines', pieces: [], more: true };
      }
      const part = { from: this.#position, to: end, body: block.bytes, tail };
      const piece = this.#piece({ kind: 'cut', kept: this.#lineBytesMax }, part, block);
      this.#advance(end, { remembered: tail, read: block.bytes });
      return { kind: 'lines', pieces: [piece], more: true };
    });
  }

  /** Where the NUL bytes end that stand at the position. */
  async #holeEnd(end: number): Promise<number> {
    const region = this.#memory.take(rereadBytesMax);
    try {
      for (let from = this.#position; from < end; ) {
        const length = Math.min(rereadBytesMax, end - from);
        const count = await this.handle.read(region.bytes, { offset: 0, length, position: from });
        const nuls = nulsAtStart(region.bytes.subarray(0, count));
        from += nuls;
        if (nuls < count || count === 0) return from;
      }
      return end;
    } finally {
      region.release();
    }
  }

  async #giveHole(to: number): Promise<Reading> {
    const scanned = Math.max(this.#scanned, to);
    const block = await this.#block(Math.min(to - this.#position, this.#lineBytesMax));
    if (block === null) {
      this.#scanned = this.#position;
      return { kind: 'replaced' };
    }
    return using(block, () => {
      const tail = Buffer.alloc(proofBytesMax);
      const part = { from: this.#position, to, body: new Uint8Array(0), tail };
      const piece = this.#piece({ kind: 'gap', reason: 'nul-bytes' }, part, { ...block, region: null });
      this.#advance(to, { remembered: tail, read: block.bytes });
      // No line ends in the hole, nor in what was scanned behind it.
      this.#scanned = scanned;
      return { kind: 'lines', pieces: [piece], more: true };
    });
  }

  /** How many bytes stand behind what was scanned, up to a bound, and where among them a line ends; -1: nowhere. */
  async #probe(): Promise<{ readonly count: number; readonly found: number }> {
    const region = this.#memory.take(rereadBytesMax);
    try {
      const at = { offset: 0, length: rereadBytesMax, position: this.#scanned };
      const count = await this.handle.read(region.bytes, at);
      return { count, found: region.bytes.subarray(0, count).indexOf(LF) };
    } finally {
      region.release();
    }
  }

  #piece(shape: Shape, part: Part, { region }: Block): Piece {
    const { from, to, body, tail } = part;
    const segment: Segment = { stream: this.#stream, path: this.#path, from, to, ...shape };
    const records = shape.kind === 'cut' ? 1 : shape.kind === 'gap' ? 0 : this.#memory.countLines(body);
    return { segment, body, records, tail, hold: region?.share() ?? null };
  }

  #advance(position: number, bytes: { readonly remembered: Buffer; readonly read: Buffer }): void {
    if (this.#head.length === this.#position && this.#position < headBytesMax) {
      const read = bytes.read.subarray(0, Math.min(position, headBytesMax) - this.#position);
      this.#head = Buffer.concat([this.#head, read]);
    }
    this.#position = position;
    this.#scanned = position;
    this.#remembered = remember(bytes.remembered);
  }
}

type Shape =
  | { readonly kind: 'lines' }
  | { readonly kind: 'cut'; readonly kept: number }
  | { readonly kind: 'gap'; readonly reason: 'nul-bytes' };

function shapeOf(part: BlockPart): Shape {
  switch (part.kind) {
    case 'lines':
      return { kind: 'lines' };
    case 'cut':
      return { kind: 'cut', kept: part.kept };
    case 'hole':
      return { kind: 'gap', reason: 'nul-bytes' };
  }
}

/** Where the bytes of a part that are given out end. */
function keptTo(part: BlockPart): number {
  return part.kind === 'lines' ? part.to : part.kind === 'cut' ? part.from + part.kept : part.from;
}

interface Part {
  readonly from: number;
  readonly to: number;
  readonly body: Uint8Array;
  readonly tail: Uint8Array;
}

/** What one read brought: the overlap and the bytes after it, and those bytes alone. */
interface Block {
  readonly all: Buffer;
  readonly bytes: Buffer;
  /** In which the bytes lie; null where they are a copy. */
  readonly region: Region | null;
}

/** Makes pieces of a block, which hold its region by themselves, and lets go of it. */
function using(block: Block, make: () => Reading): Reading {
  try {
    return make();
  } finally {
    block.region?.release();
  }
}

function lastOf(bytes: Uint8Array, count: number): Uint8Array {
  return bytes.subarray(Math.max(0, bytes.length - count));
}

/** A copy, so that the read buffer it comes from can go. */
function remember(bytes: Uint8Array): Buffer {
  return Buffer.from(lastOf(bytes, rememberedBytesMax));
}
