/**
 * A program: the responder's end of an encrypted channel, which receives frames and drops them. It prints its
 * port, and answers a byte for each round. Or it meets who sends at a forwarder, through the router behind which that
 * one is seen.
 *
 *     sealed_receiver.ts [FORWARDER PORT SEEN]
 *
 * @module
 */

import { SecureChannel } from "../../client/link/secure_channel.ts";
import { writeAll } from "../../shared/net/write_all.ts";
import { handshakeOver } from "./handshake_over.ts";
import { punchedOver } from "./punched_over.ts";
import { frameContentBytes, framesPerRound } from "./frame_sizes.ts";

const [forwarder, forwarderPort, seen] = Deno.args;
const tcp = forwarder === undefined
  ? await accepted()
  : await Deno.connect({ hostname: forwarder, port: Number(forwarderPort) });
tcp.setNoDelay(true);
const transport = new Uint8Array(1);
await tcp.read(transport);
const conn = transport[0] === 1 ? await punchedOver(tcp, false, seen) : tcp;
const channel = new SecureChannel(await handshakeOver(conn, "responder"));
/** What one read may bring. */
const readBufferBytes = 256 * 1024;
const contentBytes = framesPerRound * frameContentBytes;
const buffer = new Uint8Array(readBufferBytes);
const done = new Uint8Array(1);
let received = 0;
for (let count; (count = await conn.read(buffer)) !== null;) {
  const contents = channel.open(buffer.subarray(0, count));
  if (channel.broken) throw new Error("A frame was not authentic");
  for (const content of contents) received += content.length;
  if (received < contentBytes) continue;
  received -= contentBytes;
  await writeAll(conn, done);
}

async function accepted(): Promise<Deno.TcpConn> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await writeAll(Deno.stdout, new TextEncoder().encode(`${listener.addr.port}\n`));
  return await listener.accept();
}
