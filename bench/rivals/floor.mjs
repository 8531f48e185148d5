// What no agent can be: the bytes as they are, sent by curl, or only counted by wc. No lines, no JSON, no position.
import { execFileSync } from 'node:child_process';
import { findProgram, startProcess } from '../support/processes.mjs';

export const curl = {
  name: 'cat | curl -T -',
  sendsRawBytes: true,
  find: () => {
    const path = findProgram('curl', 'BENCH_CURL');
    if (path === null) return { missing: 'curl' };
    const version = execFileSync(path, ['--version'], { encoding: 'utf8' }).split(' ')[1];
    return { version, settings: 'the bytes of the file as they are' };
  },
  start: ({ file, receiver }) => {
    const script = 'cat "$1" | "$2" -sS -o /dev/null -H Expect: -T - "$3"; times';
    return timed(script, [file, findProgram('curl', 'BENCH_CURL'), `${receiver.url}/raw`]);
  },
};

/** Its seconds are those of the whole program. */
export async function countWithWc(data) {
  const running = timed('wc -l "$1"; times', [data.path]);
  await running.exited;
  const seconds = (performance.now() - running.startedAt) / 1000;
  return {
    mbPerSecond: data.bytes / 1e6 / seconds,
    cpuPerGb: running.cpuSeconds() / (data.bytes / 1e9),
    peakBytes: null,
    sentPerByte: null,
  };
}

/** The shell's `times` ends with the user and system time of all that it has started. */
function timed(script, args) {
  const running = startProcess('sh', ['-c', script, 'sh', ...args]);
  return {
    ...running,
    // The times stand only in what it says at its end.
    stop: () => running.exited,
    cpuSeconds: () => {
      const parts = [
        ...running
          .said()
          .trimEnd()
          .split('\n')
          .at(-1)
          .matchAll(/(\d+)m([\d.]+)s/g),
      ];
      return parts.reduce((sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds), 0);
    },
  };
}
