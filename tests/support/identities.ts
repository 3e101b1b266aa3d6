/**
 * The identity of a profile, as a client gets it when it starts.
 *
 * @module
 */

import {
  type AskPassphrase,
  ensureIdentity,
  unlockIdentity,
} from "../../client/profile/profile.ts";
import type { Identity } from "../../shared/crypto/identity.ts";

/** Reads the identity of a profile, or makes it, and unlocks it. */
export async function loadIdentity(
  directory: string,
  askPassphrase: AskPassphrase,
): Promise<Identity> {
  return await unlockIdentity(ensureIdentity(directory), askPassphrase);
}
