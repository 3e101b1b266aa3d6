/**
 * Our contacts as the server gets to know them: each has a token from us, and the server has hashes of these. The
 * tokens are derived from our identity, so that copies of a profile give the same ones.
 *
 * @module
 */

import type { Identity } from "../../shared/crypto/identity.ts";
import type { PublicKey } from "../../shared/crypto/public_key.ts";
import { formatPinnedServer, type ServerAddress } from "../../shared/net/server_address.ts";
import { homeServerHeaders } from "../../shared/protocol/home_servers.ts";
import { contactEntry } from "../../shared/protocol/contact_token.ts";
import { contactsMax } from "../../shared/protocol/limits.ts";
import { message } from "../../shared/protocol/message.ts";
import type { EventSink } from "../events.ts";
import type { Link } from "../link/link.ts";
import type { Store } from "../store/store.ts";
import { reasonOf } from "../user_error.ts";

/** A conversation with somebody who may be a contact. */
interface Companion {
  readonly key: PublicKey | undefined;
  readonly links: readonly Pick<Link, "say" | "features">[];
  readonly isUnknownSender: boolean;
}

/** What the list needs. */
export interface ContactListOptions {
  readonly self: { readonly id: string; readonly identity: Identity };
  readonly store: Pick<Store, "contactTokens" | "knownPeers" | "otherServers">;
  /** The servers at which we are, as contacts are told. */
  readonly servers: readonly ServerAddress[];
  readonly sink: Pick<EventSink, "emit">;
  /** All that there are. */
  readonly conversations: () => readonly Companion[];
  /** Told that the list is another now. */
  readonly onChange: () => void;
  /** Told that a peer has given us a token. */
  readonly onToken: () => void;
}

/** The list, and the tokens that its contacts get. None of its methods throws. */
export class ContactList {
  readonly #options: ContactListOptions;
  #made = { epoch: 0, entries: new Map<PublicKey, Uint8Array>() };

  constructor(options: ContactListOptions) {
    this.#options = options;
  }

  /** The list for a server; undefined if the store cannot be read. */
  listed(): { readonly epoch: number; readonly entries: readonly Uint8Array[] } | undefined {
    return this.#tried(() => {
      const { self: { id }, store } = this.#options;
      const { epoch } = store.contactTokens;
      const entries: Uint8Array[] = [];
      for (const { key, givenEpoch } of store.contactTokens.contacts(id, contactsMax)) {
        entries.push(this.#entryOf(key, epoch));
        // Until they have their token the server has to know them without.
        if (givenEpoch !== epoch) entries.push(contactEntry(undefined, key));
      }
      return { epoch, entries: entries.slice(0, contactsMax) };
    });
  }

  /** To make one takes longer than everything else here, and there may be thousands. */
  #entryOf(key: PublicKey, epoch: number): Uint8Array {
    if (this.#made.epoch !== epoch) this.#made = { epoch, entries: new Map() };
    const { entries } = this.#made;
    const made = entries.get(key) ??
      contactEntry(this.#options.self.identity.contactToken(key, epoch), key);
    if (entries.size < contactsMax) entries.set(key, made);
    return made;
  }

  /** Gives a contact the token, over every link that there is. */
  give(conversation: Companion): void {
    this.#tried(() => {
      const { self: { identity }, store, servers, onChange } = this.#options;
      const { key, links } = conversation;
      const knowing = links.filter(({ features }) => features.includes("tokens"));
      if (key === undefined || knowing.length === 0 || conversation.isUnknownSender) return;
      const { epoch } = store.contactTokens;
      const token = message("TOKEN", [
        ["Token", identity.contactToken(key, epoch).toHex()],
        ...homeServerHeaders(servers),
      ]);
      for (const link of knowing) link.say(token);
      if (store.contactTokens.noteGiven(key, epoch)) onChange();
    });
  }

  /** Keeps the token that a peer has given us, and at which servers it is. */
  keep(key: PublicKey, token: Uint8Array, servers: readonly ServerAddress[]): void {
    const { contactTokens, otherServers } = this.#options.store;
    this.#tried(() => {
      contactTokens.keep(key, token);
      otherServers.learn(key, servers.map(formatPinnedServer));
    });
    this.#options.onToken();
  }

  /** The token by which we are a contact of somebody; undefined if they have given us none. */
  tokenFor(name: string): Uint8Array | undefined {
    return this.#tried(() => {
      const { contactTokens, knownPeers } = this.#options.store;
      const key = knownPeers.find(name)?.key;
      return key && contactTokens.of(key);
    });
  }

  /** Somebody is a contact from now on. */
  added(conversation: Companion): void {
    this.give(conversation);
    this.#options.onChange();
  }

  /** Makes all tokens anew, and gives them to those who are there: somebody is no contact any more. */
  renew(): void {
    this.#advance(this.#tried(() => this.#options.store.contactTokens.epoch + 1) ?? 0);
  }

  /** Takes over a later epoch from a server, to which another copy of the profile has given its list. */
  laterEpoch(epoch: number): void {
    this.#advance(epoch);
  }

  #advance(epoch: number): void {
    const { store, conversations, onChange } = this.#options;
    this.#tried(() => store.contactTokens.advance(epoch));
    for (const conversation of conversations()) this.give(conversation);
    onChange();
  }

  #tried<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      const problem = { code: "contacts-not-listed", reason: reasonOf(error) } as const;
      this.#options.sink.emit({ type: "problem", problem });
      return undefined;
    }
  }
}
