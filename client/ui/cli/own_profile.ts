/**
 * Opening a profile for a command: the passphrase is asked for in the terminal, and a conversion of the
 * messages that takes its time says how far it is.
 *
 * @module
 */

import { type OpenProfile, openProfile, type OpenProfileOptions } from "../../profile/profile.ts";
import { conversionLines } from "./conversion_lines.ts";
import { askingBy } from "./passphrase_prompt.ts";
import type { PassphraseSource } from "./passphrase_source.ts";
import { say, sayOnStandardError } from "./say.ts";
import { promptSecret } from "./terminal_prompt.ts";

/** How a profile is opened for a command. */
export interface OwnProfileOptions
  extends Pick<OpenProfileOptions, "mustExist" | "onUnlocked" | "copyTo"> {
  /** Where its passphrase is, if that is not to be asked for. */
  readonly passphrase?: PassphraseSource | undefined;
}

/**
 * Opens a profile.
 *
 * @throws {UserError} As {@linkcode openProfile}.
 */
export function openOwnProfile(
  directory: string,
  { mustExist = false, onUnlocked, copyTo, passphrase }: OwnProfileOptions = {},
): Promise<OpenProfile> {
  const ask = askingBy(promptSecret, passphrase);
  return openProfile(directory, ask, {
    mustExist,
    ...onUnlocked && { onUnlocked },
    copyTo,
    onConversion: conversionLines(sayOnStandardError),
    onExposed: (exposed) => say({ type: "identity-exposed", ...exposed }, sayOnStandardError),
  });
}
