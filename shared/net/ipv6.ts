/**
 * IPv6 addresses as text, read by the platform's own parser: that of a URL's host.
 *
 * @module
 */

/** What an address is written with. Anything else, such as a bracket, would be another part of the URL. */
const characters = /^[0-9a-fA-F:.]{2,45}$/;

/**
 * Reads an IPv6 address (RFC 4291 section 2.2).
 *
 * @param text An address without brackets or a zone.
 * @returns The one form that RFC 5952 gives it, with groups alone; undefined if it is none.
 */
export function canonicalIpv6(text: string): string | undefined {
  return characters.test(text) ? URL.parse(`http://[${text}]`)?.hostname.slice(1, -1) : undefined;
}

/** The eight groups of 16 bits of an address, as {@linkcode canonicalIpv6} gives it. */
export function ipv6Groups(canonical: string): number[] {
  const [front = [], back] = canonical.split("::").map(groupsOf);
  if (back === undefined) return front;
  return [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
}

function groupsOf(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => parseInt(group, 16));
}

/**
 * The IPv4 address that is written as IPv6 (RFC 4291 section 2.5.5.2), such as `::ffff:192.0.2.1`.
 *
 * @param canonical As {@linkcode canonicalIpv6} gives it.
 * @returns Undefined if it is another one.
 */
export function mappedIpv4(canonical: string): string | undefined {
  const [, high = "", low = ""] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(canonical) ?? [];
  if (low === "") return undefined;
  const bits = parseInt(high, 16) * 0x1_0000 + parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff).join(".");
}
