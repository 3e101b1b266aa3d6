/**
 * What the server has said of others: whose key is whose, and who is where.
 *
 * @module
 */

import { type Address, formatAddress } from "../../shared/net/address.ts";
import type { Fingerprint } from "../../shared/crypto/public_key.ts";
import type { KnownClient } from "../events.ts";

/** Clients of whom that is kept; whoever has longest not been named makes room. */
const introducedMax = 4_096;

/** The server's word. */
export class LookupCache {
  readonly #byId = new Map<string, KnownClient>();
  readonly #idsByPlace = new Map<string, string>();

  /** Takes what the server says of a client, in place of what it said before. */
  note(client: KnownClient): void {
    this.#forget(client.id);
    if (this.#byId.size >= introducedMax) this.#forget(this.#byId.keys().next().value!);
    this.#byId.set(client.id, client);
    // Whoever has no key has nothing that an address could be held against.
    if (client.fingerprint === undefined) return;
    this.#idsByPlace.set(formatAddress(client.address), client.id);
  }

  /** The fingerprint of a client's key, where the server has named one. */
  serverFingerprint(id: string): Fingerprint | undefined {
    return this.#byId.get(id)?.fingerprint;
  }

  /** Who listens at an address and has a key there. */
  idAt(address: Address): string | undefined {
    return this.#idsByPlace.get(formatAddress(address));
  }

  #forget(id: string): void {
    const before = this.#byId.get(id);
    if (before === undefined) return;
    this.#byId.delete(id);
    const place = formatAddress(before.address);
    if (this.#idsByPlace.get(place) === id) this.#idsByPlace.delete(place);
  }
}
