/**
 * Escaping of text for a header. The value of a header is one line without control characters and without
 * spaces at its start and end, but a chat message may be anything that can be typed or pasted. What a value
 * cannot contain is escaped as in JSON strings (RFC 8259 section 7): `\\`, `\n`, `\r`, `\t`, and `\uXXXX` for
 * the rest.
 *
 * @module
 */

import { messageFaults } from "./reasons.ts";
import type { Fault } from "./status.ts";

// Control characters, the backslash itself, a space at the start or the end, and halves of surrogate pairs,
// which UTF-8 cannot represent.
const escapedPattern = /\p{Cc}|\\|^ | $|\p{Cs}/gu;
const short: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};
const long: Readonly<Record<string, string>> = { "\\": "\\", n: "\n", r: "\r", t: "\t" };

/** Escapes a text for the value of a header. */
export function escapeText(text: string): string {
  return text.replaceAll(
    escapedPattern,
    (c) => short[c] ?? "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"),
  );
}

/** Reverses {@linkcode escapeText}. @returns A fault if there is an escape of another form. */
export function unescapeText(escaped: string): string | Fault {
  if (!escaped.includes("\\")) return escaped;
  let valid = true;
  const text = escaped.replaceAll(/\\(u[0-9a-fA-F]{4}|.|$)/gsu, (_, code: string) => {
    if (code.length === 5) return String.fromCharCode(parseInt(code.slice(1), 16));
    const meant = long[code];
    valid &&= meant !== undefined;
    return meant ?? "";
  });
  return valid ? text : messageFaults.invalidEscape;
}
