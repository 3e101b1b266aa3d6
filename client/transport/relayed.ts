/**
 * Connections with a peer that are made of one with a server, which passes on what each of the two says.
 *
 * @module
 */

import type { RelayPath } from "./relay_path.ts";
import type { PeerConn, ServerConn } from "./tcp.ts";
import { Unread } from "./unread.ts";

/** Makes one, as the door says. */
export function relayed(
  conn: ServerConn,
  port: number,
  early: Uint8Array,
  relayedBy: RelayPath,
): PeerConn {
  const unread = new Unread(early);
  return {
    localAddr: conn.localAddr,
    remoteAddr: { hostname: conn.remoteAddr.hostname, port },
    relayedBy,
    read(into) {
      return unread.isEmpty ? conn.read(into) : Promise.resolve(unread.take(into));
    },
    write: (bytes) => conn.write(bytes),
    close: () => conn.close(),
  };
}
