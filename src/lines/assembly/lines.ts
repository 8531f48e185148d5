/**
 * Lines to elements of a JSON list, and what they would take. Whole lines only: of a line that cannot go in, nothing
 * counts, whatever was written past the end that is reported.
 *
 * While room is plenty, nothing is checked but one limit: it keeps a distance to the region's end that is larger than
 * what one step and what stands around the text can take. Behind the limit each line goes the exact way.
 */
import { copyLoosely, LF } from './bytes';
import { DECIMAL_BYTES_MAX, decimalBytes, writeDecimal } from './decimals';
import { findLineEnd } from './ends';
import { encodeExactly } from './exact';
import { afterLineEnd, isLineEnd, textEnd } from './line';
import { DONE, ENDS, FULL, LEAVE_OUT_BLANK, LONG, REPLACE, reports, surroundings, TRIM } from './shape';
import { atOf, encodeText, outOf, STEP_BYTES_MAX, Writing } from './text';
import { mayBeSpace, skipWhiteSpace, spaceBytes, trimmedEnd } from './white-space';

/** The contract is that of `encodeLines` in `src/lines/kernel.ts`; the report is consumed, out, records, … */
export function encodeLines(
  from: usize,
  to: usize,
  into: usize,
  intoEnd: usize,
  endsInto: usize,
  endsEnd: usize,
  closingBytes: usize,
  openingBytes: usize,
  recordsMax: u32,
  textBytesMax: usize,
  options: u32,
): void {
  const replaces = (options & REPLACE) != 0;
  const trims = (options & TRIM) != 0;
  const leavesOut = (options & LEAVE_OUT_BLANK) != 0;
  const writesEnds = (options & ENDS) != 0;
  const betweenBytes = closingBytes + openingBytes;
  const roomLimit = limitOf(into, intoEnd, betweenBytes + STEP_BYTES_MAX);
  const endsLimit = writesEnds ? limitOf(endsInto, endsEnd, DECIMAL_BYTES_MAX) : usize.MAX_VALUE;

  let lineFrom = from;
  let out = into;
  let endsOut = endsInto;
  let records: u32 = 0;
  let blankLines: u32 = 0;
  let blankBytes: usize = 0;
  let stop = DONE;
  // What opens a record is written when the one before it is closed.
  let opened = false;
  while (lineFrom < to) {
    if (records == recordsMax) {
      stop = FULL;
      break;
    }
    let textFrom = lineFrom;
    if ((trims || leavesOut) && mayBeSpace(load<u8>(lineFrom))) {
      const afterSpace = skipWhiteSpace(lineFrom, to);
      if (leavesOut && (afterSpace == to || load<u8>(afterSpace) == LF)) {
        const next = min(afterSpace + 1, to);
        blankLines++;
        blankBytes += next - lineFrom;
        lineFrom = next;
        continue;
      }
      if (trims) textFrom = afterSpace;
    }
    let textOut = out + openingBytes;
    let textTo = textFrom;
    let atEnd = false;
    if (textOut <= roomLimit && endsOut <= endsLimit) {
      if (!opened) copyLoosely(out, surroundings + closingBytes, openingBytes);
      const encoded = encodeText<Writing>(textFrom, to, textOut, roomLimit, replaces);
      textTo = atOf(encoded);
      textOut = outOf(encoded);
      atEnd = textTo == to || isLineEnd(textTo, to);
    }
    if (atEnd) {
      const next = afterLineEnd(textTo, to);
      if (trims) {
        const end = trimmedEnd(textFrom, textTo);
        textOut -= spaceBytes(end, textTo);
        textTo = end;
      }
      if (textBytesMax != 0 && textTo - textFrom > textBytesMax) {
        stop = LONG;
        break;
      }
      copyLoosely(textOut, surroundings, betweenBytes);
      opened = true;
      out = textOut + closingBytes;
      if (writesEnds) endsOut = writeDecimal(endsOut, next - lineFrom);
      lineFrom = next;
    } else {
      const next = min(findLineEnd(lineFrom, to) + 1, to);
      textTo = textEnd(lineFrom, next);
      if (trims) textTo = trimmedEnd(min(textFrom, textTo), textTo);
      textFrom = min(textFrom, textTo);
      if (textBytesMax != 0 && textTo - textFrom > textBytesMax) {
        stop = LONG;
        break;
      }
      stop = FULL;
      if (intoEnd - out < betweenBytes) break;
      if (writesEnds && endsEnd - endsOut < decimalBytes(next - lineFrom)) break;
      const end = encodeExactly(textFrom, textTo, out + openingBytes, intoEnd - closingBytes, replaces);
      stop = end <= LONG ? end : DONE;
      if (stop != DONE) break;
      memory.copy(out, surroundings + closingBytes, openingBytes);
      memory.copy(end, surroundings, closingBytes);
      opened = false;
      out = end + closingBytes;
      if (writesEnds) endsOut = writeDecimal(endsOut, next - lineFrom);
      lineFrom = next;
    }
    records++;
  }
  reports(0, lineFrom);
  reports(1, out);
  reports(2, records);
  reports(3, blankLines);
  reports(4, blankBytes);
  reports(5, endsOut);
  reports(6, stop);
}

/** The last place in a region before which `distance` bytes are left; 0, where there is no region, when none is. */
function limitOf(from: usize, to: usize, distance: usize): usize {
  return to - from >= distance ? to - distance : 0;
}
