// Many connections send requests that take the server a hundred times their bytes once they are parsed, and do not
// read the answers: what is unanswered and unread is bounded, for each connection and for all.

import { assert, assertEquals } from "@std/assert";
import { AttackedServer } from "../support/attacked_server.ts";
import { until } from "../support/events.ts";
import { Flood } from "../support/flood.ts";
import { HonestClient } from "../support/honest_client.ts";
import { assertServed, note, sized } from "./extent.ts";

/** How much more memory the server may take than when it is idle, in MiB. */
const growthMaxMib = 200;

Deno.test("connections that do not read take no memory to speak of, and others are served", async () => {
  // It would die of more than this.
  await using server = await AttackedServer.start({ v8Flags: ["--max-old-space-size=512"] });
  using honest = await HonestClient.start(server.address);
  await honest.latencies();
  const idleMib = await server.residentMib();
  await using flood = await Flood.start(server.address, {
    connections: sized(100, 1_000),
    message: "A\nB:\n\n",
    reads: false,
    times: sized(20_000, 100_000),
  });
  let mostMib = idleMib;
  const untilMs = performance.now() + sized(1_000, 20_000);
  while (performance.now() < untilMs) {
    mostMib = Math.max(mostMib, await server.residentMib());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await until(() => flood.sentBytes > 0);
  note("memory of unread answers, MiB", { idleMib, mostMib, ended: flood.ended });
  assertServed("PING beside connections that do not read", await honest.latencies());
  assert(
    mostMib - idleMib <= growthMaxMib,
    `the server took ${Math.round(mostMib - idleMib)} MiB more than when it was idle`,
  );
  assertEquals((await honest.latencies()).lost, 0);
});
