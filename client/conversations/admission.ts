/**
 * Whom the client talks to: peers whose key is the one that is remembered under their name, or is the
 * first that they show; and peers that cannot encrypt only where the user has allowed that.
 *
 * @module
 */

import { type Address, formatAddress } from "../../shared/net/address.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import type { Fingerprint, PublicKey } from "../../shared/crypto/public_key.ts";
import type { ChatEvent } from "../events.ts";
import type { PeerFacts, Refusal } from "../link/link.ts";
import type { Trust } from "../trust/trust.ts";
import { reasonOf } from "../user_error.ts";

/** What a gatekeeper needs to know. */
export interface PeerAdmissionOptions {
  readonly self: { readonly id: string; readonly identity: Identity };
  readonly trust: Trust;
  readonly emit: (event: ChatEvent) => void;
  readonly allowPlaintext: boolean;
  /** The fingerprint that the server has named for an id, as far as it has been asked. */
  readonly said: (id: string) => Fingerprint | undefined;
  /** Who the server has said is at an address and has a key. */
  readonly introducedAt: (address: Address) => string | undefined;
  /** The same as `said`, after asking the server where that can be done; it has a time limit. Never throws. */
  readonly ask: (id: string) => Promise<Fingerprint | undefined>;
  readonly clock: TimerClock;
}

/** Whoever is turned away again within this time is not told of again. */
const quietMs = 60_000;
/** Callers of whom that is known. */
const toldOfMax = 256;

/** What is known of a peer when it is to be let in. */
export type Candidate =
  & Pick<PeerFacts, "role" | "remote" | "peerId" | "peerKey" | "dialect">
  & Partial<Pick<PeerFacts, "saidNothing">>;

/** Lets peers in, or does not. */
export class PeerAdmission {
  readonly #options: PeerAdmissionOptions;
  /** Callers that were turned away, and when the user was told. */
  readonly #toldOf = new Map<string, number>();

  constructor(options: PeerAdmissionOptions) {
    this.#options = options;
  }

  /**
   * Whether to talk to a peer that does not encrypt.
   *
   * @param calledId Whom the user has called, where that is by name.
   */
  admitPlaintext(visitor: Candidate, expectedId: string | undefined): Refusal | undefined {
    const { allowPlaintext, trust, said, introducedAt } = this.#options;
    const { peerId, role, remote } = visitor;
    if (isSomebodyElse(peerId, expectedId)) return wrongPeer(peerId, expectedId);
    const introducedId = role === "initiator" ? introducedAt(remote) : undefined;
    let known;
    try {
      known = [peerId, expectedId, introducedId].find((id) =>
        id !== undefined && (trust.knows(id) || said(id) !== undefined)
      );
    } catch (error) {
      return this.#cannotJudge(peerId ?? expectedId ?? formatAddress(remote), error);
    }
    if (known === undefined && allowPlaintext) return undefined;
    const detail = plaintextDetail(visitor, expectedId, known);
    this.#tell(visitor, remote.host, { type: "turned-away", why: detail });
    return {
      code: 426,
      reason: known === undefined
        ? "This client talks encrypted alone; a p2pchat of version 0.2 or later does"
        : `This client talks to ${known} encrypted alone`,
      detail,
    };
  }

