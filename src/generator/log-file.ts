/**
 * The file that test logs are appended to. A file that is there already is continued: an unfinished last line (a full
 * disk, a power loss) is ended first, and sequence ids go on after the last one.
 */
import type { Disk, FileHandle } from '../host/disk.ts';
import { diskCode, printablePath } from '../host/disk.ts';
import { AlmadiaError } from '../host/errors.ts';
import { lastSequenceIn } from './formats.ts';

export interface LogFile {
  readonly nextSequence: number;
  /** Appends; the system takes each call as one write. */
  write(lines: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Several times the longest line that is ever generated. */
const tailBytes = 64 * 1024;

/** Throws `AlmadiaError` GENERATE_UNWRITABLE, also from `write`. */
export async function openLogFile(disk: Disk, path: string): Promise<LogFile> {
  const refuse = (error: unknown): never => {
    const cause = diskCode(error) ?? String(error);
    throw new AlmadiaError('GENERATE_UNWRITABLE', { path: printablePath(path), cause }, { cause: error });
  };
  const tail = await readTail(disk, path).catch(refuse);
  const handle = await disk.open(path, 'append', 0o644).catch(refuse);
  if (tail !== null && tail.length > 0 && tail.at(-1) !== 0x0a)
    await handle.write(Buffer.from('\n')).catch(refuse);
  return {
    nextSequence: (lastSequenceIn(Buffer.from(tail ?? []).toString()) ?? 0) + 1,
    write: (lines) => handle.write(lines).catch(refuse),
    close: () => handle.close(),
  };
}

/** The last bytes of a plain file; null when there is none, or it cannot be read back (a FIFO, a device). */
async function readTail(disk: Disk, path: string): Promise<Uint8Array | null> {
  const stat = await disk.stat(path).catch((error: unknown) => {
    if (diskCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (stat === null || stat.kind !== 'file') return null;
  const handle = await disk.open(path, 'read');
  try {
    return await readEnd(handle, stat.size);
  } finally {
    await handle.close();
  }
}

async function readEnd(handle: FileHandle, size: number): Promise<Uint8Array> {
  const from = Math.max(0, size - tailBytes);
  const target = new Uint8Array(size - from);
  let filled = 0;
  while (filled < target.length) {
    const at = { offset: filled, length: target.length - filled, position: from + filled };
    const count = await handle.read(target, at);
    if (count === 0) break;
    filled += count;
  }
  return target.subarray(0, filled);
}
