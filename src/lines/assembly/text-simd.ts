/**
 * `encodeText` with SIMD: sixteen bytes at a time. The contract is in `text.ts`.
 *
 * Constants of lanes lie in memory: engines make one of three instructions in every turn of the loop, and a load is one.
 */
import { LF, TAB } from './bytes';
import { keepFirst, spread } from './escapes';
import { isLineEnd } from './line';
import { atOf, encodeOne, outOf, pair, writes } from './text';
import { characterBytes, illFormed, incomplete } from './utf8';

const backslashLanes = memory.data<u64>([0x5c5c5c5c5c5c5c5c, 0x5c5c5c5c5c5c5c5c], 16);
const quoteLanes = memory.data<u64>([0x2222222222222222, 0x2222222222222222], 16);
const tabLanes = memory.data<u64>([0x0909090909090909, 0x0909090909090909], 16);
/** The bits by which a tab and the letter t differ. */
const letterLanes = memory.data<u64>([0x7d7d7d7d7d7d7d7d, 0x7d7d7d7d7d7d7d7d], 16);
const spaceLanes = memory.data<u64>([0x2020202020202020, 0x2020202020202020], 16);

export function encodeTextSimd<Way>(
  from: usize,
  to: usize,
  into: usize,
  roomLimit: usize,
  replaces: bool,
): u64 {
  const backslashes = v128.load(backslashLanes);
  const quotes = v128.load(quoteLanes);
  const spaces = v128.load(spaceLanes);
  let at = from;
  let out = into;
  while (out <= roomLimit) {
    let chunk = v128.load(at);
    if (to - at < 16) chunk = keepFirst(chunk, to - at);
    const escapes: u32 = i8x16.bitmask(v128.or(i8x16.eq(chunk, quotes), i8x16.eq(chunk, backslashes)));
    // Compared with signs, bytes from 0x80 on are less than the space, as the control characters are.
    const hard: u32 = i8x16.bitmask(i8x16.lt_s(chunk, spaces));
    if ((escapes | hard) == 0) {
      if (writes<Way>()) v128.store(out, chunk);
      at += 16;
      out += 16;
      continue;
    }
    if (writes<Way>()) spread(out, chunk, escapes, backslashes);
    if (hard == 0) {
      at += 16;
      out += 16 + popcnt(escapes);
      continue;
    }
    let length: u32 = ctz(hard);
    const high: u32 = i8x16.bitmask(chunk);
    if ((high >> length) & 1) {
      const cuts: u32 = (hard & ~high) | incomplete(chunk);
      const errors = illFormed(chunk);
      // Foreseen by the processor, so that the next load need not wait for what is counted below.
      if (cuts == 0 && !v128.any_true(errors)) {
        at += 16;
        out += 16 + popcnt(escapes);
        continue;
      }
      const whole: u32 = ctz(cuts | 0x10000);
      // What comes too short is seen at the byte after it. With an error the first character goes by itself.
      const wrong: u32 = i8x16.bitmask(i8x16.ne(errors, i8x16.splat(0)));
      if ((wrong & ((2 << whole) - 1)) == 0) {
        length = whole;
        if ((high >> whole) & 1) {
          at += length;
          out += length + popcnt(escapes & ((1 << length) - 1));
          continue;
        }
      }
    }
    at += length;
    out += length + popcnt(escapes & ((1 << length) - 1));
    if (at == to) break;
    const byte = load<u8>(at);
    if (byte == LF || isLineEnd(at, to)) break;
    if (byte == TAB) {
      // Where there is one there are more: from here on they are spread like quotation marks, as the letter t.
      chunk = v128.load(at);
      if (to - at < 16) chunk = keepFirst(chunk, to - at);
      const isTab = i8x16.eq(chunk, v128.load(tabLanes));
      const tabs: u32 = i8x16.bitmask(isTab);
      const others: u32 = i8x16.bitmask(i8x16.lt_s(chunk, spaces)) ^ tabs;
      const spreads: u32 =
        tabs | i8x16.bitmask(v128.or(i8x16.eq(chunk, quotes), i8x16.eq(chunk, backslashes)));
      chunk = v128.xor(chunk, v128.and(isTab, v128.load(letterLanes)));
      if (writes<Way>()) spread(out, chunk, spreads, backslashes);
      length = ctz(others | 0x10000);
      at += length;
      out += length + popcnt(spreads & ((1 << length) - 1));
      continue;
    }
    if (!replaces && byte >= 0x80 && characterBytes(at, to) < 0) break;
    const after = encodeOne<Way>(at, to, out);
    at = atOf(after);
    out = outOf(after);
  }
  return pair(at, out);
}
