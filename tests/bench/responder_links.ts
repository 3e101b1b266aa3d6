/**
 * A program: links that answer calls and acknowledge what they receive. It prints its port.
 *
 * @module
 */

import { tcpNetwork } from "../../client/transport/transport.ts";
import { writeAll } from "../../shared/net/write_all.ts";
import { openBenchLink } from "./bench_link.ts";

const { address } = tcpNetwork.listen({ host: "127.0.0.1", port: 0 }, (conn) => {
  openBenchLink(conn, "responder", {
    messages: (messages, replies) => replies.acknowledge(messages.at(-1)!.id),
  });
}, () => {});
await writeAll(Deno.stdout, new TextEncoder().encode(`${address.port}\n`));
