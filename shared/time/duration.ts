/**
 * Durations as people write them on a command line: `30d`, `12h`, `90m`, `45s`.
 *
 * @module
 */

const unitsMs = { d: 24 * 60 * 60_000, h: 60 * 60_000, m: 60_000, s: 1_000 } as const;

/** What a duration looks like, as the end of a sentence. */
export const durationRule = "a whole number from 1 followed by d, h, m or s, such as 30d or 12h";

/** Reads a duration. @returns Milliseconds; undefined if the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = /^([1-9][0-9]{0,5})([dhms])$/.exec(text) ?? [];
  return unit === undefined ? undefined : Number(count) * unitsMs[unit as keyof typeof unitsMs];
}
