/**
 * Mail that came: who it is accepted from, and which conversation it goes into.
 *
 * @module
 */

import type { Address } from "../../shared/net/address.ts";
import { namedBy } from "../../shared/net/named_address.ts";
import type { EventSink } from "../events.ts";
import type { MailIntake, OpenedMail } from "../mailbox/mailbox.ts";
import type { Store } from "../store/store.ts";
import { mayMailName } from "../transport/transport.ts";
import type { PeerAdmission } from "./admission.ts";
import type { ConversationList } from "./conversation_list.ts";
import { reasonOf } from "../user_error.ts";

/** What taking mail needs. */
export interface ConversationMailOptions {
  /** Our own id. */
  readonly selfId: string;
  readonly store: Pick<Store, "conversations" | "serverKeys">;
  readonly admission: PeerAdmission;
  readonly list: ConversationList;
  readonly sink: Pick<EventSink, "emit">;
}

/** Takes mail. */
export class ConversationMail implements MailIntake {
  readonly #options: ConversationMailOptions;

  constructor(options: ConversationMailOptions) {
    this.#options = options;
  }

  /**
   * Takes a mail that has been opened. Never throws.
   *
   * @param from Where the mailbox is.
   * @returns True also if the user wants nothing from its sender. False if it has to stay there, since what comes before it is still to come, or nobody believes
   * its key.
   */
  async take(mail: OpenedMail, from: Address): Promise<boolean> {
    const { selfId, store, admission, list, sink } = this.#options;
    const { id: name, key, agreement, certificate, address, messages } = mail;
    const candidate = {
      role: "responder",
      remote: from,
      peerId: name,
      peerKey: key,
      peerAgreement: { key: agreement, terms: certificate },
      dialect: "p2pchat",
    } as const;
    // Nobody will ever want it. Its sender has it still, and may send it over a link if that changes.
    if (admission.refusesEver(candidate)) return true;
    if (await admission.admitKey(candidate, undefined) !== undefined) return false;
    try {
      // What is not called anyway must not take the place of an address that is.
      const named = address !== undefined && mayMailName(address) && namedBy("mail", address);
      const seen = { agreement, ...named && { address: named } };
      const record = store.conversations.open({ self: selfId, name, key }, seen);
      store.serverKeys.proven(record.id);
      return list.take(name, record).takeMail(messages);
    } catch (error) {
      const problem = { code: "mail-not-kept", name, reason: reasonOf(error) } as const;
      sink.emit({ type: "problem", problem });
      return false;
    }
  }

  /** Acknowledges what has come. Never throws. */
  async answer(): Promise<void> {
    await Promise.all(this.#options.list.all.map((conversation) => conversation.answerMail()));
  }
}
