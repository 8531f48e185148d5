/** For tests: `almadia` as a process of its own, with its output, its signals and its end. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createHost } from '../../src/host/node/host.ts';

/** That of this checkout. */
const ownExecutable = join(import.meta.dirname, '../../../bin/almadia');
/** Of a machine that has other things to do. */
const patienceMs = 180_000;

export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProgramOptions {
  readonly directory: string;
  /** How many descriptors it may have open; the system's own bound where none is given. */
  readonly openFilesMax?: number;
  /** A command that runs it, such as strace; it must leave the program its process id. */
  readonly wrapper?: readonly string[];
  /** Another `bin/almadia` than that of this checkout. */
  readonly executable?: string;
  /** Beside those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

const running = new Set<ChildProcess>();

export class Program {
  readonly ended: Promise<End>;
  /** What it wrote so far, standard output and error together. */
  output = '';
  readonly #child: ChildProcess;
  readonly #name: string;

  constructor(args: readonly string[], options: ProgramOptions) {
    const { directory, openFilesMax, wrapper = [], executable = ownExecutable, environment } = options;
    const limit = openFilesMax === undefined ? '' : `ulimit -n ${openFilesMax}; `;
    this.#name = args[0] ?? 'almadia';
    const command = [...wrapper, process.execPath, executable, ...args];
    this.#child = spawn('/bin/sh', ['-c', `${limit}exec "$@"`, 'sh', ...command], {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LANG: 'C.UTF-8', ALMADIA_KEY: 'kill', ...environment },
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.on('data', (bytes: Buffer) => {
        this.output += bytes.toString();
      });
    }
    running.add(this.#child);
    this.ended = new Promise((resolve) => {
      this.#child.on('close', (code, signal) => {
        running.delete(this.#child);
        resolve({ code, signal });
      });
    });
  }

  /** All that this process started. */
  static killAll(): void {
    for (const child of running) child.kill('SIGKILL');
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Waits until it has written this; fails when it ends before. */
  async said(pattern: RegExp): Promise<RegExpMatchArray> {
    const { clock } = createHost();
    const deadline = clock.monotonicMs() + patienceMs;
    for (;;) {
      const found = this.output.match(pattern);
      if (found !== null) return found;
      assert.ok(
        this.alive && clock.monotonicMs() < deadline,
        `${this.#name} never said ${pattern}:\n${this.output.slice(-3000)}`,
      );
      await this.#more();
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  /** Until it writes, ends, or a moment has passed. */
  async #more(): Promise<void> {
    const done = new AbortController();
    const wake = () => done.abort();
    this.#child.stdout!.once('data', wake);
    this.#child.stderr!.once('data', wake);
    this.#child.once('close', wake);
    await createHost().clock.sleep(200, done.signal);
    this.#child.stdout!.off('data', wake);
    this.#child.stderr!.off('data', wake);
    this.#child.off('close', wake);
  }
}

/** Asks again until the answer satisfies. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | null>,
  patience = patienceMs,
): Promise<T> {
  const { clock } = createHost();
  const deadline = clock.monotonicMs() + patience;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    assert.ok(clock.monotonicMs() < deadline, `never: ${what}`);
    await clock.sleep(20);
  }
}
