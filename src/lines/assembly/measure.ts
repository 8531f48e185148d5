/** What lines would take as elements of a JSON list, without writing them. */
import { LF } from './bytes';
import { findLineEnd } from './ends';
import { afterLineEnd, isLineEnd, textEnd } from './line';
import { DONE, FULL, INVALID, LEAVE_OUT_BLANK, LONG, REPLACE, reports, TRIM } from './shape';
import { atOf, encodeText, Measuring, outOf } from './text';
import { mayBeSpace, skipWhiteSpace, spaceBytes, trimmedEnd } from './white-space';

/** The contract is that of `measureLines` in `src/lines/kernel.ts`; the report is consumed, records, encoded, stop. */
export function measureLines(
  from: usize,
  to: usize,
  roomBytes: usize,
  perLineBytes: usize,
  recordsMax: u32,
  textBytesMax: usize,
  options: u32,
): void {
  const replaces = (options & REPLACE) != 0;
  const trims = (options & TRIM) != 0;
  const leavesOut = (options & LEAVE_OUT_BLANK) != 0;
  let lineFrom = from;
  let encodedBytes: usize = 0;
  let records: u32 = 0;
  let stop = DONE;
  while (lineFrom < to) {
    if (records == recordsMax) {
      stop = FULL;
      break;
    }
    let textFrom = lineFrom;
    if ((trims || leavesOut) && mayBeSpace(load<u8>(lineFrom))) {
      const afterSpace = skipWhiteSpace(lineFrom, to);
      if (leavesOut && (afterSpace == to || load<u8>(afterSpace) == LF)) {
        lineFrom = min(afterSpace + 1, to);
        continue;
      }
      if (trims) textFrom = afterSpace;
    }
    const encoded = encodeText<Measuring>(textFrom, to, 0, usize.MAX_VALUE, replaces);
    let textTo = atOf(encoded);
    let bytes = outOf(encoded);
    const invalid = textTo != to && !isLineEnd(textTo, to);
    const next = invalid ? min(findLineEnd(textTo, to) + 1, to) : afterLineEnd(textTo, to);
    if (invalid) textTo = textEnd(lineFrom, next);
    if (trims) {
      const end = trimmedEnd(textFrom, textTo);
      if (!invalid) bytes -= spaceBytes(end, textTo);
      textTo = end;
    }
    if (textBytesMax != 0 && textTo - textFrom > textBytesMax) stop = LONG;
    else if (invalid) stop = INVALID;
    else if (roomBytes - encodedBytes < perLineBytes || roomBytes - encodedBytes - perLineBytes < bytes)
      stop = FULL;
    if (stop != DONE) break;
    encodedBytes += bytes + perLineBytes;
    records++;
    lineFrom = next;
  }
  reports(0, lineFrom);
  reports(1, records);
  reports(2, encodedBytes);
  reports(3, stop);
}
