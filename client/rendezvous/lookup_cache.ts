/**
 * What the server has said of other clients: their keys, and their addresses.
 *
 * @module
 */

import { BoundedMap } from "../../shared/collections/bounded_map.ts";
import type { Fingerprint } from "../../shared/crypto/public_key.ts";
import { type Address, formatAddress } from "../../shared/net/address.ts";
import type { KnownClient } from "../events.ts";
import type { AbsentOwner, SealingKeys } from "./reply.ts";

/** Clients that are remembered. If there are more, the one that was named longest ago is forgotten. */
const clientsMax = 4_096;

/** What the server said of a client: without an address if it is away. */
type Said = Pick<KnownClient, "id" | "fingerprint"> & Partial<KnownClient> & {
  /** By which keys mail is sealed for it, if it is away and the server knows them. */
  readonly sealing?: SealingKeys | undefined;
};

/** What the server said last of each client. */
export class LookupCache {
  readonly #byId = new BoundedMap<string, Said>(clientsMax, (_id, said) => this.#forgetPlace(said));
  readonly #idsByPlace = new Map<string, string>();

  /** Takes what the server says of a client, in place of what it said before. */
  note(client: KnownClient): void {
    this.#note(client);
    // A client without a key cannot prove that it is the one at this address.
    if (client.fingerprint === undefined) return;
    this.#idsByPlace.set(formatAddress(client.address), client.id);
  }

  /** Takes the server's word for whose name an id is, whose owner is away, or that it is nobody's. */
  noteAway(id: string, owner: AbsentOwner | undefined): void {
    const before = this.#byId.get(id);
    if (owner === undefined && before === undefined) return;
    // Where they were still says that somebody with a key may be there.
    this.#note({ ...before, id, sealing: undefined, ...owner });
  }

  /** By which keys mail is sealed for a client; undefined if it was not away when the server named it last. */
  sealingKeysOf(id: string): SealingKeys | undefined {
    return this.#byId.get(id)?.sealing;
  }

  /** The fingerprint of a client's key; undefined if the server has named none. */
  serverFingerprint(id: string): Fingerprint | undefined {
    return this.#byId.get(id)?.fingerprint;
  }

  /** The id of the client that has a key and listens at an address. */
  idAt(address: Address): string | undefined {
    return this.#idsByPlace.get(formatAddress(address));
  }

  #note(said: Said): void {
    const before = this.#byId.get(said.id);
    if (before !== undefined) this.#forgetPlace(before);
    this.#byId.set(said.id, said);
  }

  #forgetPlace({ id, address }: Said): void {
    if (address === undefined) return;
    const place = formatAddress(address);
    if (this.#idsByPlace.get(place) === id) this.#idsByPlace.delete(place);
  }
}
