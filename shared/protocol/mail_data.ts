/**
 * A mail in headers: DEPOSIT and COLLECTACK carry its bytes in base64url, in as many Data lines as it
 * takes.
 *
 * @module
 */

import { fromBase64url, toBase64url } from "../bytes/base64url.ts";
import { mailLineLengthMax } from "./limits.ts";
import { type Header, headerValues, type Message } from "./message.ts";

/** The `Data` headers that carry a mail. Their values, one after the other, are its base64url. */
export function dataHeaders(mail: Uint8Array): Header[] {
  const text = toBase64url(mail);
  const headers: Header[] = [];
  for (let at = 0; at < text.length; at += mailLineLengthMax) {
    headers.push(["Data", text.slice(at, at + mailLineLengthMax)]);
  }
  return headers;
}

/** The mail that a message carries; undefined where its Data is none of {@linkcode dataHeaders}. */
export function dataOf(message: Message): Uint8Array | undefined {
  const text = headerValues(message, "Data").join("");
  return fromBase64url(text, Math.floor(text.length * 3 / 4));
}
