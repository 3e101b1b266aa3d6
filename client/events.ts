/**
 * What happens to a client. Each front end shows these in its own way; nothing else reaches a user.
 *
 * @module
 */

import type { Address } from "../shared/net/address.ts";
import type { Fingerprint } from "../shared/crypto/public_key.ts";
import type { AuditReport } from "./audit/audit.ts";
import type { PresenceStatus } from "../shared/protocol/records.ts";
import type { ServerAddress } from "../shared/net/server_address.ts";
import type { HistoryEntry } from "./store/journal.ts";
import type { Problem } from "./user_error.ts";

/**
 * How a peer speaks: this protocol; raw text as the original does, each message whatever a read brings;
 * or lines of text after a CHAT, as its relatives do.
 */
export type Dialect = "p2pchat" | "raw" | "lines";

/** Who else can read a conversation: anyone on the way, nobody, or nobody and that has been verified. */
export type Security = "plaintext" | "encrypted" | "verified";

/** Why a conversation is over. */
export type CloseReason = "you-left" | "peer-left" | "lost" | "silent" | "broken" | "refused";

/** A conversation, as it is listed. */
export interface PeerState {
  readonly name: string;
  /** Where the peer is connected; undefined while it is not. */
  readonly address: Address | undefined;
  readonly dialect: Dialect;
  readonly security: Security;
  readonly current: boolean;
  /** Messages that the peer does not have yet. */
  readonly waiting: number;
}

/** Somebody whom the user talks to, and whether they are there. */
export interface Contact {
  readonly name: string;
  /** By a connection, or by the server's word; undefined where nobody knows. */
  readonly presence: PresenceStatus | undefined;
  /** Whether there is a connection to them. */
  readonly connected: boolean;
  /** Messages that they do not have yet. */
  readonly waiting: number;
  /** When something was last said, by either side: milliseconds since 1970, UTC. */
  readonly lastAtMs: number;
}

/** A client that the server knows. */
export interface KnownClient {
  readonly id: string;
  readonly address: Address;
  /** Of the key that the server says is its. */
  readonly fingerprint?: Fingerprint;
}

/** Whom an event is about. */
export interface PeerRef {
  /** The conversation's id: 128 bits in hexadecimal. */
  readonly conversation: string;
  /** What the peer is called here. */
  readonly name: string;
  /** The fingerprint of the peer's key; undefined for a peer that cannot encrypt. */
  readonly person: string | undefined;
  /** The key of the peer's device: the person's own, as long as a person has one device. */
  readonly device: string | undefined;
}

/** Who has a message, and how many of how many devices that are to have it. */
export interface Receivers {
  readonly to: Pick<PeerRef, "person" | "device">;
  readonly have: number;
  readonly of: number;
}

/** Why a link was opened: the user asked for it, messages waited, or the peer called. */
export type OpenCause = "chat" | "delivery" | "call";

/** Why a key is refused that a peer has presented for a name. All keys in it are fingerprints. */
export type RefusingVerdict =
  | {
    /** Another key is saved. */
    readonly type: "changed";
    readonly presentedFingerprint: Fingerprint;
    readonly savedFingerprint: Fingerprint;
    /** Whether the key that is saved is verified. */
    readonly verified: boolean;
    /** The key that the server names, if it names one. */
    readonly serverFingerprint: Fingerprint | undefined;
  }
  | {
    /** The name is new, and the server names another key. */
    readonly type: "contradicted";
    readonly presentedFingerprint: Fingerprint;
    readonly serverFingerprint: Fingerprint;
  }
  | {
    /** The name is new again: the user has found that this key is not its owner's. */
    readonly type: "rejected";
    readonly presentedFingerprint: Fingerprint;
    readonly serverFingerprint: Fingerprint | undefined;
  };

