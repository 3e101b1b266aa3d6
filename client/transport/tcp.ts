/**
 * Connections over TCP, in the clear.
 *
 * @module
 */

import type { Address } from "../../shared/net/address.ts";
import { UserError } from "../user_error.ts";
import { connectFailure } from "./connect_failure.ts";
import { connectToHost } from "./connect_to_host.ts";
import type { DialOptions } from "./connect_within.ts";
import type { RelayPath } from "./relay_path.ts";

/** A connection to a server, as far as a client needs it. One over TCP is one. */
export interface ServerConn {
  /** Our end of it. Its port is left out if it is of no use to know. */
  readonly localAddr: { readonly hostname: string; readonly port?: number };
  /** The other end of it. */
  readonly remoteAddr: { readonly hostname: string };
  /** @returns How many bytes came; null at the end. */
  read(into: Uint8Array): Promise<number | null>;
  /** @returns How many bytes were taken. */
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

/** A connection with a peer, as far as a client needs it. One over TCP is one. */
export interface PeerConn extends ServerConn {
  readonly remoteAddr: { readonly hostname: string; readonly port: number };
  /** The server that stands between; undefined if none does. */
  readonly relayedBy?: RelayPath;
  /**
   * Over what it goes through routers that let nobody in: its address is nowhere that could be called again. Left out
   * if it does not.
   */
  readonly punched?: "quic" | "tcp";
}

/**
 * Calls a peer.
 *
 * @param name Who it is, for the error; undefined if that is not known.
 * @throws {UserError} If nobody answers in time; `cause` is the system's error.
 */
export async function dial(
  address: Address,
  name: string | undefined,
  options: DialOptions,
): Promise<Deno.TcpConn> {
  return await connectToHost(address.host, () => connectTcp(address), options, (cause) => {
    const why = connectFailure(cause);
    return new UserError({ code: "peer-unreachable", name, address, why }, { cause });
  });
}

/** Connects, without a limit in time. @throws {Error} The system's error if nobody answers. */
export async function connectTcp({ host, port }: Address): Promise<Deno.TcpConn> {
  const conn = await Deno.connect({ hostname: host, port });
  // A message is a small write that nothing follows: it must not wait for the last one's ACK.
  conn.setNoDelay(true);
  return conn;
}
