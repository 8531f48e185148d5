/**
 * A block of version 2: the bytes of a file themselves, line ends included.
 *
 *   content = count section{count} text
 *   section = received-difference length
 *   text    = the sections' bytes one after another
 *
 * A section is what was received at one time: its lines are those that `lines/ends.ts` finds in its bytes. Numbers are
 * varints; `received` is milliseconds since the epoch, each section's as the folded difference to the one before. So a
 * block is made, and two are merged, without looking at a line.
 *
 * Where the block lies in its stream stands before the compressed part (`frame.ts`): lines without positions are
 * compressed before they are given theirs.
 */
import type { Work } from '../host/work.ts';
import { countLines } from '../lines/ends.ts';
import type { Block } from './block.ts';
import { BlockError, blockBytesMin, type Packed, pack, seal } from './frame.ts';
import { linesOfText } from './run.ts';
import type { Line } from './store.ts';
import { fold, unfold, VarintReader, varintBytesMax, writeVarint } from './varint.ts';

export interface Section {
  readonly receivedAtMs: number;
  readonly text: Uint8Array;
}

/** A block that knows everything but its position. */
export interface PackedText extends Packed {
  readonly textBytes: number;
  readonly records: number;
  readonly receivedAtMs: number;
}

/** Compressed when they fill a block's least size. */
export async function packText(sections: readonly Section[], work: Work): Promise<PackedText> {
  const parts = [headOf(sections), ...sections.map((section) => section.text)];
  const textBytes = sections.reduce((sum, section) => sum + section.text.length, 0);
  const packed = await pack(parts, textBytes >= blockBytesMin, work);
  return {
    ...packed,
    textBytes,
    records: sections.reduce((sum, section) => sum + countLines(section.text), 0),
    receivedAtMs: sections.reduce((newest, section) => Math.max(newest, section.receivedAtMs), 0),
  };
}

export function textBlock(packed: PackedText, from: number, work: Work): Block {
  const start = new Uint8Array(varintBytesMax);
  const body = seal(2, packed, { start: start.subarray(0, writeVarint(start, 0, from)), work });
  const { textBytes, records, contentBytes, receivedAtMs } = packed;
  return { from, to: from + textBytes, records, contentBytes, receivedAtMs, body };
}

/** The start and the offset behind it, in what follows the check. */
export function readStart(rest: Uint8Array): { readonly from: number; readonly payloadAt: number } {
  const reader = new VarintReader(rest, 0);
  return { from: reader.next(), payloadAt: reader.position };
}

export function readSections(content: Uint8Array): Section[] {
  const reader = new VarintReader(content, 0);
  const count = reader.next();
  if (count > content.length) throw new BlockError('a block claims more sections than it has bytes');
  const heads: { receivedAtMs: number; length: number }[] = [];
  let receivedAtMs = 0;
  for (let index = 0; index < count; index++) {
    receivedAtMs += unfold(reader.next());
    heads.push({ receivedAtMs, length: reader.next() });
  }
  let at = reader.position;
  const sections = heads.map((head) => {
    const text = content.subarray(at, at + head.length);
    at += head.length;
    return { receivedAtMs: head.receivedAtMs, text };
  });
  if (at !== content.length) throw new BlockError('the sections of a block do not fill it');
  return sections;
}

export function linesOfSections(sections: readonly Section[], from: number): Line[] {
  let start = from;
  return sections.flatMap(({ receivedAtMs, text }) => {
    const lines = linesOfText(text, { from: start, receivedAtMs });
    start += text.length;
    return lines;
  });
}

function headOf(sections: readonly Section[]): Uint8Array {
  const head = new Uint8Array((1 + 2 * sections.length) * varintBytesMax);
  let received = 0;
  let at = writeVarint(head, 0, sections.length);
  for (const { receivedAtMs, text } of sections) {
    at = writeVarint(head, at, fold(receivedAtMs - received));
    at = writeVarint(head, at, text.length);
    received = receivedAtMs;
  }
  return head.subarray(0, at);
}
