/**
 * Header values that are more than a text: how each is written, and beside that how it is read. Readers ignore
 * what follows the parts that they know, so that a later version can add some.
 *
 * @module
 */

import { type Fingerprint, isFingerprint } from "../crypto/public_key.ts";
import { type Address, formatAddress, parseAddress } from "../net/address.ts";
import { isClientId } from "./client_id.ts";
import { parseContactToken } from "./contact_token.ts";
import { type Header, header, type Message } from "./message.ts";
import { isId } from "./random_id.ts";

/** A client, as a server lists it. */
export interface ClientRecord {
  readonly clientId: string;
  readonly address: Address;
  /** Of its key, if it has one. */
  readonly fingerprint: Fingerprint | undefined;
}

/** Writes a `Client`: `alice 192.0.2.1:5556`, with the fingerprint behind it if there is one. */
export function formatClient({ clientId, address, fingerprint }: ClientRecord): string {
  const client = `${clientId} ${formatAddress(address)}`;
  return fingerprint === undefined ? client : `${client} ${fingerprint}`;
}

/** Reads a `Client`. @returns Undefined if it is malformed. */
export function parseClient(line: string): ClientRecord | undefined {
  const [clientId = "", place = "", fingerprint] = line.split(" ");
  const address = parseAddress(place);
  if (!isClientId(clientId) || address === undefined) return undefined;
  return { clientId, address, fingerprint: parseFingerprint(fingerprint) };
}

/**
 * Reads a client as the original's server lists it, in a bare line: `alice 192.0.2.1:5556`. The id may be one
 * that this protocol does not allow, with spaces and umlauts.
 *
 * @returns Undefined if it is malformed.
 */
export function parseLegacyClient(line: string): ClientRecord | undefined {
  const end = line.trimEnd().lastIndexOf(" ");
  const clientId = line.slice(0, Math.max(end, 0)).trim();
  const address = parseAddress(line.slice(end + 1).trimEnd());
  if (clientId === "" || address === undefined) return undefined;
  return { clientId, address, fingerprint: undefined };
}

/** Reads a `Fingerprint`. @returns Undefined if it is malformed. */
export function parseFingerprint(text: string | undefined): Fingerprint | undefined {
  return text !== undefined && isFingerprint(text) ? text : undefined;
}

const presenceStatuses = ["online", "registered", "away"] as const;

/**
 * What a server knows of a client: `online`, it hears from the client; `registered`, the client has registered
 * and may be gone; or `away`, it has not registered.
 */
export type PresenceStatus = typeof presenceStatuses[number];

/** Writes a `Presence`: `alice online`. */
export function formatPresence(clientId: string, status: PresenceStatus): string {
  return `${clientId} ${status}`;
}

/** Reads a `Presence`. @returns Undefined if its status is unknown. */
export function parsePresence(
  line: string,
): { readonly clientId: string; readonly status: PresenceStatus } | undefined {
  const [clientId = "", word] = line.split(" ");
  const status = presenceStatuses.find((status) => status === word);
  return status && { clientId, status };
}

/** Writes a `Target` of WATCH: `alice`, with the token by which we are a contact of theirs behind it. */
export function formatTarget(clientId: string, token: Uint8Array | undefined): string {
  return token === undefined ? clientId : `${clientId} ${token.toHex()}`;
}

/** Reads a `Target` of WATCH. @returns Undefined if it is malformed. */
export function parseTarget(
  value: string,
): { readonly clientId: string; readonly token: Uint8Array | undefined } | undefined {
  const [clientId = "", text] = value.split(" ");
  const token = text === undefined ? undefined : parseContactToken(text);
  if (!isClientId(clientId) || (text !== undefined && token === undefined)) return undefined;
  return { clientId, token };
}

/**
 * The headers that say where a client is: `clientID`, `IP` and `Port`. If there is no address the last two are
 * empty, as legacy programs expect it.
 */
export function locationHeaders(clientId: string, address: Address | undefined): Header[] {
  return [
    ["clientID", clientId],
    ["IP", address === undefined ? "" : address.host],
    ["Port", address === undefined ? "" : String(address.port)],
  ];
}

/** The address in `IP` and `Port`. @returns Undefined if they are missing, empty or malformed. */
export function addressIn(message: Message): Address | undefined {
  const host = header(message, "IP") ?? "";
  const port = header(message, "Port") ?? "";
  // An IPv6 address has no brackets here.
  return parseAddress(host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`);
}

/** What a side can name as understood, beyond what every side that sends `Version` understands. */
export type Feature =
  | "displaced"
  | "contacts"
  | "tokens"
  | "certificates"
  | "paths"
  | "away"
  | "dialed"
  | "presence"
  | "open-presence"
  | "relay"
  | "reflect"
  | "auth";

/** Writes `Features`: words with commas between them. */
export function formatFeatures(features: readonly Feature[]): string {
  return features.join(", ");
}

/** Whether the sender of a message has named a feature. */
export function namesFeature(message: Message, feature: Feature): boolean {
  const named = header(message, "Features")?.split(",") ?? [];
  return named.some((word) => word.trim() === feature);
}

/** Reads an `Instance`. @returns Undefined if it is malformed. */
export function parseInstance(text: string): string | undefined {
  // A new string: the text may be a part of a longer one, which would stay in memory with it.
  return isId(text) ? Uint8Array.fromHex(text).toHex() : undefined;
}

/** Writes a time as a number of seconds, such as `Retry-After`: the next whole one. */
export function formatSeconds(ms: number): string {
  return String(Math.ceil(ms / 1000));
}

/**
 * Reads a whole number, such as `Count`, `Expires` or `Retry-After`.
 *
 * @param digitsMax How many digits it may have.
 * @returns Undefined if it is malformed.
 */
export function parseWholeNumber(text: string | undefined, digitsMax = 7): number | undefined {
  return text !== undefined && text.length <= digitsMax && /^[0-9]+$/.test(text)
    ? Number(text)
    : undefined;
}

/** Writes the number of a mail: `Number`, `Taken`, and the `After` of a COLLECT. */
export function formatMailNumber(number: number): string {
  return String(number);
}

/** Reads the number of a mail. @returns Undefined if it is malformed. */
export function parseMailNumber(text: string | undefined): number | undefined {
  return parseWholeNumber(text, 15);
}

const streamNumberPattern = /^(?:0|[1-9][0-9]{0,14})$/;

/**
 * Reads a number of a message stream, such as `Seq`, `Sent` or the `Count` of an AUDITACK. Each number has
 * one text: 15 digits at most, without leading zeros.
 *
 * @returns Undefined if it is malformed.
 */
export function parseStreamNumber(text: string | undefined): number | undefined {
  return text !== undefined && streamNumberPattern.test(text) ? Number(text) : undefined;
}
