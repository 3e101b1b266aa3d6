/**
 * Texts that are kept for longer than the message that they came in.
 *
 * @module
 */

/**
 * Copies a short text. An engine makes the part of a text by pointing into it, so that a name of 20 letters which
 * came in a read of 16 KiB keeps all of that in memory. A copy keeps nothing but itself.
 */
export function ownCopy(text: string): string {
  const codes = new Array<number>(text.length);
  for (let i = 0; i < text.length; i++) codes[i] = text.charCodeAt(i);
  return String.fromCharCode(...codes);
}
