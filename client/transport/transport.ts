/**
 * How a client reaches others: what it needs of a network, so that tests can bring their own, and the network
 * of this machine.
 *
 * @module
 */

import { acceptUntil } from "../../shared/net/accept.ts";
import { type Address, plainHost } from "../../shared/net/address.ts";
import type { NamedAddress } from "../../shared/net/named_address.ts";
import type { ServerAddress } from "../../shared/net/server_address.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import { type AddressChange, watchAddresses } from "./address_watch.ts";
import { addressKind } from "./address_kind.ts";
import { lookUpBySystem } from "./connect_to_host.ts";
import type { DialOptions } from "./connect_within.ts";
import { type InterfaceAddress, interfaces } from "../../shared/net/interfaces.ts";
import { objectionTo } from "./dial_policy.ts";
import { type DialableAddress, type PermitOptions, permitted } from "./permit.ts";
import { openPunching, type Punching } from "./punching.ts";
import { type SimultaneousOpen, simultaneousOpen } from "./simultaneous_open.ts";
import { dial, type PeerConn, type ServerConn } from "./tcp.ts";
import { relayed } from "./relayed.ts";
import type { RelayPath } from "./relay_path.ts";
import { dialServer } from "./tls.ts";
import { trySending } from "./try_sending.ts";

export type { AddressChange } from "./address_watch.ts";
export type { DialableAddress } from "./permit.ts";
export type { MeetOptions } from "./meet_options.ts";
export type { Punching } from "./punching.ts";
export type { RelayPath } from "./relay_path.ts";
export type { SimultaneousOpen } from "./simultaneous_open.ts";
export type { PeerConn, ServerConn } from "./tcp.ts";

/** Listening at an address. */
export interface Listening {
  /** The address with the port that was given, if any port would do. */
  readonly address: Address;
  /** Stops listening. Done when no connection is accepted any more. */
  close(): Promise<void>;
}

/** A network. */
export interface Network {
  /**
   * Listens.
   *
   * @param take Gets each connection that is accepted.
   * @param failed Told if one could not be accepted.
   * @throws {Deno.errors.AddrInUse} If the port is taken.
   * @throws {Error} If the host is not of this machine, or listening is not allowed.
   */
  listen(
    at: Address,
    take: (conn: PeerConn) => void,
    failed: (error: unknown) => void,
  ): Listening;
  /**
   * Calls a peer.
   *
   * @param address One that {@linkcode permit} has given back.
   * @param name Who it is, for the error; undefined if that is not known.
   * @throws {UserError} If nobody answers in time.
   */
  dial(address: DialableAddress, name: string | undefined, options: DialOptions): Promise<PeerConn>;
  /**
   * Calls a server, whose certificate is verified if it speaks TLS.
   *
   * @throws {UserError} If nobody answers in time, or it is not the server that was meant.
   */
  dialServer(address: ServerAddress, options: DialOptions): Promise<ServerConn>;
  /**
   * Opens a UDP port for connections through routers that let nobody in.
   *
   * It is left out if this network has no such thing at all.
   *
   * @param port Which one, if it is free.
   * @throws {Deno.errors.NotSupported} If the runtime has no QUIC.
   * @throws {Error} Why this machine gives none.
   */
  openPunching?(port: number): Promise<Punching>;
  /**
   * Finds a TCP port for connections through routers that let nobody in.
   *
   * It is left out if this network has no such thing at all.
   *
   * @throws {Deno.errors.NotSupported} If the runtime calls from no port that one chooses.
   */
  simultaneousOpen?(): Promise<SimultaneousOpen>;
  /**
   * Sends one byte over UDP, which means nothing to anybody: a machine whose own rules keep UDP back says so at once.
   * It is left out if this network has no such thing at all.
   *
   * @param to At an IP address.
   * @throws {Error} Why this machine does not send it. That it does send says nothing of the way.
   */
  trySending?(to: Address): Promise<void>;
  /** The addresses of this machine; none if they cannot be seen. */
  interfaces(): readonly InterfaceAddress[];
  /**
   * Tells how the addresses of this machine change, until it is disposed of. It is left out if this network never
   * changes.
   */
  watchAddresses?(
    clock: Pick<TimerClock, "after" | "now">,
    onChange: (change: AddressChange) => void,
  ): Disposable;
  /** The IP addresses of a name. @throws {Error} If there are none, or nobody says so. */
  lookUp(name: string): Promise<readonly string[]>;
}

/** The network of this machine, over TCP. */
export const tcpNetwork: Network = {
  listen,
  dial,
  dialServer,
  openPunching: async (port) => await openPunching(port),
  simultaneousOpen,
  trySending,
  interfaces,
  watchAddresses,
  lookUp: lookUpBySystem,
};

/**
 * Asks whether an address may be called, given who has named it: see {@linkcode objectionTo}. If it is a name that
 * the user has not typed, it is its IP addresses that count, and one of them is what is called.
 *
 * @throws {UserError} With `address-not-called` if it may not; with `peer-unreachable` if it is a name that has no
 * address.
 */
export async function permit(
  address: NamedAddress,
  options: PermitOptions,
): Promise<DialableAddress> {
  return await permitted(address, options);
}

/**
 * Makes a connection with a peer of one with a server that has joined it with the peer's. Its address is the
 * server's: where the peer is cannot be seen.
 *
 * @param port The port of the server.
 * @param early What of the peer's has been read already.
 */
export function relayedConn(
  conn: ServerConn,
  port: number,
  early: Uint8Array,
  relayedBy: RelayPath,
): PeerConn {
  return relayed(conn, port, early, relayedBy);
}

/**
 * Kinds of connections with a peer: the lower the better.
 *
 * Through routers TCP is no worse than QUIC once it stands, so one is never left for the other. It takes a quarter of
 * the processor time for a byte, and carries several times as many where that is what is short; routers remember TCP
 * for hours (RFC 5382, REQ-5) and UDP for minutes (RFC 4787, REQ-5); and QUIC's streams are no use to a link, which is
 * one. That QUIC can go on from another address is of little use here: most routers of peers let in only the old one.
 */
export const ranks = { direct: 0, punched: 1, relayed: 2 } as const;

/** What kind a connection is of. */
export function rankOf({ relayedBy, punched }: PeerConn): number {
  if (relayedBy !== undefined) return ranks.relayed;
  return punched === undefined ? ranks.direct : ranks.punched;
}

/** Whether somebody on another machine may be able to call an IP address. */
export function isElsewhereReachable(host: string): boolean {
  return ["public", "private"].includes(addressKind(host));
}

/** Whether an IP address is one that everybody can call, as far as no firewall is in the way. */
export function isPublicAddress(host: string): boolean {
  return addressKind(host) === "public";
}

/** Whether an address that a mail names may ever be called. */
export function mayMailName({ host }: Address): boolean {
  return objectionTo(host, "mail", { interfaces: [], serverHost: "" }) === undefined;
}

function listen(
  { host, port }: Address,
  take: (conn: PeerConn) => void,
  failed: (error: unknown) => void,
): Listening {
  const stopping = new AbortController();
  const listener = Deno.listen({ hostname: host, port });
  const accepting = acceptUntil(stopping.signal, listener, (conn) => {
    try {
      conn.setNoDelay(true);
    } catch {
      // The caller is gone already, as its link is about to find out.
    }
    take(conn);
  }, failed);
  return {
    address: { host: plainHost(listener.addr.hostname), port: listener.addr.port },
    close: async () => {
      stopping.abort();
      listener.close();
      await accepting;
    },
  };
}
