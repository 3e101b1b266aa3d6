/**
 * What happens to a client, as facts: a front end words them, a program reads them. What is asked of the
 * client is answered by return values instead.
 *
 * @module
 */

import type { Address } from "../shared/net/address.ts";
import type { NamedAddress } from "../shared/net/named_address.ts";
import type { Fingerprint, PublicKey } from "../shared/crypto/public_key.ts";
import type { ServerAddress } from "../shared/net/server_address.ts";
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

/** A client that the server knows. */
export interface KnownClient {
  readonly id: string;
  readonly address: NamedAddress;
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
  readonly person: Fingerprint | undefined;
  /** The key of the peer's device: the person's own, as long as a person has one device. */
  readonly device: PublicKey | undefined;
}

/** A conversation, as it stands. */
export interface ConversationState extends PeerRef {
  /** The peer's devices; one, as long as a person has one. */
  readonly devices: readonly DeviceState[];
  readonly dialect: Dialect;
  readonly security: Security;
  /** Whether the peer's key is the word of a server, and the peer has not shown it yet; left out if it has. */
  readonly keyFromServer?: true;
  /** Messages that the peer lacks. */
  readonly waiting: number;
}

/** Which way a link with a peer goes. */
export interface Way {
  /** Where the peer is; the server's, if one stands between. */
  readonly address: Address;
  /** The server that stands between; left out if none does. */
  readonly relayedBy?: string;
  /** Over what it goes through routers that let nobody in; left out if it does not. */
  readonly punched?: "quic" | "tcp";
}

/** A device of a peer's. */
export interface DeviceState extends Omit<Way, "address"> {
  readonly device: PublicKey | undefined;
  /** As of its way; undefined while it is not connected. */
  readonly address: Address | undefined;
  readonly connected: boolean;
}

/** Who has a message, and how many of how many devices that are to have it. */
export interface Receivers {
  readonly to: Pick<PeerRef, "person" | "device">;
  readonly have: number;
  readonly of: number;
}

/** Why a link was opened: the user asked for it, messages waited, or the peer called. */
export type OpenCause = "chat" | "delivery" | "call";

/** Somebody whose key is saved, and whose name looks like another name. */
export interface SimilarName {
  readonly name: string;
  /** Whether their key is verified, or they are a contact without that, or an unknown sender. */
  readonly standing: "verified" | "contact" | "unknown";
}

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
  /** Another instance is registered under the client's id now: this one is not until its user registers again. */
  | { readonly type: "displaced"; readonly id: string }
  | OpenedEvent
  | PathEvent
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
    /** A contact to whom the user has written lets them know that they are away. */
    readonly type: "absent";
    /** What they say of it; it may be empty. */
    readonly text: string;
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
  | {
    /** The key of somebody new is saved. */
    readonly type: "first-contact";
    readonly name: string;
    readonly fingerprint: Fingerprint;
    /** True if they have called or written; left out if the user has called them. */
    readonly unasked?: true;
    /** Whether the server names this key; if not, anybody may have called by that name. */
    readonly vouched: boolean;
    /** True if the server has named the key and they have not shown it yet, since they are away. */
    readonly keyFromServer?: true;
    /** The key of somebody else who has called by that name, was never answered, and is forgotten. */
    readonly displaced?: Fingerprint;
    /** Those whose names look like this one; left out if there are none. */
    readonly similarTo?: readonly SimilarName[];
  }
  | {
    /** Somebody has shown another key than the one that is saved for their name, and was refused. */
    readonly type: "key-changed";
    readonly name: string;
    readonly verdict: RefusingVerdict;
  }
  | {
    /** Somebody new has shown a key that the server contradicts or the user has rejected. */
    readonly type: "key-refused";
    readonly name: string;
    readonly verdict: RefusingVerdict;
  }
  | {
    /** The server names another key than the one that is saved and that the peer has shown. */
    readonly type: "server-contradicted";
    readonly name: string;
    /** The fingerprint that the server names. */
    readonly serverFingerprint: Fingerprint;
    readonly presentedFingerprint: Fingerprint;
    readonly verified: boolean;
  }
  | { readonly type: "turned-away"; readonly why: Problem }
  | PeerRef & { readonly type: "verification-asked" }
  | PeerRef & { readonly type: "verification-words"; readonly words: readonly string[] }
  /** The link has ended after our part of the words had gone out, and before there were any. */
  | PeerRef & { readonly type: "verification-cut" }
  | { readonly type: "problem"; readonly problem: Problem };

/** What is sent to a peer goes another way from now on. */
export interface PathEvent extends PeerRef, Way {
  readonly type: "path-changed";
}

/** A conversation has a link. */
export interface OpenedEvent extends PeerRef, Way {
  readonly type: "opened";
  readonly dialect: Dialect;
  readonly security: Security;
  readonly cause: OpenCause;
  /**
   * Whether the peer is a contact: the user has called, written to, accepted, trusted or verified its name and
   * key, in this run or an earlier one. A peer without a key never is.
   */
  readonly contact: boolean;
  /** Those whose names look like that of a peer without a key; left out if there are none. */
  readonly similarTo?: readonly SimilarName[];
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
  /** Empty if it is unreadable. */
  readonly text: string;
  /** True if it came in an earlier run, and somebody has changed the text on the disk since. */
  readonly unreadable?: true;
  /** When it was written, by the sender's clock if it says so: milliseconds since 1970, UTC. */
  readonly sentAtMs: number;
}

/** Where events go. */
export interface EventSink {
  /**
   * Whether a message counts as shown only when {@linkcode ChatClient.acknowledge} says so: until then it is shown
   * again at each start. If not given, it counts when it has been {@linkcode shown}.
   */
  readonly acknowledges?: boolean;
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

/** A sink that is another one, but for what becomes of an event. */
export function withEmit(sink: EventSink, emit: EventSink["emit"]): EventSink {
  return {
    acknowledges: sink.acknowledges ?? false,
    emit,
    room: () => sink.room(),
    shown: () => sink.shown(),
  };
}
