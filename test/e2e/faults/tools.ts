/** What a fault needs of the machine. One that lacks it is not run, and says which package would bring it. */
import { spawnSync } from 'node:child_process';

export interface Tool {
  /** Why it cannot be used here and what would bring it; null: it can. */
  missing(): string | null;
}

export const strace = command('strace', { arguments: ['-f', 'true'], package: 'strace' });
export const logrotate = command('logrotate', { arguments: ['--version'], package: 'logrotate' });
const perl = command('perl', { arguments: ['-v'], package: 'perl-base' });

export const libfaketime = '/usr/$LIB/faketime/libfaketime.so.1';

export const faketime: Tool = {
  missing() {
    const environment = { ...process.env, LD_PRELOAD: libfaketime, FAKETIME: '@2040-06-01 00:00:00' };
    const year = spawnSync('date', ['+%Y'], { env: environment, encoding: 'utf8' });
    return year.stdout?.startsWith('2040') ? null : 'libfaketime is not here: apt-get install -y faketime';
  },
};

/** A file system in memory, with a size of its own. */
export const tmpfs: Tool = {
  missing: () => (process.getuid?.() === 0 ? null : 'only root may mount a file system'),
};

/** A user namespace, in which the limits of inotify are its own. */
export const userNamespace: Tool = {
  missing() {
    const [command, ...rest] = [...withoutInotify, 'true'];
    const done = spawnSync(command!, rest, { stdio: 'ignore' });
    return done.status === 0 ? null : 'no user namespace with limits of its own can be made here';
  },
};

/** For `Launch.wrapper`: nothing can be watched. */
export const withoutInotify: readonly string[] = [
  ...['unshare', '--user', '--map-root-user', 'sh', '-c'],
  'echo 0 > /proc/sys/user/max_inotify_instances && exec "$@"',
  'sh',
];

/** A file system in a file, which loses what was not synced when its power goes. */
export const ext4: Tool = {
  missing() {
    const notRoot = tmpfs.missing();
    if (notRoot !== null) return notRoot;
    if (spawnSync('losetup', ['--find']).status !== 0) return 'this machine has no loop devices';
    const maker = spawnSync('mkfs.ext4', ['-V']).status === 0;
    return maker ? perl.missing() : 'mkfs.ext4 is not here: apt-get install -y e2fsprogs';
  },
};

/** The first thing that is missing; false as `test` wants it when nothing is. */
export function firstMissing(needs: readonly Tool[]): string | false {
  for (const need of needs) {
    const missing = need.missing();
    if (missing !== null) return missing;
  }
  return false;
}

function command(
  name: string,
  use: { readonly arguments: readonly string[]; readonly package: string },
): Tool {
  return {
    missing() {
      const { status } = spawnSync(name, use.arguments, { stdio: 'ignore' });
      return status === 0 ? null : `${name} is not here: apt-get install -y ${use.package}`;
    },
  };
}
