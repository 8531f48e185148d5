/** One line in memory: its text and its line end. One CR before the LF belongs to the line end. */
import { CR, LF } from './bytes';

/** Whether a line end begins at `at`, which lies before `to`. */
export function isLineEnd(at: usize, to: usize): bool {
  const byte = load<u8>(at);
  return byte == LF || (byte == CR && to - at > 1 && load<u8>(at, 1) == LF);
}

/** The offset after the line end at `at`, or `to`. */
export function afterLineEnd(at: usize, to: usize): usize {
  return at == to ? to : at + (load<u8>(at) == CR ? 2 : 1);
}

/** Where the text of the line [from, next) ends, line end left out. */
export function textEnd(from: usize, next: usize): usize {
  if (load<u8>(next - 1) != LF) return next;
  return next - from >= 2 && load<u8>(next - 2) == CR ? next - 2 : next - 1;
}
