/** A key in a file: other users of the machine see the command line. */
import { resolve } from 'node:path';
import { DiskError } from '../host/disk.ts';
import { AlmadiaError } from '../host/errors.ts';
import { readFile } from '../host/files.ts';
import type { CommandContext } from './command.ts';

const keyFileBytesMax = 4096;

/** What `--key-file` holds, without white space around it; null when the option is not given. Throws CONFIG_FILE_UNREADABLE. */
export async function keyFromFile(
  { host, options }: CommandContext,
  command: string,
): Promise<string | null> {
  const file = options.text('key-file');
  if (file === undefined) return null;
  const unreadable = (cause: string) => {
    const user = host.process.userName;
    return new AlmadiaError('CONFIG_FILE_UNREADABLE', {
      where: command,
      path: '--key-file',
      value: file,
      cause,
      user,
    });
  };
  try {
    const bytes = await readFile(host.disk, resolve(host.process.workingDirectory, file), keyFileBytesMax);
    if (bytes === null) throw unreadable('ENOENT');
    return Buffer.from(bytes).toString('utf8').trim();
  } catch (error) {
    if (error instanceof DiskError) throw unreadable(error.code);
    throw error;
  }
}
