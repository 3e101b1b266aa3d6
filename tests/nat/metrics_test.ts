// What the server counts of two who talk through their routers, or over the server.

import { assert } from "@std/assert";
import { builds } from "../support/program.ts";
import { unavailable } from "./laboratory.ts";
import { Talk } from "./talk.ts";

for (const build of builds) {
  for (
    const [mapping, way, path] of [
      // Over TCP if the server's answer over UDP takes a while.
      ["keeps-ports", /^punched /, /^punched-(quic|tcp)-ipv4$/],
      ["symmetric", /^relayed by /, /^relayed$/],
    ] as const
  ) {
    Deno.test({
      name: `${build.name}: the server counts how two talk who are behind routers (${mapping})`,
      ignore: unavailable !== undefined,
      fn: async () => {
        await using talk = await Talk.open(build, [mapping, mapping]);
        await talk.goes(way);
        await talk.endsWell();
        const counted = await talk.counted();
        // What they began on counts as well if they were on it for long.
        const settled = counted.filter((one) => one !== "relayed" || path.test(one));
        assert(settled.length === 1 && path.test(settled[0]!), counted.join(", "));
      },
    });
  }
}
