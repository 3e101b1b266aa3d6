/**
 * Making sure, together with a peer, that nobody is in the middle: the words are compared on one link of
 * the conversation, and what comes of it is remembered of the key.
 *
 * @module
 */

import { type Fingerprint, fingerprintOf } from "../../shared/crypto/public_key.ts";
import { UserError } from "../user_error.ts";
import type { Conversation } from "./conversation.ts";
import type { ChatEvent } from "../events.ts";
import type { Link } from "../link/link.ts";
import type { Trust } from "../trust/trust.ts";

/** What verifying needs to know. */
export interface VerificationFlowOptions {
  readonly trust: Trust;
  readonly emit: (event: ChatEvent) => void;
}

/** Compares words with peers. */
export class VerificationFlow {
  readonly #options: VerificationFlowOptions;

  constructor(options: VerificationFlowOptions) {
    this.#options = options;
  }

  /**
   * Begins, or shows the words again where they are there.
   *
   * @throws {UserError} Where the conversation has no link that is encrypted.
   */
  begin(conversation: Conversation): void {
    const { name } = conversation;
    const verification = linkToVerify(conversation).verify();
    const { emit } = this.#options;
    if (verification.state === "peer-must-begin") emit({ type: "verification-waits", name });
    else if (verification.state === "words") {
      emit({ type: "verification-words", name, words: verification.words });
    }
  }

  /**
   * Takes what the user has found.
   *
   * @returns The fingerprint that is verified; undefined where the words differed.
   * @throws {UserError} Where there are no words to compare.
   */
  conclude(conversation: Conversation, same: boolean): Fingerprint | undefined {
    const { name } = conversation;
    const link = linkToVerify(conversation);
    if (link.words === undefined) {
      throw new UserError(
        `There are no words to compare yet: /verify ${name} shows them once both of you have typed it`,
      );
    }
    link.endVerification();
    const { emit, trust } = this.#options;
    const id = link.peerId!;
    const key = link.peerKey!;
    if (!same) {
      trust.reject(id, key);
      emit({ type: "not-verified", name });
      return undefined;
    }
    // A key that there was no room for, or no disk, is remembered at the latest now.
    if (!trust.remember(id, key)) {
      throw new UserError(`Cannot remember the key of ${name}: too many are`);
    }
    trust.markVerified(id, key);
    const fingerprint = fingerprintOf(key);
    emit({ type: "verified", name, fingerprint });
    return fingerprint;
  }
}

/** Of all links that both sides have, each has to take the same one. */
function linkToVerify({ name, key, links }: Conversation): Link {
  if (key === undefined) {
    throw new UserError(`${name} talks in plaintext: there is no key to verify`);
  }
  const [link] = links.toSorted((a, b) =>
    a.handshakeHash!.toHex() < b.handshakeHash!.toHex() ? -1 : 1
  );
  if (link === undefined) {
    throw new UserError(`${name} is not connected: /chat ${name} before you compare words`);
  }
  return link;
}
