/**
 * A program: the rendezvous server as it is, on a free port, which it prints.
 *
 * @module
 */

import { startServer } from "../../server/server.ts";
import { writeAll } from "../../shared/write_all.ts";

const server = startServer({ host: "127.0.0.1", port: 0 });
await writeAll(Deno.stdout, new TextEncoder().encode(`${server.address.port}\n`));
