// Starts programs as a user would, keeps what they say, and stops them by their process id.
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** After a polite signal a program has so long, then it is killed. */
const stopMs = 10_000;
/** Of what a program says the last characters are kept, for a message when it fails. */
const saidCharactersMax = 64 * 1024;

/** Those that run: none may outlive the bench, however it ends. */
const live = new Set();
process.on('exit', () => {
  for (const child of live) child.kill('SIGKILL');
});

/**
 * `exited` resolves with the exit status, null after a signal; `said()` is the end of both of its outputs; `heard`
 * resolves with what matches a pattern in them, once it does.
 */
export function startProcess(command, args, { directory, env = {} } = {}) {
  const started = performance.now();
  const child = spawn(command, args, {
    cwd: directory,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  live.add(child);
  child.on('exit', () => live.delete(child));
  let said = '';
  const listeners = new Set();
  const keep = (text) => {
    said = (said + text).slice(-saidCharactersMax);
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  const exited = new Promise((resolve) => {
    child.on('error', (error) => {
      keep(String(error));
      resolve(-1);
    });
    child.on('close', resolve);
  });
  return {
    pid: child.pid,
    exited,
    said: () => said,
    heard: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(said);
          if (found !== null) resolve(found[0]);
        };
        listeners.add(look);
        look();
        void exited.then((status) => reject(new Error(`it ended with ${status}: ${said}`)));
      }),
    startedAt: started,
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** Runs a program to its end: what it said, its exit status and how long it took. */
export async function runProcess(command, args, options) {
  const running = startProcess(command, args, options);
  const status = await running.exited;
  return { status, said: running.said(), seconds: (performance.now() - running.startedAt) / 1000 };
}

/** The path of a program: what the environment variable names, else where the shell would find it; else null. */
export function findProgram(name, variable) {
  const named = process.env[variable];
  if (named) return named;
  const directories = [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/sbin',
    '/usr/local/sbin',
    '/opt/fluent-bit/bin',
  ];
  return directories.map((directory) => join(directory, name)).find(isExecutable) ?? null;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
