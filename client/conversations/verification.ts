/**
 * Making sure, together with a peer, that nobody is in the middle: both compare words on one link of the
 * conversation, and what they find is saved with the key.
 *
 * @module
 */

import { type Fingerprint, fingerprintOf } from "../../shared/crypto/public_key.ts";
import type { Link, VerificationState } from "../link/link.ts";
import type { Trust } from "../trust/trust.ts";
import { UserError } from "../user_error.ts";
import type { Conversation } from "./conversation.ts";

/** Compares words with peers. */
export class VerificationFlow {
  readonly #trust: Trust;

  constructor(trust: Trust) {
    this.#trust = trust;
  }

  /**
   * Begins, or gives the words again if they are there.
   *
   * @throws {UserError} If the conversation has no encrypted link.
   */
  begin(conversation: Conversation): VerificationState {
    return linkToVerify(conversation).verify();
  }

  /**
   * Does not wait any more for the peer to begin.
   *
   * @returns Whether there was something to wait for.
   * @throws {UserError} If the conversation has no encrypted link.
   */
  withdraw(conversation: Conversation): boolean {
    return linkToVerify(conversation).comparison?.withdrawVerification() ?? false;
  }

  /**
   * Takes what the user has found.
   *
   * @param same Whether both sides see the same words.
   * @returns The fingerprint of the key that is verified now; undefined if the words differ.
   * @throws {UserError} If there are no words to compare, or the key cannot be saved.
   */
  confirm(conversation: Conversation, same: boolean): Fingerprint | undefined {
    const { name } = conversation;
    const link = linkToVerify(conversation);
    if (link.comparison?.words === undefined) throw new UserError({ code: "no-words-yet", name });
    link.comparison.endVerification();
    const id = link.peerId!;
    const key = link.peerKey!;
    if (!same) {
      this.#trust.reject(id, key);
      return undefined;
    }
    // A key that there was no room for, or no disk, is saved now at the latest.
    if (!this.#trust.remember(id, key)) throw new UserError({ code: "no-room-for-key", name });
    this.#trust.markVerified(id, key);
    return fingerprintOf(key);
  }
}

/** Why there is nothing that could be found in comparing. */
export function isWithoutWords(error: unknown): boolean {
  return error instanceof UserError && error.problem.code === "no-words-yet";
}

/** If there are several links, both sides have to take the same one. */
function linkToVerify({ name, key, links }: Conversation): Link {
  if (key === undefined) throw new UserError({ code: "no-key-to-verify", name });
  const [link] = links.toSorted((a, b) =>
    a.handshakeHash!.toHex() < b.handshakeHash!.toHex() ? -1 : 1
  );
  if (link === undefined) throw new UserError({ code: "not-connected", name });
  return link;
}
