/**
 * `encodeText` with SIMD: sixteen bytes at a time. The contract is in `text.ts`.
 *
 * Constants of lanes lie in memory: V8 makes each of three instructions in every turn of the loop, and a load is one, or
 * none when it is done before the loop. Measured: 1.12 times as fast on lines of access logs, 1.27 on accented ones.
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
    if (writes<Way>()) {
      // Accented text seldom has both: measured, 1.1 times as fast there, and 0.98 elsewhere.
      if (escapes == 0) v128.store(out, chunk);
      else spread(out, chunk, escapes, backslashes);
    }
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
      // A branch is foreseen, so that the next load need not wait for what is counted below.
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
    if (!replaces && byte >= 0x80 && characterBytes(at, to) < 0) break;
    const after = byte == TAB ? encodeTabs<Way>(at, to, out) : encodeOne<Way>(at, to, out);
    at = atOf(after);
    out = outOf(after);
  }
  return pair(at, out);
}

/**
 * 16 bytes of which the first is a tab, or as many as no other control character and no character past ASCII stands
 * among. Where there is one tab there are more: they are spread like quotation marks, with the letter t in their place.
 * Measured on lines of seven tabs: 1.9 times as fast as one by one.
 */
function encodeTabs<Way>(at: usize, to: usize, out: usize): u64 {
  let chunk = v128.load(at);
  if (to - at < 16) chunk = keepFirst(chunk, to - at);
  const isTab = i8x16.eq(chunk, v128.load(tabLanes));
  const backslashes = v128.load(backslashLanes);
  const isEscaped = v128.or(i8x16.eq(chunk, v128.load(quoteLanes)), i8x16.eq(chunk, backslashes));
  const escapes: u32 = i8x16.bitmask(v128.or(isTab, isEscaped));
  const others: u32 = i8x16.bitmask(v128.andnot(i8x16.lt_s(chunk, v128.load(spaceLanes)), isTab));
  if (writes<Way>()) {
    spread(out, v128.xor(chunk, v128.and(isTab, v128.load(letterLanes))), escapes, backslashes);
  }
  const length: u32 = ctz(others | 0x10000);
  return pair(at + length, out + length + popcnt(escapes & ((1 << length) - 1)));
}
