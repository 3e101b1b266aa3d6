/**
 * X25519 keys that peers have replaced are not taken again. Their owner may have replaced one because somebody has
 * stolen it, and whoever has it has its certificate as well.
 *
 * Only numbers count, which the owner of the Ed25519 key gives. A date is shown and nothing else: a clock that was
 * wrong for a day must not shut anybody out for good.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import { refusals } from "../../shared/protocol/reasons.ts";
import type { PeerFacts, Refusal } from "../link/link.ts";
import type { LatestCertificate, Store } from "../store/store.ts";

/** What a peer has shown of its keys. */
export type ShownCertificate =
  & Pick<PeerFacts, "peerId" | "peerKey">
  & Partial<Pick<PeerFacts, "peerAgreement" | "features">>;

/** Compares certificates with those that came before. */
export class CertificateOrder {
  readonly #certificates: Store["certificates"];

  constructor(certificates: Store["certificates"]) {
    this.#certificates = certificates;
  }

  /**
   * Why a peer that has a key is not let in with its certificate, if that is so.
   *
   * @throws {UserError} If the store cannot be read.
   */
  refusalOf({ peerId, peerKey, peerAgreement }: ShownCertificate):
    | Refusal
    | undefined {
    const latest = this.#certificates.latest(peerKey!);
    if (latest === undefined || peerAgreement === undefined) return undefined;
    const { key, terms } = peerAgreement;
    const isLatest = equals(key, latest.agreement);
    // The same key, without a number, is what a peer says to those that understand none.
    const isRefused = terms === undefined
      ? !isLatest
      : terms.number < latest.number || terms.number === latest.number && !isLatest;
    if (!isRefused) return undefined;
    const { number, dateS } = latest;
    const detail = {
      code: "replaced-key",
      name: peerId!,
      shown: terms,
      latest: { number, dateS },
    } as const;
    return { ...refusals.replacedKey, detail };
  }

  /**
   * Remembers what a peer that is let in has shown.
   *
   * @throws {UserError} If the store cannot be written.
   */
  note({ peerKey, peerAgreement, features }: ShownCertificate): void {
    const latest = this.#certificates.latest(peerKey!);
    if (peerAgreement?.terms !== undefined) {
      const { number, dateS } = peerAgreement.terms;
      // A mail may be from before the peer has said something else on a link.
      const inMail = features !== undefined || (latest?.inMail ?? true);
      if (latest?.inMail === inMail && latest.number >= number) return;
      const shown: LatestCertificate = { agreement: peerAgreement.key, number, dateS, inMail };
      this.#certificates.note(peerKey!, shown);
    } else if (latest?.inMail && features !== undefined) {
      // It is an earlier version now, whose mail is as it was.
      this.#certificates.noteNotInMail(peerKey!);
    }
  }
}
