import { assert, assertEquals, assertRejects } from "@std/assert";
import { HonestClient } from "./honest_client.ts";
import { start } from "./server_fixture.ts";

/** Asks until a client has said what is waited for. */
async function until(client: HonestClient, wanted: "count" | "lost"): Promise<void> {
  while ((await client.latencies())[wanted] === 0);
}

Deno.test("an honest client measures how long its requests take, on kept and on new connections", async () => {
  await using server = start();
  for (const anew of [false, true]) {
    using client = await HonestClient.start(server.address, { anew, everyMs: 1 });
    for (let count = 0; count < 20;) count += (await client.latencies()).count;
    await until(client, "count");
    const { count, p50, p99, max, lost } = await client.latencies();
    if (count > 0) assert(p50 > 0 && p50 <= p99 && p99 <= max);
    assertEquals(lost, 0);
  }
});

Deno.test("what an honest client loses is counted, and who is never served is told", async () => {
  const server = start();
  using client = await HonestClient.start(server.address, { everyMs: 1 });
  await server.stop();
  await until(client, "lost");
  await assertRejects(() => HonestClient.start(server.address), Error);
});
