/**
 * What kind of place an IP address is. More than one form of IPv6 holds an IPv4 address; what counts is where
 * what is sent to it arrives.
 *
 * @module
 */

import ipaddr from "ipaddr.js";
import { isIpAddress } from "../../shared/net/address.ts";

/**
 * - `public`: anywhere in the internet.
 * - `private`: in a network of somebody's own (RFC 1918, RFC 4193, RFC 6598).
 * - `link-local`: on the same link, such as a router, or what a cloud tells its machines (RFC 3927, RFC 4291).
 * - `loopback`: this machine.
 * - `unusable`: nobody in particular, such as 0.0.0.0, groups, and what is reserved.
 */
export type AddressKind = "public" | "private" | "link-local" | "loopback" | "unusable";

type IpAddress = ReturnType<typeof ipaddr.parse>;

/**
 * The names of ipaddr.js for the ranges that are not public. Those for documentation count as reserved there;
 * they are as good as any address in the internet at which nobody is.
 */
const kinds: Readonly<Record<string, AddressKind>> = {
  loopback: "loopback",
  private: "private",
  carrierGradeNat: "private",
  uniqueLocal: "private",
  deprecatedSiteLocal: "private",
  linkLocal: "link-local",
  unspecified: "unusable",
  broadcast: "unusable",
  multicast: "unusable",
  discard: "unusable",
  segmentRouting: "unusable",
};

/** Ranges that are reserved, or meant for no connection over the internet, and that ipaddr.js has no name of. */
const more: readonly (readonly [range: string, kind: AddressKind])[] = [
  // Class E, with the limited broadcast.
  ["240.0.0.0/4", "unusable"],
  // Between a provider and its customers, and for trying out networks (RFC 6890, RFC 2544, RFC 5180).
  ["192.0.0.0/24", "private"],
  ["198.18.0.0/15", "private"],
  ["2001:2::/48", "private"],
  // Translates to any IPv4 address, by rules of its network's own (RFC 8215), or by a server's (RFC 4380).
  ["64:ff9b:1::/48", "unusable"],
  ["2001::/32", "unusable"],
];

/** The ranges of IPv6 that hold an IPv4 address, and the first of the two parts of 16 bits that it is in. */
const holders: readonly (readonly [range: string, part: number])[] = [
  // Translated (RFC 6052, RFC 2765), and compatible, which is no more in use (RFC 4291 section 2.5.5.1).
  ["64:ff9b::/96", 6],
  ["::ffff:0:0:0/96", 6],
  ["::/96", 6],
  // 6to4 (RFC 3056).
  ["2002::/16", 1],
];

/** What there is of IPv6 in the internet (RFC 4291 section 2.4, as the IANA gives it out). */
const routed = "2000::/3";

/**
 * What kind an address is of.
 *
 * @param ip An IP address, with or without a zone. Any other text is `unusable`.
 */
export function addressKind(ip: string): AddressKind {
  const address = readIp(ip);
  return address === undefined ? "unusable" : kindOf(address);
}

/** Reads an IP address; one of IPv4 that is written as `::ffff:192.0.2.1` is of IPv4. Undefined if it is none. */
export function readIp(ip: string): IpAddress | undefined {
  const withoutZone = ip.replace(/%.*$/, "");
  // ipaddr.js also reads what some resolvers take for an address, such as 127.1.
  if (!isIpAddress(withoutZone)) return undefined;
  // It takes ::192.0.2.1 for ::ffff:192.0.2.1, which is another address.
  return ipaddr.process(withoutZone.replace(/^::(?=[0-9]+\.)/, "::0:"));
}

function kindOf(address: IpAddress): AddressKind {
  const kind = kinds[address.range()] ?? more.find(([range]) => isIn(address, range))?.[1];
  if (kind !== undefined) return kind;
  if (address instanceof ipaddr.IPv4) return "public";
  const { parts } = address as ipaddr.IPv6;
  const at = holders.find(([range]) => isIn(address, range))?.[1];
  // What the internet does not route is somebody's own.
  if (at === undefined) return isIn(address, routed) ? "public" : "private";
  const [high = 0, low = 0] = parts.slice(at);
  const held = new ipaddr.IPv4([high >> 8, high & 0xff, low >> 8, low & 0xff]);
  // No such form is used for what is not public: it would only hide what it is.
  return kindOf(held) === "public" ? "public" : "unusable";
}

function isIn(address: IpAddress, range: string): boolean {
  const [base, length] = ipaddr.parseCIDR(range);
  return base.kind() === address.kind() && address.match([base, length] as never);
}
