/**
 * Whom the client talks to: peers whose key is the one that is saved under their name, or is the first that
 * they show; and peers that cannot encrypt only if the user has allowed that.
 *
 * @module
 */

import { formatAddress } from "../../shared/net/address.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { Throttle } from "../../shared/time/throttle.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { fingerprintOf, type PublicKey } from "../../shared/crypto/public_key.ts";
import { refusals } from "../../shared/protocol/reasons.ts";
import { BoundedMap } from "../../shared/collections/bounded_map.ts";
import { CertificateOrder, type ShownCertificate } from "./certificate_order.ts";
import type { Connector } from "../connector/connector.ts";
import type { ClientEvent, EventSink, SimilarName } from "../events.ts";
import type { PeerFacts, Refusal } from "../link/link.ts";
import type { Store } from "../store/store.ts";
import { ranks } from "../transport/transport.ts";
import type { Trust, Verdict } from "../trust/trust.ts";
import { type Problem, reasonOf } from "../user_error.ts";

/** What admission needs. */
export interface PeerAdmissionOptions {
  readonly self: { readonly id: string; readonly identity: Identity };
  readonly trust: Trust;
  readonly sink: Pick<EventSink, "emit">;
  readonly allowPlaintext: boolean;
  /** Whether nobody else than contacts is let in. */
  readonly contactsOnly: boolean;
  readonly store: Pick<Store, "blockedKeys" | "certificates">;
  /** Knows what the server has said of keys, and asks it. */
  readonly connector: Pick<Connector, "ask" | "idAt" | "known">;
  readonly clock: Clock;
  /** Told that the server vouches for a key, which takes the place of an unknown sender's. */
  readonly onDisplaced: (name: string, key: PublicKey) => void;
}

/** A key is the first for its name. */
type FirstVerdict = Extract<Verdict, { type: "first" }>;

/** Nothing more is told within this time of a peer that is turned away again. */
const quietMs = 60_000;
/** Peers of which it is remembered that the user was told. */
const toldMax = 256;

/** What is known of a peer that wants to be let in. */
export type Candidate =
  & Pick<PeerFacts, "role" | "remote" | "peerId" | "peerKey" | "dialect">
  & ShownCertificate
  & Partial<Pick<PeerFacts, "saidNothing">>;

/** Lets peers in, or does not. */
export class PeerAdmission {
  readonly #options: PeerAdmissionOptions;
  readonly #certificates: CertificateOrder;
  /** How often the user is told of each peer that is turned away. */
  readonly #told = new BoundedMap<string, Throttle>(toldMax);

  constructor(options: PeerAdmissionOptions) {
    this.#options = options;
    this.#certificates = new CertificateOrder(options.store.certificates);
  }

  /**
   * Whether to talk to a peer that does not encrypt.
   *
   * @param expectedId Whom the user has called, if by name.
   */
  admitPlaintext(
    peer: Candidate & Pick<PeerFacts, "rank">,
    expectedId: string | undefined,
  ): Refusal | undefined {
    const { allowPlaintext, trust, connector } = this.#options;
    const { peerId, role, remote } = peer;
    if (isSomebodyElse(peerId, expectedId)) return wrongPeer(peerId, expectedId);
    const idAtPlace = role === "initiator" ? connector.idAt(remote) : undefined;
    let known;
    try {
      known = [peerId, expectedId, idAtPlace].find((id) =>
        id !== undefined && (trust.knows(id) || connector.known(id) !== undefined)
      );
    } catch (error) {
      return this.#cannotJudge(peerId ?? expectedId ?? formatAddress(remote), error);
    }
    // On any other way somebody else has a part in it, or a key has been agreed on (PROTOCOL.md sections 4 and 5).
    const mayBePlain = allowPlaintext && peer.rank === ranks.direct;
    if (known === undefined && mayBePlain) return this.#refusalOfUnknown(peer);
    const detail: Problem = {
      code: peer.saidNothing ? "no-answer-as-encrypted" : "not-encrypted",
      name: peerId ?? expectedId,
      address: remote,
      known,
    };
    this.#tell(peer, remote.host, { type: "turned-away", why: detail });
    const told = known === undefined ? refusals.encryptedOnly : refusals.encryptedOnlyWith(known);
    return { ...told, detail };
  }

