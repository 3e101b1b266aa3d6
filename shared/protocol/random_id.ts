/**
 * Ids of 128 random bits: of messages, streams and mails, and the nonces that a server gives. Nobody can guess
 * one, and no two are the same.
 *
 * @module
 */

const idPattern = /^[0-9a-f]{32}$/;

/** Makes an id: 128 random bits in lower-case hexadecimal. */
export function randomId(): string {
  return crypto.getRandomValues(new Uint8Array(16)).toHex();
}

/** Whether a text is 128 bits in lower-case hexadecimal. */
export function isId(text: string): boolean {
  return idPattern.test(text);
}
