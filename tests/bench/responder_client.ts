/**
 * A program: a client that answers calls and receives messages. It prints its port.
 *
 * @module
 */

import { ChatClient } from "../../client/client.ts";
import { openStore } from "../../client/store/store.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { writeAll } from "../../shared/net/write_all.ts";

const { address } = new ChatClient({
  id: "responder",
  host: "127.0.0.1",
  port: 0,
  servers: [{ host: "127.0.0.1", port: 1 }],
  identity: Identity.generate(),
  store: openStore(":memory:"),
  sink: { emit: () => {}, room: () => undefined, shown: () => undefined },
});
await writeAll(Deno.stdout, new TextEncoder().encode(`${address.port}\n`));
