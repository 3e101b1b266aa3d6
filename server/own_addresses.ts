/**
 * The addresses of a server that has made its certificate itself: by these, and by its certificate, others know it.
 *
 * @module
 */

import {
  type Address,
  formatAddress,
  isLinkLocal,
  isLocal,
  isUnspecified,
  takesFamilyOf,
} from "../shared/net/address.ts";
import { interfaces } from "../shared/net/interfaces.ts";
import { shortPin } from "../shared/net/server_address.ts";

/** Addresses that are told, at most: a machine may have hundreds. */
const hostsMax = 4;

/**
 * The addresses, as clients type them.
 *
 * @param address Where it listens.
 * @param realms The addresses that its operator names, with ports; those of the machine if not given.
 * @param sha256 The fingerprint of its certificate, in hexadecimal.
 */
export function ownAddresses(
  address: Address,
  realms: readonly string[] | undefined,
  { sha256 }: { readonly sha256: string },
): string[] {
  const places = realms ?? hostsOf(address).map((host) => formatAddress({ ...address, host }));
  const pin = shortPin(Uint8Array.fromHex(sha256));
  return places.map((place) => `tls://${place}?sha256=${pin}`);
}

/** The hosts by which others may reach a server. */
function hostsOf({ host }: Address): string[] {
  if (!isUnspecified(host)) return [host];
  const hosts = interfaces().map(({ address }) => address)
    .filter((one) => !isLocal(one) && !isLinkLocal(one) && takesFamilyOf(host, one));
  return hosts.length > 0 ? hosts.slice(0, hostsMax) : ["HOST"];
}