  /**
   * Whether to talk to a peer that has proven its key. Never throws.
   *
   * @param expectedId Who was called, if by name.
   * @param interactive Whether the user has called: then they are told, whatever comes of it.
   */
  async admitKey(
    peer: Candidate,
    expectedId: string | undefined,
    interactive = peer.role === "initiator",
  ): Promise<Refusal | undefined> {
    const id = peer.peerId!;
    if (isSomebodyElse(id, expectedId)) return wrongPeer(id, expectedId);
    if (id === this.#options.self.id) return this.#turnAwayNamesake(peer);
    try {
      const refusal = this.#refusalOfBlocked(id, peer.peerKey!) ?? this.#refusalOfUnknown(peer) ??
        this.#refusalOfReplaced(peer) ?? await this.#judge(peer, id, peer.peerKey!, interactive) ??
        // Another link may have shown a later one while that was asked.
        this.#refusalOfReplaced(peer);
      if (refusal === undefined) this.#noteCertificate(peer, id);
      return refusal;
    } catch (error) {
      return this.#cannotJudge(id, error);
    }
  }

  /** Whether a peer that has a key is refused whatever else holds, as long as the user does not change that. */
  refusesEver(peer: Candidate): boolean {
    const { peerId, peerKey } = peer;
    try {
      return this.#refusalOfBlocked(peerId!, peerKey!) !== undefined ||
        this.#refusalOfReplaced(peer) !== undefined ||
        (this.#options.contactsOnly && !this.#options.trust.isContact(peerId!, peerKey!));
    } catch {
      return false;
    }
  }

  #refusalOfBlocked(name: string, key: PublicKey): Refusal | undefined {
    if (!this.#options.store.blockedKeys.has(fingerprintOf(key))) return undefined;
    return { ...refusals.notWanted, detail: { code: "blocked", name } };
  }

  /** One that shows an X25519 key that it has replaced. */
  #refusalOfReplaced(peer: Candidate): Refusal | undefined {
    const refusal = this.#certificates.refusalOf(peer);
    if (refusal === undefined) return undefined;
    this.#tell(peer, fingerprintOf(peer.peerKey!), { type: "turned-away", why: refusal.detail });
    return refusal;
  }

  #noteCertificate(peer: Candidate, name: string): void {
    try {
      this.#certificates.note(peer);
    } catch (error) {
      const problem: Problem = { code: "certificate-not-saved", name, reason: reasonOf(error) };
      this.#options.sink.emit({ type: "problem", problem });
    }
  }

