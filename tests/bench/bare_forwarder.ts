/**
 * A program: what our relay is measured against. It joins each two connections that come one after the other, and
 * forwards with buffers as large as ours. Less cannot be done in Deno's own API. It prints its port.
 *
 *     bare_forwarder.ts [HOST]
 *
 * @module
 */

import { writeAll } from "../../shared/net/write_all.ts";

const listener = Deno.listen({ hostname: Deno.args[0] ?? "127.0.0.1", port: 0 });
await writeAll(Deno.stdout, new TextEncoder().encode(`${listener.addr.port}\n`));
for (;;) {
  const [one, other] = [await listener.accept(), await listener.accept()];
  forward(one, other);
  forward(other, one);
}

async function forward(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(256 * 1024);
  try {
    for (let count; (count = await from.read(buffer)) !== null;) {
      await writeAll(to, buffer.subarray(0, count));
    }
    await to.closeWrite();
  } catch {
    // The other side was gone.
  }
}
