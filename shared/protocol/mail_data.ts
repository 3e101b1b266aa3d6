/**
 * A mail as headers: DEPOSIT and COLLECTACK carry its bytes in base64url, on as many Data lines as needed.
 *
 * @module
 */

import { fromBase64url, toBase64url } from "../bytes/base64url.ts";
import { mailLineLengthMax } from "./limits.ts";
import { type Header, headerValues, type Message } from "./message.ts";

/** Makes the `Data` headers that carry a mail. Their values, joined in order, are its base64url. */
export function dataHeaders(mail: Uint8Array): Header[] {
  const text = toBase64url(mail);
  const headers: Header[] = [];
  for (let at = 0; at < text.length; at += mailLineLengthMax) {
    headers.push(["Data", text.slice(at, at + mailLineLengthMax)]);
  }
  return headers;
}

/** Reads the mail that a message carries. @returns Undefined if its Data is not valid base64url. */
export function dataOf(message: Message): Uint8Array | undefined {
  const text = headerValues(message, "Data").join("");
  return fromBase64url(text, Math.floor(text.length * 3 / 4));
}
