/**
 * A program: the rendezvous server as it is, on a free port, which it prints. It keeps names in the
 * directory that its argument names, or else in memory.
 *
 * @module
 */

import { startServer } from "../../server/server.ts";
import { writeAll } from "../../shared/net/write_all.ts";

const server = startServer({ host: "127.0.0.1", port: 0, data: Deno.args[0] });
await writeAll(Deno.stdout, new TextEncoder().encode(`${server.address.port}\n`));
