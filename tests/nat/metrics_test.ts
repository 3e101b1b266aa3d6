// What the server counts of two who talk through their routers, or over the server.

import { assertEquals } from "@std/assert";
import { builds } from "../support/program.ts";
import { unavailable } from "./laboratory.ts";
import { Talk } from "./talk.ts";

for (const build of builds) {
  for (
    const [mapping, way, path] of [
      ["keeps-ports", /^punched quic /, "punched-quic-ipv4"],
      ["symmetric", /^relayed by /, "relayed"],
    ] as const
  ) {
    Deno.test({
      name: `${build.name}: the server counts two behind routers (${mapping}) as ${path}`,
      ignore: unavailable !== undefined,
      fn: async () => {
        await using talk = await Talk.open(build, [mapping, mapping]);
        await talk.goes(way);
        await talk.endsWell();
        const counted = await talk.counted();
        // What they began on counts as well if they were on it for long.
        assertEquals(counted.filter((one) => one !== "relayed" || one === path), [path]);
      },
    });
  }
}
