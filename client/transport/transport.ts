/**
 * How a client reaches others: what it needs of a network, as a parameter, and the one that there is.
 *
 * @module
 */

import { acceptUntil } from "../../shared/net/accept.ts";
import { type Address, plainHost } from "../../shared/net/address.ts";
import { dial, type DialOptions, type PeerConn, type ServerConn } from "./tcp.ts";
import { dialServer } from "./tls.ts";
import type { ServerAddress } from "../../shared/net/server_address.ts";

export type { DialOptions, PeerConn, ServerConn } from "./tcp.ts";

/** A place that is listened on. */
export interface Listening {
  /** The port is the one that was taken. */
  readonly address: Address;
  /** Stops listening. Done when nobody is taken in any more. */
  close(): Promise<void>;
}

/** A network. */
export interface Network {
  /**
   * Listens.
   *
   * @param take Gets each connection that somebody opens.
   * @param failed Told where one could not be taken in.
   * @throws {Deno.errors.AddrInUse} Where the port is taken.
   * @throws {Error} Where the host is not of this machine, or listening is not allowed.
   */
  listen(
    at: Address,
    take: (conn: PeerConn) => void,
    failed: (error: unknown) => void,
  ): Listening;
  /** Calls a peer. @param what Who it is, for the error. @throws {UserError} Where nobody answers. */
  dial(address: Address, what: string, options: DialOptions): Promise<PeerConn>;
  /** Calls a server, whose certificate is verified where it has one. @throws {UserError} */
  dialServer(address: ServerAddress, options: DialOptions): Promise<ServerConn>;
}

/** The network of this machine, by TCP. */
export const tcpNetwork: Network = { listen, dial, dialServer };

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
      // The caller is gone already, which its link is about to find out.
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
