/**
 * Where the program's own log goes: JSON lines to a file, human lines to a terminal, JSON lines to standard error
 * where there is neither (a service's journal).
 *
 * The file is made with mode 0600. At 10 MiB it becomes `.1`, the one before `.2`, and so on to `.5`. Lines are written
 * at once: they are few, and the last ones before a crash matter most. A log that cannot be written stops nothing:
 * its lines go to standard error instead.
 */
import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import type { LogLevel, LogValues, SelfLog } from '../selflog.ts';
import { nativePath } from './path-bytes.ts';

const fileBytesMax = 10 * 1024 * 1024;
const filesKept = 5;

/** A longer line says too much. */
const lineCharactersMax = 16 * 1024;

export interface OpenSelfLog extends SelfLog {
  close(): void;
}

export interface SelfLogOptions {
  /** The log file; null: none. */
  readonly path: string | null;
  /** Whether a person watches standard error. */
  readonly terminal: boolean;
  /** Lines of level `debug` are left out unless this is true. */
  readonly debug?: boolean;
  /** Standard error, but for tests. */
  readonly writeError?: (text: string) => void;
}

/** Throws the system's error when the file cannot be opened. */
export function openSelfLog(options: SelfLogOptions): OpenSelfLog {
  const { path, terminal, debug = false, writeError = (text) => void process.stderr.write(text) } = options;
  const file = path === null ? null : new LogFile(path, writeError);
  return {
    write: (level, event, message, values = {}) => {
      if (level === 'debug' && !debug) return;
      const entry = { time: new Date(), level, event, message, values };
      if (terminal) writeError(humanLine(entry));
      if (file !== null) file.append(jsonLine(entry));
      else if (!terminal) writeError(jsonLine(entry));
    },
    close: () => file?.close(),
  };
}

interface Entry {
  readonly time: Date;
  readonly level: LogLevel;
  readonly event: string;
  readonly message: string;
  readonly values: LogValues;
}

/** The four fixed members come first and cannot be replaced by values of the same name. */
function jsonLine({ time, level, event, message, values }: Entry): string {
  const fixed = { time: time.toISOString(), level, event, message: message.slice(0, lineCharactersMax) };
  const line = JSON.stringify({ ...fixed, ...values, ...fixed });
  return `${line.length <= lineCharactersMax ? line : JSON.stringify({ ...fixed, cut: true })}\n`;
}

/** Paths and replies of servers end up here: nothing that could drive a terminal gets through. */
function humanLine({ time, level, message, values }: Entry): string {
  const clock = time.toTimeString().slice(0, 8);
  const pairs = Object.entries(values).map(([name, value]) => ` ${name}=${value}`);
  const text = `${clock} ${level.padEnd(5)} ${message}${pairs.join('')}`.slice(0, lineCharactersMax);
  return `${text.replace(/\p{Cc}/gu, '?')}\n`;
}

class LogFile {
  readonly #path: string;
  readonly #writeError: (text: string) => void;
  /** Null after a failure: every line tries to open it again. */
  #descriptor: number | null;
  #size = 0;

  constructor(path: string, writeError: (text: string) => void) {
    this.#path = path;
    this.#writeError = writeError;
    this.#descriptor = this.#open();
  }

  append(line: string): void {
    const bytes = Buffer.from(line);
    try {
      if (this.#size > 0 && this.#size + bytes.length > fileBytesMax) this.#rotate();
      this.#descriptor ??= this.#open();
      this.#size += writeSync(this.#descriptor, bytes);
    } catch (error) {
      this.close();
      this.#writeError(`${(error as Error).message}: ${line}`);
    }
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  #open(): number {
    const descriptor = openSync(nativePath(this.#path), 'a', 0o600);
    this.#size = fstatSync(descriptor).size;
    return descriptor;
  }

  #rotate(): void {
    this.close();
    for (let number = filesKept - 1; number >= 0; number -= 1) {
      const from = number === 0 ? this.#path : `${this.#path}.${number}`;
      renameWhereThere(from, `${this.#path}.${number + 1}`);
    }
  }
}

function renameWhereThere(from: string, to: string): void {
  try {
    renameSync(nativePath(from), nativePath(to));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
