/**
 * An application that logs: numbered lines, a few at a time, to files that it holds open and rotates by renaming. No
 * line is ever written twice. It remembers what it wrote.
 */
import assert from 'node:assert/strict';
import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const writeEveryMs = 4;
const linesEachTimeMax = 6;
/** One write in so many is followed by a rotation. */
const rotateOnceIn = 150;

interface LogFile {
  readonly name: string;
  descriptor: number;
  rotations: number;
}

export class Writer {
  /** By file: every line that was ever given to the disk, in order. */
  readonly written = new Map<string, string[]>();
  readonly #directory: string;
  readonly #files: readonly LogFile[];
  readonly #rotates: boolean;
  #number = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(directory: string, options: { readonly files?: number; readonly rotates?: boolean } = {}) {
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

  close(): void {
    for (const { descriptor } of this.#files) closeSync(descriptor);
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
