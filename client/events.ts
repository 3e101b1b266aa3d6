/**
 * What happens to a client. Each front end shows these in its own way; nothing else reaches a user.
 *
 * @module
 */

import type { Address } from "../shared/address.ts";

/**
 * How a peer speaks: this protocol; raw text as the original does, each message whatever a read brings;
 * or lines of text after a CHAT, as its relatives do.
 */
export type Dialect = "p2pchat" | "raw" | "lines";

/** Why a conversation is over. */
export type CloseReason = "you-left" | "peer-left" | "lost" | "silent" | "broken";

/** A conversation, as it is listed. */
export interface PeerState {
  readonly name: string;
  readonly address: Address;
  readonly dialect: Dialect;
  readonly current: boolean;
}

/** A client that the server knows. */
export interface KnownClient {
  readonly id: string;
  readonly address: Address;
}

/** Something that happened. */
export type ChatEvent =
  | { readonly type: "listening"; readonly address: Address }
  | {
    readonly type: "registered";
    readonly id: string;
    readonly address: Address;
    readonly server: Address;
    /** How long it lasts without being refreshed; undefined where the server does not say. */
    readonly expiresS: number | undefined;
  }
  | { readonly type: "unregistered"; readonly id: string }
  | { readonly type: "server-lost"; readonly problem: string }
  | { readonly type: "registered-again"; readonly server: Address }
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
    readonly called: "by-us" | "by-them";
    readonly current: boolean;
  }
  | {
    readonly type: "message";
    readonly name: string;
    readonly dialect: Dialect;
    readonly text: string;
  }
  | { readonly type: "delivered"; readonly name: string; readonly id: string }
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
  | { readonly type: "problem"; readonly problem: string };
