/**
 * A JSON text under construction whose bulk is lines: the byte kernel writes them into lent memory, from where they are
 * sent. It grows by regions, so nothing that is written is ever moved.
 *
 * The kernel works in its own memory alone. Lines that lie elsewhere are copied in by pieces, and where the arena has
 * nothing to lend its output is copied out by pieces; a line too long for a piece is written by `json.ts`.
 */
import type { Hold } from '../event/hold.ts';
import type { Region } from './arena.ts';
import { walkLines } from './ends.ts';
import { JsonWriter } from './json.ts';
import type { LineMemory, Range } from './line-memory.ts';
import type { Encoded, LineShape } from './shape.ts';
import { isValidUtf8 } from './utf8.ts';
import { isBlank, trimWhiteSpace } from './white-space.ts';

/** When the expectation was too low it grows by so much, or by what one line needs. */
const growthBytes = 256 * 1024;
/** A control character is six bytes of JSON. */
const expansionMax = 6;
const LF = 0x0a;

/** What became of lines. */
export interface LinesWritten {
  readonly records: number;
  /** Left out as the shape wants it, bytes with their line ends. */
  readonly blankLines: number;
  readonly blankBytes: number;
}

/** Beside the shape. */
export interface LinesOptions {
  /** Gets the bytes that each record takes in its source. */
  readonly ends?: Decimals;
  /** Writes a line that the shape stops at (`long`, `invalid`) as one element with its comma. */
  stopped?(line: Uint8Array, sourceBytes: number): void;
}

/** The whole text, and the right to the memory in which it lies. */
export interface FinishedBody {
  readonly parts: readonly Uint8Array[];
  readonly hold: Hold;
}

/** Decimal numbers with a comma after each, as the kernel writes the bytes that records take in their source. */
export class Decimals {
  readonly #parts: Buffer[] = [];

  add(digits: Uint8Array): void {
    if (digits.length > 0) this.#parts.push(Buffer.from(digits));
  }

  /** `107,93` */
  text(): string {
    return Buffer.concat(this.#parts).toString('latin1').slice(0, -1);
  }
}

export class JsonBody {
  readonly #memory: LineMemory;
  readonly #regions: Region[] = [];
  /** Bytes used of each region, but for the last. */
  readonly #used: number[] = [];
  #region: Region;
  #at = 0;

  constructor(memory: LineMemory, bytesExpected: number) {
    this.#memory = memory;
    this.#region = this.#take(bytesExpected);
  }

  /** JSON as it stands: punctuation, keys, numbers. */
  text(text: string): void {
    this.bytes(Buffer.from(text));
  }

