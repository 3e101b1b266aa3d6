/**
 * Whose key is believed: the keys that are saved for names, those that were refused, and those of which the
 * user has found that they are not their owner's.
 *
 * @module
 */

import { systemClock, type TimerClock } from "../../shared/time/clock.ts";
import { type Fingerprint, fingerprintOf, type PublicKey } from "../../shared/crypto/public_key.ts";
import { UserError } from "../user_error.ts";
import type { Meeting, Store } from "../store/store.ts";
import type { SimilarName } from "../events.ts";
import { skeletonOf } from "./look_alikes.ts";
import { RefusedKeys } from "./refused_keys.ts";
import { judgeKey, type Verdict } from "./verdict.ts";

export type { Verdict } from "./verdict.ts";

/** Names that are pointed out, at most. */
const similarMax = 3;

/** Keys, saved and refused. */
export class Trust {
  readonly #knownPeers: Store["knownPeers"];
  readonly #clock: Pick<TimerClock, "timeOfDay">;
  readonly #refused = new RefusedKeys();
  /** Fingerprints of keys that the user has found not to be those of a name's owner, even if the disk is full. */
  readonly #rejected = new Map<string, Set<Fingerprint>>();

  /** @param clock Says when unknown senders have come. */
  constructor(knownPeers: Store["knownPeers"], clock: Pick<TimerClock, "timeOfDay"> = systemClock) {
    this.#knownPeers = knownPeers;
    this.#clock = clock;
  }

  /** The key that is saved for a name. */
  keyOf(name: string): PublicKey | undefined {
    return this.#knownPeers.find(name)?.key;
  }

  /** Whether a key is saved for a name. */
  knows(name: string): boolean {
    return this.#knownPeers.find(name) !== undefined;
  }

  /**
   * Whether the key that is saved for a name holds whatever a server says: its owner is a contact, or a server has
   * vouched for it.
   */
  isSettled(name: string): boolean {
    return this.knows(name) && !this.#knownPeers.isProvisional(name);
  }

  /**
   * Judges a key that a peer has presented, and remembers it for {@linkcode trust} if it is refused.
   *
   * @param serverFingerprint That of the key that the server names.
   * @param isCalled Whether the user has called the peer, and so is told of the key.
   */
  judge(
    name: string,
    key: PublicKey,
    serverFingerprint: Fingerprint | undefined,
    isCalled = false,
  ): Verdict {
    const known = this.#knownPeers.find(name);
    const fingerprint = fingerprintOf(key);
    const saved = known && {
      fingerprint: fingerprintOf(known.key),
      verified: known.verified,
      provisional: this.#knownPeers.isProvisional(name),
    };
    let verdict = judgeKey(fingerprint, saved, serverFingerprint);
    // Version 0.3.0, which knows nothing of such a key, may have saved it again.
    const isOpen = verdict.type === "first" || verdict.type === "known" && !verdict.verified;
    if (isOpen && this.#isRejected(name, key)) {
      verdict = { type: "rejected", presentedFingerprint: fingerprint, serverFingerprint };
    }
    if (verdict.type !== "first" && verdict.type !== "known") {
      this.#refused.add(name, { fingerprint, key }, isCalled);
    }
    return verdict;
  }

  /**
   * Saves a key on first contact.
   *
   * @param isCalled Whether the user has called its owner, and not the other way round.
   * @param vouched Whether the server names the key. Then it takes the place of a provisional one.
   * @throws {Error} If it cannot be written, for example because the disk is full.
   */
  meet(name: string, key: PublicKey, isCalled: boolean, vouched = false): Meeting {
    const unknownSinceMs = isCalled ? undefined : this.#clock.timeOfDay();
    return this.#knownPeers.meet(name, key, unknownSinceMs, vouched);
  }

