/**
 * Patterns that are made when they are first needed. A class of Unicode, such as `\p{L}`, is put together from tables
 * when the pattern is made, which takes up to some milliseconds: all of them would be a tenth of the start.
 *
 * @module
 */

/** Gives the pattern, which is made the first time. @param make Makes it. */
export function latePattern(make: () => RegExp): () => RegExp {
  let made: RegExp | undefined;
  return () => made ??= make();
}