  bytes(bytes: Uint8Array): void {
    if (this.#room < bytes.length) this.#grow(bytes.length);
    this.#region.bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** One line as a JSON string; ill-formed UTF-8 becomes U+FFFD. */
  line(line: Uint8Array): void {
    const writer = new JsonWriter(line.length + 2);
    writer.line(line);
    this.bytes(writer.written());
  }

  /** Takes back the last byte: the comma after the last element. */
  dropLast(): void {
    while (this.#at === 0 && this.#regions.length > 1) {
      this.#regions.pop()!.release();
      this.#region = this.#regions.at(-1)!;
      this.#at = this.#used.pop()!;
    }
    this.#at -= 1;
  }

  /** Writes every line of the block as the shape says, each with a comma after it. */
  lines(shape: LineShape, block: Uint8Array, options: LinesOptions = {}): LinesWritten {
    const total = { records: 0, blankLines: 0, blankBytes: 0 };
    for (let from = 0; from < block.length; ) {
      const source = this.#memory.toKernel(block, from);
      const run = source === null ? null : this.#run(shape, source, options.ends);
      if (source === null || run === null) {
        from = this.#alone(shape, { block, from, total, options });
        continue;
      }
      total.records += run.records;
      total.blankLines += run.blankLines;
      total.blankBytes += run.blankBytes;
      from += run.consumed - source.from;
      if (run.stop === 'long' || run.stop === 'invalid') {
        from = this.#alone(shape, { block, from, total, options });
      }
    }
    return total;
  }

  /** Gives the memory to whoever sends the text. */
  finish(): FinishedBody {
    this.#region.shrink(this.#at);
    this.#used.push(this.#at);
    const parts = this.#regions.map((region, index) => region.bytes.subarray(0, this.#used[index]));
    return { parts: parts.filter((part) => part.length > 0), hold: all(this.#regions) };
  }

  get #room(): number {
    return this.#region.bytes.length - this.#at;
  }

  #take(length: number): Region {
    const region = this.#memory.take(Math.max(1, length));
    this.#regions.push(region);
    return region;
  }

  #grow(needed: number): void {
    this.#region.shrink(this.#at);
    this.#used.push(this.#at);
    this.#region = this.#take(Math.max(growthBytes, needed));
    this.#at = 0;
  }

  /** As many lines as go in at once; null when not even the first does. */
  #run(shape: LineShape, source: Range, ends?: Decimals): Encoded | null {
    const first = this.#runOnce(shape, source, ends);
    if (first.stop !== 'full' || first.consumed > source.from) return first;
    const { memory } = this.#memory.kernel;
    const lineEnd = memory.subarray(source.from, source.to).indexOf(LF);
    const lineBytes = lineEnd < 0 ? source.to - source.from : lineEnd;
    this.#grow(lineBytes * expansionMax + shape.opening.length + shape.closing.length);
    const second = this.#runOnce(shape, source, ends);
    return second.stop === 'full' && second.consumed === source.from ? null : second;
  }

  #runOnce(shape: LineShape, source: Range, ends?: Decimals): Encoded {
    const { kernel, scratch, offsetOf } = this.#memory;
    const own = offsetOf(this.#region.bytes);
    const into = own === null ? scratch.output.from : own + this.#at;
    const intoEnd = own === null ? Math.min(scratch.output.to, into + this.#room) : into + this.#room;
    const regions = { ...source, into, intoEnd };
    const numbers = { into: scratch.ends.from, intoEnd: scratch.ends.to };
    const run = kernel.encodeLines(shape, ends === undefined ? regions : { ...regions, ends: numbers });
    if (own === null) this.#region.bytes.set(kernel.memory.subarray(into, run.written), this.#at);
    this.#at += run.written - into;
    ends?.add(kernel.memory.subarray(numbers.into, run.endsWritten));
    return run;
  }

  /** One line that stopped the kernel, or is too long for its pieces. Gives the offset after it. */
  #alone(
    shape: LineShape,
    at: {
      readonly block: Uint8Array;
      readonly from: number;
      readonly total: { records: number; blankLines: number; blankBytes: number };
      readonly options: LinesOptions;
    },
  ): number {
    let sourceBytes = 0;
    walkLines(at.block.subarray(at.from), (line, end) => {
      sourceBytes = end;
      if (shape.blank === 'leave-out' && isBlank(line)) {
        at.total.blankLines += 1;
        at.total.blankBytes += end;
        return false;
      }
      const text = shape.trim ? trimWhiteSpace(line) : line;
      const long = shape.textBytesMax > 0 && text.length > shape.textBytesMax;
      if (long || (shape.invalid === 'stop' && !isValidUtf8(text))) at.options.stopped?.(line, end);
      else this.#element(shape, text);
      at.options.ends?.add(Buffer.from(`${end},`));
      at.total.records += 1;
      return false;
    });
    return at.from + sourceBytes;
  }

  /** The opening has the text's quotation mark, and so has the closing. */
  #element(shape: LineShape, text: Uint8Array): void {
    this.bytes(shape.opening);
    const writer = new JsonWriter(text.length + 2);
    writer.line(text);
    this.bytes(writer.written().subarray(1, -1));
    this.bytes(shape.closing);
  }
}

/** Several holds as one. */
function all(holds: readonly Hold[]): Hold {
  return {
    share: () => all(holds.map((hold) => hold.share())),
    release: () => {
      for (const hold of holds) hold.release();
    },
  };
}
