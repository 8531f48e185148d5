/**
 * Lines of one stream that follow one another without holes, as they pass from a request to the disk.
 *
 * `text`:  the bytes of the file itself. They say where each line ends (LF, or CR LF; the last line may be unfinished),
 *          so nothing is kept beside them, and a line becomes an object only where somebody reads it.
 * `lines`: an object for each line: what bytes alone cannot tell, such as cut lines and records that hold a line end.
 *
 * An object for each line costs some twenty times what its bytes cost to be counted, cut and written.
 */
import { countLines, offsetAfterLines, walkLines } from '../lines/ends.ts';
import type { Line, Range } from './store.ts';

export type Run = TextRun | LineRun;

export interface TextRun {
  readonly kind: 'text';
  readonly from: number;
  readonly text: Uint8Array;
  /** How many lines the text holds. */
  readonly count: number;
  readonly receivedAtMs: number;
}

export interface LineRun {
  readonly kind: 'lines';
  /** At least one. */
  readonly lines: readonly Line[];
}

const LF = 0x0a;
const CR = 0x0d;

export function rangeOf(run: Run): Range {
  if (run.kind === 'text') return { from: run.from, to: run.from + run.text.length };
  return { from: run.lines[0]!.from, to: run.lines.at(-1)!.to };
}

export function countOf(run: Run): number {
  return run.kind === 'text' ? run.count : run.lines.length;
}

/** Bytes of the lines without their line ends. */
export function bytesOf(run: Run): number {
  if (run.kind === 'text') return run.text.length - lineEndBytes(run.text, run.count);
  let bytes = 0;
  for (const line of run.lines) bytes += line.bytes.length;
  return bytes;
}

export function linesOf(run: Run): readonly Line[] {
  return run.kind === 'text' ? linesOfText(run.text, run) : run.lines;
}

/** The lines of a text that begins at `from` of its stream. */
export function linesOfText(
  text: Uint8Array,
  { from, receivedAtMs }: { readonly from: number; readonly receivedAtMs: number },
): Line[] {
  const lines: Line[] = [];
  let start = from;
  walkLines(text, (bytes, end) => {
    const to = from + end;
    lines.push({ from: start, to, bytes, cut: false, receivedAtMs });
    start = to;
    return true;
  });
  return lines;
}

/** Lines `first` (included) to `end` (not included) of a run. */
export function part(run: Run, first: number, end: number): Run {
  if (run.kind === 'lines') return { ...run, lines: run.lines.slice(first, end) };
  const from = offsetAfterLines(run.text, first);
  const length = offsetAfterLines(run.text.subarray(from), end - first);
  return {
    ...run,
    from: run.from + from,
    text: run.text.subarray(from, from + length),
    count: end - first,
  };
}

/** The same lines, elsewhere in their stream. */
export function moved(run: Run, from: number): Run {
  const by = from - rangeOf(run).from;
  if (by === 0) return run;
  if (run.kind === 'text') return { ...run, from };
  const lines = run.lines.map(({ from: start, to, bytes, cut, receivedAtMs }) => {
    return { from: start + by, to: to + by, bytes, cut, receivedAtMs };
  });
  return { ...run, lines };
}

/**
 * One run of runs that follow one another, received at the same time. Texts are put together when no line goes on from
 * one into the next.
 */
export function joined(runs: readonly Run[]): Run {
  const [first] = runs as readonly [Run];
  if (runs.length === 1) return first;
  const texts = runs.filter((run) => run.kind === 'text');
  const finished = texts.every((run, index) => index === texts.length - 1 || run.text.at(-1) === LF);
  if (first.kind === 'text' && texts.length === runs.length && finished) {
    const count = texts.reduce((sum, run) => sum + run.count, 0);
    return { ...first, text: Buffer.concat(texts.map((run) => run.text)), count };
  }
  return { kind: 'lines', lines: runs.flatMap(linesOf) };
}

/** Cuts a text after line ends into pieces of like size, of at most `bytesMax` where a line is not longer. */
export function pieces(text: Uint8Array, bytesMax: number): Uint8Array[] {
  const bytes = Buffer.from(text.buffer, text.byteOffset, text.length);
  const cut: Uint8Array[] = [];
  let from = 0;
  while (from < bytes.length) {
    const rest = bytes.length - from;
    const target = Math.ceil(rest / Math.ceil(rest / bytesMax));
    let to = target >= rest ? bytes.length : bytes.lastIndexOf(LF, from + target - 1) + 1;
    if (to <= from) to = bytes.indexOf(LF, from) + 1;
    if (to <= from) to = bytes.length;
    cut.push(text.subarray(from, to));
    from = to;
  }
  return cut;
}

export function textRun(text: Uint8Array, at: { from: number; receivedAtMs: number }): TextRun {
  return { kind: 'text', ...at, text, count: countLines(text) };
}

function lineEndBytes(text: Uint8Array, count: number): number {
  const bytes = Buffer.from(text.buffer, text.byteOffset, text.length);
  let total = count - (bytes.length > 0 && bytes[bytes.length - 1] !== LF ? 1 : 0);
  // Most files hold no CR at all, and one search over all of it says so.
  for (let at = bytes.indexOf(CR); at >= 0; at = bytes.indexOf(CR, at + 1))
    if (bytes[at + 1] === LF) total += 1;
  return total;
}
