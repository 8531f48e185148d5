// What the operating system says that a process has cost. Linux keeps it in /proc; elsewhere the answers are null, and
// tables say `-`. A process that is gone has null too.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Ticks a second of the times in /proc/PID/stat. */
const ticksPerSecond = (() => {
  try {
    return Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8', timeout: 5000 })) || 100;
  } catch {
    return 100;
  }
})();

/**
 * CPU seconds of a process with all of its threads, user and system. Two counts of the kernel are read, and both can
 * only be too low: /proc/PID/stat is rounded down to ticks of 10 ms, and the nanoseconds of each thread's schedstat
 * lack the threads that have ended. The larger is returned.
 */
export function cpuSeconds(pid) {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The name, in parentheses, may hold spaces; utime and stime are fields 14 and 15 of all.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const byTicks = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  let nanoseconds = 0;
  for (const thread of list(`/proc/${pid}/task`)) {
    nanoseconds += Number(read(`/proc/${pid}/task/${thread}/schedstat`)?.split(' ')[0] ?? 0);
  }
  return Math.max(byTicks, nanoseconds / 1e9);
}

/** Resident bytes at present. */
export function residentBytes(pid) {
  return statusBytes(pid, 'VmRSS');
}

/** The most that was ever resident, bytes. */
export function peakResidentBytes(pid) {
  return statusBytes(pid, 'VmHWM');
}

function statusBytes(pid, key) {
  const found = read(`/proc/${pid}/status`)?.match(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm'));
  return found ? Number(found[1]) * 1024 : null;
}

function read(path) {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}

function list(path) {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
