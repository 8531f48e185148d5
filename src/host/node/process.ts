/** This process and its machine. Read once; what changes (memory) is asked for. */
import { readFileSync } from 'node:fs';
import * as os from 'node:os';
import type { Process } from '../process.ts';

/** What POSIX systems grant at the least where the real number cannot be read. */
const openFilesFallback = 1024;

export function nodeProcess(): Process {
  return {
    pid: process.pid,
    hostname: os.hostname(),
    osType: osType(),
    osVersion: osVersion(),
    environment: process.env,
    workingDirectory: process.cwd(),
    userName: userName(),
    userId: process.geteuid?.() ?? null,
    openFilesMax: openFilesMax(),
    residentBytes: () => process.memoryUsage.rss(),
  };
}

function osType(): Process['osType'] {
  const type = os.type();
  return type === 'Darwin' ? 'Darwin' : type.startsWith('Windows') ? 'Windows' : 'Linux';
}

/** Such as `Debian GNU/Linux 12 (bookworm)`; the kernel's release where the system does not name itself. */
function osVersion(): string {
  const named = textOf('/etc/os-release').match(/^PRETTY_NAME="?([^"\n]*)"?$/m)?.[1];
  return named || os.release();
}

/** A container may run under a user id that has no name. */
function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}

/** Node raises the soft limit to the hard one when it starts; this is what it got. */
function openFilesMax(): number {
  const soft = textOf('/proc/self/limits').match(/^Max open files +(\d+|unlimited)/m)?.[1];
  if (soft === 'unlimited') return Number.MAX_SAFE_INTEGER;
  return soft === undefined ? openFilesFallback : Number(soft);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
