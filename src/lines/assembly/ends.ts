/** Line ends: LF bytes. */

const LF: u8 = 0x0a;

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
  }
  for (; at < to; at++) count += i32(load<u8>(at) == LF);
  return count;
}
