/**
 * Where a server listens, and how it is spoken to: `chat.example.org:5555` in the clear,
 * `tls://chat.example.org:5555` with TLS, `tls://chat.example.org:5555?sha256=…` with TLS and the one
 * certificate that has this fingerprint.
 *
 * @module
 */

import { type Address, formatAddress, parseAddress } from "../../shared/net/address.ts";
import { fromBase64url } from "../../shared/bytes/base64url.ts";

/** A server's address; without `tls` it is spoken to in the clear. */
export interface ServerAddress extends Address {
  readonly tls?: ServerTls;
}

/** How a server's certificate is verified; where nothing is said, by the authorities of the system. */
export interface ServerTls {
  /** SHA-256 of the one certificate that counts, in DER; then no authority is asked, and no date. */
  readonly pin?: Uint8Array;
  /** Certificates of authorities that count beside those of the system, in PEM. */
  readonly authorities?: string;
}

/** So many are named by one text: a round of dials takes so many times what one does. */
const serversMax = 8;

const scheme = /^tls:\/\//i;
const pinParameter = "sha256=";
const pinBytes = 32;

/**
 * Reads a server's address.
 *
 * @param defaultPort The port where the text names none.
 * @returns The address, or undefined where the text is none.
 */
export function parseServerAddress(text: string, defaultPort: number): ServerAddress | undefined {
  if (!scheme.test(text)) return parseAddress(text, defaultPort);
  const [place = "", query, ...more] = text.replace(scheme, "").split("?");
  const address = parseAddress(place, defaultPort);
  if (address === undefined || more.length > 0) return undefined;
  if (query === undefined) return { ...address, tls: {} };
  const pin = query.startsWith(pinParameter)
    ? parsePin(query.slice(pinParameter.length))
    : undefined;
  return pin && { ...address, tls: { pin } };
}

/**
 * Reads the addresses of one or several servers, with commas between them: each as
 * {@linkcode parseServerAddress} does.
 *
 * @param defaultPort The port where the text names none.
 * @returns The addresses in their order, or undefined where one is none or there are more than 8.
 */
export function parseServerAddresses(
  text: string,
  defaultPort: number,
): ServerAddress[] | undefined {
  const addresses: ServerAddress[] = [];
  for (const part of text.split(",")) {
    const address = parseServerAddress(part.trim(), defaultPort);
    if (address === undefined || addresses.push(address) > serversMax) return undefined;
  }
  return addresses;
}

/** Writes a server's address, for people; it does not repeat the fingerprint, which is long. */
export function formatServerAddress(address: ServerAddress): string {
  return (address.tls === undefined ? "" : "tls://") + formatAddress(address);
}

/** Reads 32 bytes in hexadecimal, with colons or without, or in base64url (RFC 4648 section 5). */
function parsePin(text: string): Uint8Array | undefined {
  if (/^[0-9a-f]{2}(?:(?::[0-9a-f]{2}){31}|[0-9a-f]{62})$/i.test(text)) {
    return Uint8Array.fromHex(text.replaceAll(":", ""));
  }
  return fromBase64url(text.replace(/=$/, ""), pinBytes);
}
