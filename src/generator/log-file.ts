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

export interface LogFileOptions {
  /** From this size on the file is renamed to `<path>.1`, over an earlier one, and begun anew; null: never. */
  readonly rotateBytes: number | null;
}

/** Several times the longest line that is ever generated. */
const tailBytes = 64 * 1024;
const lineEnd = 0x0a;

/** Throws `AlmadiaError` GENERATE_UNWRITABLE, also from `write`. */
export async function openLogFile(disk: Disk, path: string, options: LogFileOptions): Promise<LogFile> {
  const refuse = (error: unknown): never => {
    const cause = diskCode(error) ?? String(error);
    throw new AlmadiaError('GENERATE_UNWRITABLE', { path: printablePath(path), cause }, { cause: error });
  };
  const tail = await readTail(disk, path).catch(refuse);
  const rotated = options.rotateBytes === null ? null : await readTail(disk, `${path}.1`).catch(refuse);
  const last = lastSequence(tail) ?? lastSequence(rotated) ?? 0;
  const writer = await openWriter(disk, path, options).catch(refuse);
  if (tail !== null && tail.length > 0 && tail.at(-1) !== lineEnd) {
    await writer.write(Buffer.from('\n')).catch(refuse);
  }
  return {
    nextSequence: last + 1,
    write: (lines) => writer.write(lines).catch(refuse),
    close: () => writer.close(),
  };
}

/** Renames only between two writes, so that no line is ever split over two files. */
async function openWriter(
  disk: Disk,
  path: string,
  { rotateBytes }: LogFileOptions,
): Promise<Omit<LogFile, 'nextSequence'>> {
  let handle = await disk.open(path, 'append', 0o644);
  let size = (await handle.stat()).size;
  return {
    async write(lines) {
      if (rotateBytes !== null && size >= rotateBytes) {
        await handle.close();
        await disk.rename(path, `${path}.1`);
        handle = await disk.open(path, 'append', 0o644);
        size = 0;
      }
      await handle.write(lines);
      size += lines.length;
    },
    close: () => handle.close(),
  };
}

function lastSequence(tail: Uint8Array | null): number | null {
  return tail === null ? null : lastSequenceIn(Buffer.from(tail).toString());
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
