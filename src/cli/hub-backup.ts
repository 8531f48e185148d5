/**
 * `almadia hub backup` and `restore`: the store's file, copied while the hub goes on. A running hub holds the file still
 * meanwhile (`holding.ts`), and what it receives lies beside it; without a hub, the file is looked at before and after.
 * A copy bears its name only when it is whole, on the disk, and proved by SQLite.
 */
import { join, resolve } from 'node:path';
import { absent, diskCode, type FileStat } from '../host/disk.ts';
import { AlmadiaError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { storeName } from '../hub/hub.ts';
import { fileFaults } from '../store/integrity.ts';
import type { CommandContext } from './command.ts';
import { defaults } from './commands/hub.ts';
import { hubAt } from './hub-socket.ts';
import { say } from './messages.ts';
import { shortBytes } from './show.ts';

const chunkBytes = 1024 * 1024;
const renewEveryMs = 5000;

export async function backup(context: CommandContext): Promise<number> {
  const { host, console, language } = context;
  const data = dataDirectory(context);
  const target = resolve(host.process.workingDirectory, context.arguments[0]!);
  const source = await existing(host, data);
  await makeTarget(host, target);
  const bytes = await withHeld(host, data, async (stillCopying) => {
    return copy(host, { from: source, to: join(target, storeName), stillCopying });
  });
  console.out(`${say(language, 'backupMade', { path: target, bytes: shortBytes(bytes) })}\n`);
  return 0;
}

export async function restore(context: CommandContext): Promise<number> {
  const { host, console, language } = context;
  const data = dataDirectory(context);
  const source = await existing(host, resolve(host.process.workingDirectory, context.arguments[0]!));
  await makeTarget(host, data);
  const bytes = await copy(host, {
    from: source,
    to: join(data, storeName),
    stillCopying: async () => undefined,
  });
  console.out(`${say(language, 'backupRestored', { path: data, bytes: shortBytes(bytes) })}\n`);
  return 0;
}

function dataDirectory({ host, options }: CommandContext): string {
  return resolve(host.process.workingDirectory, options.text('data') || defaults.data);
}

/** Throws HUB_ABSENT. */
async function existing(host: Host, directory: string): Promise<string> {
  const path = join(directory, storeName);
  if ((await host.disk.stat(path).catch(absent(null))) === null) {
    throw new AlmadiaError('HUB_ABSENT', { path: directory });
  }
  return path;
}

/** What is there already is never written over. Throws COPY_EXISTS. */
async function makeTarget(host: Host, directory: string): Promise<void> {
  try {
    await host.disk.makeDirectory(directory, 0o700);
    for (const name of [storeName, `${storeName}-wal`]) {
      if ((await host.disk.stat(join(directory, name)).catch(absent(null))) !== null) {
        throw new AlmadiaError('COPY_EXISTS', { path: directory });
      }
    }
  } catch (error) {
    throw asCopyError(error, directory);
  }
}

/** Calls `work` while the file does not change. Throws COPY_FAILED when it has changed after all. */
async function withHeld<T>(
  host: Host,
  data: string,
  work: (stillCopying: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const changed = () =>
    new AlmadiaError('COPY_FAILED', { path: data, cause: 'the hub was started or stopped' });
  const ask = await hubAt(host, data);
  if (ask === null) {
    const before = await stateOf(host, data);
    if (before.beside) throw new AlmadiaError('COPY_UNCLEAN', { path: data });
    const result = await work(async () => undefined);
    const after = await stateOf(host, data);
    if (after.beside || after.size !== before.size || after.modifiedMs !== before.modifiedMs) throw changed();
    return result;
  }
  const { id } = await ask<{ id: number | null }>('POST', '/backup/begin', {});
  if (id === null) throw new AlmadiaError('COPY_BUSY', { path: data });
  const renew = async () => {
    if (!(await ask<{ held: boolean }>('POST', '/backup/renew', { id })).held) throw changed();
  };
  const end = () => ask<{ held: boolean }>('POST', '/backup/end', { id }).catch(() => ({ held: false }));
  const result = await work(renew).catch(async (error: unknown) => {
    await end();
    throw error;
  });
  if (!(await end()).held) throw changed();
  return result;
}

async function stateOf(
  host: Host,
  data: string,
): Promise<Pick<FileStat, 'size' | 'modifiedMs'> & { beside: boolean }> {
  const { size, modifiedMs } = await host.disk.stat(join(data, storeName));
  const beside = await host.disk.stat(join(data, `${storeName}-wal`)).catch(absent(null));
  return { size, modifiedMs, beside: beside !== null && beside.size > 0 };
}

interface Copying {
  readonly from: string;
  readonly to: string;
  /** Rejects when the copy is worth nothing any more. */
  readonly stillCopying: () => Promise<void>;
}

/** The bytes copied. Throws COPY_FAILED; then nothing of it is left. */
async function copy(host: Host, { from, to, stillCopying }: Copying): Promise<number> {
  const { disk, clock } = host;
  const unfinished = `${to}.new`;
  try {
    const source = await disk.open(from, 'read');
    const target = await disk.open(unfinished, 'write', 0o600);
    let bytes = 0;
    try {
      const chunk = new Uint8Array(chunkBytes);
      let renewedMs = clock.monotonicMs();
      for (;;) {
        const count = await source.read(chunk, { offset: 0, length: chunk.length, position: bytes });
        if (count === 0) break;
        await target.write(chunk.subarray(0, count));
        bytes += count;
        if (clock.monotonicMs() - renewedMs < renewEveryMs) continue;
        renewedMs = clock.monotonicMs();
        await stillCopying();
      }
      await target.sync();
    } finally {
      await source.close();
      await target.close();
    }
    await stillCopying();
    const [fault] = fileFaults(host.databases, unfinished);
    if (fault !== undefined) throw new AlmadiaError('COPY_FAILED', { path: from, cause: fault });
    await disk.rename(unfinished, to);
    await disk.syncDirectory(resolve(to, '..'));
    return bytes;
  } catch (error) {
    await disk.unlink(unfinished).catch(() => undefined);
    throw asCopyError(error, to);
  }
}

function asCopyError(error: unknown, path: string): unknown {
  const cause = diskCode(error);
  return cause === null ? error : new AlmadiaError('COPY_FAILED', { path, cause }, { cause: error });
}
