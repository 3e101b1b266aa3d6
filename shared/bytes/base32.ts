/**
 * Bytes as letters that people can read out and type: base32 (RFC 4648 section 6), in lower case and without padding.
 *
 * @module
 */

const alphabet = "abcdefghijklmnopqrstuvwxyz234567";

/** Writes bytes as base32. The bits of the last letter behind them are zero. */
export function toBase32(bytes: Uint8Array): string {
  let text = "";
  for (let bit = 0; bit < bytes.length * 8; bit += 5) {
    const pair = bytes[bit >> 3]! << 8 | (bytes[(bit >> 3) + 1] ?? 0);
    text += alphabet[pair >> (11 - bit % 8) & 31];
  }
  return text;
}

/**
 * Reads bytes in base32, in either case.
 *
 * @param length How many there are.
 * @returns Undefined if it is something else, or has bits behind the last byte that are not zero.
 */
export function fromBase32(text: string, length: number): Uint8Array | undefined {
  if (text.length !== Math.ceil(length * 8 / 5)) return undefined;
  const bytes = new Uint8Array(length + 1);
  for (const [i, letter] of [...text.toLowerCase()].entries()) {
    const value = alphabet.indexOf(letter);
    if (value < 0) return undefined;
    const pair = value << (11 - i * 5 % 8);
    bytes[i * 5 >> 3]! |= pair >> 8;
    bytes[(i * 5 >> 3) + 1]! |= pair & 0xff;
  }
  return bytes[length] === 0 ? bytes.subarray(0, length) : undefined;
}
