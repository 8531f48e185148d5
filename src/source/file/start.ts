/** Where reading begins in a file that is not read from its beginning: always at the start of a line. */
import type { FileHandle } from '../../host/disk.ts';

const LF = 10;
const chunkBytes = 64 * 1024;

/**
 * The start of the line that stands at `position`: the last line end at or before it. A line that runs on further
 * back than `lineBytesMax` counts as begun at the position itself.
 */
export async function startOf(handle: FileHandle, position: number, lineBytesMax: number): Promise<number> {
  if (position === 0) return 0;
  const chunk = Buffer.alloc(chunkBytes);
  let end = position;
  while (end > 0 && position - end <= lineBytesMax) {
    const length = Math.min(chunkBytes, end);
    const count = await handle.read(chunk, { offset: 0, length, position: end - length });
    const found = chunk.subarray(0, count).lastIndexOf(LF);
    if (found >= 0) return end - length + found + 1;
    end -= length;
  }
  return end <= 0 ? 0 : position;
}