/** Something that happened unasked. */
export type ClientEvent =
  | { readonly type: "listening"; readonly address: Address }
  | { readonly type: "server-lost"; readonly problem: Problem }
  | { readonly type: "registered-again"; readonly server: ServerAddress }
  | OpenedEvent
  | MessageEvent
  | PeerRef & {
    /** Messages are on the disk, and there is no link to the peer. */
    readonly type: "waiting";
    /** All that wait for that peer. */
    readonly count: number;
  }
  | PeerRef & {
    /** Messages are at the server's mailbox. */
    readonly type: "deposited";
    readonly count: number;
  }
  | PeerRef & {
    /** The server's mailbox does not take what waits for a peer. */
    readonly type: "deposit-refused";
    readonly why: Problem;
  }
  | PeerRef & Receivers & {
    /** The peer's client has a message. */
    readonly type: "delivered";
    readonly id: string;
    /** Messages that the peer still lacks. */
    readonly waiting: number;
  }
  | PeerRef & Receivers & {
    /** The peer's user has seen messages, and lets us know. */
    readonly type: "read";
    /** The last of them. */
    readonly id: string;
    readonly count: number;
  }
  | PeerRef & {
    /** Messages of the peer's went to another copy of this profile. */
    readonly type: "missed";
    readonly count: number;
  }
  | PeerRef & {
    /** Texts that a peer without a key has not confirmed before its connection ended. */
    readonly type: "unconfirmed";
    readonly texts: readonly string[];
  }
  | PeerRef & {
    readonly type: "closed";
    readonly reason: CloseReason;
    readonly detail: Problem | undefined;
  }
  | {
    /** Somebody whom the user talks to has come or gone. */
    readonly type: "presence";
    readonly name: string;
    readonly here: boolean;
  }
  | { readonly type: "first-contact"; readonly name: string; readonly fingerprint: string }
  | {
    /** Somebody has shown another key than the one that is saved, or one that is not to be believed. */
    readonly type: "key-changed" | "key-refused";
    readonly name: string;
    readonly verdict: RefusingVerdict;
  }
  | {
    /** The server names another key than the one that is saved and that the peer has shown. */
    readonly type: "server-contradicted";
    readonly name: string;
    /** The fingerprint that the server names. */
    readonly serverFingerprint: string;
    readonly presentedFingerprint: string;
    readonly verified: boolean;
  }
  | { readonly type: "turned-away"; readonly why: Problem }
  | PeerRef & { readonly type: "verification-asked" }
  | PeerRef & { readonly type: "verification-words"; readonly words: readonly string[] }
  | { readonly type: "problem"; readonly problem: Problem };

/** A conversation has a link. */
export interface OpenedEvent extends PeerRef {
  readonly type: "opened";
  readonly address: Address;
  readonly dialect: Dialect;
  readonly security: Security;
  readonly cause: OpenCause;
  /** Messages that wait for the peer, and now go to it. */
  readonly waiting: number;
}

/** A message has come. */
export interface MessageEvent extends PeerRef {
  readonly type: "message";
  readonly id: string;
  /** Its place in the peer's message stream; undefined for a peer that does not number its messages. */
  readonly stream: string | undefined;
  readonly seq: number | undefined;
  readonly kind: "text";
  readonly plaintext: boolean;
  readonly text: string;
  /** When it was written, by the sender's clock if it says so: milliseconds since 1970, UTC. */
  readonly sentAtMs: number;
}

/** Where events go. */
export interface EventSink {
  /** Takes an event. Never throws. */
  emit(event: ClientEvent): void;
  /** When more events may come; undefined if they may now. */
  room(): Promise<void> | undefined;
  /**
   * When everything that was emitted so far has been shown; undefined if it has. Rejects if it cannot be
   * shown any more.
   */
  shown(): Promise<void> | undefined;
}

