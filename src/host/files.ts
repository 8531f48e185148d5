/** Whole small files over the disk's few operations: configuration, keys, the agent's id. */
import type { Disk } from './disk.ts';
import { DiskError, diskCode } from './disk.ts';

/** Reads a whole file; null when there is none. Rejects with EFBIG over `bytesMax`. */
export async function readFile(disk: Disk, path: string, bytesMax: number): Promise<Uint8Array | null> {
  const handle = await disk.open(path, 'read').catch((error: unknown) => {
    if (diskCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (handle === null) return null;
  try {
    const chunks: Uint8Array[] = [];
    let position = 0;
    for (;;) {
      const chunk = new Uint8Array(Math.min(64 * 1024, bytesMax + 1 - position));
      const count = await handle.read(chunk, { offset: 0, length: chunk.length, position });
      if (count === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, count));
      position += count;
      if (position > bytesMax) {
        throw new DiskError('EFBIG', path, `${path} is larger than ${bytesMax} bytes`);
      }
    }
  } finally {
    await handle.close();
  }
}

/** Replaces a file as a whole: after a crash it holds either the old bytes or the new ones. */
export async function writeFile(
  disk: Disk,
  path: string,
  content: { readonly bytes: Uint8Array; readonly permissions: number },
): Promise<void> {
  const temporary = `${path}.new`;
  const handle = await disk.open(temporary, 'write', content.permissions);
  try {
    await handle.write(content.bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await disk.rename(temporary, path);
  await disk.syncDirectory(directoryOf(path));
}

export function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '.' : slash === 0 ? '/' : path.slice(0, slash);
}