  /**
   * Whether to talk to a peer that has proven its key. Never throws.
   *
   * @param calledId Who was called, where that is by name.
   * @param byUser Whether it is the user who has called, who is told whatever comes of it.
   */
  async admitKey(
    visitor: Candidate,
    expectedId: string | undefined,
    interactive = visitor.role === "initiator",
  ): Promise<Refusal | undefined> {
    const id = visitor.peerId!;
    if (isSomebodyElse(id, expectedId)) return wrongPeer(id, expectedId);
    if (id === this.#options.self.id) return this.#turnAwayNamesake(visitor);
    try {
      return await this.#judge(visitor, id, visitor.peerKey!, interactive);
    } catch (error) {
      return this.#cannotJudge(id, error);
    }
  }

  async #judge(
    visitor: Candidate,
    id: string,
    key: PublicKey,
    interactive: boolean,
  ): Promise<Refusal | undefined> {
    const { trust, said, ask } = this.#options;
    const isCalled = visitor.role === "initiator";
    const named = trust.knows(id) ? said(id) : await ask(id);
    const verdict = trust.judge(id, key, named, isCalled);
    switch (verdict.type) {
      case "first":
        // Where somebody of that name has been met meanwhile, it is he who counts.
        if (!this.#meet(id, key, verdict.presentedFingerprint, isCalled)) {
          return await this.#judge(visitor, id, key, interactive);
        }
        return undefined;
      case "known":
        if (verdict.serverFingerprint !== undefined) {
          const { serverFingerprint: said, presentedFingerprint: shown, verified } = verdict;
          this.#tellOf(
            `contradicted ${id}`,
            { type: "server-contradicted", name: id, said, shown, verified },
            interactive,
          );
        }
        return undefined;
      default:
        this.#tellOf(id, { type: "key-refused", name: id, verdict }, interactive);
        return refusal(
          `This client knows another key of ${id}; its user can accept yours with /trust ${id}`,
          `${id} has another key than expected`,
        );
    }
  }

  #turnAwayNamesake(visitor: Candidate): Refusal {
    const { self } = this.#options;
    // One's own key comes back where somebody sends a call on to whom it came from.
    const detail = visitor.peerKey === self.identity.publicKey
      ? "that is yourself, by your name and by your key"
      : `somebody with another key than yours goes by your name, ${self.id}`;
    this.#tell(visitor, visitor.remote.host, { type: "turned-away", why: detail });
    return refusal(`This is ${self.id} already`, detail);
  }

  #cannotJudge(who: string, error: unknown): Refusal {
    const reason = reasonOf(error);
    const problem = `Cannot look up the key of ${who}: ${reason}`;
    this.#options.emit({ type: "problem", problem });
    return { code: 500, reason: "This client cannot look up keys at the moment", detail: problem };
  }

  /** Tells of a caller that is turned away. */
  #tell({ role }: Candidate, subject: string, event: ChatEvent): void {
    // Whom we have called, the failure of the call tells of.
    if (role !== "initiator") this.#tellOf(subject, event, false);
  }

  /** Tells of what the user has asked for, and of all else, lest it fills the screen, not each time. */
  #tellOf(subject: string, event: ChatEvent, interactive: boolean): void {
    const { emit, clock } = this.#options;
    if (interactive) return emit(event);
    const toldAtMs = this.#toldOf.get(subject);
    if (toldAtMs !== undefined && clock.now() - toldAtMs < quietMs) return;
    if (this.#toldOf.size >= toldOfMax) this.#toldOf.clear();
    this.#toldOf.set(subject, clock.now());
    emit(event);
  }

  /** @returns False where another key is remembered under the name by now. */
  #meet(name: string, key: PublicKey, fingerprint: Fingerprint, isCalled: boolean): boolean {
    const { trust, emit } = this.#options;
    try {
      const meeting = trust.meet(name, key, isCalled);
      if (meeting === "another-is-known") return false;
      if (meeting === "remembered") emit({ type: "remembered", name, fingerprint });
      else emit({ type: "problem", problem: `Cannot remember the key of ${name}: too many are` });
    } catch (error) {
      const reason = reasonOf(error);
      emit({
        type: "problem",
        problem: `Cannot remember the key of ${name}: ${reason}. Next time it will be new again`,
      });
    }
    return true;
  }
}

function isSomebodyElse(
  peerId: string | undefined,
  expectedId: string | undefined,
): peerId is string {
  return peerId !== undefined && expectedId !== undefined && peerId !== expectedId;
}

function wrongPeer(peerId: string, expectedId: string | undefined): Refusal {
  return refusal(
    `You have called ${expectedId} and reached ${peerId}`,
    `${peerId} answers where ${expectedId} should: the server may be wrong; /chat ${peerId} if you ` +
      "mean that",
  );
}

function plaintextDetail(
  { peerId, remote, saidNothing }: Candidate,
  expectedId: string | undefined,
  known: string | undefined,
): string {
  const place = formatAddress(remote);
  const who = peerId ?? expectedId ?? place;
  if (saidNothing) {
    return `${who} does not answer as a client that encrypts does: it is slow, or cannot encrypt. ` +
      (known === undefined
        ? "Try again, or start the client with --allow-plaintext to talk to programs that cannot"
        : "Try again");
  }
  return known === undefined
    ? `${who} cannot encrypt: what is said could be read and changed on the way. Start the client ` +
      "with --allow-plaintext to talk to such programs all the same"
    : `${who} at ${place} did not encrypt, though ${known} has a key: either that is somebody else, ` +
      "or somebody in the middle has taken the encryption away";
}

function refusal(reason: string, detail: string): Refusal {
  return { code: 403, reason, detail };
}
