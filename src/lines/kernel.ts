/**
 * The byte kernel and its memory: WebAssembly, compiled from `assembly/` in two builds of one source, of which the
 * engine gets the faster one that it can run.
 *
 * The memory never grows, so views of it stay valid; pages that were never written take no room on the machine.
 * Pointers are byte offsets into it. The first `reservedBytes` are the kernel's own.
 */
import { scalar, simd } from './kernel-code.js';

export type KernelBuild = 'simd' | 'scalar';

/** Tables and scratch of the kernel; what others may use begins here. */
export const reservedBytes = 64 * 1024;

const pageBytes = 64 * 1024;

interface Exports {
  countLineEnds(from: number, to: number): number;
}

export interface Kernel {
  readonly build: KernelBuild;
  /** All of the memory, as bytes. */
  readonly memory: Buffer;
  /** How many LF stand in [from, to). */
  countLineEnds(from: number, to: number): number;
}

/** `memoryBytes` are address space; `build` is for tests that compare both. */
export function openKernel(memoryBytes: number, build: KernelBuild = bestBuild()): Kernel {
  const pages = Math.ceil(memoryBytes / pageBytes);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const module = new WebAssembly.Module(Buffer.from(codeOf(build), 'base64'));
  const { exports } = new WebAssembly.Instance(module, { env: { memory, abort } });
  const { countLineEnds } = exports as unknown as Exports;
  return { build, memory: Buffer.from(memory.buffer), countLineEnds };
}

function bestBuild(): KernelBuild {
  return WebAssembly.validate(Buffer.from(simd, 'base64')) ? 'simd' : 'scalar';
}

function codeOf(build: KernelBuild): string {
  return build === 'simd' ? simd : scalar;
}

function abort(): never {
  throw new Error('the byte kernel has aborted');
}
