/**
 * A directory that one program keeps for itself, and its files in it: 0700 and 0600, also where they were there already
 * with wider rights. What somebody else could replace is refused: a symbolic link in its place, a directory or a file
 * that every user may write or that belongs to another user.
 */
import { basename, join } from 'node:path';
import { type Disk, DiskError, type FileStat } from './disk.ts';
import { directoryOf } from './files.ts';
import type { Process } from './process.ts';

export interface PrivateDirectory {
  readonly path: string;
  /** Which names in it are the program's own; anything else there is left alone. */
  readonly owns: RegExp;
  /** Makes the error that is thrown for what is not safe, of the path and the cause. */
  readonly unsafe: (path: string, cause: string) => Error;
}

type Machine = { readonly disk: Disk; readonly process: Pick<Process, 'userId'> };

/** Makes the directory where there is none. Rejects with `DiskError`, or with what `unsafe` gives. */
export async function keepPrivate(host: Machine, directory: PrivateDirectory): Promise<void> {
  const { disk } = host;
  const { path, unsafe } = directory;
  await disk.makeDirectory(path, 0o700);
  const real = await disk.realPath(path);
  if (real !== join(await disk.realPath(directoryOf(path)), basename(path))) {
    throw unsafe(path, `it is a symbolic link to ${real}`);
  }
  const stat = await disk.stat(path);
  if (stat.kind !== 'directory') throw new DiskError('ENOTDIR', path, 'not a directory');
  refuseWritable(path, stat, unsafe);
  if (isOwn(stat, host) && (stat.permissions & 0o077) !== 0) await disk.setPermissions(path, 0o700);
  for (const { name, kind } of await disk.list(path)) {
    if (directory.owns.test(name)) await keepFilePrivate(host, join(path, name), { kind, unsafe });
  }
}

async function keepFilePrivate(
  host: Machine,
  path: string,
  { kind, unsafe }: Pick<PrivateDirectory, 'unsafe'> & { readonly kind: string },
): Promise<void> {
  if (kind === 'link') throw unsafe(path, 'it is a symbolic link');
  if (kind !== 'file') throw unsafe(path, 'it is not a file');
  const stat = await host.disk.stat(path);
  if (!isOwn(stat, host)) throw unsafe(path, `it belongs to the user with number ${stat.userId}`);
  refuseWritable(path, stat, unsafe);
  if ((stat.permissions & 0o077) !== 0) await host.disk.setPermissions(path, 0o600);
}

/** Others may have written there already, so taking the right away now would not help. */
function refuseWritable(path: string, stat: FileStat, unsafe: PrivateDirectory['unsafe']): void {
  if ((stat.permissions & 0o002) === 0) return;
  throw unsafe(path, `other users may write there (mode ${(stat.permissions & 0o7777).toString(8)})`);
}

function isOwn(stat: FileStat, { process }: Machine): boolean {
  return process.userId === null || stat.userId === process.userId;
}
