/** UTF-8: one character at a time, and 16 bytes at a time. */

/**
 * The tables of `illFormed`, by nibble: the entry for 0 is the lowest byte. The bits: 01 too short, 02 too long, 04
 * overlong in three, 08 too large, 10 surrogate, 20 overlong in two, 40 overlong in four or too large, 80 a continuation
 * after another.
 */
const byLeadHigh = memory.data<u64>([0x0202020202020202, 0x4915012180808080], 16);
const byLeadLow = memory.data<u64>([0xcbcbcb8b8383a3e7, 0xcbcbdbcbcbcbcbcb], 16);
const bySecondHigh = memory.data<u64>([0x0101010101010101, 0x01010101babaaee6], 16);
const lowNibbles = memory.data<u64>([0x0f0f0f0f0f0f0f0f, 0x0f0f0f0f0f0f0f0f], 16);
const thirds = memory.data<u64>([0x6060606060606060, 0x6060606060606060], 16);
const fourths = memory.data<u64>([0x7070707070707070, 0x7070707070707070], 16);
const highBits = memory.data<u64>([0x8080808080808080, 0x8080808080808080], 16);
/** Greater than these, with the high bit flipped, are bytes that begin more than is left of 16. */
const lastLeads = memory.data<u64>([0x7f7f7f7f7f7f7f7f, 0x3f5f6f7f7f7f7f7f], 16);

/**
 * Bytes of the well-formed character that begins at `at`; else, negative, those of the maximal ill-formed part (Unicode
 * 15, table 3-7 and section 3.9, "Substitution of Maximal Subparts"), which one U+FFFD stands for.
 */
export function characterBytes(at: usize, to: usize): i32 {
  const lead = load<u8>(at);
  if (lead < 0xc2) return lead < 0x80 ? 1 : -1;
  const room = to - at;
  if (room < 2) return -1;
  const second = load<u8>(at, 1);
  if (!isContinuation(second) || lead > 0xf4) return -1;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) {
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f)) return -1;
    return room > 2 && isContinuation(load<u8>(at, 2)) ? 3 : -2;
  }
  if ((lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) return -1;
  if (room < 3 || !isContinuation(load<u8>(at, 2))) return -2;
  return room > 3 && isContinuation(load<u8>(at, 3)) ? 4 : -3;
}

/** The same for the usual kinds, two and three bytes, of the four that begin with a character; 0 for all others. */
export function usualCharacterBytes(four: u32): i32 {
  if ((four & 0xc0e0) == 0x80c0 && (four & 0x1e) != 0) return 2;
  // Without these bits three bytes are overlong; with only those of 200d they are a surrogate.
  return (four & 0xc0c0f0) == 0x8080e0 && (four & 0x200f) != 0 && (four & 0x200f) != 0x200d ? 3 : 0;
}

function isContinuation(byte: u8): bool {
  return (byte & 0xc0) == 0x80;
}

/**
 * What is wrong with 16 bytes of which the first begins a character: a lane is not 0 where the byte shows that the
 * character before it, or with it, is ill-formed. A character that the last bytes leave incomplete is not wrong.
 *
 * The method is that of Keiser and Lemire, "Validating UTF-8 In Less Than One Instruction Per Byte" (2021): three
 * tables, looked up by the nibbles of two neighbours, give the errors that each nibble allows; what all three allow is
 * one. Every chunk begins at a character here, so zeros stand for the bytes before it, and a chunk is judged by itself.
 * (Bytes are shifted as pairs and masked: `i8x16.shr_u` has no instruction of its own and becomes five.)
 */
export function illFormed(chunk: v128): v128 {
  const zeros = i8x16.splat(0);
  const before1 = i8x16.shuffle(zeros, chunk, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
  const before2 = i8x16.shuffle(zeros, chunk, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
  const before3 = i8x16.shuffle(zeros, chunk, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28);
  const nibble = v128.load(lowNibbles);
  const special = v128.and(
    v128.and(
      i8x16.swizzle(v128.load(byLeadHigh), v128.and(i16x8.shr_u(before1, 4), nibble)),
      i8x16.swizzle(v128.load(byLeadLow), v128.and(before1, nibble)),
    ),
    i8x16.swizzle(v128.load(bySecondHigh), v128.and(i16x8.shr_u(chunk, 4), nibble)),
  );
  // The third byte of three and of four, and the fourth of four, must be continuations after a continuation: from E0
  // or F0 on, a lead byte keeps its high bit when 60 or 70 is taken off.
  const third = i8x16.sub_sat_u(before2, v128.load(thirds));
  const fourth = i8x16.sub_sat_u(before3, v128.load(fourths));
  return v128.xor(v128.and(v128.or(third, fourth), v128.load(highBits)), special);
}

/** A bit for each of the last three of 16 bytes that begins a character which does not end among them. */
export function incomplete(chunk: v128): i32 {
  // With the high bit flipped, bytes without sign can be compared with it, which takes half the instructions.
  const flipped = v128.xor(chunk, v128.load(highBits));
  return i8x16.bitmask(i8x16.gt_s(flipped, v128.load(lastLeads)));
}

/** Whether [from, to) is UTF-8. */
export function isUtf8(from: usize, to: usize): bool {
  let at = from;
  while (at < to) {
    if (ASC_FEATURE_SIMD) {
      if (to - at >= 16) {
        const chunk = v128.load(at);
        if (i8x16.bitmask(chunk) == 0) {
          at += 16;
          continue;
        }
        if (v128.any_true(illFormed(chunk))) return false;
        at += ctz(incomplete(chunk) | 0x10000);
        continue;
      }
    } else if (to - at >= 8) {
      const high = load<u64>(at) & 0x8080808080808080;
      at += high == 0 ? 8 : usize(ctz(high) >> 3);
      if (high == 0) continue;
    }
    let width: i32 = to - at >= 4 ? usualCharacterBytes(load<u32>(at)) : 0;
    if (width == 0) width = characterBytes(at, to);
    if (width < 0) return false;
    at += width;
  }
  return true;
}
