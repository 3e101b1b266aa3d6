/**
 * A program: the rendezvous server as it is, on a free port, which it prints. It keeps names in the
 * directory that its argument names, or else in memory.
 *
 * @module
 */

import { startServer } from "../../server/server.ts";
import { relaysWithoutBounds, withoutRates } from "../support/rates.ts";
import { writeAll } from "../../shared/net/write_all.ts";

const server = startServer({
  host: "127.0.0.1",
  port: 0,
  data: Deno.args[0],
  // The load comes from one host, and from a few keys.
  capacity: { ...withoutRates, ...relaysWithoutBounds },
});
await writeAll(Deno.stdout, new TextEncoder().encode(`${server.address.port}\n`));
