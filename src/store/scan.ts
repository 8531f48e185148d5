/**
 * The lines of a block that pass a test, with few made to objects: of the bytes, as text in small letters, only lines that
 * hold one of the needles are looked at. A Latin-1 text has a character for each byte, and its search is native.
 */
import { walkLines } from '../lines/ends.ts';
import { decodeUtf8 } from '../lines/utf8.ts';
import { type LineTest, Subject } from '../query/match.ts';
import type { Content } from './block.ts';
import type { Line, Range } from './store.ts';

export interface Sieve {
  /** One of these is in the bytes of each line that passes, in small letters; null: nothing is known. */
  readonly needles: readonly string[] | null;
  /** Null: all pass. */
  readonly test: LineTest | null;
  /** Of what was received at that time, milliseconds since the epoch. */
  readonly wantsTime: (receivedAtMs: number) => boolean;
}

/** In order of position. Bytes of lines are views of the block. */
export function siftContent(content: Content, wanted: readonly Range[], sieve: Sieve): Line[] {
  const isWanted = ({ from }: Range) => wanted.some((range) => from >= range.from && from < range.to);
  if (content.kind === 'lines') {
    return content.lines.filter(
      (line) => isWanted(line) && sieve.wantsTime(line.receivedAtMs) && passes(line.bytes, sieve),
    );
  }
  const found: Line[] = [];
  let start = content.from;
  for (const { receivedAtMs, text } of content.sections) {
    if (sieve.wantsTime(receivedAtMs)) {
      siftText(text, sieve, (bytes, from, to) => {
        const line = { from: start + from, to: start + to, bytes, cut: false, receivedAtMs };
        if (isWanted(line)) found.push(line);
      });
    }
    start += text.length;
  }
  return found;
}

/** The earliest time of receiving in a block, milliseconds since the epoch. */
export function oldestOf(content: Content): number {
  const parts: readonly { readonly receivedAtMs: number }[] =
    content.kind === 'lines' ? content.lines : content.sections;
  return parts.reduce((oldest, { receivedAtMs }) => Math.min(oldest, receivedAtMs), Number.MAX_SAFE_INTEGER);
}

function passes(bytes: Uint8Array, { test }: Sieve): boolean {
  return test === null || test(new Subject(decodeUtf8(bytes)));
}

type Visit = (bytes: Uint8Array, from: number, to: number) => void;

function siftText(text: Uint8Array, sieve: Sieve, visit: Visit): void {
  if (sieve.needles === null) {
    let from = 0;
    walkLines(text, (bytes, to) => {
      if (passes(bytes, sieve)) visit(bytes, from, to);
      from = to;
      return true;
    });
    return;
  }
  const small = Buffer.from(text.buffer, text.byteOffset, text.length).toString('latin1').toLowerCase();
  const next = sieve.needles.map((needle) => ({ needle, at: small.indexOf(needle) }));
  for (let position = 0; ; ) {
    let at = small.length;
    for (const one of next) {
      if (one.at >= 0 && one.at < position) one.at = small.indexOf(one.needle, position);
      if (one.at >= 0 && one.at < at) at = one.at;
    }
    if (at === small.length) return;
    const from = at === 0 ? 0 : small.lastIndexOf('\n', at - 1) + 1;
    const end = small.indexOf('\n', at);
    const to = end < 0 ? small.length : end + 1;
    walkLines(text.subarray(from, to), (bytes) => {
      if (passes(bytes, sieve)) visit(bytes, from, to);
      return false;
    });
    position = to;
  }
}
