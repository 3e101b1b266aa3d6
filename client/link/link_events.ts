/**
 * What a link asks its owner, and what it tells those who take what the peer says. A question has an
 * answer and a notice has none, so they stand in interfaces of their own, each with one reason.
 *
 * @module
 */

import type { ServerAddress } from "../../shared/net/server_address.ts";
import type { Address } from "../../shared/net/address.ts";
import type { CertifiedAgreement } from "../../shared/crypto/identity.ts";
import type { PublicKey } from "../../shared/crypto/public_key.ts";
import type { ChatMessage } from "../../shared/protocol/message_stream.ts";
import type { Message } from "../../shared/protocol/message.ts";
import type { Feature } from "../../shared/protocol/records.ts";
import type { Fault } from "../../shared/protocol/status.ts";
import type { Dialect } from "../events.ts";
import type { Framing } from "./legacy/legacy_framing.ts";
import type { PeerConn, RelayPath } from "../transport/transport.ts";
import type { Problem } from "../user_error.ts";

/** What a link is for: two people talk, or their clients compare what both have. */
export type Purpose = "conversation" | "audit";

/** Why a peer is not talked to, as it is told. */
export interface Refusal extends Pick<Fault, "code" | "reason"> {
  /** For our own user. */
  readonly detail: Problem;
}

/** What is known of a link from its beginning on. */
export interface ConnFacts {
  /** Our own role: the initiator has called. */
  readonly role: "initiator" | "responder";
  /**
   * The address of the other end of the connection: a server's, if one stands between. Its port is a passing one
   * if the peer called.
   */
  readonly remote: Address;
  /** The server that stands between; undefined if none does. */
  readonly relayedBy: RelayPath | undefined;
  /** Over what it goes through routers that let nobody in; undefined if it does not. */
  readonly punched: PeerConn["punched"];
  /** What kind of way it goes, the best having the lowest: see `ranks`. */
  readonly rank: number;
}

/** What is known of a link and its peer. */
export interface PeerFacts extends ConnFacts {
  /** Whether nothing has come from the peer. */
  readonly saidNothing: boolean;
  /** What the initiator has called for: known to the responder once it is asked to admit the peer. */
  readonly purpose: Purpose;
  /** Undefined until the link is open, or about to be. */
  readonly dialect: Dialect | undefined;
  /** Who the peer says it is. */
  readonly peerId: string | undefined;
  /** Where the peer says that it listens. */
  readonly peerAddress: Address | undefined;
  /** The peer's Ed25519 key, which it has proven to have. If there is one, the link is encrypted. */
  readonly peerKey: PublicKey | undefined;
  /** The peer's X25519 key, which its {@linkcode peerKey} certifies. */
  readonly peerAgreement: CertifiedAgreement | undefined;
  /** What the peer understands beyond what every one does. */
  readonly features: readonly Feature[];
  /** The hash of the handshake: no other link has the same. */
  readonly handshakeHash: Uint8Array | undefined;
}

/** Who decides whether a peer is talked to. Asked before the link opens. */
export interface LinkAdmission {
  /** Asked for a peer that does not encrypt. @returns Why not, or undefined to go on. */
  admitPlaintext(peer: PeerFacts): Refusal | undefined;
  /** Asked for a peer that has proven its key. @returns Why not, or undefined to go on. Never rejects. */
  admitKey(peer: PeerFacts): Promise<Refusal | undefined>;
}

/** Answers what the peer has sent, by the way on which it came. */
export interface Replies {
  /** Says that a message, and everything before it in its stream, is safe here. */
  acknowledge(id: string): void;
  /** Says that a stream does not fit what is here, so that the peer begins another one. */
  reset(stream: string): void;
}

/** Takes what a peer says of messages. A conversation is one. */
export interface Inbox {
  /**
   * A peer with a key has sent messages: all that one read brought, in their order. Anything behind them
   * that asks for an answer comes later, and so does the end of the link. Nothing is acknowledged unless
   * the inbox does it.
   */
  messages(messages: readonly ChatMessage[], replies: Replies): void;
  /** A peer with a key has a message, and everything before it in its stream. */
  acknowledged(id: string): void;
  /** The user of a peer with a key has read a message, and everything before it in its stream. */
  read(id: string): void;
  /** A peer with a key cannot go on with a stream of ours, and waits for another one. */
  reset(stream: string): void;
  /**
   * A peer without a key has sent a text. The link acknowledges it if the peer expects that.
   *
   * @param framing How it frames its texts; undefined if it is a client of this protocol.
   */
  text(text: string, framing?: Framing): void;
  /** A peer without a key has a text of ours. Only peers of this protocol say so. */
  delivered(id: string): void;
}

/** Is told how the comparison of words goes (VERIFY). */
export interface VerificationNotices {
  /** The peer has begun, and waits for us to do so. */
  asked(): void;
  /** Both sides can see the words now. */
  words(words: readonly string[]): void;
}

/** Who takes what the peer says on one link. */
export interface Receiver {
  readonly inbox: Inbox;
  readonly verification: VerificationNotices;
  /**
   * A peer with a key has given us the token by which its server knows us as a contact, and says at which servers it
   * is.
   */
  readonly takeToken: (token: Uint8Array, servers: readonly ServerAddress[]) => void;
  /** The user of a peer with a key is away (AWAY), and says this of it. */
  readonly takeAway: (text: string) => void;
  /**
   * Asked what we have of this conversation (AUDIT).
   *
   * @returns The answer, with the question's Id; undefined if there is nothing that the peer may compare.
   */
  readonly answerAudit: (request: Message) => Message | undefined;
  /**
   * Asked where we can be reached (PATHS), by a peer that says where it can be.
   *
   * @returns The answer, with the question's Id. Never rejects.
   */
  readonly answerPaths: (request: Message) => Promise<Message>;
  /** For how long the peer gets no more answers to AUDIT, in milliseconds; 0 if it may have one now. */
  readonly auditPauseMs: () => number;
}
