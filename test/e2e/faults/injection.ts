/** What strace does to the system calls of a process, and its own record of when it did. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Room } from '../room.ts';

export interface Injection {
  /** For `Launch.wrapper`: the program keeps its process id. */
  readonly wrapper: readonly string[];
  /** How often it happened so far. */
  fired(): number;
}

let reports = 0;

/** SIGKILL at the `nth` call of one thread, before the call has done anything. */
export function killAt(room: Room, call: string, nth: number): Injection {
  return inject(room, { call, what: `signal=SIGKILL:when=${nth}`, mark: /killed by SIGKILL/g });
}

/** The call fails on this file at the `first` time in each thread, and after each `step` more. */
export function failAt(
  room: Room,
  call: string,
  options: { readonly error: string; readonly first: number; readonly step: number; readonly path: string },
): Injection {
  const { error, first, step, path } = options;
  return inject(room, { call, what: `error=${error}:when=${first}+${step}`, mark: /\(INJECTED\)/g, path });
}

function inject(
  room: Room,
  given: { readonly call: string; readonly what: string; readonly mark: RegExp; readonly path?: string },
): Injection {
  const { call, what, mark, path } = given;
  reports += 1;
  const report = join(room.home, `strace.${reports}`);
  const options = ['-D', '-f', '-o', report, ...(path === undefined ? [] : ['-P', path])];
  return {
    wrapper: ['strace', ...options, '-e', `trace=${call}`, '-e', `inject=${call}:${what}`],
    fired: () => (existsSync(report) ? [...readFileSync(report, 'utf8').matchAll(mark)].length : 0),
  };
}
