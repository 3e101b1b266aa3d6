/**
 * Where somebody is: by the server's word, else where they were last.
 *
 * @module
 */

import type { Address } from "../../shared/net/address.ts";
import type { NamedAddress } from "../../shared/net/named_address.ts";
import type { PublicKey } from "../../shared/crypto/public_key.ts";
import { type TimerClock, within } from "../../shared/time/clock.ts";
import type { KnownClient } from "../events.ts";
import type { Rendezvous } from "../rendezvous/rendezvous.ts";
import type { DialableAddress } from "../transport/transport.ts";
import { UserError } from "../user_error.ts";
import type { Places } from "./places.ts";

/** Somebody to look for. */
export interface SoughtPeer {
  readonly peerId: string;
  readonly key: PublicKey | undefined;
  /** Where they were last: that may be asked of a store that fails. */
  readonly lastAddress: NamedAddress | undefined;
}

/** What looking for somebody needs. */
export interface WhereaboutsOptions {
  readonly rendezvous: Pick<Rendezvous, "lookUp" | "status">;
  readonly places: Places;
  /** Whether an address is our own. */
  readonly isOwn: (address: Address) => boolean;
  /** How long the server has to say where they are; as long as it takes if not given. */
  readonly soon?: { readonly ms: number; readonly clock: TimerClock };
}

/**
 * Where to call somebody, or why they are not called there; undefined if nobody knows, or it is here.
 *
 * @throws {UserError} If the store fails.
 */
export async function whereIs(
  peer: SoughtPeer,
  { rendezvous, places, isOwn, soon }: WhereaboutsOptions,
): Promise<DialableAddress | UserError | undefined> {
  const { peerId: name } = peer;
  const asked = askFor(name, rendezvous);
  const found = soon === undefined || await within(soon.ms, asked, soon.clock)
    ? await asked
    : undefined;
  const named = found?.address ?? peer.lastAddress;
  if (named === undefined) return undefined;
  // Somebody who is away according to the server is not where they were.
  if (found === undefined && rendezvous.status(name) === "away") return undefined;
  const place = await places.find(named, name, () => peer.lastAddress);
  return place instanceof UserError || !isOwn(place) ? place : undefined;
}

/** What the server says of a client; undefined if it does not know it, or cannot be asked. */
export async function askFor(
  name: string,
  rendezvous: Pick<Rendezvous, "lookUp">,
): Promise<KnownClient | undefined> {
  try {
    const found = await rendezvous.lookUp(name);
    return found?.id === name ? found : undefined;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
