/**
 * Whose key is believed: trust on first use, as with SSH (RFC 4251 section 4.1), held against what the
 * server says.
 *
 * @module
 */

import { systemClock, type TimerClock } from "../../shared/time/clock.ts";
import { type Fingerprint, fingerprintOf, type PublicKey } from "../../shared/crypto/public_key.ts";
import { UserError } from "../user_error.ts";
import type { KnownPeers, Meeting } from "../store/known_peers.ts";

/** What is to be thought of a key, all of them fingerprints. */
export type Verdict =
  /** The name is new, and nothing speaks against the key. */
  | { readonly type: "first"; readonly shown: Fingerprint }
  /** The key is the one that is remembered; `said` is another that the server has named. */
  | {
    readonly type: "known";
    readonly shown: Fingerprint;
    readonly verified: boolean;
    readonly said: Fingerprint | undefined;
  }
  /** Another key is remembered; `said` is what the server has named, if it has. */
  | {
    readonly type: "changed";
    readonly shown: Fingerprint;
    readonly known: Fingerprint;
    readonly verified: boolean;
    readonly said: Fingerprint | undefined;
  }
  /** The name is new, and the server has named another key. */
  | { readonly type: "contradicted"; readonly shown: Fingerprint; readonly said: Fingerprint }
  /** The name is new again: the user has found that this key is not its owner's. */
  | {
    readonly type: "rejected";
    readonly shown: Fingerprint;
    readonly said: Fingerprint | undefined;
  };

/** A verdict after which nobody is talked to. */
export type RefusingVerdict = Extract<Verdict, { type: "changed" | "contradicted" | "rejected" }>;

/**
 * Holds the key that a peer has shown against what is known.
 *
 * @param shown The fingerprint of the key that the peer has proven to have.
 * @param known The fingerprint of the one that is remembered under the peer's name, and whether it is
 * verified.
 * @param said The fingerprint of the one that the server has named.
 */
export function judge(
  shown: Fingerprint,
  known: { readonly fingerprint: Fingerprint; readonly verified: boolean } | undefined,
  said: Fingerprint | undefined,
): Verdict {
  if (known === undefined) {
    return said === undefined || said === shown
      ? { type: "first", shown }
      : { type: "contradicted", shown, said };
  }
  const { fingerprint, verified } = known;
  return fingerprint === shown
    ? { type: "known", shown, verified, said: said === shown ? undefined : said }
    : { type: "changed", shown, known: fingerprint, verified, said };
}

/** Names of which refused keys are kept, and keys of each, for `/trust`. */
const refusedNamesMax = 64;
const refusedKeysMax = 8;

/** Keys, remembered and refused. */
export class Trust {
  readonly #knownPeers: KnownPeers;
  readonly #clock: Pick<TimerClock, "timeOfDay">;
  /** Refused keys by the names that they were shown for, and by their fingerprints. */
  readonly #refused = new Map<string, Map<Fingerprint, PublicKey>>();
  /** Fingerprints of keys of which the user has found that they are not those of a name's owner. */
  readonly #rejected = new Map<string, Set<Fingerprint>>();

  /** @param clock Says when strangers have come. */
  constructor(knownPeers: KnownPeers, clock: Pick<TimerClock, "timeOfDay"> = systemClock) {
    this.#knownPeers = knownPeers;
    this.#clock = clock;
  }

  /** The key that is remembered under a name. */
  keyOf(name: string): PublicKey | undefined {
    return this.#knownPeers.find(name)?.key;
  }

  /** Whether a key is remembered under a name. */
  knows(name: string): boolean {
    return this.#knownPeers.find(name) !== undefined;
  }

  /**
   * {@linkcode judge}s a key, and keeps it for {@linkcode trust} where it is to be refused.
   *
   * @param isCalled Whether it is the key of somebody whom the user has called, who is told of it.
   */
  judge(name: string, key: PublicKey, said: Fingerprint | undefined, isCalled = false): Verdict {
    const known = this.#knownPeers.find(name);
    const shown = fingerprintOf(key);
    let verdict = judge(
      shown,
      known && { fingerprint: fingerprintOf(known.key), verified: known.verified },
      said,
    );
    if (verdict.type === "first" && this.#rejected.get(name)?.has(shown)) {
      verdict = { type: "rejected", shown, said };
    }
    if (verdict.type !== "first" && verdict.type !== "known") {
      this.#keepRefused(name, shown, key, isCalled);
    }
    return verdict;
  }

