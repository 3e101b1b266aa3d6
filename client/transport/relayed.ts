/**
 * Connections with a peer that are made of one with a server, which passes on what each of the two says.
 *
 * @module
 */

import type { RelayPath } from "./relay_path.ts";
import type { PeerConn, ServerConn } from "./tcp.ts";

/** Makes one, as the door says. */
export function relayed(
  conn: ServerConn,
  port: number,
  early: Uint8Array,
  relayedBy: RelayPath,
): PeerConn {
  let unread = early;
  return {
    localAddr: conn.localAddr,
    remoteAddr: { hostname: conn.remoteAddr.hostname, port },
    relayedBy,
    read(into) {
      if (unread.length === 0) return conn.read(into);
      const count = Math.min(unread.length, into.length);
      into.set(unread.subarray(0, count));
      unread = unread.subarray(count);
      return Promise.resolve(count);
    },
    write: (bytes) => conn.write(bytes),
    close: () => conn.close(),
  };
}
