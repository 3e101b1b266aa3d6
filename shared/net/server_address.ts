/**
 * The address of a server, with or without TLS: `chat.example.org:5555` is plaintext,
 * `tls://chat.example.org:5555` is TLS, and `tls://chat.example.org:5555?sha256=…` is TLS with the one
 * certificate that has this fingerprint. Its first 128 bits are enough, as 26 letters that can be read out.
 *
 * @module
 */

import { type Address, formatAddress, parseAddress } from "./address.ts";
import { fromBase32, toBase32 } from "../bytes/base32.ts";
import { fromBase64url } from "../bytes/base64url.ts";

/** The address of a server. The connection is plaintext if there is no `tls`. */
export interface ServerAddress extends Address {
  readonly tls?: ServerTls;
}

/** How the certificate of a server is verified. The authorities of the system do it if nothing is given. */
export interface ServerTls {
  /**
   * SHA-256 of the one certificate that is accepted, in DER, or the first 16 bytes of that. Then neither authorities
   * nor dates count.
   */
  readonly pin?: Uint8Array;
  /** Certificates of authorities that are trusted beside those of the system, in PEM (RFC 7468). */
  readonly authorities?: string;
}

/** The port that a server listens on, and that clients ask for, if none is named. */
export const defaultPort = 5555;

/** The most servers that one text may name: dialing all of them takes as many times as long as one. */
const serversMax = 8;

const scheme = /^tls:\/\//i;
const pinParameter = "sha256=";
const pinBytes = 32;
/** Whoever wants to be taken for a server has to find another certificate with the same first bits. */
const shortPinBytes = 16;

/**
 * Reads the addresses of one or several servers, separated by commas.
 *
 * @param defaultPort The port if the text names none.
 * @returns The addresses in their order, or undefined if one is malformed or there are more than 8.
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

/** Writes the address of a server for people, without the fingerprint, which is long. */
export function formatServerAddress(address: ServerAddress): string {
  return (address.tls === undefined ? "" : "tls://") + formatAddress(address);
}

/** One text for each server and way to speak with it, however its host is written. */
export function serverPlace(address: ServerAddress): string {
  return formatServerAddress(address).toLowerCase();
}

/** Writes the address of a server as it can be read again, with the fingerprint. */
export function formatPinnedServer(address: ServerAddress): string {
  const pin = address.tls?.pin;
  if (pin === undefined) return formatServerAddress(address);
  const text = pin.length === pinBytes ? pin.toHex() : shortPin(pin);
  return `${formatServerAddress(address)}?${pinParameter}${text}`;
}

/**
 * Reads the address of a server.
 *
 * @param defaultPort The port if the text names none.
 * @returns The address, or undefined if the text is malformed.
 */
function parseServerAddress(text: string, defaultPort: number): ServerAddress | undefined {
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

/** Writes a pin that can be read out: 26 letters. @param sha256 The whole fingerprint. */
export function shortPin(sha256: Uint8Array): string {
  return toBase32(sha256.subarray(0, shortPinBytes));
}

/**
 * Reads 32 bytes in hexadecimal, with or without colons, or in base64url (RFC 4648 section 5); or their first 16 in
 * base32.
 */
function parsePin(text: string): Uint8Array | undefined {
  if (/^[0-9a-f]{2}(?:(?::[0-9a-f]{2}){31}|[0-9a-f]{62})$/i.test(text)) {
    return Uint8Array.fromHex(text.replaceAll(":", ""));
  }
  return fromBase64url(text.replace(/=$/, ""), pinBytes) ?? fromBase32(text, shortPinBytes);
}
