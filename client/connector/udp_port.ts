/**
 * The one UDP port of a client, from which it meets peers through routers that let nobody in. It is opened when it is
 * first needed.
 *
 * @module
 */

import type { Address } from "../../shared/net/address.ts";
import type { PublicKey } from "../../shared/crypto/public_key.ts";
import { deadline, type TimerClock } from "../../shared/time/clock.ts";
import type { Rendezvous } from "../rendezvous/rendezvous.ts";
import type { Network, Punching } from "../transport/transport.ts";
import {
  freshOffers,
  meetingAddresses,
  noOffer,
  partIn,
  type RouterConn,
  type RouterMeeting,
  type RouterOffer,
} from "./router_offer.ts";

/** How long the server is waited for that says where we are seen, in milliseconds. */
const reflectMs = 3_000;
const tokenLabel = "p2pchat punch 1";

/** What a port needs. */
export interface UdpPortOptions {
  readonly self: {
    readonly address: Address;
    readonly identity: { readonly publicKey: PublicKey };
  };
  readonly network: Pick<Network, "interfaces" | "openPunching">;
  readonly rendezvous: Pick<Rendezvous, "reflect">;
  readonly clock: TimerClock;
  /** Aborts when the client stops. */
  readonly signal: AbortSignal;
}

/** The port. */
export class UdpPort {
  readonly #options: UdpPortOptions;
  #opening: Promise<Punching | undefined> | undefined;
  /**
   * Where it can be met, as far as that can be found out: where the server sees it, and at home. Who will soon need
   * it asks beforehand, since that takes a while. Never rejects.
   */
  readonly offer: () => Promise<RouterOffer>;

  constructor(options: UdpPortOptions) {
    this.#options = options;
    this.offer = freshOffers(options, () => this.#find());
    options.signal.addEventListener("abort", () => {
      this.#opening?.then((punching) => punching?.close());
    });
  }

  async #find(): Promise<RouterOffer> {
    const punching = await this.#open();
    if (punching === undefined) return noOffer;
    const { port, certificate } = punching;
    const seen = await this.#reflected(punching);
    const addresses = meetingAddresses(this.#options.network, port, seen);
    return {
      candidates: addresses.map((address) => ({ transport: "udp" as const, address })),
      certificate,
      port,
      meet: (meeting) => this.#meet(punching, meeting),
    };
  }

  async #meet(punching: Punching, meeting: RouterMeeting): Promise<RouterConn> {
    const { certificate } = meeting;
    if (certificate === undefined) throw new Deno.errors.NotSupported("no-udp");
    const part = partIn(meeting, this.#options.self.identity.publicKey, tokenLabel);
    return { conn: await punching.punch({ ...part, certificate }), called: part.calls };
  }

  async #open(): Promise<Punching | undefined> {
    const { network, self: { address }, signal } = this.#options;
    if (signal.aborted) return undefined;
    this.#opening ??= network.openPunching?.(address.port).catch(() => undefined);
    return await this.#opening;
  }

  async #reflected(punching: Punching): Promise<Address | undefined> {
    const { rendezvous, signal, clock } = this.#options;
    using limit = deadline(reflectMs, signal, clock);
    try {
      return await rendezvous.reflect((server, certificate) =>
        punching.reflect(server, certificate, limit.signal)
      );
    } catch {
      // Those who are in the same network find each other all the same.
      return undefined;
    }
  }
}
