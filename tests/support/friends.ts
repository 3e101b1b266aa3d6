/**
 * Making people contacts of each other, as if they had met in an earlier run. What a client takes from somebody
 * whom its user has never answered is little; what a test or a measurement sends should not depend on that.
 *
 * @module
 */

import type { Store } from "../../client/store/store.ts";
import type { PublicKey } from "../../shared/crypto/public_key.ts";

/** Makes a name and key a contact in a store. */
export function befriend(
  { knownPeers }: Pick<Store, "knownPeers">,
  name: string,
  key: PublicKey,
): void {
  knownPeers.remember(name, key);
}
