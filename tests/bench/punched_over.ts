/**
 * A connection as through two routers, between two processes that have another one.
 *
 * @module
 */

import { openPunching } from "../../client/transport/punching.ts";
import type { PeerConn, ServerConn } from "../../client/transport/tcp.ts";
import { writeAll } from "../../shared/net/write_all.ts";

/** Bytes of a port. */
const portBytes = 2;
const token = new Uint8Array(16);

/**
 * Makes one.
 *
 * @param calls On one side true, on the other false.
 * @param host Where the other process is seen.
 */
export async function punchedOver(
  conn: ServerConn,
  calls: boolean,
  host = "127.0.0.1",
): Promise<PeerConn> {
  const punching = openPunching(0);
  const { port, certificate } = punching;
  await writeAll(conn, new Uint8Array([port >> 8, port & 0xff, ...certificate]));
  // It comes in one piece, and every certificate is as long.
  const theirs = new Uint8Array(portBytes + certificate.length);
  for (let at = 0; at < theirs.length;) at += (await conn.read(theirs.subarray(at)))!;
  return await punching.punch({
    candidates: [{ host, port: theirs[0]! << 8 | theirs[1]! }],
    certificate: theirs.subarray(portBytes),
    token,
    calls,
    signal: AbortSignal.timeout(10_000),
  });
}
