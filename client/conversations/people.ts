/**
 * Whom the user lets in, by their own word.
 *
 * @module
 */

import type { Fingerprint, PublicKey } from "../../shared/crypto/public_key.ts";
import type { ConversationState } from "../events.ts";
import type { Trust } from "../trust/trust.ts";
import type { ContactList } from "./contact_list.ts";
import type { ConversationList } from "./conversation_list.ts";

/** What deciding about people needs. */
export interface PeopleOptions {
  readonly list: ConversationList;
  readonly trust: Trust;
  /** Makes the tokens of contacts anew when somebody is none any more. */
  readonly contacts: Pick<ContactList, "renew">;
  /** Gives what waits for somebody to another key of theirs. See {@linkcode reassign}. */
  readonly reassign: (name: string, key: PublicKey) => Promise<void>;
  /** Fetches the mail that was left at the server before. */
  readonly collectLeftMail: () => void;
}

/** What the user decides about people. */
export class People {
  readonly #options: PeopleOptions;

  constructor(options: PeopleOptions) {
    this.#options = options;
  }

  /**
   * Accepts somebody who has called or written, without turning to them: they are a contact from then on, and
   * what they send is taken without a limit.
   *
   * @param to The id of a conversation, or the name of its peer.
   * @throws {UserError} If there is no conversation of that name, and no key is known.
   */
  accept(to: string): ConversationState {
    const { list, collectLeftMail } = this.#options;
    const conversation = list.getOrOpen(to);
    list.answer(conversation);
    // Mail that was too much is still at the server.
    collectLeftMail();
    return list.stateOf(conversation);
  }

  /**
   * Accepts a key that was refused, and leaves the peer with the one that was believed before. What waits goes
   * to the new one.
   *
   * @param fingerprint Which key, if several were refused for that name.
   * @returns Its fingerprint.
   * @throws {UserError} If there is no such key, or it cannot be saved.
   */
  async trust(name: string, fingerprint?: string): Promise<Fingerprint> {
    const { trust, contacts, reassign, collectLeftMail } = this.#options;
    const trusted = trust.trust(name, fingerprint);
    contacts.renew();
    await reassign(name, trust.keyOf(name)!);
    // Mail that was sealed with that key has been left where it is.
    collectLeftMail();
    return trusted;
  }
}
