/**
 * The `logs` of a request body as lines, by the byte kernel: `assembly/decode.ts` says which shape it knows. One object
 * for a whole request, where `JSON.parse` makes two for each line.
 *
 * The kernel's memory holds one body at a time: the body, then the lines, then where they end. It is address space
 * until a body is as long; what was touched stays.
 */
import { type Kernel, openKernel, reservedBytes } from './kernel.ts';
import { isValidUtf8 } from './utf8.ts';

/** Longer bodies are read in the general way; agents send a tenth of it. */
export const scannedBytesMax = 8 * 1024 * 1024;
export const itemsMax = 250_000;
/** How often the source may change within a body. */
const originsMax = 4096;

/** Read and written past the ends. */
const slackBytes = 64;
const bodyAt = reservedBytes;
const outAt = bodyAt + scannedBytesMax + slackBytes;
const resultAt = outAt + scannedBytesMax + slackBytes;
const lineEndsAt = resultAt + 16;
const originsAt = lineEndsAt + 4 * itemsMax;
const memoryBytes = originsAt + 12 * originsMax;

export interface ScannedLogs {
  /** The offset in the body behind the list. */
  readonly end: number;
  /** The lines, each with LF behind it. */
  readonly text: Buffer;
  /** For each line the offset in `text` behind its LF. Good until the next call. */
  readonly lineEnds: Uint32Array;
  /** From which line on which source holds, as JSON in the body. None for lists of strings. */
  readonly origins: readonly Origin[];
}

export interface Origin {
  readonly line: number;
  readonly sourceFrom: number;
  readonly sourceTo: number;
}

export class LogScanner {
  readonly #kernel: Kernel;
  readonly #words: Uint32Array;

  constructor(kernel: Kernel = openKernel(memoryBytes)) {
    this.#kernel = kernel;
    this.#words = new Uint32Array(kernel.memory.buffer, resultAt, (memoryBytes - resultAt) / 4);
  }

  /** Whether `scan` may be asked about the body: it is not too long, and valid UTF-8. */
  takes(body: Uint8Array): boolean {
    return body.length <= scannedBytesMax && isValidUtf8(body);
  }

  /** `at` is the offset behind `[`, in a body that it takes. Null when the list is not of the shape. */
  scan(body: Uint8Array, at: number, items: 'strings' | 'records'): ScannedLogs | null {
    const { memory, scanLogs } = this.#kernel;
    memory.set(body, bodyAt);
    const records = items === 'records' ? 1 : 0;
    const end = scanLogs(bodyAt + at, bodyAt + body.length, records, outAt, resultAt, itemsMax, originsMax);
    if (end === 0) return null;
    const [count, textBytes, originCount] = this.#words as unknown as [number, number, number];
    return {
      end: end - bodyAt,
      text: Buffer.from(memory.subarray(outAt, outAt + textBytes)),
      lineEnds: this.#words.subarray(4, 4 + count),
      origins: Array.from({ length: originCount }, (_, index) => this.#origin(index)),
    };
  }

  #origin(index: number): Origin {
    const at = (originsAt - resultAt) / 4 + 3 * index;
    return {
      line: this.#words[at]!,
      sourceFrom: this.#words[at + 1]! - bodyAt,
      sourceTo: this.#words[at + 2]! - bodyAt,
    };
  }
}

/** `build` is for tests that compare both. */
export function openLogScanner(build?: Kernel['build']): LogScanner {
  return new LogScanner(openKernel(memoryBytes, build));
}
