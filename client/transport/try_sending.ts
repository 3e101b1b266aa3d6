/**
 * Whether this machine sends anything over UDP. It is all that can be told of who keeps UDP back: Deno, up to 2.9.6 at
 * least, does not hand on that the other side has no such port (ICMP, RFC 1122 section 4.1.3.3), neither over QUIC nor
 * on a socket of datagrams, and has no connected one.
 *
 * @module
 */

import type { Address } from "../../shared/net/address.ts";

/**
 * Sends one byte.
 *
 * @param to At an IP address.
 * @throws {Error} Why this machine does not: a rule of its own (EPERM on Linux), or there is no way there.
 */
export async function trySending({ host: hostname, port }: Address): Promise<void> {
  const own = hostname.includes(":") ? "::" : "0.0.0.0";
  const socket = Deno.listenDatagram({ transport: "udp", hostname: own, port: 0 });
  try {
    await socket.send(new Uint8Array(1), { transport: "udp", hostname, port });
  } finally {
    socket.close();
  }
}
