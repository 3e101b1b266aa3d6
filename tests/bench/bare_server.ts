/**
 * A program: what ours is measured against, a server that reads, answers a fixed block and understands
 * nothing. Less cannot be done in Deno's own API. It prints its port.
 *
 * @module
 */

import { writeAll } from "../../shared/net/write_all.ts";

const block = new TextEncoder().encode(
  "REGACK\r\nclientID: c12\r\nIP: 127.0.0.1\r\nPort: 5556\r\n\r\n",
);

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
await writeAll(Deno.stdout, new TextEncoder().encode(`${listener.addr.port}\n`));
for (;;) {
  try {
    serve(await listener.accept());
  } catch {
    // The caller was gone before it was accepted.
  }
}

async function serve(conn: Deno.TcpConn): Promise<void> {
  // As long as ours: a longer one would make the baseline heavier, and ours look better.
  const buffer = new Uint8Array(512);
  try {
    while (await conn.read(buffer) !== null) await conn.write(block);
  } catch {
    // The other side was gone.
  } finally {
    conn.close();
  }
}
