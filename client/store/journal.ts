/**
 * What has been said, and what waits to be delivered: the contract that the store keeps.
 *
 * Messages belong to conversations. A conversation is of one own name with one peer's name and key, and
 * outlives connections and runs. Each direction of it is a stream (see shared/protocol/chain.ts).
 *
 * @module
 */

import type { Address } from "../../shared/net/address.ts";
import type { PublicKey } from "../../shared/crypto/public_key.ts";
import type { ChatMessage, NumberedMessage } from "../../shared/protocol/message_stream.ts";

/** A conversation in the store. */
export type ConversationId = number;

/** Between whom a conversation is. */
export interface Party {
  /** One's own id. */
  readonly self: string;
  /** The peer's id. */
  readonly name: string;
  /** The peer's key; undefined if it has none. */
  readonly key: PublicKey | undefined;
}

/** What is known of a conversation. */
export interface ConversationRecord extends Party {
  readonly id: ConversationId;
  /** The peer's X25519 key, which its key has certified; undefined where it has not been seen. */
  readonly agreement: Uint8Array | undefined;
  /** Where the peer listened last. */
  readonly address: Address | undefined;
  readonly outgoing: OutgoingStream;
  /** When something was last said, by either: milliseconds since 1970, UTC; 0 where nothing has been. */
  readonly lastAtMs: number;
}

/** The stream of what is sent, with marks that say of every message up to them what became of it. */
export interface OutgoingStream {
  readonly stream: string;
  /** The last number that was given; 0 before the first. */
  readonly last: number;
  /** Up to where the peer has it. */
  readonly acknowledged: number;
  /** Up to where the peer's user has seen it, and lets us know. */
  readonly read: number;
  /** Up to where it was left at the server's mailbox. */
  readonly deposited: number;
  /** When the first of those was left there that the peer does not have; undefined where it has all. */
  readonly depositedAtMs: number | undefined;
}

/** Transitional. */
export type Outgoing = OutgoingStream;

/** What became of a message. `sent` is what a peer gets that confirms nothing. */
export type MessageState = "waiting" | "deposited" | "delivered" | "read" | "sent" | "received";

/** A message, as it is shown. */
export interface HistoryEntry {
  /** Its place among all messages of the store: what was written here later has a higher one. */
  readonly row: number;
  /** The peer's. */
  readonly name: string;
  readonly direction: "in" | "out";
  readonly id: string;
  readonly text: string;
  /** When it was written, by its sender's clock: milliseconds since 1970, UTC. */
  readonly sentAtMs: number;
  /** When it was put into the store: milliseconds since 1970, UTC. */
  readonly atMs: number;
  readonly state: MessageState;
  /** Whether it went over the net for all to read. */
  readonly plaintext: boolean;
}

/** A message that the user has written. */
export interface Draft {
  readonly conversation: ConversationId;
  /** 128 random bits in hexadecimal. */
  readonly id: string;
  /** Milliseconds since 1970, UTC. */
  readonly sentAtMs: number;
  readonly text: string;
  /** False for a peer that knows no numbers: what it is sent is not sent again. */
  readonly numbered: boolean;
}

/**
 * What became of a message that was received:
 *
 * - `stored`: it is new. `missed` are those before it that the peer sent to another copy of this profile,
 *   or to a store that is lost.
 * - `had`: it has been stored before; to be acknowledged again.
 * - `gap`: one before it is missing, which the sender is going to repeat; not to be acknowledged.
 * - `conflict`: the sender has used its number before for another one, since its store was set back: it has
 *   to begin a new stream.
 */
export type Receipt =
  | { readonly outcome: "stored"; readonly row: number; readonly missed: number }
  | { readonly outcome: "had" | "gap" | "conflict" };

/** A stream, for comparing both sides. */
export interface StreamExtent {
  readonly direction: "sent" | "received";
  readonly stream: string;
  readonly last: number;
  /** Up to where the other side is known to have it; of a received one, all. */
  readonly acknowledged: number;
}

/** What a range of a stream consists of. */
export interface RangeDigest {
  readonly count: number;
  /** The first 128 bits of SHA-256 over a line `seq id` for each, in hexadecimal. */
  readonly digest: string;
}

