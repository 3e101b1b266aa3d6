/**
 * Client ids: the names by which people find each other.
 *
 * @module
 */

import { clientIdLengthMax } from "./limits.ts";

const hyphen = 0x2d;
const dot = 0x2e;
const underscore = 0x5f;

/** What an id consists of, as the end of a sentence. */
export const clientIdRule =
  `1 to ${clientIdLengthMax} letters of A-Z, a-z, digits, dots, underscores and hyphens`;

/** Whether a text has the form of a client id. Upper and lower case differ in ids. */
export function isClientId(text: string): boolean {
  if (text.length === 0 || text.length > clientIdLengthMax) return false;
  // Every request has an id, and a regular expression takes several times as long as this loop.
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    const isLetter = (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a);
    const isDigit = c >= 0x30 && c <= 0x39;
    if (!isLetter && !isDigit && c !== dot && c !== underscore && c !== hyphen) return false;
  }
  return true;
}
