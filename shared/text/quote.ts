/**
 * Quoting in a sentence what somebody else has sent.
 *
 * @module
 */

/** Characters of a quoted text, with the ellipsis. */
const lettersMax = 64;

/** Quotes a text: at most 64 characters of it, and a question mark for each control character. */
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
