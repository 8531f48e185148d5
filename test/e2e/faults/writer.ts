/**
 * An application that logs: numbered lines, a few at a time, to files that it holds open and rotates by renaming. No
 * line is ever written twice. It remembers what it wrote.
 */
import assert from 'node:assert/strict';
import { closeSync, openSync, readdirSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const writeEveryMs = 4;
const linesEachTimeMax = 6;
/** One write in so many is followed by a rotation. */
const rotateOnceIn = 150;

const closed = -1;

interface LogFile {
  readonly name: string;
  descriptor: number;
  rotations: number;
}

export interface WriterOptions {
  readonly files?: number;
  readonly rotates?: boolean;
}

export class Writer {
  /** By file: every line that was ever given to the disk, in order. */
  readonly written = new Map<string, string[]>();
  readonly #directory: string;
  readonly #files: readonly LogFile[];
  readonly #rotates: boolean;
  #number = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(directory: string, options: WriterOptions = {}) {
    const { files = 3, rotates = true } = options;
    this.#directory = directory;
    this.#rotates = rotates;
    this.#files = Array.from({ length: files }, (_, index) => {
      const name = `f${index}.log`;
      this.written.set(name, []);
      return { name, descriptor: this.#open(name), rotations: 0 };
    });
  }

  start(): void {
    this.#timer ??= setInterval(() => {
      const file = this.#files[Math.floor(Math.random() * this.#files.length)]!;
      this.#write(file, 1 + Math.floor(Math.random() * linesEachTimeMax));
      if (this.#rotates && Math.random() * rotateOnceIn < 1) this.#rotate(file);
    }, writeEveryMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** So many lines to each file. */
  write(lines: number): void {
    for (const file of this.#files) this.#write(file, lines);
  }

  /** As after a signal of logrotate: the files that have the names now. */
  reopen(): void {
    this.close();
    for (const file of this.#files) file.descriptor = this.#open(file.name);
  }

  close(): void {
    for (const file of this.#files) {
      if (file.descriptor !== closed) closeSync(file.descriptor);
      file.descriptor = closed;
    }
  }

  [Symbol.dispose](): void {
    this.stop();
    this.close();
  }

  /** Files that a rotation made. */
  rotated(): string[] {
    return readdirSync(this.#directory).filter((name) => /^f\d+\.log.+/.test(name));
  }

  /** The whole lines that all files hold now, also rotated and compressed ones. */
  kept(): string[] {
    return readdirSync(this.#directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /^f\d+\.log/.test(entry.name))
      .flatMap(({ parentPath, name }) => {
        const bytes = readFileSync(join(parentPath, name));
        const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
        return text.split('\n').slice(0, -1);
      });
  }

  #open(name: string): number {
    return openSync(join(this.#directory, name), 'a');
  }

  #write(file: LogFile, count: number): void {
    const lines = Array.from({ length: count }, (_, index) => {
      const number = this.#number + index;
      return `${file.name} ${number} ${'señal '.repeat(number % 20)}.`;
    });
    this.#number += count;
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    assert.equal(writeSync(file.descriptor, bytes), bytes.length);
    this.written.get(file.name)!.push(...lines);
  }

  #rotate(file: LogFile): void {
    const path = join(this.#directory, file.name);
    file.rotations += 1;
    renameSync(path, `${path}.${file.rotations}`);
    closeSync(file.descriptor);
    file.descriptor = this.#open(file.name);
  }
}
