// A stranger watches as many people as a WATCH names, to learn when they come and go.

import { assertEquals } from "@std/assert";
import { Identity } from "../../shared/crypto/identity.ts";
import { watchedMax } from "../../shared/protocol/limits.ts";
import { CoreServer } from "../support/core_fixture.ts";
import { note, sized } from "./extent.ts";

Deno.test("a stranger learns nothing of when people come and go but what anybody can ask", async () => {
  const server = new CoreServer();
  const mallory = await server.connectAs("mallory", Identity.generate());
  const people = Array.from({ length: watchedMax }, (_, i) => ({
    id: `person${i}`,
    identity: Identity.generate(),
  }));
  await mallory.watch(...people.map(({ id }) => id));
  const rounds = sized(2, 100);
  let heard = "";
  for (let round = 0; round < rounds; round++) {
    for (const { id, identity } of people) {
      const client = await server.connectAs(id, identity);
      await client.ask("WATCH", "Version: 1", "Features: contacts");
      await client.ask(
        ...["CONTACTS", `clientID: ${id}`, "Version: 1", "Epoch: 1", "Part: 1", "Parts: 1"],
      );
      await server.sweep();
      await client.askSigned(identity, "UNREGISTER", `clientID: ${id}`, "Version: 1");
      client.conn.close();
      await client.ended;
      await server.sweep();
      heard += await mallory.ask("PING");
    }
  }
  const lines = heard.split("\n").filter((line) => line.startsWith("Presence"));
  note("presence", { people: people.length, rounds, heard: lines.length });
  assertEquals(lines, []);
});
