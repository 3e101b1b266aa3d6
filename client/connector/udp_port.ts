/**
 * The one UDP port of a client, from which it meets peers through routers that let nobody in. It is opened when it is
 * first needed.
 *
 * @module
 */

import { hkdfSync } from "node:crypto";
import { type Address, isSameAddress } from "../../shared/net/address.ts";
import type { PublicKey } from "../../shared/crypto/public_key.ts";
import type { PathOffer } from "../../shared/protocol/paths.ts";
import { punchTokenBytes } from "../../shared/protocol/quic.ts";
import { deadline, type TimerClock } from "../../shared/time/clock.ts";
import type { Rendezvous } from "../rendezvous/rendezvous.ts";
import {
  type DialableAddress,
  isElsewhereReachable,
  type Network,
  type PeerConn,
  type Punching,
} from "../transport/transport.ts";

/** Addresses of this machine that are named, at most. */
const ownMax = 6;
/** Addresses of a peer that are tried, at most. */
const triedMax = 8;
/** How long the server is waited for that says where we are seen, in milliseconds. */
const reflectMs = 3_000;
/** How long it counts what it has said: less than any router keeps a mapping. */
const freshMs = 5_000;
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

/** The encrypted link over which two sides have told each other where they are. */
export interface MeetingLink {
  readonly peerKey: PublicKey | undefined;
  readonly handshakeHash: Uint8Array | undefined;
}

/** Both sides' part in one try. */
export interface UdpMeeting {
  readonly link: MeetingLink;
  /** The peer's; undefined if it has named none. */
  readonly certificate: Uint8Array | undefined;
  /** Where the peer is, as far as that may be called. */
  readonly candidates: readonly DialableAddress[];
  readonly signal: AbortSignal;
}

/** The port. */
export class UdpPort {
  readonly #options: UdpPortOptions;
  #opening: Promise<Punching | undefined> | undefined;
  #port = 0;
  /** What was found out last, or is being found out, since when, and with which addresses of this machine. */
  #offered:
    | { readonly atMs: number; readonly own: string; readonly offer: Promise<PathOffer> }
    | undefined;

  constructor(options: UdpPortOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => {
      this.#opening?.then((punching) => punching?.close());
    });
  }

  /** Its number; 0 as long as it is not open. */
  get port(): number {
    return this.#port;
  }

  /**
   * Where it can be met, as far as that can be found out: where the server sees it, and at home. Who will soon need
   * it asks beforehand, since that takes a while. Never rejects.
   */
  offer(): Promise<PathOffer> {
    const { network, clock } = this.#options;
    const atMs = clock.now();
    // In another network it is seen elsewhere.
    const own = network.interfaces().map(({ address }) => address).toSorted().join(" ");
    const last = this.#offered;
    const isFresh = last !== undefined && atMs - last.atMs < freshMs && last.own === own;
    const { offer } = isFresh ? last : this.#offered = { atMs, own, offer: this.#find() };
    return offer;
  }

  async #find(): Promise<PathOffer> {
    const punching = await this.#open();
    if (punching === undefined) return { candidates: [] };
    const { port, certificate } = punching;
    this.#port = port;
    const seen = await this.#reflected(punching);
    const own = this.#options.network.interfaces()
      .map(({ address: host }) => ({ host, port }))
      .filter(({ host }) => isElsewhereReachable(host)).slice(0, ownMax);
    const isOwn = own.some((address) => seen !== undefined && isSameAddress(address, seen));
    const all = seen === undefined || isOwn ? own : [seen, ...own];
    return {
      candidates: all.map((address) => ({ transport: "udp" as const, address })),
      certificate,
    };
  }

  /**
   * Meets a peer. The side whose key is the greater text calls.
   *
   * @returns The connection, and whether we have called.
   * @throws {Error} If none opens.
   */
  async meet(
    { link: { peerKey, handshakeHash }, certificate, candidates, signal }: UdpMeeting,
  ): Promise<{ readonly conn: PeerConn; readonly called: boolean }> {
    const tried = candidates.slice(0, triedMax);
    const punching = await this.#opening;
    if (
      punching === undefined || certificate === undefined || tried.length === 0 ||
      peerKey === undefined || handshakeHash === undefined
    ) throw new Deno.errors.NotSupported("no-udp");
    const calls = this.#options.self.identity.publicKey > peerKey;
    const token = new Uint8Array(
      hkdfSync("sha256", handshakeHash, "", tokenLabel, punchTokenBytes),
    );
    const conn = await punching.punch({ candidates: tried, certificate, token, calls, signal });
    return { conn, called: calls };
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
