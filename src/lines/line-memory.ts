/**
 * The memory that lines are read into, worked on and sent from: a kernel, and the arena over its memory. Files are read
 * straight into it, so that the kernel needs no copy.
 */
import { Arena, type ArenaOptions, type Region } from './arena.ts';
import { countLines } from './ends.ts';
import { type Kernel, type KernelBuild, openKernel, reservedBytes } from './kernel.ts';

export interface LineMemory {
  readonly kernel: Kernel;
  /** A stretch of the kernel's memory, or of other memory where there is none left. */
  take(length: number): Region;
  /** Where the bytes begin in the kernel's memory; null for bytes that lie elsewhere. */
  offsetOf(bytes: Uint8Array): number | null;
  /** How many lines the block holds; an unfinished last one counts. */
  countLines(block: Uint8Array): number;
  /** How many bytes are lent. */
  readonly lentBytes: number;
}

const LF = 0x0a;

/** Address space, of which only what is used takes room on the machine. Bytes. */
const memoryBytesDefault = 128 * 1024 * 1024;

export function openLineMemory(
  options: Pick<ArenaOptions, 'poison'> & { readonly bytes?: number; readonly build?: KernelBuild } = {},
): LineMemory {
  const kernel = openKernel(options.bytes ?? memoryBytesDefault, options.build);
  const { memory } = kernel;
  const arena = new Arena(memory, { from: reservedBytes, poison: options.poison ?? false });
  const offsetOf = (bytes: Uint8Array) =>
    bytes.buffer === memory.buffer ? bytes.byteOffset - memory.byteOffset : null;
  return {
    kernel,
    take: (length) => arena.take(length),
    offsetOf,
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
}