/** Something that happened. */
export type ChatEvent =
  | { readonly type: "listening"; readonly address: Address }
  | {
    readonly type: "registered";
    readonly id: string;
    readonly address: Address;
    readonly server: ServerAddress;
    /** How long it lasts without being refreshed; undefined where the server does not say. */
    readonly expiresS: number | undefined;
    /** Whether the server has had us prove our key, and so keeps the name for it. */
    readonly keyed: boolean;
  }
  | { readonly type: "unregistered"; readonly id: string }
  | { readonly type: "server-lost"; readonly problem: Problem }
  | { readonly type: "registered-again"; readonly server: ServerAddress }
  | {
    readonly type: "clients";
    readonly count: number;
    readonly clients: readonly KnownClient[];
    readonly selfId: string;
  }
  | { readonly type: "bridged"; readonly found: KnownClient | undefined }
  | { readonly type: "calling"; readonly name: string | undefined; readonly address: Address }
  | {
    readonly type: "opened";
    readonly name: string;
    readonly address: Address;
    readonly dialect: Dialect;
    readonly security: Security;
    readonly called: "by-us" | "by-them";
    readonly current: boolean;
    /** Messages that wait for the peer, and now go to it. */
    readonly waiting: number;
  }
  | {
    readonly type: "message";
    readonly name: string;
    readonly plaintext: boolean;
    readonly text: string;
    /** When it was written, by the sender's clock where it says so: milliseconds since 1970, UTC. */
    readonly sentAtMs: number;
  }
  | { readonly type: "remembered"; readonly name: string; readonly fingerprint: Fingerprint }
  | {
    /** Whoever has proven to have the key `shown` says to be somebody whose key is another one. */
    readonly type: "key-refused";
    readonly name: string;
    readonly verdict: RefusingVerdict;
  }
  | {
    readonly type: "server-contradicted";
    readonly name: string;
    readonly said: string;
    readonly shown: string;
    readonly verified: boolean;
  }
  | { readonly type: "turned-away"; readonly why: string }
  | { readonly type: "trusted"; readonly name: string; readonly fingerprint: Fingerprint }
  | { readonly type: "verification-asked"; readonly name: string }
  | { readonly type: "verification-waits"; readonly name: string }
  | {
    readonly type: "verification-words";
    readonly name: string;
    readonly words: readonly string[];
  }
  | { readonly type: "verified"; readonly name: string; readonly fingerprint: Fingerprint }
  | { readonly type: "not-verified"; readonly name: string }
  | {
    /** The user has called somebody who cannot be reached; what is written to them waits. */
    readonly type: "away";
    readonly name: string;
    readonly why: Problem;
  }
  | {
    /** Messages are on the disk, and cannot be delivered now. */
    readonly type: "kept";
    readonly name: string;
    /** All that wait for that peer. */
    readonly count: number;
  }
  | {
    /** Messages are at the server's mailbox, which were said to be kept before. */
    readonly type: "deposited";
    readonly name: string;
    readonly count: number;
  }
  | {
    /** The server's mailbox does not take what waits for a peer. */
    readonly type: "not-deposited";
    readonly name: string;
    readonly why: Problem;
  }
  | {
    /** The peer's program has a message. */
    readonly type: "delivered";
    readonly name: string;
    readonly id: string;
    /** Whether it had been said to be kept, or deposited, before. */
    readonly late: boolean;
  }
  | {
    /** The peer's user has seen messages, and lets us know. */
    readonly type: "read";
    readonly name: string;
    readonly count: number;
  }
  | {
    /** Messages of a peer's went to another copy of this profile. */
    readonly type: "missed";
    readonly name: string;
    readonly count: number;
  }
  | {
    /** Somebody whom the user talks to has come or gone. */
    readonly type: "presence";
    readonly name: string;
    readonly here: boolean;
  }
  | { readonly type: "who"; readonly people: readonly Contact[] }
  | {
    readonly type: "history";
    /** Whose conversation, or what was searched for; neither where it is all there was. */
    readonly name?: string;
    readonly words?: string;
    /** Oldest first. */
    readonly entries: readonly HistoryEntry[];
  }
  | { readonly type: "audited"; readonly name: string; readonly report: AuditReport }
  | { readonly type: "undelivered"; readonly name: string; readonly texts: readonly string[] }
  | {
    readonly type: "closed";
    readonly name: string;
    readonly reason: CloseReason;
    readonly detail: string | undefined;
  }
  | { readonly type: "switched"; readonly name: string }
  | { readonly type: "peers"; readonly peers: readonly PeerState[] }
  | { readonly type: "help"; readonly rows: readonly (readonly [usage: string, help: string])[] }
  | { readonly type: "hint"; readonly hint: string }
  | { readonly type: "waiting"; readonly command: string }
  | { readonly type: "problem"; readonly problem: string | Problem };