  /**
   * Remembers a key on first use.
   *
   * @param isCalled Whether the user has called its owner, and not the other way round.
   * @throws {Error} Where it cannot be written, as on a full disk.
   */
  meet(name: string, key: PublicKey, isCalled: boolean): Meeting {
    return this.#knownPeers.meet(name, key, isCalled ? undefined : this.#clock.timeOfDay());
  }

  /** Whether the user has called or answered whoever has a key, ever. */
  isContact(name: string, key: PublicKey): boolean {
    return this.#knownPeers.isContact(name, key);
  }

  /** Notes that the user has answered whoever has a key. @throws {Error} Where it cannot be written. */
  engage(name: string, key: PublicKey): void {
    this.#knownPeers.engage(name, key);
  }

  /** Remembers a key that the user believes. @returns Whether there was room. @throws {Error} */
  remember(name: string, key: PublicKey): boolean {
    return this.#knownPeers.remember(name, key);
  }

  /**
   * Accepts a key that was refused, in place of the one that is remembered.
   *
   * @param fingerprint Which, where several were shown.
   * @returns Its fingerprint.
   * @throws {UserError} Where none, or not exactly one, is meant.
   */
  trust(name: string, fingerprint: string | undefined): Fingerprint {
    const shown = this.#refused.get(name);
    if (shown === undefined) {
      throw new UserError(
        `No other key has been shown for ${name}; /chat ${name} shows which it has`,
      );
    }
    const fingerprints = [...shown.keys()];
    if (fingerprint === undefined && fingerprints.length > 1) {
      // None of them is named before the others: whoever came first may be the wrong one.
      throw new UserError(
        `${fingerprints.length} keys have been shown for ${name}, ${
          fingerprints.join(", ")
        }: ask ` +
          `${name} which is the right one, then /trust ${name} FINGERPRINT`,
      );
    }
    const wanted = fingerprints.find((one) => fingerprint === undefined || one === fingerprint);
    if (wanted === undefined) {
      throw new UserError(
        `No key ${fingerprint} has been shown for ${name}: there is ${fingerprints.join(", ")}`,
      );
    }
    if (!this.#knownPeers.remember(name, shown.get(wanted)!)) {
      throw new UserError(`Cannot remember the key of ${name}: too many are remembered`);
    }
    this.#refused.delete(name);
    this.#rejected.get(name)?.delete(wanted);
    return wanted;
  }

  /** Whether a key is remembered under a name and verified. */
  isVerified(name: string, key: PublicKey): boolean {
    const known = this.#knownPeers.find(name);
    return known !== undefined && known.verified && known.key === key;
  }

  /** Notes that a key is its owner's for good. */
  markVerified(name: string, key: PublicKey): void {
    this.#knownPeers.markVerified(name, key);
  }

  /** Forgets a key that has turned out not to be its owner's, and refuses it while the client runs. */
  reject(name: string, key: PublicKey): void {
    const rejected = this.#rejected.get(name) ?? new Set();
    this.#rejected.set(name, rejected.add(fingerprintOf(key)));
    this.#knownPeers.forget(name, key);
  }

  #keepRefused(name: string, fingerprint: Fingerprint, key: PublicKey, isCalled: boolean): void {
    const shown = this.#refused.get(name) ?? new Map<Fingerprint, PublicKey>();
    // Callers who show keys without end shall not push out the one that the user has been told of; but
    // whom the user has called, the user is told of.
    if (!shown.has(fingerprint) && shown.size >= refusedKeysMax) {
      if (!isCalled) return;
      shown.delete(shown.keys().next().value!);
    }
    if (shown.size === 0 && this.#refused.size >= refusedNamesMax) {
      if (!isCalled) return;
      this.#refused.delete(this.#refused.keys().next().value!);
    }
    shown.set(fingerprint, key);
    this.#refused.set(name, shown);
  }
}
