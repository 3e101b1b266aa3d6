/**
 * Asking for passphrases.
 *
 * @module
 */

import { UserError } from "../user_error.ts";

/** Asks for a passphrase; null where there is nobody to ask. */
export type AskPassphrase = (prompt: string) => string | null;

/**
 * Asks for a passphrase.
 *
 * @throws {UserError} Where there is nobody to ask.
 */
export function askKnownPassphrase(prompt: string, askPassphrase: AskPassphrase): string {
  const passphrase = askPassphrase(prompt);
  if (passphrase !== null) return passphrase;
  throw new UserError(
    "Cannot ask for a passphrase: standard input and output have to be a terminal",
  );
}

/**
 * Asks for a new passphrase, twice.
 *
 * @returns An empty one where none is wanted.
 * @throws {UserError} Where there is nobody to ask, the two differ, or a key went in that is no letter.
 */
export function askNewPassphrase(prompt: string, askPassphrase: AskPassphrase): string {
  const passphrase = askKnownPassphrase(prompt, askPassphrase);
  // An arrow key, say; or half of a letter, where a terminal took back the other half.
  if (/[\p{Cc}\ufffd]/u.test(passphrase)) {
    throw new UserError(
      "Cannot take that passphrase: it has characters that are not seen. Nothing has changed",
    );
  }
  if (askKnownPassphrase("The same again:", askPassphrase) !== passphrase) {
    throw new UserError("Cannot take that passphrase: the two differ. Nothing has changed");
  }
  return passphrase;
}
