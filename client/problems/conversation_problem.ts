/**
 * What can go wrong with conversations, as codes and fields.
 *
 * @module
 */

import type { CertificateTerms } from "../../shared/crypto/identity.ts";
import type { Fingerprint } from "../../shared/crypto/public_key.ts";
import type { Address } from "../../shared/net/address.ts";

/** Conversations: who is let in, what is kept, what is compared. */
export type ConversationProblem =
  | { readonly code: "not-an-id"; readonly id: string }
  /** Neither an address nor a client's id. */
  | { readonly code: "not-a-peer"; readonly to: string }
  | { readonly code: "that-is-yourself" }
  | { readonly code: "no-conversation"; readonly to: string; readonly open: readonly string[] }
  /** There is no encrypted link to the peer. */
  | {
    readonly code: "not-connected";
    readonly name: string;
    /** Whether the peer has no key: then it may be called by a passing address, at which it does not listen. */
    readonly plaintext?: boolean;
  }
  /** Somebody who called as `name` has another key than the server names. */
  | {
    readonly code: "caller-contradicted";
    readonly name: string;
    readonly presentedFingerprint: Fingerprint;
    readonly serverFingerprint: Fingerprint;
  }
  | { readonly code: "call-not-taken"; readonly reason: string }
  | { readonly code: "cannot-begin"; readonly name: string; readonly reason: string }
  /** Why a peer is not let in. */
  | { readonly code: "wrong-peer"; readonly expected: string; readonly answered: string }
  | { readonly code: "own-key" }
  | { readonly code: "namesake"; readonly name: string }
  | { readonly code: "other-key"; readonly name: string }
  | {
    /** The X25519 key of a peer is one that it has replaced. */
    readonly code: "replaced-key";
    readonly name: string;
    /** What the key's certificate says; undefined if it has no number. */
    readonly shown: CertificateTerms | undefined;
    /** What the certificate with the highest number said. */
    readonly latest: CertificateTerms;
  }
  | { readonly code: "audit-by-unknown"; readonly name: string }
  | { readonly code: "too-many-links-of-one-peer"; readonly max: number }
  | { readonly code: "too-many-links-of-one-host"; readonly max: number }
  /** The user has blocked the peer's key. */
  | { readonly code: "blocked"; readonly name: string }
  | { readonly code: "no-key-to-block"; readonly who: string }
  | { readonly code: "too-many-blocked"; readonly who: string }
  /** With those that are, the last first. */
  | { readonly code: "not-blocked"; readonly who: string; readonly blocked: readonly ListedKey[] }
  | { readonly code: "no-key-to-ignore"; readonly who: string }
  | { readonly code: "too-many-ignored"; readonly who: string }
  | { readonly code: "not-ignored"; readonly who: string; readonly ignored: readonly ListedKey[] }
  | { readonly code: "no-key-to-nick"; readonly who: string }
  | { readonly code: "not-a-local-name"; readonly localName: string }
  /** With the contact that it looks like, or to whom the user has given one that it looks like. */
  | { readonly code: "local-name-alike"; readonly localName: string; readonly similarTo: string }
  | { readonly code: "too-many-local-names"; readonly who: string }
  | { readonly code: "no-local-name"; readonly who: string }
  | { readonly code: "away-too-long"; readonly max: number }
  | {
    /** A caller who is no contact, while only contacts are let in. */
    readonly code: "no-contact";
    readonly name: string | undefined;
    readonly address: Address;
    readonly person: Fingerprint | undefined;
  }
  | PlaintextProblem & { readonly code: "not-encrypted" }
  /** As `not-encrypted`, if the peer has said nothing at all: it may only be slow. */
  | PlaintextProblem & { readonly code: "no-answer-as-encrypted" }
  | { readonly code: "cannot-look-up-key"; readonly name: string; readonly reason: string }
  | { readonly code: "key-not-saved"; readonly name: string; readonly reason: string }
  | { readonly code: "certificate-not-saved"; readonly name: string; readonly reason: string }
  | { readonly code: "cannot-note-contact"; readonly name: string; readonly reason: string }
  /** Comparing words. */
  | { readonly code: "no-words-yet"; readonly name: string }
  | { readonly code: "no-key-to-verify"; readonly name: string }
  /** What the store does not take. */
  | { readonly code: "not-kept"; readonly reason: string }
  | { readonly code: "sent-not-kept"; readonly name: string; readonly reason: string }
  | { readonly code: "shown-not-noted"; readonly reason: string }
  | {
    readonly code: "store-failed";
    readonly doing:
      | "receive"
      | "mark-shown"
      | "mark-delivered"
      | "mark-read"
      | "renumber"
      | "deliver"
      | "confirm";
    readonly name: string;
    readonly reason: string;
    /** Whether the peer has a key, and so sends again what is not confirmed. */
    readonly keyed: boolean;
  }
  | { readonly code: "cannot-watch"; readonly reason: string }
  | { readonly code: "contacts-not-listed"; readonly reason: string }
  | { readonly code: "mail-not-kept"; readonly name: string; readonly reason: string }
  /** An unknown sender has sent so many messages that the user has not answered. */
  | { readonly code: "too-many-unanswered"; readonly name: string; readonly count: number }
  /** All unknown senders together have, and this is one of them. */
  | { readonly code: "too-many-unanswered-of-all"; readonly name: string };

interface PlaintextProblem {
  /** Who it is, as far as anybody has said. */
  readonly name: string | undefined;
  readonly address: Address;
  /** Whose key is known, and who should therefore encrypt. */
  readonly known: string | undefined;
}

/** A key of which the user has said something. */
interface ListedKey {
  readonly fingerprint: Fingerprint;
  readonly name: string | undefined;
}
