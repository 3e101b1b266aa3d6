/**
 * Amounts of bytes as people write them on a command line: `8M`, `500K`, `2G`.
 *
 * @module
 */

const units = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 } as const;

/** What an amount looks like, as the end of a sentence. */
export const byteSizeRule = "a whole number from 1 followed by K, M or G, such as 8M or 500K";

/** Reads an amount. @returns Bytes; undefined if the text is not an amount. */
export function parseByteSize(text: string): number | undefined {
  const [, count, unit] = /^([1-9][0-9]{0,5})([KMG])$/.exec(text) ?? [];
  return unit === undefined ? undefined : Number(count) * units[unit as keyof typeof units];
}
