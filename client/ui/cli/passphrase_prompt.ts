/**
 * Where the commands get passphrases from: the user is asked in the terminal, unless they have said where a
 * passphrase can be read.
 *
 * @module
 */

import type { AskPassphrase } from "../../profile/profile.ts";
import { UserError } from "../../user_error.ts";
import { passphrasePrompt } from "../wording/wording.ts";
import { type PassphraseSource, readPassphrase } from "./passphrase_source.ts";

/** Shows a prompt and reads a secret. @returns Null if there is no terminal to ask in. */
export type Prompt = (prompt: string) => string | null | Promise<string | null>;

/** Gets the passphrase of an identity. */
export function askingBy(prompt: Prompt, source?: PassphraseSource): AskPassphrase {
  if (source === undefined) {
    return (asked) => prompt(passphrasePrompt({ what: "identity", ...asked }));
  }
  // To read it again would bring the same.
  return ({ attempt }) => attempt === 1 ? readPassphrase(source) : "";
}

/**
 * Gets a new passphrase. The user is asked for it twice.
 *
 * @param what What it is for: the identity itself, or a copy of it.
 * @returns An empty text if none is wanted.
 * @throws {UserError} If there is nobody to ask, the two differ, or a key was pressed that is not a letter; or
 * if it cannot be read from its source.
 */
export async function askNewPassphrase(
  what: "new" | "copy",
  prompt: Prompt,
  source?: PassphraseSource,
): Promise<string> {
  if (source !== undefined) return readPassphrase(source);
  const passphrase = await prompt(passphrasePrompt({ what }));
  if (passphrase === null) throw nobodyToAsk();
  // An arrow key, say.
  if (/[\p{Cc}\ufffd]/u.test(passphrase)) throw new UserError({ code: "passphrase-not-text" });
  const again = await prompt(passphrasePrompt({ what: "again" }));
  if (again === null) throw nobodyToAsk();
  if (again !== passphrase) throw new UserError({ code: "passphrases-differ" });
  return passphrase;
}

function nobodyToAsk(): UserError {
  return new UserError({ code: "nobody-to-ask", passphrase: "new" });
}
