/**
 * A handshake over a bare connection, with nothing of a link around it.
 *
 * @module
 */

import type { ServerConn } from "../../client/transport/tcp.ts";
import { frame, FrameReader } from "../../client/link/frames.ts";
import { Handshake } from "../../client/link/handshake.ts";
import type { CipherPair } from "../../client/link/secure_channel.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { handshakeBytesMax } from "../../shared/protocol/limits.ts";
import { writeAll } from "../../shared/net/write_all.ts";

/** Does it. @throws {Error} If the other end does something else. */
export async function handshakeOver(
  conn: ServerConn,
  role: "initiator" | "responder",
): Promise<CipherPair> {
  const prologue = new Uint8Array(0);
  const handshake = new Handshake({ role, identity: Identity.generate(), prologue });
  const reader = new FrameReader(handshakeBytesMax);
  const buffer = new Uint8Array(handshakeBytesMax);
  const next = async () => {
    const messages: Uint8Array[] = [];
    while (messages.length === 0) {
      const count = await conn.read(buffer);
      if (count === null) throw new Error("The connection ended in the handshake");
      reader.push(buffer.subarray(0, count), (message) => messages.push(message.slice()) > 0);
    }
    return handshake.take(messages[0]!);
  };
  if (role === "initiator") await writeAll(conn, frame(handshake.begin()));
  for (;;) {
    const step = await next();
    if (step === undefined) throw new Error("The handshake failed");
    if ("answer" in step) await writeAll(conn, frame(step.answer));
    else break;
  }
  // The initiator waits until its last message has been read: a frame behind it would be read with it, and lost.
  if (role === "initiator") {
    await writeAll(conn, frame(handshake.conclude()));
    await conn.read(new Uint8Array(1));
  } else {
    await writeAll(conn, new Uint8Array(1));
  }
  return handshake.split();
}
