/**
 * Text in a header. A header's value is one line without control characters and without spaces at its
 * ends; a chat message is anything that can be typed or pasted. So what a value cannot hold is escaped
 * as in JSON strings (RFC 8259 section 7): `\\`, `\n`, `\r`, `\t`, and `\uXXXX` for the rest.
 *
 * @module
 */

import type { Fault } from "./status.ts";
import type { Header } from "./message.ts";
import { messageFaults } from "./reasons.ts";
import { textBytesMax, textLineBytesMax } from "./limits.ts";

// Control characters, the backslash itself, a space at either end, and halves of surrogate pairs,
// which UTF-8 cannot carry.
const escapedPattern = /\p{Cc}|\\|^ | $|\p{Cs}/gu;
const short: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};
const long: Readonly<Record<string, string>> = { "\\": "\\", n: "\n", r: "\r", t: "\t" };

/** Escapes a text so that a header can hold it. */
export function escapeText(text: string): string {
  return text.replaceAll(
    escapedPattern,
    (c) => short[c] ?? "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"),
  );
}

/** Gives back what {@linkcode escapeText} was given, or a fault where the text is none of its. */
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

const encoder = new TextEncoder();

/**
 * The `Text` headers that carry a text: one, or several where it is longer than a line. Their values,
 * one after the other, are the escaped text.
 *
 * @throws {RangeError} Where the escaped text is longer than `textBytesMax`.
 */
export function textHeaders(text: string): Header[] {
  const escaped = escapeText(text);
  // A UTF-16 unit is at most three bytes of UTF-8, so that most texts need not be measured.
  if (escaped.length * 3 <= textLineBytesMax) return [["Text", escaped]];
  const bytes = encoder.encode(escaped).length;
  if (bytes > textBytesMax) {
    throw new RangeError(
      `Cannot send a message of ${bytes} bytes: at most ${textBytesMax} fit; send it in parts`,
    );
  }
  const headers: Header[] = [];
  let line = "";
  let lineBytes = 0;
  for (let unit of escaped.match(/\\u.{4}|\\.|./gsu) ?? []) {
    if (lineBytes > textLineBytesMax - 16) {
      // Neither end of a line may be a space: it would be read as no part of the value.
      if (line.endsWith(" ")) line = line.slice(0, -1) + "\\u0020";
      if (unit === " ") unit = "\\u0020";
      headers.push(["Text", line]);
      line = "";
      lineBytes = 0;
    }
    line += unit;
    lineBytes += encoder.encode(unit).length;
  }
  headers.push(["Text", line]);
  return headers;
}
