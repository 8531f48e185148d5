/** A small file system of the test's own: one that forgets what was not synced, or one that is soon full. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, truncateSync, unlinkSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from '../../support/program.ts';
import { codeOf } from './codes.ts';

/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH (fs/ext4/ext4.h): as if the power had gone. */
const losePower =
  'open(F, "<", $ARGV[0]) or die $!; my $flag = pack("L", 2); ioctl(F, 0x8004587D, $flag) or die $!';

const mounted = new Set<Drive>();

/** Lets no drive stay mounted and no program stay behind when somebody ends the run. */
export function endOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      Program.killAll();
      for (const drive of mounted) drive.detach();
      process.exit(1);
    });
  }
}

export class Drive {
  readonly path: string;
  readonly #home: string;
  /** The image; null: in memory. */
  readonly #image: string | null;

  private constructor(home: string, image: string | null) {
    this.#home = home;
    this.#image = image;
    this.path = join(home, 'drive');
    mkdirSync(this.path);
  }

  /** Ext4 in a file. */
  static async ext4(sizeMiB = 64): Promise<Drive> {
    const home = await mkdtemp(join(tmpdir(), 'almadia-drive-'));
    const image = join(home, 'image');
    closeSync(openSync(image, 'w'));
    truncateSync(image, sizeMiB * 1024 * 1024);
    execFileSync('mkfs.ext4', ['-q', '-F', image]);
    const drive = new Drive(home, image);
    drive.mount();
    return drive;
  }

  static async memory(sizeMiB: number): Promise<Drive> {
    const drive = new Drive(await mkdtemp(join(tmpdir(), 'almadia-drive-')), null);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'tmpfs', drive.path]);
    mounted.add(drive);
    return drive;
  }

  mount(): void {
    execFileSync('mount', ['-o', 'loop', this.#image!, this.path]);
    mounted.add(this);
  }

  unmount(): void {
    execFileSync('umount', [this.path]);
    mounted.delete(this);
  }

  /** Also while somebody has files open there. */
  detach(): void {
    if (mounted.delete(this)) execFileSync('umount', ['-l', this.path]);
  }

  /** What was not synced is gone. True: nothing can be written there any more. */
  losePower(): boolean {
    execFileSync('perl', ['-e', losePower, this.path]);
    try {
      closeSync(openSync(join(this.path, 'probe'), 'w'));
      return false;
    } catch (error) {
      return codeOf(error) === 'EIO';
    }
  }

  /** Takes all space that is left. True: the drive has said ENOSPC. */
  fill(): boolean {
    const ballast = openSync(join(this.path, 'ballast'), 'a');
    try {
      // Ever smaller pieces, so that not a page is left.
      for (let size = 1024 * 1024; size >= 1; size = Math.floor(size / 16)) {
        const piece = Buffer.alloc(size, 'x');
        try {
          while (writeSync(ballast, piece) === size);
        } catch (error) {
          if (codeOf(error) !== 'ENOSPC') throw error;
          if (size === 1) return true;
        }
      }
      return false;
    } finally {
      closeSync(ballast);
    }
  }

  free(): void {
    unlinkSync(join(this.path, 'ballast'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.detach();
    await rm(this.#home, { recursive: true });
  }
}
