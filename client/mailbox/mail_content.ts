/**
 * What is in an envelope: a CHAT that says who the sender is, and behind it messages, as on a link.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import type { CertificateTerms, Identity } from "../../shared/crypto/identity.ts";
import type { PublicKey } from "../../shared/crypto/public_key.ts";
import { type Address, isIpAddress, isUnspecified } from "../../shared/net/address.ts";
import { isClientId } from "../../shared/protocol/client_id.ts";
import { encode, header, type Message, message } from "../../shared/protocol/message.ts";
import { MessageReader } from "../../shared/protocol/message_reader.ts";
import { addressIn, locationHeaders } from "../../shared/protocol/records.ts";
import { isFault } from "../../shared/protocol/status.ts";
import { check, protocolVersion } from "../../shared/protocol/verbs.ts";
import { openEnvelope } from "./envelope.ts";

/** Mail that came. */
export interface OpenedMail {
  /** The sender's id, as the sender says. */
  readonly id: string;
  /** The sender's key, which is proven. */
  readonly key: PublicKey;
  /** The sender's X25519 key, which {@linkcode key} has certified. */
  readonly agreement: Uint8Array;
  /** What the certificate of {@linkcode agreement} says; undefined if it has no number. */
  readonly certificate?: CertificateTerms;
  /** The address at which the sender listens, as the sender says. */
  readonly address: Address | undefined;
  /** MSG, ACK, READ and RESET. */
  readonly messages: readonly Message[];
}

/** What a mail can hold behind its CHAT. */
const mailVerbs: readonly string[] = ["MSG", "ACK", "READ", "RESET"];

const utf8 = new TextEncoder();

/**
 * Puts messages into a content: as many from the front as fit.
 *
 * @param sender Our own id, and the address at which others reach us, if it is known.
 * @param bytesMax The greatest length of the content.
 * @returns The content, and how many messages are in it.
 */
export function packMail(
  sender: { readonly id: string; readonly address: Address | undefined },
  messages: readonly Message[],
  bytesMax: number,
): { content: Uint8Array; count: number } {
  const introduction = message("CHAT", [
    ...sender.address === undefined
      ? [["clientID", sender.id]] as const
      : locationHeaders(sender.id, sender.address),
    ["Version", protocolVersion],
  ]);
  const parts = [utf8.encode(encode(introduction))];
  let length = parts[0]!.length;
  for (const message of messages) {
    const part = utf8.encode(encode(message));
    length += part.length;
    if (length > bytesMax) break;
    parts.push(part);
  }
  return { content: concat(parts), count: parts.length - 1 };
}

/**
 * Opens an envelope and reads what is in it.
 *
 * @param recipient Our own id and identity.
 * @returns Undefined if it is not for us, or malformed.
 */
export function openMail(
  envelope: Uint8Array,
  { id, identity }: { readonly id: string; readonly identity: Identity },
): OpenedMail | undefined {
  const opened = openEnvelope(identity, id, envelope);
  if (opened === undefined) return undefined;
  const { content, ...proven } = opened;
  const reader = new MessageReader();
  const items = [...reader.messages(content)];
  if (reader.pending || reader.ended) return undefined;
  const [introduction, ...rest] = items;
  if (introduction === undefined || isFault(introduction) || introduction.verb !== "CHAT") {
    return undefined;
  }
  const sender = header(introduction, "clientID");
  if (sender === undefined || !isClientId(sender)) return undefined;
  const messages: Message[] = [];
  for (const item of rest) {
    if (isFault(item)) return undefined;
    // A later version may say more.
    if (!mailVerbs.includes(item.verb)) continue;
    if (check(item, "peer") !== undefined) return undefined;
    messages.push(item);
  }
  return { id: sender, ...proven, address: senderAddress(introduction), messages };
}

/** The address that a sender gives. It need not be one where the sender can be reached. */
function senderAddress(introduction: Message): Address | undefined {
  const address = addressIn(introduction);
  return address !== undefined && isIpAddress(address.host) && !isUnspecified(address.host)
    ? address
    : undefined;
}
