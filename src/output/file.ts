/**
 * The output that appends to a file. A batch is acked when it is on the disk (fsync of the file, and of its directory
 * when the file is new), so it is at-least-once: a crash between the write and its ack repeats the batch.
 *
 * The file is opened for every batch, so that it may be renamed or removed by a rotation at any time. A batch that was
 * torn (a crash, a full disk) leaves an unfinished line; the next one begins with a line end, so that no line of it is
 * glued to the torn one.
 */
import type { Batch, BatchBody } from '../event/batch.ts';
import type { Outcome } from '../event/outcome.ts';
import type { Disk, FileHandle } from '../host/disk.ts';
import { DiskError } from '../host/disk.ts';
import { directoryOf } from '../host/files.ts';
import type { Output } from './output.ts';
import { nothingSetAside } from './output.ts';
import type { WrittenFormat } from './written-lines.ts';
import { writeLines, writtenLimits } from './written-lines.ts';

const LF = 0x0a;

/** Logs are nobody else's business. */
const PERMISSIONS = 0o600;

export interface FileOutputOptions {
  readonly path: string;
  readonly format: WrittenFormat;
  readonly agentId: string;
}

export function openFileOutput(disk: Disk, options: FileOutputOptions): Output {
  return {
    limits: writtenLimits,
    connect: () => Promise.resolve(null),
    async send(batch, body) {
      return { outcome: await append(disk, options, { batch, body }), ...nothingSetAside };
    },
    heartbeat: () => Promise.resolve(null),
    close: () => Promise.resolve(),
  };
}

async function append(
  disk: Disk,
  options: FileOutputOptions,
  { batch, body }: { readonly batch: Batch; readonly body: BatchBody },
): Promise<Outcome> {
  try {
    const handle = await disk.open(options.path, 'append', PERMISSIONS);
    try {
      const { kind, size } = await handle.stat();
      if (kind !== 'file') return notAFile(options.path, kind);
      if (await endsUnfinished(disk, options.path, size)) await handle.write(Uint8Array.of(LF));
      await writeAll(handle, writeLines(batch, body, options));
      await handle.sync();
      if (size === 0) await disk.syncDirectory(directoryOf(options.path));
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    return outcomeOf(error, options.path);
  }
  return { kind: 'acked', records: batch.records, duplicates: 0 };
}

async function writeAll(handle: FileHandle, parts: readonly Uint8Array[]): Promise<void> {
  for (const part of parts) await handle.write(part);
}

async function endsUnfinished(disk: Disk, path: string, size: number): Promise<boolean> {
  if (size === 0) return false;
  const handle = await disk.open(path, 'read');
  try {
    const last = new Uint8Array(1);
    const count = await handle.read(last, { offset: 0, length: 1, position: size - 1 });
    return count === 1 && last[0] !== LF;
  } finally {
    await handle.close();
  }
}

function notAFile(path: string, kind: string): Outcome {
  const reason = `${path} is a ${kind}, not a file; give the output the path of a file`;
  return { kind: 'rejected', cause: 'destination', reason };
}

function outcomeOf(error: DiskError, path: string): Outcome {
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return awayBecause(`cannot append to ${path}: the disk is full; make room there (${error.code})`);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'EISDIR':
    case 'ENOTDIR':
    case 'ENOENT':
      return {
        kind: 'rejected',
        cause: 'destination',
        reason: `cannot append to ${path}: check that its directory is there and that this user may write (${error.code})`,
      };
    default:
      return awayBecause(`cannot append to ${path}: ${error.message} (${error.code})`);
  }
}

function awayBecause(reason: string): Outcome {
  return { kind: 'retry', cause: 'away', afterMs: null, reason };
}
