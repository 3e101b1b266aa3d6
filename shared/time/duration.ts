/**
 * Spans of time, as people write them on a command line: `30d`, `12h`, `90m`, `45s`.
 *
 * @module
 */

const unitsMs = { d: 24 * 60 * 60_000, h: 60 * 60_000, m: 60_000, s: 1_000 } as const;

/** What a span is, as the end of a sentence. */
export const durationRule = "a whole number from 1 with d, h, m or s behind it, such as 30d or 12h";

/** Reads a span of time. @returns Milliseconds; undefined where the text is none. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = /^([1-9][0-9]{0,5})([dhms])$/.exec(text) ?? [];
  return unit === undefined ? undefined : Number(count) * unitsMs[unit as keyof typeof unitsMs];
}
