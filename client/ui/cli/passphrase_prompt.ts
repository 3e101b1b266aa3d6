/**
 * Asking for passphrases in the terminal.
 *
 * @module
 */

import { promptSecret } from "@std/cli/prompt-secret";
import type { AskPassphrase } from "../../profile/profile.ts";
import { UserError } from "../../user_error.ts";
import { passphrasePrompt } from "../wording/wording.ts";

/** Shows a prompt and reads a secret. @returns Null if there is no terminal to ask in. */
export type Prompt = (prompt: string) => string | null;

/** Asks for a passphrase; the terminal shows stars for it. */
export function promptPassphrase(prompt: string): string | null {
  // It asks on standard output, which may be the file that a copy goes to.
  if (!Deno.stdin.isTerminal() || !Deno.stdout.isTerminal()) return null;
  // promptSecret stops the echo only when it has asked, and would show the first letters of a fast typist.
  Deno.stdin.setRaw(true, Deno.build.os === "windows" ? undefined : { cbreak: true });
  try {
    return promptSecret(prompt);
  } finally {
    Deno.stdin.setRaw(false);
  }
}

/** Asks for the passphrase of an identity. */
export function askingBy(prompt: Prompt): AskPassphrase {
  return (asked) => prompt(passphrasePrompt({ what: "identity", ...asked }));
}

/**
 * Asks for a new passphrase, twice.
 *
 * @param what What it is for: the identity itself, or a copy of it.
 * @returns An empty text if none is wanted.
 * @throws {UserError} If there is nobody to ask, the two differ, or a key was pressed that is not a letter.
 */
export function askNewPassphrase(what: "new" | "copy", prompt: Prompt): string {
  const passphrase = prompt(passphrasePrompt({ what }));
  if (passphrase === null) throw new UserError({ code: "nobody-to-ask" });
  // An arrow key, say; or half of a letter, if the terminal took back the other half.
  if (/[\p{Cc}\ufffd]/u.test(passphrase)) throw new UserError({ code: "passphrase-not-text" });
  const again = prompt(passphrasePrompt({ what: "again" }));
  if (again === null) throw new UserError({ code: "nobody-to-ask" });
  if (again !== passphrase) throw new UserError({ code: "passphrases-differ" });
  return passphrase;
}
