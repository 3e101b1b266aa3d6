/**
 * Asking for a passphrase in the terminal.
 *
 * @module
 */

import { promptSecret } from "@std/cli/prompt-secret";

/** Asks for a passphrase, of which stars are shown; null where there is no terminal to ask in. */
export function promptPassphrase(prompt: string): string | null {
  // It asks on standard output, which may be the file that a copy goes to.
  if (!Deno.stdin.isTerminal() || !Deno.stdout.isTerminal()) return null;
  // It stops the echo only when it has asked, and who types fast would see some letters.
  Deno.stdin.setRaw(true, Deno.build.os === "windows" ? undefined : { cbreak: true });
  try {
    return promptSecret(prompt);
  } finally {
    Deno.stdin.setRaw(false);
  }
}
