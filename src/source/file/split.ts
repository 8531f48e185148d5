/**
 * Cuts a block of whole lines into what segments are made of. Pure.
 *
 * A line's length is counted without its line end (LF, or CR LF). A line of exactly the limit is whole; one byte
 * more and it is cut. Neighbours of a cut line are kept. NUL bytes at its beginning are taken for a hole and left
 * out, so that the line behind them is kept.
 */
const LF = 10;
const CR = 13;

export type BlockPart =
  | { readonly kind: 'lines'; readonly from: number; readonly to: number }
  | { readonly kind: 'cut'; readonly from: number; readonly to: number; readonly kept: number }
  | { readonly kind: 'hole'; readonly from: number; readonly to: number };

/** NUL bytes are a hole from so many on: a page of the file system. */
export const holeBytesMin = 4096;
const nuls = Buffer.alloc(256 * 1024);

/** `block` ends with LF. The parts cover it in order; long runs of short lines are found with few searches. */
export function splitBlock(block: Buffer, lineBytesMax: number): readonly BlockPart[] {
  if (block.length <= lineBytesMax) return [{ kind: 'lines', from: 0, to: block.length }];
  const parts: BlockPart[] = [];
  let linesFrom = 0;
  let at = 0;
  const closeLines = () => {
    if (at > linesFrom) parts.push({ kind: 'lines', from: linesFrom, to: at });
  };
  while (at < block.length) {
    // Everything up to the last LF within the limit is made of lines that are short enough.
    const near = block.lastIndexOf(LF, Math.min(at + lineBytesMax, block.length - 1));
    if (near >= at) {
      at = near + 1;
      continue;
    }
    const end = block.indexOf(LF, at);
    if (textLength(block, at, end) <= lineBytesMax) {
      at = end + 1;
      continue;
    }
    closeLines();
    const hole = nulsAtStart(block.subarray(at, end));
    if (hole >= holeBytesMin) {
      parts.push({ kind: 'hole', from: at, to: at + hole });
      at += hole;
      linesFrom = at;
      continue;
    }
    parts.push({ kind: 'cut', from: at, to: end + 1, kept: lineBytesMax });
    at = end + 1;
    linesFrom = at;
  }
  closeLines();
  return parts;
}

export function nulsAtStart(bytes: Buffer): number {
  let at = 0;
  // Whole blocks are compared at once: a hole may have gigabytes.
  while (at < bytes.length && isNulFrom(bytes, at)) at += nuls.length;
  if (at >= bytes.length) return bytes.length;
  while (bytes[at] === 0) at += 1;
  return at;
}

function isNulFrom(bytes: Buffer, at: number): boolean {
  const end = Math.min(bytes.length, at + nuls.length);
  return bytes.compare(nuls, 0, end - at, at, end) === 0;
}

function textLength(block: Buffer, from: number, end: number): number {
  return end - from - (end > from && block[end - 1] === CR ? 1 : 0);
}