  /** A caller who is no contact, if only contacts are let in. */
  #refusalOfUnknown(peer: Candidate): Refusal | undefined {
    const { contactsOnly, trust } = this.#options;
    const { role, peerId, peerKey, remote } = peer;
    if (!contactsOnly || role === "initiator") return undefined;
    if (peerKey !== undefined && trust.isContact(peerId!, peerKey)) return undefined;
    const person = peerKey && fingerprintOf(peerKey);
    const detail: Problem = { code: "no-contact", name: peerId, address: remote, person };
    this.#tell(peer, person ?? remote.host, { type: "turned-away", why: detail });
    return { ...refusals.contactsOnly, detail };
  }

  /** Whether a name and key are a contact's; false if the store cannot say it. Never throws. */
  isContact(name: string, key: PublicKey): boolean {
    try {
      return this.#options.trust.isContact(name, key);
    } catch {
      return false;
    }
  }

  /** Those whose names look like a name, see {@linkcode Trust.similarTo}. Never throws. */
  similarTo(name: string): SimilarName[] {
    try {
      return this.#options.trust.similarTo(name);
    } catch {
      // It only helps; what is wrong with the store is reported by what needs it.
      return [];
    }
  }

  async #judge(
    peer: Candidate,
    id: string,
    key: PublicKey,
    interactive: boolean,
  ): Promise<Refusal | undefined> {
    const { trust, connector } = this.#options;
    const isCalled = peer.role === "initiator";
    const named = trust.isSettled(id) ? connector.known(id) : await connector.ask(id);
    const verdict = trust.judge(id, key, named, isCalled);
    switch (verdict.type) {
      case "first":
        // If somebody of that name has been met meanwhile, it is they who count.
        if (!this.#meet(id, key, verdict, isCalled)) {
          return await this.#judge(peer, id, key, interactive);
        }
        return undefined;
      case "known":
        if (verdict.vouched) this.#noteVouched(id, key);
        if (verdict.serverFingerprint !== undefined) {
          const { serverFingerprint, presentedFingerprint, verified } = verdict;
          const keys = { serverFingerprint, presentedFingerprint, verified };
          const event = { type: "server-contradicted", name: id, ...keys } as const;
          this.#tellOf(`contradicted ${id}`, event, interactive);
        }
        return undefined;
      default: {
        const type = verdict.type === "changed" ? "key-changed" : "key-refused";
        this.#tellOf(id, { type, name: id, verdict }, interactive);
        return { ...refusals.otherKey(id), detail: { code: "other-key", name: id } };
      }
    }
  }

  #turnAwayNamesake(peer: Candidate): Refusal {
    const { self } = this.#options;
    // One's own key comes back if somebody passes a call on to the one that it came from.
    const detail: Problem = peer.peerKey === self.identity.publicKey
      ? { code: "own-key" }
      : { code: "namesake", name: self.id };
    this.#tell(peer, peer.remote.host, { type: "turned-away", why: detail });
    return { ...refusals.namesake(self.id), detail };
  }

  #cannotJudge(name: string, error: unknown): Refusal {
    const detail: Problem = { code: "cannot-look-up-key", name, reason: reasonOf(error) };
    this.#options.sink.emit({ type: "problem", problem: detail });
    return { ...refusals.cannotLookUpKeys, detail };
  }

  /** Tells of a peer that has called and is turned away. Of a call of ours its failure tells. */
  #tell({ role }: Candidate, subject: string, event: ClientEvent): void {
    if (role === "responder") this.#tellOf(subject, event, false);
  }

  /** Tells of what the user has asked for; of anything else not each time, so that it cannot fill the screen. */
  #tellOf(subject: string, event: ClientEvent, interactive: boolean): void {
    const { sink, clock } = this.#options;
    if (interactive) return sink.emit(event);
    const throttle = this.#told.get(subject) ?? new Throttle(clock, quietMs);
    if (!throttle.pass()) return;
    this.#told.set(subject, throttle);
    sink.emit(event);
  }

  /** @returns False if another key is saved under the name by now. */
  #meet(name: string, key: PublicKey, verdict: FirstVerdict, isCalled: boolean): boolean {
    const { trust, sink, onDisplaced } = this.#options;
    try {
      const meeting = trust.meet(name, key, isCalled, verdict.vouched);
      if (meeting === "another-is-known") return false;
      if (meeting === "remembered") this.#tellFirstContact(name, verdict, isCalled);
      else sink.emit({ type: "problem", problem: { code: "no-room-for-key", name } });
    } catch (error) {
      const problem: Problem = { code: "key-not-saved", name, reason: reasonOf(error) };
      sink.emit({ type: "problem", problem });
    }
    if (verdict.displacedFingerprint !== undefined) onDisplaced(name, key);
    return true;
  }

  #tellFirstContact(name: string, verdict: FirstVerdict, isCalled: boolean): void {
    const { presentedFingerprint: fingerprint, vouched, displacedFingerprint: displaced } = verdict;
    const similarTo = this.similarTo(name);
    this.#options.sink.emit({
      type: "first-contact",
      name,
      fingerprint,
      vouched,
      ...!isCalled && { unasked: true },
      ...displaced !== undefined && { displaced },
      ...similarTo.length > 0 && { similarTo },
    });
  }

  /** It only helps: if the disk is full, the next call notes it. */
  #noteVouched(name: string, key: PublicKey): void {
    try {
      this.#options.trust.markVouched(name, key);
    } catch {
      // What is wrong with the store is told by what needs it.
    }
  }
}

function isSomebodyElse(
  peerId: string | undefined,
  expectedId: string | undefined,
): peerId is string {
  return peerId !== undefined && expectedId !== undefined && peerId !== expectedId;
}

function wrongPeer(answered: string, expected: string | undefined): Refusal {
  return {
    ...refusals.wrongPeer(expected!, answered),
    detail: { code: "wrong-peer", expected: expected!, answered },
  };
}
