/**
 * Which addresses are called. Whoever names an address has this machine open a connection to it, from where it
 * stands: behind a firewall, beside a router, in a cloud. So it depends on who has named it and on how near that
 * brings it to what only this machine can reach.
 *
 * @module
 */

import type ipaddr from "ipaddr.js";
import { isLocal } from "../../shared/net/address.ts";
import type { InterfaceAddress } from "../../shared/net/interfaces.ts";
import type { AddressSource } from "../../shared/net/named_address.ts";
import { type AddressKind, addressKind, readIp } from "./address_kind.ts";

/** Where this machine stands. */
export interface Surroundings {
  readonly interfaces: readonly InterfaceAddress[];
  /** The host at which the client's server was reached, or what the user calls it if it was not. */
  readonly serverHost: string;
}

/** What speaks against calling an address: what it is, for the one who has named it. */
export type Objection = Exclude<AddressKind, "public">;

/**
 * What speaks against calling an address.
 *
 * - What the user has typed is called.
 * - Nobody else makes this machine call a link-local address, or one at which nobody in particular is.
 * - An address of this machine itself is called if the server is on this machine, too.
 * - A private address is called if it is in a network of this machine's, or a contact has named it over an encrypted
 *   link, or a server has that the user reaches at a private address.
 * - A mail is sealed to be read at any time, anywhere: it makes this machine call public addresses only.
 *
 * @param host An IP address.
 * @returns Undefined if it may be called.
 */
export function objectionTo(
  host: string,
  source: AddressSource,
  { interfaces, serverHost: ownServer }: Surroundings,
): Objection | undefined {
  const kind = addressKind(host);
  if (source === "user" || kind === "public") return undefined;
  if (source === "mail" || kind === "link-local" || kind === "unusable") return kind;
  const serverHost = typeof source === "object" ? source.serverHost : ownServer;
  if (kind === "loopback") return isHere(serverHost, interfaces) ? undefined : kind;
  const isAllowed = source === "contact" || isInOwnNetwork(host, interfaces) ||
    (typeof source === "object" && isNear(serverHost));
  return isAllowed ? undefined : kind;
}

/** Whether a host is this machine. */
function isHere(host: string, interfaces: readonly InterfaceAddress[]): boolean {
  if (isLocal(host)) return true;
  const ip = readIp(host)?.toString();
  return ip !== undefined && interfaces.some(({ address }) => readIp(address)?.toString() === ip);
}

/** Whether a host is not in the internet. */
function isNear(host: string): boolean {
  return isLocal(host) || ["private", "link-local"].includes(addressKind(host));
}

function isInOwnNetwork(host: string, interfaces: readonly InterfaceAddress[]): boolean {
  const ip = readIp(host)!;
  return interfaces.some(({ address, prefixBits }) => {
    const own = readIp(address);
    return own !== undefined && own.kind() === ip.kind() &&
      ip.match([own, prefixBits] as [ipaddr.IPv4 & ipaddr.IPv6, number]);
  });
}
