/** What a fault needs of the machine. One that lacks it is not run, and says which package would bring it. */
import { spawnSync } from 'node:child_process';

export interface Tool {
  /** Why it cannot be used here and what would bring it; null: it can. */
  missing(): string | null;
}

export const strace = command('strace', { arguments: ['-f', 'true'], package: 'strace' });
const perl = command('perl', { arguments: ['-v'], package: 'perl-base' });

/** A file system in a file, which loses what was not synced when its power goes. */
export const ext4: Tool = {
  missing() {
    if (process.getuid?.() !== 0) return 'only root may mount a file system';
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
