/**
 * What a server answers: the reply that was asked for, a refusal, or something that no server of this
 * protocol says.
 *
 * @module
 */

import {
  type Fingerprint,
  fingerprintOf,
  parsePublicKey,
  type PublicKey,
} from "../../shared/crypto/public_key.ts";
import { type AgreementRecord, parseAgreement } from "../../shared/protocol/agreement_record.ts";
import { formatAddress, parseAddress } from "../../shared/net/address.ts";
import { header, headerValues, type Message } from "../../shared/protocol/message.ts";
import { legacyListBytesMax } from "../../shared/protocol/limits.ts";
import { messageFaults } from "../../shared/protocol/reasons.ts";
import { namesFeature, parseFingerprint, parseWholeNumber } from "../../shared/protocol/records.ts";
import { type Fault, isFault } from "../../shared/protocol/status.ts";
import { check, speaksVersion1, type VerbName } from "../../shared/protocol/verbs.ts";
import { formatServerAddress, type ServerAddress } from "../../shared/net/server_address.ts";
import { UserError } from "../user_error.ts";

/** What comes in reply to a request; undefined if the connection ends first. */
export type Reply = Message | Fault | undefined;

/** What a server wants signed. */
export interface Challenge {
  readonly nonce: string;
  /** What the server is called, by its own word. */
  readonly realm: string;
  /** Whether the server takes a signature for the address that the client has dialed. */
  readonly knowsDialed: boolean;
}

/** The keys by which mail is sealed for somebody: the X25519 key is certified by the other one. */
export interface SealingKeys extends AgreementRecord {
  readonly key: PublicKey;
}

/** What a server says of the owner of a name who is away. */
export interface AbsentOwner {
  readonly fingerprint: Fingerprint;
  /** Undefined if the server has none, or they do not belong together. */
  readonly sealing: SealingKeys | undefined;
}

/** Addresses of a server that are told, at most. */
const acceptedMax = 8;

/** A server has answered ERROR. The code is `server-refused`. */
export class ServerRefusal extends UserError {
  /** The status code of the ERROR. */
  readonly status: string;
  /** How long a registration must last at least, in seconds, if that was the reason. */
  readonly minExpiresS: number | undefined;
  /** What has to be signed before the request is made again, if that was the reason. */
  readonly challenge: Challenge | undefined;
  /** Who owns the name that was asked for, if the reason is that they are away. */
  readonly owner: AbsentOwner | undefined;
  /** The addresses that the server goes by, if the reason is that it was dialed by another. */
  readonly accepted: readonly string[] | undefined;

  /** Whether the request had been sent before, without an answer: that one may have been granted. */
  isOfRepeat = false;

  /** @param error A well-formed ERROR. */
  constructor(error: Message) {
    const status = header(error, "Code")!;
    super({
      code: "server-refused",
      status,
      said: header(error, "Reason")!,
      retryAfterS: parseWholeNumber(header(error, "Retry-After")),
    });
    this.status = status;
    this.minExpiresS = parseWholeNumber(header(error, "Min-Expires"));
    const [nonce, realm] = [header(error, "Nonce"), header(error, "Realm")];
    this.challenge = status === "401" && nonce !== undefined && realm !== undefined
      ? { nonce, realm, knowsDialed: namesFeature(error, "dialed") }
      : undefined;
    this.owner = status === "404" ? ownerIn(error) : undefined;
    this.accepted = status === "421"
      ? headerValues(error, "Realm").filter((text) => parseAddress(text) !== undefined)
        .slice(0, acceptedMax)
      : undefined;
  }
}

function ownerIn(error: Message): AbsentOwner | undefined {
  const fingerprint = parseFingerprint(header(error, "Fingerprint"));
  return fingerprint && { fingerprint, sealing: sealingIn(error, fingerprint) };
}

/** A server cannot name an X25519 key that the owner of the other one has not signed. */
function sealingIn(error: Message, fingerprint: Fingerprint): SealingKeys | undefined {
  const key = parsePublicKey(header(error, "Key") ?? "");
  if (key === undefined || fingerprintOf(key) !== fingerprint) return undefined;
  const record = parseAgreement(key, header(error, "Agreement") ?? "");
  return record && { key, ...record };
}

/** Whether a reply is a well-formed message with the verb that is due. */
export function isReply(item: Reply, expected: VerbName): item is Message {
  return item !== undefined && !isFault(item) && item.verb === expected &&
    (isLegacyList(item) || check(item, "server") === undefined);
}

/** Whether a message is an INFOACK as the original's server sends it: a line for each client, and no header. */
export function isLegacyList(reply: Message): boolean {
  return reply.verb === "INFOACK" && header(reply, "Count") === undefined &&
    !speaksVersion1(reply);
}

/** The server that a reply comes from. */
export interface Replier {
  readonly server: ServerAddress;
  /** Whether the first byte that came is not of this protocol, but of TLS. */
  readonly speaksTls: boolean;
}

/**
 * The reply, if it is the one that is due.
 *
 * @throws {ServerRefusal} If it is an ERROR.
 * @throws {UserError} With `server-hung-up` if there is none, with `server-list-too-long` if it is a list that
 * is not read to its end, with `not-a-server` if it is anything else.
 */
export function expectReply(
  item: Reply,
  expected: VerbName,
  { server, speaksTls }: Replier,
): Message {
  const place = formatServerAddress(server);
  if (speaksTls) {
    const found = { is: "tls", address: formatAddress(server) } as const;
    throw new UserError({ code: "not-a-server", server: place, found });
  }
  if (item === undefined) throw new UserError({ code: "server-hung-up", server: place });
  if (item === messageFaults.longList) {
    throw new UserError({
      code: "server-list-too-long",
      server: place,
      bytesMax: legacyListBytesMax,
    });
  }
  if (isFault(item)) {
    const found = { is: "malformed", reason: item.reason } as const;
    throw new UserError({ code: "not-a-server", server: place, found });
  }
  if (isReply(item, expected)) return item;
  if (isReply(item, "ERROR")) throw new ServerRefusal(item);
  const found = { is: "unexpected", said: (item as Message).verb, expected } as const;
  throw new UserError({ code: "not-a-server", server: place, found });
}