  /** Notes that the server names a key that is saved. @throws {Error} If that cannot be written. */
  markVouched(name: string, key: PublicKey): void {
    if (this.#knownPeers.isProvisional(name)) this.#knownPeers.markVouched(name, key);
  }

  /**
   * Those whose key is saved under a name that looks like this one and is another: those first whose keys are
   * verified, then other contacts. Unknown senders count as well: they may have come before the one whom they
   * look like.
   *
   * @throws {UserError} If the store cannot be read.
   */
  similarTo(name: string): SimilarName[] {
    const skeleton = skeletonOf(name);
    return this.#knownPeers.names()
      .filter((other) => other.name !== name && skeletonOf(other.name) === skeleton)
      .slice(0, similarMax)
      .map(({ name, verified, contact }) => ({
        name,
        standing: verified ? "verified" : contact ? "contact" : "unknown",
      }));
  }

  /** Whether people take two names for each other. */
  areAlike(one: string, other: string): boolean {
    return skeletonOf(one) === skeletonOf(other);
  }

  /** Whether the owner of a key is a contact: the user has called or answered them, in any run. */
  isContact(name: string, key: PublicKey): boolean {
    return this.#knownPeers.isContact(name, key);
  }

  /** Makes an unknown sender a contact. @throws {Error} If that cannot be written. */
  addContact(name: string, key: PublicKey): void {
    this.#knownPeers.addContact(name, key);
  }

  /**
   * Saves a key that the user believes.
   *
   * @returns Whether there was room for it.
   * @throws {Error} If it cannot be written.
   */
  remember(name: string, key: PublicKey): boolean {
    if (!this.#knownPeers.remember(name, key)) return false;
    this.#rejected.get(name)?.delete(fingerprintOf(key));
    return true;
  }

  /**
   * Saves a key that was refused, in place of the one that is saved.
   *
   * @param fingerprint That of the key; it may be left out if only one was refused.
   * @returns The key's fingerprint.
   * @throws {UserError} If no such key was refused, if several were and none is named, or if no more keys can
   * be saved.
   */
  trust(name: string, fingerprint: string | undefined): Fingerprint {
    const refused = this.#refused.of(name);
    const fingerprints = refused.map(({ fingerprint }) => fingerprint);
    if (refused.length === 0) throw new UserError({ code: "no-refused-key", name });
    if (fingerprint === undefined && refused.length > 1) {
      // None is suggested: the one that came first may be the wrong one.
      throw new UserError({ code: "several-refused-keys", name, fingerprints });
    }
    const wanted = refused.find((one) =>
      fingerprint === undefined || one.fingerprint === fingerprint
    );
    if (wanted === undefined) {
      throw new UserError({
        code: "not-a-refused-key",
        name,
        fingerprint: fingerprint!,
        fingerprints,
      });
    }
    if (!this.remember(name, wanted.key)) throw new UserError({ code: "no-room-for-key", name });
    this.#refused.forget(name);
    return wanted.fingerprint;
  }

  /** Whether a key is saved for a name and verified. */
  isVerified(name: string, key: PublicKey): boolean {
    const known = this.#knownPeers.find(name);
    return known !== undefined && known.verified && known.key === key;
  }

  /** Notes that a key is verified, if it is the one that is saved. */
  markVerified(name: string, key: PublicKey): void {
    this.#knownPeers.markVerified(name, key);
  }

  /**
   * Forgets a key that has turned out not to be its owner's, and refuses it from now on.
   *
   * @throws {UserError} If that cannot be written. Then it is refused while the client runs.
   */
  reject(name: string, key: PublicKey): void {
    const rejected = this.#rejected.get(name) ?? new Set();
    this.#rejected.set(name, rejected.add(fingerprintOf(key)));
    this.#knownPeers.reject(name, key);
  }

  #isRejected(name: string, key: PublicKey): boolean {
    return this.#rejected.get(name)?.has(fingerprintOf(key)) ||
      this.#knownPeers.isRejected(name, key);
  }
}
