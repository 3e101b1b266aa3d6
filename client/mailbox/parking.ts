/**
 * Mail that cannot be used yet is kept here and not at the server, so that each mail is fetched once. It is tried
 * again when something else of its sender has been taken, and when whom the user believes may have changed.
 *
 * @module
 */

import type { Identity } from "../../shared/crypto/identity.ts";
import type { PublicKey } from "../../shared/crypto/public_key.ts";
import { type Address, formatAddress, parseAddress } from "../../shared/net/address.ts";
import type { Store } from "../store/store.ts";
import { type Problem, reasonOf } from "../user_error.ts";
import { type OpenedMail, openMail } from "./mail_content.ts";

/** What parking needs. */
export interface ParkingOptions {
  /** Our own id. */
  readonly id: string;
  readonly identity: Identity;
  readonly store: Pick<Store, "knownPeers" | "parkedMails">;
  /** Told of mail that could not be kept. */
  readonly onProblem: (problem: Problem) => void;
}

/** The mail that waits here. */
export class Parking {
  readonly #options: ParkingOptions;

  constructor(options: ParkingOptions) {
    this.#options = options;
  }

  /** Keeps a mail. Never throws. @returns Whether the server need not keep it any more. */
  park({ id: name, key }: OpenedMail, envelope: Uint8Array, from: Address): boolean {
    const { id, store, onProblem } = this.#options;
    try {
      const isContact = store.knownPeers.isContact(name, key);
      const place = formatAddress(from);
      store.parkedMails.park(id, { sender: key, isContact, place, envelope });
      return true;
    } catch (error) {
      onProblem({ code: "mail-not-kept", name, reason: reasonOf(error) });
      return false;
    }
  }

  /**
   * Tries mail again, as long as some of it can be taken.
   *
   * @param sender Whose; undefined for everybody's.
   * @param take As in {@linkcode MailIntake}.
   * @throws {UserError} If the store fails.
   */
  async retry(
    sender: PublicKey | undefined,
    take: (mail: OpenedMail, from: Address) => Promise<boolean>,
  ): Promise<void> {
    const { id, store } = this.#options;
    for (let isTaken = true; isTaken;) {
      isTaken = false;
      for (const { id: number, place, envelope } of store.parkedMails.list(id, sender)) {
        const mail = await openMail(envelope, this.#options);
        const from = parseAddress(place);
        const isOver = mail === undefined || from === undefined || await take(mail, from);
        if (!isOver) continue;
        store.parkedMails.remove(number);
        isTaken = true;
      }
    }
  }
}
