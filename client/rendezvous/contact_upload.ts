/**
 * Giving the server the list of our contacts, if it takes one: when it has registered us, and whenever the list has
 * changed. What the server has already is not sent again.
 *
 * @module
 */

import {
  contactParts,
  contactsDigest,
  type ContactsState,
  parseContacts,
} from "../../shared/protocol/contact_token.ts";
import { dataHeaders } from "../../shared/protocol/mail_data.ts";
import { header, type Message, message } from "../../shared/protocol/message.ts";
import { namesFeature } from "../../shared/protocol/records.ts";
import { protocolVersion } from "../../shared/protocol/verbs.ts";
import { UserError } from "../user_error.ts";
import type { ServerConnection } from "./server_connection.ts";

type Server = Pick<ServerConnection, "request">;

/** The list that the server is to have. */
export interface ListedContacts {
  /** How often all tokens were made anew. */
  readonly epoch: number;
  readonly entries: readonly Uint8Array[];
}

/** Who has the list, and what others have given us for theirs. None of these throws. */
export interface ContactSource {
  /** The list; undefined if it cannot be made now. */
  listed(): ListedContacts | undefined;
  /** Told that the server has a list of a later epoch, from another copy of the profile. */
  laterEpoch(epoch: number): void;
  /** The token by which we are a contact of somebody; undefined if they have given us none. */
  tokenFor(name: string): Uint8Array | undefined;
}

/** What giving the list needs. */
export interface ContactUploadOptions {
  /** Our own id. */
  readonly id: string;
  /** If not given the server gets no list. */
  readonly source: (() => ContactSource) | undefined;
}

/** Epochs that are taken over from a server at once. A later one can only be meant to use them up. */
const epochsAheadMax = 1_000;

/** What one server has of the list. */
export class ContactUpload {
  readonly #options: ContactUploadOptions;
  /** The server, as long as it takes a list. */
  #server: Server | undefined;
  /** What the server has, as far as it has said. */
  #state: ContactsState | undefined;
  /** The parts that it has from us, in this run. */
  #given: { readonly epoch: number; readonly parts: readonly Uint8Array[] } | undefined;
  #isStale = false;
  #giving: Promise<void> | undefined;

  constructor(options: ContactUploadOptions) {
    this.#options = options;
  }

  /** Takes what a server says in WATCHACK. Done when it has the list, or does not take it. */
  async registered(server: Server, watchack: Message): Promise<void> {
    if (this.#options.source === undefined) return;
    if (!namesFeature(watchack, "contacts")) return this.lost();
    if (this.#server !== server) this.#given = undefined;
    this.#server = server;
    this.#state = parseContacts(header(watchack, "Contacts"));
    await this.changed();
  }

  /** The list may be another now. */
  async changed(): Promise<void> {
    this.#isStale = true;
    await (this.#giving ??= this.#give().finally(() => this.#giving = undefined));
  }

  /** The server is lost. */
  lost(): void {
    this.#server = undefined;
    this.#given = undefined;
  }

  async #give(): Promise<void> {
    // What changes within one turn is given at once.
    await undefined;
    for (let server; this.#isStale && (server = this.#server) !== undefined;) {
      this.#isStale = false;
      try {
        await this.#giveTo(server);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        // The next registration tries again.
        if (this.#server === server) this.lost();
      }
    }
  }

  async #giveTo(server: Server): Promise<void> {
    const { id } = this.#options;
    const source = this.#options.source?.();
    let listed = source?.listed();
    if (listed !== undefined && this.#adopts(listed.epoch)) listed = source?.listed();
    if (listed === undefined) return;
    const { epoch } = listed;
    const parts = contactParts(listed.entries);
    if (this.#state?.epoch === epoch && this.#state.digest === contactsDigest(parts)) {
      this.#given = { epoch, parts };
      return;
    }
    const had = this.#given?.epoch === epoch && this.#given.parts.length === parts.length
      ? this.#given.parts
      : [];
    for (const [i, part] of parts.entries()) {
      const before = had[i];
      if (before !== undefined && before.toHex() === part.toHex()) continue;
      const reply = await server.request(
        message("CONTACTS", [
          ["clientID", id],
          ["Version", protocolVersion],
          ["Epoch", String(epoch)],
          ["Part", String(i + 1)],
          ["Parts", String(parts.length)],
          ...dataHeaders(part),
        ]),
        "CONTACTSACK",
      );
      this.#state = parseContacts(header(reply, "Contacts"));
      // Another copy of the profile may have been quicker.
      if (this.#state?.epoch !== epoch) {
        this.#isStale = this.#adopts(epoch);
        return;
      }
    }
    this.#given = { epoch, parts };
  }

  /** @returns Whether an epoch of the server's has been taken over. */
  #adopts(ours: number): boolean {
    const there = this.#state?.epoch ?? ours;
    if (there <= ours || there > ours + epochsAheadMax) return false;
    this.#options.source?.().laterEpoch(there);
    return true;
  }
}
