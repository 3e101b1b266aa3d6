/**
 * `p2pchat identity`: shows who one is, sets the passphrase, and makes and takes copies.
 *
 * @module
 */

import { fingerprintOf } from "../../../shared/crypto/public_key.ts";
import { makeVisible } from "../../../shared/text/visible.ts";
import { UserError } from "../../user_error.ts";
import {
  ensureIdentity,
  exportIdentity,
  importIdentity,
  protectIdentity,
  readExported,
  readIdentity,
  setPassphrase,
  type StoredIdentity,
  unlockIdentity,
} from "../../profile/profile.ts";
import { askingBy, askNewPassphrase, type Prompt } from "./passphrase_prompt.ts";
import { qrCode } from "./qr_code.ts";

/** What a command works with beside the profile's directory. */
export interface Surroundings {
  /** Prints a line. */
  readonly print: (line: string) => void;
  /** Asks for a passphrase. */
  readonly prompt: Prompt;
}

/** What is known of where lines are printed. */
export interface Screen {
  /** Whether it obeys colours. */
  readonly colours: boolean;
  /** Characters on one line. */
  readonly columns: number;
}

/**
 * Shows a profile's identity, which is made where there is none. No passphrase is needed.
 *
 * @throws {UserError} Where the identity cannot be read or made.
 */
export function showIdentity(
  directory: string,
  { print }: Pick<Surroundings, "print">,
  { colours, columns }: Screen,
): void {
  const { path, file } = keepAndSay(directory, print);
  const fingerprint = fingerprintOf(file.publicKey);
  const passphrase = "sealed" in file ? "yes" : "none; p2pchat identity --passphrase sets one";
  print(`id           ${file.publicKey}`);
  print(`fingerprint  ${fingerprint}`);
  print(`kept in      ${makeVisible(path)}`);
  print(`passphrase   ${passphrase}`);
  const code = qrCode(`P2PCHAT:${fingerprint.toUpperCase()}`, { colours });
  // A code that is broken into pieces is none.
  if (code.columns <= columns) { for (const line of ["", ...code.lines]) print(line); }
}

/**
 * Asks for a new passphrase and puts the identity under it.
 *
 * @throws {UserError} Where there is nobody to ask, or the identity cannot be read or written.
 */
export function changePassphrase(
  directory: string,
  { print, prompt }: Surroundings,
): void {
  const kept = keepAndSay(directory, print);
  const identity = unlockIdentity(kept, askingBy(prompt));
  const passphrase = askNewPassphrase("New passphrase, empty for none:", prompt);
  setPassphrase(kept, identity, passphrase);
  const wasSealed = "sealed" in kept.file;
  if (passphrase === "") {
    print("* your identity has no passphrase from now on");
    if (wasSealed) print("* your messages are readable again once a client has started");
  } else {
    print("* your identity is under the new passphrase from now on");
    if (!wasSealed) print("* your messages are sealed with it once a client has started");
  }
}

/**
 * Writes a copy of the identity to a new file, under a passphrase of its own.
 *
 * @param to The file; `-` is standard output.
 * @param plain Whether the copy is to have no passphrase.
 * @throws {UserError} Where there is no identity, nobody to ask, or the file is there or cannot be written.
 */
export function exportCopy(
  directory: string,
  to: string,
  { plain }: { plain: boolean },
  { print, prompt }: Surroundings,
): void {
  const kept = readIdentity(directory);
  if (kept === undefined) throw new UserError({ code: "no-identity-yet", directory });
  const identity = unlockIdentity(kept, askingBy(prompt));
  const passphrase = plain ? "" : askNewPassphrase("Passphrase for the copy:", prompt);
  if (!plain && passphrase === "") {
    throw new UserError({ code: "copy-without-passphrase" });
  }
  exportIdentity(to === "-" ? Deno.stdout : to, protectIdentity(identity, passphrase));
  if (to === "-") return;
  print(
    `* a copy is in '${makeVisible(to)}', ` +
      (plain ? "WITHOUT a passphrase: who reads it can be you" : "under its passphrase"),
  );
}

/**
 * Makes a copy the profile's identity.
 *
 * @param from The file; `-` is standard input, and then it must be without a passphrase.
 * @param replace Whether it may take the place of another identity, which is then kept beside it.
 * @throws {UserError} Where it is none, its passphrase is not known, another is there, or it cannot be
 * written.
 */
export function importCopy(
  directory: string,
  from: string,
  { replace }: { replace: boolean },
  { print, prompt }: Surroundings,
): void {
  const file = readExported(from === "-" ? Deno.stdin : from);
  if ("sealed" in file) {
    if (from === "-") throw new UserError({ code: "sealed-copy-on-input" });
    // To be sure that the user knows the passphrase: the identity stays under it.
    unlockIdentity({ path: from, file }, askingBy(prompt));
  }
  const { wasThere, replaced } = importIdentity(directory, file, { replace });
  const fingerprint = fingerprintOf(file.publicKey);
  print(
    wasThere
      ? `* this identity was there already; its fingerprint is ${fingerprint}`
      : `* your identity is the one imported; its fingerprint is ${fingerprint}`,
  );
  if (replaced !== undefined) print(`* the one before is kept in '${makeVisible(replaced)}'`);
}

function keepAndSay(directory: string, print: (line: string) => void): StoredIdentity {
  const kept = ensureIdentity(directory);
  if (kept.isNew) print("* there was none yet: this identity is new, and yours");
  return kept;
}
