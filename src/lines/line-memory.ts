/**
 * The memory that lines are read into, worked on and sent from: a kernel, and the arena over its memory. Files are read
 * straight into it, so that the kernel needs no copy.
 */
import { Arena, type ArenaOptions, type Region } from './arena.ts';
import { countLines, lastLineEnd } from './ends.ts';
import { type Kernel, type KernelBuild, openKernel, reservedBytes } from './kernel.ts';

export interface LineMemory {
  readonly kernel: Kernel;
  /** A stretch of the kernel's memory, or of other memory where there is none left. */
  take(length: number): Region;
  /** Where the bytes begin in the kernel's memory; null for bytes that lie elsewhere. */
  offsetOf(bytes: Uint8Array): number | null;
  /**
   * Where the kernel finds the block's bytes from an offset on: where they lie, or whole lines of them as a copy, which
   * lasts until the next call. Null when they lie elsewhere and the first line is too long for a copy.
   */
  toKernel(block: Uint8Array, from: number): Range | null;
  /** Room for output that cannot be written where it is wanted; what it holds lasts until it is used again. */
  readonly scratch: { readonly output: Range; readonly ends: Range };
  /** How many lines the block holds; an unfinished last one counts. */
  countLines(block: Uint8Array): number;
  /** How many bytes are lent. */
  readonly lentBytes: number;
}

/** Offsets in the kernel's memory. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface LineMemoryOptions extends Pick<ArenaOptions, 'poison'> {
  /** Address space, of which only what is used takes room on the machine. */
  readonly bytes?: number;
  /** For tests that compare both. */
  readonly build?: KernelBuild;
}

const LF = 0x0a;
const memoryBytesDefault = 128 * 1024 * 1024;
const copyBytes = 256 * 1024;
const endsBytes = 64 * 1024;

export function openLineMemory(options: LineMemoryOptions = {}): LineMemory {
  const kernel = openKernel(options.bytes ?? memoryBytesDefault, options.build);
  const { memory } = kernel;
  const copied = after(reservedBytes, copyBytes);
  const output = after(copied.to, copyBytes);
  const ends = after(output.to, endsBytes);
  const arena = new Arena(memory, { from: ends.to, poison: options.poison ?? false });
  return {
    kernel,
    take: (length) => arena.take(length),
    offsetOf,
    toKernel(block, from) {
      const own = offsetOf(block);
      if (own !== null) return { from: own + from, to: own + block.length };
      const left = block.length - from;
      const length = left <= copyBytes ? left : lastLineEnd(block.subarray(from, from + copyBytes));
      if (length === 0) return null;
      memory.set(block.subarray(from, from + length), copied.from);
      return { from: copied.from, to: copied.from + length };
    },
    scratch: { output, ends },
    countLines(block) {
      const from = offsetOf(block);
      if (from === null) return countLines(block);
      const unfinished = block.length > 0 && block[block.length - 1] !== LF;
      return kernel.countLineEnds(from, from + block.length) + (unfinished ? 1 : 0);
    },
    get lentBytes() {
      return arena.lentBytes;
    },
  };

  function offsetOf(bytes: Uint8Array): number | null {
    return bytes.buffer === memory.buffer ? bytes.byteOffset - memory.byteOffset : null;
  }
}

function after(from: number, length: number): Range {
  return { from, to: from + length };
}
