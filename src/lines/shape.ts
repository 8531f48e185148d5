/** How lines become elements of a JSON list (RFC 8259): what the byte kernel is asked for and what it answers. */

export interface LineShape {
  /** Before each text, its opening quotation mark included: `{"log_text":"`, or just `"`. */
  readonly opening: Uint8Array;
  /** After each text, from its closing quotation mark to the comma after the element: `","source":"app.log"},`. */
  readonly closing: Uint8Array;
  /** `leave-out`: a line of nothing but white space (`isBlank`) is not written; it is passed over and counted. */
  readonly blank: 'keep' | 'leave-out';
  /** White space at both ends of a line is left out, as `trimWhiteSpace` does. */
  readonly trim: boolean;
  /** Ill-formed UTF-8: U+FFFD stands for each maximal ill-formed part, as in `decodeUtf8`; or stop before its line. */
  readonly invalid: 'replace' | 'stop';
  /** Stop before a line whose text (trimmed, without its line end) has more bytes. 0: there is no limit. */
  readonly textBytesMax: number;
}

/** Offsets in the kernel's memory. The regions lie apart from each other and past the kernel's own part. */
export interface EncodeRegions {
  /** The source. The last line may be unfinished. */
  readonly from: number;
  readonly to: number;
  /** The region for the elements. */
  readonly into: number;
  readonly intoEnd: number;
  /** The region for the records' source bytes, line end included, each as decimal text with a comma: `107,93,`. */
  readonly ends?: { readonly into: number; readonly intoEnd: number };
  readonly recordsMax?: number;
}

/**
 * Why it went no further. `done`: to the end of the source. `full`: there is no room for the next line, in bytes or in
 * records. `long`: the next line has more than `textBytesMax`. `invalid`: the next line has ill-formed UTF-8, which the
 * shape does not want replaced (and the room lasted up to there).
 */
export type Stop = 'done' | 'full' | 'invalid' | 'long';

export interface Encoded {
  /** The source offset after the last line that was dealt with. */
  readonly consumed: number;
  /** The offset after the last element; past it the region holds anything. */
  readonly written: number;
  /** The offset after the last of the records' source bytes. */
  readonly endsWritten: number;
  readonly records: number;
  readonly blankLines: number;
  /** With their line ends. */
  readonly blankBytes: number;
  readonly stop: Stop;
}

export interface MeasureRoom {
  readonly from: number;
  readonly to: number;
  /** What stands around each text. */
  readonly perLineBytes: number;
  readonly roomBytes: number;
  readonly recordsMax?: number;
}

export interface Measured {
  /** Source bytes of the lines that fit, blank ones that are left out included. */
  readonly bytes: number;
  readonly records: number;
  /** What they take. */
  readonly encodedBytes: number;
  readonly stop: Stop;
}

/** The options of a shape as the bits of `assembly/shape.ts`. */
export function optionsOf(shape: LineShape): number {
  return (shape.blank === 'leave-out' ? 1 : 0) | (shape.trim ? 2 : 0) | (shape.invalid === 'replace' ? 4 : 0);
}

/** The stops by the numbers of `assembly/shape.ts`. */
export const stops: readonly Stop[] = ['done', 'full', 'invalid', 'long'];
