/**
 * The text of a chat message as headers.
 *
 * @module
 */

import { textBytesMax, textLineBytesMax } from "./limits.ts";
import type { Header } from "./message.ts";
import { escapeText } from "./text_escape.ts";

const encoder = new TextEncoder();

/**
 * Makes the `Text` headers that carry a text: one, or several if it is longer than a line. Their values,
 * joined in order, are the escaped text.
 *
 * @throws {RangeError} If the escaped text is longer than `textBytesMax`.
 */
export function textHeaders(text: string): Header[] {
  const escaped = escapeText(text);
  // A UTF-16 unit is at most three bytes of UTF-8, so most texts need not be measured.
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
      // A space at the start or end of a line would not be read as a part of the value.
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
