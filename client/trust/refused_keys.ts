/**
 * Keys that were refused, for the user to accept one of them.
 *
 * @module
 */

import { BoundedMap } from "../../shared/collections/bounded_map.ts";
import type { Fingerprint, PublicKey } from "../../shared/crypto/public_key.ts";

/** Names that are remembered, and keys for each. */
const namesMax = 64;
const keysMax = 8;

/** A key that was refused. */
export interface RefusedKey {
  readonly fingerprint: Fingerprint;
  readonly key: PublicKey;
}

/** The keys that peers have presented for a name and that were refused, while the client runs. */
export class RefusedKeys {
  readonly #byName = new BoundedMap<string, BoundedMap<Fingerprint, RefusedKey>>(namesMax);

  /** The keys that were refused for a name, in the order in which they came. */
  of(name: string): RefusedKey[] {
    return [...this.#byName.get(name)?.values() ?? []];
  }

  /**
   * Remembers a key. Peers who call with keys without end must not push out the one that the user has been
   * told of. But the user is told of the key of a peer that they have called, so that one takes the place of
   * the oldest.
   *
   * @param isCalled Whether the user has called the peer.
   */
  add(name: string, refused: RefusedKey, isCalled: boolean): void {
    const there = this.#byName.get(name);
    if (there?.has(refused.fingerprint)) return;
    const isFull = there === undefined ? this.#byName.size >= namesMax : there.size >= keysMax;
    if (isFull && !isCalled) return;
    const keys = there ?? new BoundedMap<Fingerprint, RefusedKey>(keysMax);
    keys.set(refused.fingerprint, refused);
    if (there === undefined) this.#byName.set(name, keys);
  }

  /** Forgets the keys that were refused for a name. */
  forget(name: string): void {
    this.#byName.delete(name);
  }
}
