/**
 * Network addresses: a host and a TCP port, such as `127.0.0.1:5555`, `[::1]:5555` or
 * `chat.example.org:5555`.
 *
 * @module
 */

import { canonicalIpv6, mappedIpv4 } from "./ipv6.ts";

/** A host and a port. The host is a name, or an IP address without brackets. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Writes an address. An IPv6 address gets brackets (RFC 3986 section 3.2.2). */
export function formatAddress({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

const addressPattern = /^(?:\[([^\[\]]+)\]|([^:\[\]]+))(?::([0-9]{1,5}))?$/;
// An underscore is not allowed by RFC 952, but there are machines that have one in their name.
const namePattern = /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*\.?$/;

/**
 * Reads an address.
 *
 * @param defaultPort The port if the text names none.
 * @returns Undefined if the text is not an address.
 */
export function parseAddress(text: string, defaultPort?: number): Address | undefined {
  const [, bracketed, plain, portText] = addressPattern.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = portText === undefined ? defaultPort : parsePort(portText);
  if (host === undefined || port === undefined || port === 0) return undefined;
  if (bracketed !== undefined) {
    const withoutZone = bracketed.replace(/%[A-Za-z0-9._-]{1,32}$/, "");
    return isIpv6Address(withoutZone) ? { host, port } : undefined;
  }
  // Some resolvers take numbers for an address: 127.1, 0x7f000001.
  const valid = /^[0-9.]+$|^0x[0-9a-f]+$/i.test(host) ? isIpv4Address(host) : isHostName(host);
  return valid ? { host, port } : undefined;
}

function isHostName(text: string): boolean {
  return text.length <= 253 && namePattern.test(text);
}

/** Reads a port, 0 to 65535; undefined if the text is not one. */
export function parsePort(text: string): number | undefined {
  if (text.length === 0 || text.length > 5) return undefined;
  let port = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - zero;
    if (!(digit >= 0 && digit <= 9)) return undefined;
    port = port * 10 + digit;
  }
  return port <= 65_535 ? port : undefined;
}

/**
 * Whether two addresses are the same, however they are written: names in any case and with or without the dot at
 * their end (RFC 4343, RFC 1034 section 3.1), IPv6 addresses with or without zeros left out or a zone.
 */
export function isSameAddress(a: Address, b: Address): boolean {
  return a.port === b.port && (a.host === b.host || plainForm(a.host) === plainForm(b.host));
}

function plainForm(host: string): string {
  if (!host.includes(":")) return host.toLowerCase().replace(/\.$/, "");
  const [address = ""] = host.split("%");
  const canonical = canonicalIpv6(address);
  return canonical === undefined ? address : mappedIpv4(canonical) ?? canonical;
}

/** Whether a text is an IPv4 address of four decimal parts or an IPv6 address without brackets. */
export function isIpAddress(text: string): boolean {
  return text.includes(":") ? isIpv6Address(text) : isIpv4Address(text);
}

function isIpv6Address(text: string): boolean {
  // A zone, as in fe80::1%eth0, has no meaning on another machine.
  return canonicalIpv6(text) !== undefined;
}

/** Four decimal numbers up to 255, without leading zeros, which mean octal to some resolvers. */
function isIpv4Address(text: string): boolean {
  let parts = 1;
  let digits = 0;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === dot) {
      if (digits === 0) return false;
      parts++;
      digits = 0;
      value = 0;
      continue;
    }
    const digit = c - zero;
    if (!(digit >= 0 && digit <= 9) || (digits > 0 && value === 0)) return false;
    value = value * 10 + digit;
    digits++;
    if (value > 255) return false;
  }
  return parts === 4 && digits > 0;
}

const dot = 0x2e;
const zero = 0x30;

/** Whether a text is a host to listen on: an IP address or a name. */
export function isHost(text: string): boolean {
  return parseAddress(text.includes(":") ? `[${text}]` : text, 1) !== undefined;
}

/** Writes an IPv4 address from an IPv6 socket as IPv4, and gives any other address back as it is. */
export function plainHost(host: string): string {
  return host.startsWith("::ffff:") && host.includes(".") ? host.slice("::ffff:".length) : host;
}

type Range = "loopback" | "private" | "public";

const loopback = /^127\.|^::1$/;
/** RFC 1918, RFC 3927, RFC 6598, RFC 4193 and RFC 4291 section 2.5.6. */
const ownNetworks =
  /^10\.|^172\.(?:1[6-9]|2\d|3[01])\.|^192\.168\.|^169\.254\.|^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|^f[cd]..:|^fe[89ab].:/;

function rangeOf(host: string): Range {
  const plain = plainForm(host);
  if (loopback.test(plain)) return "loopback";
  return ownNetworks.test(plain) ? "private" : "public";
}

/** Whether an IP address belongs to this machine. */
export function isLoopback(host: string): boolean {
  return rangeOf(host) === "loopback";
}

/** Whether a host, by name or address, is this machine. */
export function isLocal(host: string): boolean {
  return host.toLowerCase() === "localhost" || (isIpAddress(host) && isLoopback(host));
}

/**
 * Where a client says that it is that is reached over its server alone: a place at which nobody can be (RFC 6666), and
 * the port of what is thrown away (RFC 863).
 */
export const nowhere: Address = { host: "100::", port: 9 };

/** Whether an address is {@linkcode nowhere}. */
export function isNowhere(address: Address): boolean {
  return isSameAddress(address, nowhere);
}

/** Whether an IP address is good on its own link alone (RFC 3927, RFC 4291 section 2.5.6). */
export function isLinkLocal(host: string): boolean {
  return /^169\.254\.|^fe[89ab][0-9a-f]:/i.test(host);
}

/** Whether a host stands for all addresses of a machine, for a listener. */
export function isUnspecified(host: string): boolean {
  return isIpAddress(host) && /^0\.|^::$/.test(plainForm(host));
}

/** Whether who listens at a host takes calls to the family of another: one of IPv6 takes both if it is `::`. */
export function takesFamilyOf(listening: string, host: string): boolean {
  return isFamily6(listening) ? listening === "::" || isFamily6(host) : !isFamily6(host);
}

function isFamily6(host: string): boolean {
  return host.includes(":");
}

/**
 * Decides at which host others can reach a client: the one that it claims if that is believable, else the one
 * that the server observes. A claim is believable if it equals the observed address, if both are loopback, or
 * if it is private and the observed address is private or loopback: then they share a network that the server
 * cannot see into. That of {@linkcode nowhere} is: who claims it does not want to be found.
 *
 * @param claimed An IP address.
 * @param observed The IP address of the client's end of its connection.
 */
export function reachableHost(claimed: string, observed: string): string {
  if (claimed === observed || claimed === nowhere.host) return claimed;
  const seen = rangeOf(observed);
  const said = rangeOf(claimed);
  const believable = seen === "loopback"
    ? said !== "public"
    : seen === "private" && said === "private";
  return believable ? claimed : observed;
}
