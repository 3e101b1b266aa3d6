/**
 * JSON that may be shown in a terminal as it is.
 *
 * @module
 */

/** Characters that a terminal could obey and JSON does not escape. In JSON they only occur in strings. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** A value as JSON on one line, in which every character that cannot be seen is escaped. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replaceAll(unprintable, escapes);
}

function escapes(text: string): string {
  const units = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}
