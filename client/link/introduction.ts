/**
 * CHAT and CHATACK, with which two clients say who they are, where they listen, what the call is for and
 * whether they encrypt.
 *
 * @module
 */

import type { Identity } from "../../shared/crypto/identity.ts";
import { type Address, isIpAddress, reachableHost } from "../../shared/net/address.ts";
import { isClientId } from "../../shared/protocol/client_id.ts";
import {
  encode,
  type Header,
  header,
  type Message,
  message,
} from "../../shared/protocol/message.ts";
import { peerFaults } from "../../shared/protocol/reasons.ts";
import {
  addressIn,
  type Feature,
  formatFeatures,
  locationHeaders,
  namesFeature,
} from "../../shared/protocol/records.ts";
import type { Fault } from "../../shared/protocol/status.ts";
import { protocolVersion } from "../../shared/protocol/verbs.ts";
import { encryption } from "./handshake.ts";
import type { Purpose } from "./link_events.ts";

/** Who one is, as a peer is told. */
export interface Self {
  readonly id: string;
  /** Where one listens. */
  readonly address: Address;
  readonly identity: Identity;
}

/** What a peer says of itself. */
export interface Introduction {
  readonly id: string;
  /** Where the peer says that it listens; undefined if it names no place that can be called. */
  readonly address: Address | undefined;
  readonly purpose: Purpose;
  readonly encrypts: boolean;
  /** What the peer understands of {@linkcode peerFeatures}. */
  readonly features: readonly Feature[];
}

/** What a client of this version understands of a peer beyond what every one does. */
export const peerFeatures: readonly Feature[] = ["tokens", "certificates", "paths", "away"];

const utf8 = new TextEncoder();

/** Writes a CHAT or CHATACK of ours. */
export function writeIntroduction(
  verb: "CHAT" | "CHATACK",
  { id, address }: Self,
  { purpose, encrypts, features }: Omit<Introduction, "id" | "address">,
): Uint8Array<ArrayBuffer> {
  const headers: Header[] = [
    ...locationHeaders(id, address),
    ["Version", protocolVersion],
  ];
  if (encrypts) headers.push(["Encryption", encryption]);
  if (purpose === "audit") headers.push(["Purpose", "audit"]);
  if (features.length > 0) headers.push(["Features", formatFeatures(features)]);
  return utf8.encode(encode(message(verb, headers)));
}

/** Writes a CHAT as the original's relatives do: some hang up at any header more. */
export function writeLegacyChat({ id, address }: Self): Uint8Array<ArrayBuffer> {
  return utf8.encode(encode(message("CHAT", locationHeaders(id, address))));
}

/**
 * Reads a CHAT or CHATACK that has all headers it needs.
 *
 * @param seenAt The host that the peer is seen at; undefined if it is not seen. It stands in for one that the peer
 * cannot be called at.
 */
export function readIntroduction(
  opening: Message,
  seenAt: string | undefined,
): Introduction | Fault {
  const id = header(opening, "clientID")!;
  if (!isClientId(id)) return peerFaults.invalidClientId;
  const purpose = header(opening, "Purpose");
  if (purpose !== undefined && purpose !== "audit") return peerFaults.unknownPurpose;
  const offered = header(opening, "Encryption")?.split(/ *, */) ?? [];
  return {
    id,
    address: calledAt(opening, seenAt),
    purpose: purpose ?? "conversation",
    encrypts: offered.includes(encryption),
    features: peerFeatures.filter((feature) => namesFeature(opening, feature)),
  };
}

function calledAt(opening: Message, seenAt: string | undefined): Address | undefined {
  const said = addressIn(opening);
  return said && isIpAddress(said.host) ? reachableAddress(said, seenAt) : undefined;
}

/**
 * Where a peer can be called that says that it listens at an address.
 *
 * @param seenAt The host that the peer is seen at; undefined if it is not seen. It stands in for one that is none, or
 * cannot be believed.
 */
export function reachableAddress(
  { host, port }: Address,
  seenAt: string | undefined,
): Address | undefined {
  if (seenAt === undefined) return undefined;
  return { host: isIpAddress(host) ? reachableHost(host, seenAt) : seenAt, port };
}
