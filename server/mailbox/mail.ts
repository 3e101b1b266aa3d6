/**
 * What a mailbox keeps, and for whom.
 *
 * @module
 */

import type { PublicKey } from "../../shared/crypto/public_key.ts";
import type { Source } from "../limits/limits.ts";

/** Which mailbox it is: that of a client id, and of the key that owns it. */
export interface MailboxAddress {
  readonly clientId: string;
  readonly key: PublicKey;
}

/** A mail that a client deposits. */
export interface Mail {
  readonly to: MailboxAddress;
  readonly sender: PublicKey;
  readonly source: Source;
  /** Who the sender is to the owner of the mailbox: `undivided` if that one has not said who the contacts are. */
  readonly standing: "contact" | "unknown" | "undivided";
  /** Chosen by the sender. The same id from the same sender for the same mailbox is the same mail. */
  readonly id: string;
  readonly data: Uint8Array;
}

/** A mail in a mailbox. */
export interface KeptMail {
  readonly number: number;
  readonly data: Uint8Array;
}
