/**
 * `p2pchat identity`: shows the user's identity, changes its passphrase, exports and imports copies.
 *
 * @module
 */

import { fingerprintOf } from "../../../shared/crypto/public_key.ts";
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
import type { PassphraseSource } from "./passphrase_source.ts";
import { qrCode } from "./qr_code.ts";
import { say } from "./say.ts";

/** What a command works with beside the profile's directory. */
export interface Surroundings {
  /** Prints a line. */
  readonly print: (line: string) => void;
  /** Prints a line that is not what the command was asked for. */
  readonly warn: (line: string) => void;
  /** Asks for a passphrase. */
  readonly prompt: Prompt;
  /** Where the passphrase is that an identity is under, if it is not to be asked for. */
  readonly present?: PassphraseSource | undefined;
  /** Where the passphrase is that an identity is put under, if it is not to be asked for. */
  readonly fresh?: PassphraseSource | undefined;
}

/** What is known of where lines are printed. */
export interface Screen {
  /** Whether it obeys colours. */
  readonly colours: boolean;
  /** Characters on one line. */
  readonly columns: number;
}

/**
 * Shows a profile's identity. If there is none, one is made. No passphrase is needed.
 *
 * @throws {UserError} If the identity cannot be read or made.
 */
export function showIdentity(
  directory: string,
  { print, warn }: Pick<Surroundings, "print" | "warn">,
  { colours, columns }: Screen,
): void {
  const { path, file } = keepAndSay(directory, print, warn);
  const { publicKey: key } = file;
  const fingerprint = fingerprintOf(key);
  say({ type: "identity", key, fingerprint, path, hasPassphrase: hasPassphrase(file) }, print);
  const code = qrCode(`P2PCHAT:${fingerprint.toUpperCase()}`, { colours });
  // A code whose lines are broken cannot be read.
  if (code.columns <= columns) { for (const line of ["", ...code.lines]) print(line); }
}

/**
 * Asks for a new passphrase and puts the identity under it.
 *
 * @throws {UserError} If there is nobody to ask, or the identity cannot be read or written.
 */
export async function changePassphrase(
  directory: string,
  { print, warn, prompt, present, fresh }: Surroundings,
): Promise<void> {
  const kept = keepAndSay(directory, print, warn);
  const identity = await unlockIdentity(kept, askingBy(prompt, present));
  const passphrase = await askNewPassphrase("new", prompt, fresh);
  setPassphrase(kept, identity, passphrase);
  const before = hasPassphrase(kept.file);
  say({ type: "passphrase-changed", before, now: passphrase !== "" }, print);
}

/**
 * Writes a copy of the identity to a new file, under a passphrase of its own.
 *
 * @param to The file; `-` is standard output.
 * @param plain Whether the copy has no passphrase.
 * @throws {UserError} If there is no identity, nobody to ask, or the file exists or cannot be written.
 */
export async function exportCopy(
  directory: string,
  to: string,
  { plain }: { plain: boolean },
  { print, warn, prompt, present, fresh }: Surroundings,
): Promise<void> {
  const kept = readIdentity(directory);
  if (kept === undefined) throw new UserError({ code: "no-identity-yet", directory });
  sayIfExposed(kept, warn);
  const identity = await unlockIdentity(kept, askingBy(prompt, present));
  const passphrase = plain ? "" : await askNewPassphrase("copy", prompt, fresh);
  if (!plain && passphrase === "") throw new UserError({ code: "copy-without-passphrase" });
  exportIdentity(to === "-" ? Deno.stdout : to, protectIdentity(identity, passphrase));
  if (to !== "-") say({ type: "identity-exported", path: to, plain }, print);
}

/**
 * Makes a copy the profile's identity.
 *
 * @param from The file; `-` is standard input.
 * @param replace Whether it may replace another identity, which is then kept beside it.
 * @throws {UserError} If it is no identity, its passphrase is not known, another is there, or it cannot be
 * written.
 */
export async function importCopy(
  directory: string,
  from: string,
  { replace }: { replace: boolean },
  { print, warn, prompt, present }: Surroundings,
): Promise<void> {
  const file = readExported(from === "-" ? Deno.stdin : from);
  // Only to be sure that the user knows its passphrase: the identity stays under it.
  await unlockIdentity({ path: from === "-" ? undefined : from, file }, askingBy(prompt, present));
  const { wasThere, replaced } = importIdentity(directory, file, { replace });
  const fingerprint = fingerprintOf(file.publicKey);
  say({ type: "identity-imported", fingerprint, wasThere, replaced }, print);
  sayIfExposed(readIdentity(directory)!, warn);
}

function keepAndSay(
  directory: string,
  print: (line: string) => void,
  warn: (line: string) => void,
): StoredIdentity {
  const kept = ensureIdentity(directory);
  sayIfExposed(kept, warn);
  if (kept.isNew) say({ type: "identity-made" }, print);
  return kept;
}

function sayIfExposed({ path, exposedMode: mode }: StoredIdentity, warn: (line: string) => void) {
  if (mode !== undefined) say({ type: "identity-exposed", path, mode }, warn);
}

function hasPassphrase(file: StoredIdentity["file"]): boolean {
  return "sealed" in file;
}
