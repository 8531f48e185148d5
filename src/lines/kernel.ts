/**
 * The byte kernel and its memory: WebAssembly, compiled from `assembly/` in two builds of one source, of which the
 * engine gets the faster one that it can run.
 *
 * The memory never grows, so views of it stay valid; pages that were never written take no room on the machine.
 * Pointers are byte offsets into it. The first `reservedBytes` are the kernel's own. Nothing is written but the kernel's
 * own part and the regions that a call names; inside a region what lies past the reported end is undefined.
 */
import { scalar, simd } from './kernel-code.js';
import {
  type Encoded,
  type EncodeRegions,
  type LineShape,
  type Measured,
  type MeasureRoom,
  optionsOf,
  stops,
} from './shape.ts';

export type KernelBuild = 'simd' | 'scalar';

/** Tables and scratch of the kernel; what others may use begins here. */
export const reservedBytes = 64 * 1024;

const pageBytes = 64 * 1024;

/** The largest number that the kernel knows. */
const unlimited = 0xffff_ffff;

/** An option of `assembly/shape.ts` that comes from the regions, not from the shape. */
const writesEnds = 8;

export interface Kernel {
  readonly build: KernelBuild;
  /** All of the memory, as bytes. */
  readonly memory: Buffer;
  /** Where the kernel's own tables end: within `reservedBytes`. */
  readonly tablesEnd: number;
  /** How many LF stand in [from, to). */
  countLineEnds(from: number, to: number): number;
  /**
   * Writes for each line in [from, to) the offset after its line end, relative to `from`, as a little-endian u32; an
   * unfinished last line ends at `to`. Gives how many were written: as many as there are, or as fit before `intoEnd`.
   */
  lineEnds(range: LineEndsRange): number;
  /** Whether [from, to) is well-formed UTF-8. */
  isUtf8(from: number, to: number): boolean;
  /** Writes whole lines as elements; of a line that does not go in, nothing counts. Throws when the shape is too large. */
  encodeLines(shape: LineShape, regions: EncodeRegions): Encoded;
  /** How many whole lines fit into a room, without writing them. The shape's opening and closing count for nothing. */
  measureLines(shape: LineShape, room: MeasureRoom): Measured;
  /** See `assembly/decode.ts`; asked by `decode.ts` alone. */
  scanLogs(
    at: number,
    end: number,
    records: number,
    out: number,
    result: number,
    itemsMax: number,
    originsMax: number,
  ): number;
}

export interface LineEndsRange {
  readonly from: number;
  readonly to: number;
  readonly into: number;
  readonly intoEnd: number;
}

/** What the module exports, as `assembly/index.ts` names it; each file there says what its functions do. */
interface Exports {
  countLineEnds(from: number, to: number): number;
  lineEnds(from: number, to: number, into: number, intoEnd: number): number;
  isUtf8(from: number, to: number): number;
  encodeLines(
    ...numbers: readonly [
      ...source: [from: number, to: number],
      ...regions: [into: number, intoEnd: number, endsInto: number, endsEnd: number],
      ...shape: [closingBytes: number, openingBytes: number],
      ...limits: [recordsMax: number, textBytesMax: number, options: number],
    ]
  ): void;
  measureLines(
    ...numbers: readonly [
      ...source: [from: number, to: number],
      ...room: [roomBytes: number, perLineBytes: number],
      ...limits: [recordsMax: number, textBytesMax: number, options: number],
    ]
  ): void;
  scanLogs: Kernel['scanLogs'];
  surroundingsAt(): number;
  surroundingsBytesMax(): number;
  reportAt(): number;
  tablesEnd(): number;
}

/** Compiled once for all who open a kernel. */
const modules = new Map<KernelBuild, WebAssembly.Module>();
let best: KernelBuild | null = null;

/** `memoryBytes` are address space; `build` is for tests that compare both. */
export function openKernel(memoryBytes: number, build: KernelBuild = bestBuild()): Kernel {
  const pages = Math.ceil(memoryBytes / pageBytes);
  // One page more than anyone sees: the kernel reads in steps, up to 16 bytes past the end of a source.
  const memory = new WebAssembly.Memory({ initial: pages + 1, maximum: pages + 1 });
  const { exports } = new WebAssembly.Instance(moduleOf(build), { env: { memory, abort } });
  return { build, ...functionsOf(exports as unknown as Exports, memory.buffer, pages * pageBytes) };
}

function functionsOf(exports: Exports, buffer: ArrayBuffer, bytes: number): Omit<Kernel, 'build'> {
  const memory = Buffer.from(buffer, 0, bytes);
  const report = new Uint32Array(buffer, exports.reportAt(), 8);
  const surroundings = Buffer.from(buffer, exports.surroundingsAt(), exports.surroundingsBytesMax());
  let placed: LineShape | null = null;

  /** Puts what stands around the texts where the kernel copies it from; shapes do not change, so once is enough. */
  function place(shape: LineShape): void {
    if (shape === placed) return;
    const { closing, opening } = shape;
    if (closing.length + opening.length > surroundings.length) {
      throw new RangeError(
        `${closing.length + opening.length} bytes around each text are too many for the kernel`,
      );
    }
    placed = null;
    surroundings.set(closing, 0);
    surroundings.set(opening, closing.length);
    placed = shape;
  }

  return {
    memory,
    tablesEnd: exports.tablesEnd(),
    countLineEnds: exports.countLineEnds,
    scanLogs: exports.scanLogs,
    lineEnds: ({ from, to, into, intoEnd }) => exports.lineEnds(from, to, into, intoEnd),
    isUtf8: (from, to) => exports.isUtf8(from, to) !== 0,
    encodeLines: (shape, { from, to, into, intoEnd, ends, recordsMax }) => {
      place(shape);
      const { closing, opening, textBytesMax } = shape;
      exports.encodeLines(
        ...([from, to, into, intoEnd, ends?.into ?? 0, ends?.intoEnd ?? 0] as const),
        ...([closing.length, opening.length, recordsMax ?? unlimited, textBytesMax] as const),
        optionsOf(shape) | (ends === undefined ? 0 : writesEnds),
      );
      return {
        consumed: report[0]!,
        written: report[1]!,
        endsWritten: report[5]!,
        records: report[2]!,
        blankLines: report[3]!,
        blankBytes: report[4]!,
        stop: stops[report[6]!]!,
      };
    },
    measureLines: (shape, { from, to, roomBytes, perLineBytes, recordsMax }) => {
      const room = Math.min(roomBytes, unlimited);
      exports.measureLines(
        from,
        to,
        room,
        perLineBytes,
        recordsMax ?? unlimited,
        shape.textBytesMax,
        optionsOf(shape),
      );
      return {
        bytes: report[0]! - from,
        records: report[1]!,
        encodedBytes: report[2]!,
        stop: stops[report[3]!]!,
      };
    },
  };
}

function bestBuild(): KernelBuild {
  best ??= WebAssembly.validate(Buffer.from(simd, 'base64')) ? 'simd' : 'scalar';
  return best;
}

function moduleOf(build: KernelBuild): WebAssembly.Module {
  const known = modules.get(build);
  if (known !== undefined) return known;
  const module = new WebAssembly.Module(Buffer.from(build === 'simd' ? simd : scalar, 'base64'));
  modules.set(build, module);
  return module;
}

function abort(): never {
  throw new Error('the byte kernel has aborted');
}
