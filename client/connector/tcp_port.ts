/**
 * TCP ports from which peers are met through routers that let nobody in. It is not known at which port the outside
 * sees one: most routers keep it, and where one does not nobody is met.
 *
 * @module
 */

import { type Address, isIpAddress } from "../../shared/net/address.ts";
import type { PublicKey } from "../../shared/crypto/public_key.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import type { Network } from "../transport/transport.ts";
import {
  freshOffers,
  meetingAddresses,
  noOffer,
  partIn,
  type RouterOffer,
} from "./router_offer.ts";

const tokenLabel = "p2pchat tcp punch 1";

/** What ports need. */
export interface TcpPortOptions {
  readonly self: { readonly identity: { readonly publicKey: PublicKey } };
  readonly network: Pick<Network, "interfaces" | "simultaneousOpen">;
  /** Where the server tells others that we are; undefined if it does not. */
  readonly rendezvous: { readonly address: Address | undefined };
  readonly clock: Pick<TimerClock, "now">;
}

/** Makes offers to be met from a TCP port: of nothing, where the runtime cannot. */
export function tcpOffers(options: TcpPortOptions): () => Promise<RouterOffer> {
  return freshOffers(options, () => find(options));
}

async function find({ self, network, rendezvous }: TcpPortOptions): Promise<RouterOffer> {
  const opening = await network.simultaneousOpen?.().catch(() => undefined);
  if (opening === undefined) return noOffer;
  const { port } = opening;
  const host = rendezvous.address?.host ?? "";
  const addresses = meetingAddresses(network, port, isIpAddress(host) ? { host, port } : undefined);
  return {
    candidates: addresses.map((address) => ({ transport: "tcp-so" as const, address })),
    port,
    meet: async (meeting) => {
      const part = partIn(meeting, self.identity.publicKey, tokenLabel);
      return { conn: await opening.open(part), called: part.calls };
    },
  };
}
