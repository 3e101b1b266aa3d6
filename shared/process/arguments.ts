/**
 * Parsers for what is typed on the command line. Each throws an error that the command line shows with the
 * value and a sentence about what is wanted.
 *
 * @module
 */

import { ArgumentError } from "./argument_error.ts";
import { byteSizeRule, parseByteSize } from "../bytes/byte_size.ts";
import { type Address, formatAddress, isHost, parseAddress, parsePort } from "../net/address.ts";
import { clientIdRule, isClientId } from "../protocol/client_id.ts";
import { durationRule, parseDuration } from "../time/duration.ts";

/** Reads a port. @throws {ArgumentError} If it is malformed. */
export function parsePortArgument(text: string): number {
  const port = parsePort(text);
  if (port === undefined) throw new ArgumentError("A port is a number from 0 to 65535.");
  return port;
}

/** Reads a host. @throws {ArgumentError} If it is neither an IP address nor a name. */
export function parseHostArgument(text: string): string {
  if (isHost(text)) return text;
  throw new ArgumentError("A host is an IP address, such as 127.0.0.1 or ::1, or a name.");
}

/** Reads where to listen: a host and a port, which may be 0. @throws {ArgumentError} If it is malformed. */
export function parseListeningArgument(text: string): Address {
  const colon = text.lastIndexOf(":");
  const host = text.slice(0, Math.max(colon, 0)).replace(/^\[(.*)\]$/, "$1");
  const port = parsePort(text.slice(colon + 1));
  if (port !== undefined && isHost(host)) return { host, port };
  throw new ArgumentError("An address is a host and a port, such as 127.0.0.1:9155.");
}

/** Reads a client's id. @throws {ArgumentError} If no client can have it. */
export function parseClientIdArgument(text: string): string {
  if (isClientId(text)) return text;
  throw new ArgumentError(`A client's name is ${clientIdRule}.`);
}

/** Reads a duration, as milliseconds. @throws {ArgumentError} If it is malformed. */
export function parseDurationArgument(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new ArgumentError(`A time is ${durationRule}.`);
  return ms;
}

/** Reads an amount of bytes. @throws {ArgumentError} If it is malformed. */
export function parseByteSizeArgument(text: string): number {
  const bytes = parseByteSize(text);
  if (bytes === undefined) throw new ArgumentError(`An amount is ${byteSizeRule}.`);
  return bytes;
}

/**
 * Reads an address that a server goes by.
 *
 * @returns It behind those that were named before it.
 * @throws {ArgumentError} If it is malformed.
 */
export function addRealmArgument(text: string, before: readonly string[] = []): string[] {
  const address = parseAddress(text);
  if (address !== undefined) return [...before, formatAddress(address)];
  throw new ArgumentError(
    "A realm is the server's address with its port, such as chat.example.org:5555.",
  );
}
