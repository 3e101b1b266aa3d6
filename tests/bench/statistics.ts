/**
 * Order statistics: on a noisy machine a mean says more about the noise than about the program.
 *
 * @module
 */

/** The middle of some numbers, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = sort(values);
  const upper = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[upper]! : (sorted[upper - 1]! + sorted[upper]!) / 2;
}

/** The number that a part of some numbers does not exceed. @param part From 0 to 1, such as 0.99. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = sort(values);
  return sorted[Math.ceil(part * (sorted.length - 1))]!;
}

function sort(values: readonly number[]): Float64Array {
  if (values.length === 0) throw new RangeError("Cannot find the order of no numbers");
  return Float64Array.from(values).sort();
}
