/**
 * The identity of a profile, as a client gets it when it starts.
 *
 * @module
 */

import type { AskPassphrase } from "../../client/profile/ask_passphrase.ts";
import { keepIdentity, unlockIdentity } from "../../client/profile/profile.ts";
import type { Identity } from "../../shared/crypto/identity.ts";

/** Reads the identity of a profile, or makes it, and unlocks it. */
export function loadIdentity(directory: string, askPassphrase: AskPassphrase): Identity {
  return unlockIdentity(keepIdentity(directory), askPassphrase);
}
