// Numbers over runs: medians, spreads, percentiles, ratios and the exponent of a growth.

/** The middle of the values; the mean of the two middle ones where their count is even; null of none. */
export function median(values) {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The value that `share` (0 to 1) of the sorted values do not exceed; null of none. */
export function percentile(sorted, share) {
  return sorted.length === 0
    ? null
    : sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
}

/** null where either side was not measured. */
export function ratio(value, reference) {
  return value === null || reference === null || reference === 0 ? null : value / reference;
}

/**
 * The median of the ratios of runs that were made one after the other. Where the machine's speed drifts, both sides of
 * one round drift alike, and the ratio of their medians would be further off.
 */
export function medianRatio(values, references) {
  return median(values.map((value, round) => ratio(value, references[round] ?? null)));
}

/**
 * The exponent e of cost = c * size^e that fits best (least squares on logarithms): 1 is linear, 0 is no growth.
 * null of fewer than two points.
 */
export function growthExponent(points) {
  const usable = points.filter(({ size, cost }) => size > 0 && cost > 0);
  if (usable.length < 2) return null;
  const xs = usable.map(({ size }) => Math.log(size));
  const ys = usable.map(({ cost }) => Math.log(cost));
  const meanX = xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const meanY = ys.reduce((sum, y) => sum + y, 0) / ys.length;
  const above = xs.reduce((sum, x, index) => sum + (x - meanX) * (ys[index] - meanY), 0);
  const below = xs.reduce((sum, x) => sum + (x - meanX) ** 2, 0);
  return below === 0 ? null : above / below;
}