/**
 * The messages of a store. Several programs may have it open. All that writes throws a `UserError`, a
 * sentence for people, where it cannot, as on a full disk; then nothing of the call is done.
 *
 * What is durable has been forced onto the disk when the call returns: no crash undoes it. Of the rest, a
 * crash of the machine, and of nothing less, may undo the last; that is harmless.
 */
export interface Journal {
  /** Finds a conversation, or makes it. What has been seen of the peer is remembered. */
  open(
    party: Party,
    seen?: { readonly agreement?: Uint8Array; readonly address?: Address },
  ): ConversationRecord;
  /** Those with a name, whichever key it had; the latest used first. */
  find(self: string, name: string): ConversationRecord[];
  /** @throws {Error} Where there is none. */
  get(id: ConversationId): ConversationRecord;
  /** The latest used first. */
  list(self: string, limit: number): ConversationRecord[];
  /** The own ids that have a conversation with a name. */
  selves(name: string): string[];
  /** Those with messages that the peer does not have, the latest used first. */
  waiting(self: string): ConversationRecord[];

  /**
   * Takes what the user has written; durable. All of it, or nothing.
   *
   * @returns Each with its place; undefined where it is to have none.
   */
  accept(drafts: readonly Draft[]): (NumberedMessage | undefined)[];
  /** What the peer does not have, in order: of the present stream, with numbers higher than `after`. */
  unacknowledged(conversation: ConversationId, after: number, limit: number): NumberedMessage[];
  /**
   * Notes that the peer has a message, and all before it.
   *
   * @returns The ids that are new with that, in order; none where it is unknown or has been noted.
   */
  acknowledge(conversation: ConversationId, id: string): string[];
  /** Notes that the peer's user has seen a message, and all before it. @returns How many are new. */
  markRead(conversation: ConversationId, id: string): number;
  /** Notes that all up to a number of the present stream is at the mailbox. */
  markDeposited(conversation: ConversationId, upTo: number, atMs: number): void;
  /** Notes that the mailbox has nothing any more: what the peer does not have is waiting again. */
  forgetDeposited(conversation: ConversationId): void;
  /** Begins a new stream with what the peer does not have, numbered from 1; durable. */
  renumber(conversation: ConversationId): void;
  /**
   * Moves what the peer does not have to another conversation, behind what is there: the user has accepted
   * another key. Durable.
   *
   * @returns How many messages.
   */
  reassign(from: ConversationId, to: ConversationId): number;

  /**
   * Takes what has been received; durable, as one. A message sees those before it in the same call.
   *
   * @param atMs The time of day: milliseconds since 1970, UTC.
   * @returns What became of each.
   */
  receive(conversation: ConversationId, letters: readonly ChatMessage[], atMs: number): Receipt[];
  /** Notes that what was received is on the screen, up to a row. */
  markShown(conversation: ConversationId, row: number): void;
  /** What was received and is not on the screen yet, oldest first. */
  unshown(self: string, limit: number): HistoryEntry[];

  /**
   * The last messages, oldest first.
   *
   * @param name With whom; undefined for all.
   * @param before Only those before this row.
   */
  history(self: string, name: string | undefined, limit: number, before?: number): HistoryEntry[];
  /** See {@linkcode History.search}. */
  searchBySteps(
    self: string,
    words: string,
    limit: number,
  ): Generator<void, HistoryEntry[], void>;
  /** All messages with a name, oldest first. It takes little memory, however many they are. */
  export(self: string | undefined, name: string): Iterable<HistoryEntry>;

  /** The streams of both directions, the newest first. */
  streams(conversation: ConversationId): StreamExtent[];
  /** What the store has of a stream, from one number to another, both included; in order. */
  entries(
    conversation: ConversationId,
    direction: "sent" | "received",
    stream: string,
    from: number,
    to: number,
  ): Iterable<{ readonly seq: number; readonly id: string }>;
  /** {@linkcode entries} in short. */
  digest(
    conversation: ConversationId,
    direction: "sent" | "received",
    stream: string,
    from: number,
    to: number,
  ): RangeDigest;
}
