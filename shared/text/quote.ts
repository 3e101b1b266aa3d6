/**
 * Repeating what somebody else sent, in a sentence.
 *
 * @module
 */

/** Characters of a quoted text, the ellipsis included. */
const lettersMax = 64;

/** Quotes a text: without control characters, and at most 64 characters of it. */
export function quote(text: string): string {
  return `'${shorten(text.replace(/\p{Cc}/gu, "?"), lettersMax)}'`;
}

/**
 * Shortens a text that is too long.
 *
 * @param max The most characters that the result may have; its last one is an ellipsis if the text is longer.
 */
export function shorten(text: string, max: number): string {
  const letters = [...text];
  return letters.length > max ? letters.slice(0, max - 1).join("") + "…" : text;
}
