/**
 * Which host an IP address belongs to. One host of IPv6 usually has a whole /64 to itself, and one site gets a
 * /48 (RFC 6177), so counting addresses counts nobody.
 *
 * @module
 */

import { canonicalIpv6, ipv6Groups, mappedIpv4 } from "./ipv6.ts";

/**
 * The host that an IP address stands for: of IPv4 the address itself, of IPv6 its /64, such as
 * `2001:db8:1:2::/64`. An IPv4 address that is written as IPv6 (`::ffff:192.0.2.1`) is that of IPv4.
 *
 * @param ip An IP address, with or without a zone. Any other text stands for itself.
 */
export function hostPrefix(ip: string): string {
  return prefixOf(ip, hostParts);
}

/** The site that an IP address belongs to: of IPv6 its /48, such as `2001:db8:1::/48`; else the host itself. */
export function sitePrefix(ip: string): string {
  return prefixOf(ip, siteParts);
}

/** Groups of 16 bits that make a /64 and a /48. */
const hostParts = 4;
const siteParts = 3;

function prefixOf(ip: string, count: number): string {
  // Most addresses, and the only ones that a small server sees: no time is spent on them.
  if (!ip.includes(":")) return ip;
  const canonical = canonicalIpv6(ip.replace(/%.*$/, ""));
  if (canonical === undefined) return ip;
  const parts = ipv6Groups(canonical).slice(0, count).map((group) => group.toString(16));
  return mappedIpv4(canonical) ?? `${parts.join(":")}::/${count * 16}`;
}
