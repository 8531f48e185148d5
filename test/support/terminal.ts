/** For tests: a command line without a terminal. Runs commands on a given host and keeps what they say. */
import type { SignalName } from '../../src/cli/command.ts';
import { runProgram } from '../../src/cli/program.ts';
import type { Host } from '../../src/host/host.ts';

export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly ended: Promise<Ran>;
  signal(name: SignalName): void;
  /** What was said so far. */
  readonly out: () => string;
  readonly err: () => string;
}

export function start(
  host: Host,
  words: readonly string[],
  how: { readonly terminal?: boolean } = {},
): Running {
  let out = '';
  let err = '';
  const heard = new Map<SignalName, Set<() => void>>();
  const ended = runProgram(words, {
    environment: host.process.environment,
    host: () => Promise.resolve(host),
    console: {
      terminal: how.terminal ?? false,
      columns: 80,
      rows: 24,
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      write: async (chunk) => {
        out += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
      },
    },
    signals: {
      on(name, listener) {
        const listeners = heard.get(name) ?? new Set();
        heard.set(name, listeners.add(listener));
        return () => listeners.delete(listener);
      },
    },
  }).then((status) => ({ status, out, err }));
  return {
    ended,
    signal: (name) => {
      for (const listener of heard.get(name) ?? []) listener();
    },
    out: () => out,
    err: () => err,
  };
}

export function run(host: Host, words: readonly string[]): Promise<Ran> {
  return start(host, words).ended;
}
