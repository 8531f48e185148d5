/** Line ends: LF bytes. */
import { LF } from './bytes';

/** How many LF stand in [from, to). */
export function countLineEnds(from: usize, to: usize): i32 {
  let count: i32 = 0;
  let at = from;
  if (ASC_FEATURE_SIMD) {
    const lineFeeds = i8x16.splat(LF);
    // A comparison gives -1 for each match; 255 of them fit a lane before it must be summed up.
    while (to - at >= 16) {
      const stop = min(to - 15, at + 255 * 16);
      let matches = i8x16.splat(0);
      for (; at < stop; at += 16) matches = i8x16.sub(matches, i8x16.eq(v128.load(at), lineFeeds));
      const sums = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(matches));
      count += i32x4.extract_lane(sums, 0);
      count += i32x4.extract_lane(sums, 1);
      count += i32x4.extract_lane(sums, 2);
      count += i32x4.extract_lane(sums, 3);
    }
  } else {
    for (; to - at >= 8; at += 8) count += i32(popcnt(lineFeedBits(load<u64>(at))));
  }
  for (; at < to; at++) count += i32(load<u8>(at) == LF);
  return count;
}

/** Where the first LF stands in [from, to), else `to`. */
export function findLineEnd(from: usize, to: usize): usize {
  let at = from;
  if (ASC_FEATURE_SIMD) {
    for (; to - at >= 16; at += 16) {
      const found = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(LF)));
      if (found != 0) return at + ctz(found);
    }
  } else {
    for (; to - at >= 8; at += 8) {
      const found = lineFeedBits(load<u64>(at));
      if (found != 0) return at + usize(ctz(found) >> 3);
    }
  }
  while (at < to && load<u8>(at) != LF) at++;
  return at;
}

/**
 * Writes for each line the offset after its line end, relative to `from`, as four bytes (little-endian); an unfinished
 * last line ends at `to`. Gives how many were written: all of them, or as many as fit before `intoEnd`.
 */
export function lineEnds(from: usize, to: usize, into: usize, intoEnd: usize): i32 {
  let out = into;
  let at = from;
  let written = from;
  const step: usize = ASC_FEATURE_SIMD ? 64 : 8;
  // As many ends as a step can hold go in unchecked.
  while (to - at >= step && intoEnd - out >= step * 4) {
    let found: u64;
    if (ASC_FEATURE_SIMD) {
      found =
        lineFeedMask(at) |
        (lineFeedMask(at + 16) << 16) |
        (lineFeedMask(at + 32) << 32) |
        (lineFeedMask(at + 48) << 48);
    } else found = lineFeedBits(load<u64>(at));
    for (; found != 0; found &= found - 1) {
      const place = ASC_FEATURE_SIMD ? usize(ctz(found)) : usize(ctz(found) >> 3);
      written = at + place + 1;
      store<u32>(out, u32(written - from));
      out += 4;
    }
    at += step;
  }
  // Back to the last end: an unfinished line after it may reach just to the end of a step.
  at = written;
  while (at < to && intoEnd - out >= 4) {
    at = min(findLineEnd(at, to) + 1, to);
    store<u32>(out, u32(at - from));
    out += 4;
  }
  return i32((out - into) >> 2);
}

/** One bit for each LF among the 16 bytes at `at`. */
function lineFeedMask(at: usize): u64 {
  return u64(i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(LF))));
}

/** The high bit of each byte that is LF; exact for every byte, since nothing is carried from one to the next. */
function lineFeedBits(word: u64): u64 {
  const differences = word ^ 0x0a0a0a0a0a0a0a0a;
  const sums = (differences & 0x7f7f7f7f7f7f7f7f) + 0x7f7f7f7f7f7f7f7f;
  return ~(sums | differences) & 0x8080808080808080;
}
