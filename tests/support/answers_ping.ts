/**
 * Asking a client whether it is there.
 *
 * @module
 */

import type { EncryptedPeer } from "./encrypted_peer.ts";

/** Says PING, and waits for its PONG. @throws {Error} If the client hangs up. */
export async function answersPing(peer: EncryptedPeer): Promise<void> {
  const id = crypto.randomUUID();
  await peer.send(`PING\r\nId: ${id}\r\n\r\n`);
  for (;;) {
    const said = await peer.message();
    if (said === "") throw new Error("the client has hung up");
    if (said.includes(id)) return;
  }
}
