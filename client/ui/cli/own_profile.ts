/**
 * Opening a profile for a command: the passphrase is asked for in the terminal, and a conversion of the
 * messages that takes its time says how far it is.
 *
 * @module
 */

import { writeAllSync } from "../../../shared/net/write_all.ts";
import { type OpenProfile, openProfile } from "../../profile/profile.ts";
import { conversionLines } from "./conversion_lines.ts";
import { askingBy, promptPassphrase } from "./passphrase_prompt.ts";

/**
 * Opens a profile.
 *
 * @param mustExist Whether it must be there; else it is made.
 * @throws {UserError} As {@linkcode openProfile}.
 */
export function openOwnProfile(
  directory: string,
  { mustExist = false }: { readonly mustExist?: boolean } = {},
): OpenProfile {
  const onConversion = conversionLines(sayOnStandardError);
  return openProfile(directory, askingBy(promptPassphrase), { mustExist, onConversion });
}

/** Standard output is for what the command was asked for. */
function sayOnStandardError(line: string): void {
  writeAllSync(Deno.stderr, new TextEncoder().encode(line + "\n"));
}
