/**
 * Whether a profile's identity is under a passphrase, found out without what reads it: that is a good part of the
 * program, and in a terminal the prompt stands before.
 *
 * @module
 */

import { identityFileBytesMax } from "../shared/protocol/limits.ts";

/** The file of the identity in a profile's directory. */
export const identityFileName = "identity.json";

/**
 * Whether nobody has to be asked for a passphrase, nor told of something that is wrong with the identity's file: there
 * is none yet, or it can be used as it is.
 *
 * @param directory That of the profile.
 * @returns False as well if that is not sure. Whoever reads the file then says what it is.
 */
export function isSurelyUnsealed(directory: string): boolean {
  try {
    const path = `${directory}/${identityFileName}`;
    const { isFile, size, mode } = Deno.statSync(path);
    if (!isFile || size > identityFileBytesMax || ((mode ?? 0) & 0o077) !== 0) return false;
    return typeof JSON.parse(Deno.readTextFileSync(path)).seed === "string";
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}
