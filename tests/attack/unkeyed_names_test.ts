// One host squats on names without a key, and gives each up for another: it may have so many a day, as with keys.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { newNamesPerHostMax, newNamesWindowMs } from "../../shared/protocol/limits.ts";
import { CoreServer } from "../support/core_fixture.ts";

/** Registers a name without a key, from the n-th address of a host, and ends that at once. */
async function takeAndLeave(server: CoreServer, name: string, n = 0, ...more: string[]) {
  const client = server.connect(`2001:db8:0:1::${n.toString(16)}`);
  const reply = await client.ask(
    "REGISTER",
    `clientID: ${name}`,
    "IP: 2001:db8::1",
    "Port: 5556",
    ...more,
  );
  await client.ask("QUIT", `clientID: ${name}`);
  client.conn.close();
  return reply;
}

Deno.test("a host takes so many names without a key in a day, and each of them as often as it likes", async () => {
  const server = new CoreServer();
  for (let n = 0; n < newNamesPerHostMax; n++) {
    assertMatch(await takeAndLeave(server, `c${n}`, n), /^REGACK/);
  }
  assertMatch(await takeAndLeave(server, "c0"), /^REGACK/);
  const refusal = await takeAndLeave(server, "another", 7);
  assertEquals(
    refusal,
    "ERROR\nCode: 429\nReason: The server takes no more new names from 2001:db8:0:1::7 today\n\n",
  );
  assertMatch(
    await takeAndLeave(server, "another", 7, "Version: 1"),
    /^ERROR\nCode: 429\n(.*\n)*Retry-After: [0-9]+\n\n$/,
  );
  const elsewhere = server.connect("192.0.2.1");
  assertMatch(
    await elsewhere.ask("REGISTER", "clientID: another", "IP: 192.0.2.1", "Port: 5556"),
    /^REGACK/,
  );
  await elsewhere.ask("QUIT", "clientID: another");
  for (let hour = 0; hour < newNamesWindowMs / 3_600_000; hour++) {
    assert((await takeAndLeave(server, `c${hour}`)).startsWith("REGACK"));
    await server.clock.pass(3_600_000);
    await server.sweep();
  }
  assertMatch(await takeAndLeave(server, "another"), /^REGACK/);
  await server.restart();
});

Deno.test("the server's own host takes as many names as it likes", async () => {
  const server = new CoreServer();
  const client = server.connect();
  for (let n = 0; n < 2 * newNamesPerHostMax; n++) {
    const reply = await client.ask("REGISTER", `clientID: c${n}`, "IP: 127.0.0.1", "Port: 5556");
    assertMatch(reply, /^REGACK/);
  }
  await server.restart();
});
