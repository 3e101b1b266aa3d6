// What servers count of how conversations go, with real clients and servers.

import { assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../../client/user_error.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { formatAddress } from "../../../shared/net/address.ts";
import { hears, Person } from "../../support/client_fixture.ts";
import { start } from "../../support/server_fixture.ts";
import { challengeOf, keyLine, signed } from "../../support/signer.ts";
import { Wire } from "../../support/wire.ts";

type Server = ReturnType<typeof start>;

/** What a server has counted, without what it has not. */
function counted({ paths }: Server): Record<string, number> {
  return Object.fromEntries([...paths].filter(([, count]) => count > 0));
}

Deno.test("a conversation is counted once, by who called, and no server knows of whom", async () => {
  await using server = start();
  await using alice = new Person("alice", server);
  await using bob = new Person("bob", server);
  await alice.client.register();
  await bob.client.register();
  await alice.chat("bob");
  await hears(bob, alice, "hello");
  await bob.client.stop();
  assertEquals(counted(server), {});
  await alice.client.stop();
  assertEquals(counted(server), { "direct-tcp-ipv4": 1 });
});

Deno.test("who is named by the server, and not reached, is counted as that once", async () => {
  await using server = start();
  await using alice = new Person("alice", server);
  await alice.client.register();
  using wire = await Wire.connect({ address: server.address });
  const identity = Identity.generate();
  // Nobody listens at the discard port.
  const lines = ["REGISTER", "clientID: bob", "IP: 127.0.0.1", "Port: 9", "Version: 1"];
  await wire.ask(
    ...signed(identity, lines, challengeOf(await wire.ask(...lines, keyLine(identity)))),
  );
  await assertRejects(() => alice.chat("bob"), UserError);
  await assertRejects(() => alice.chat("bob"), UserError);
  await assertRejects(() => alice.chat("nobody"), UserError);
  await alice.client.stop();
  assertEquals(counted(server), { "failed": 1 });
});

Deno.test("a client that is to be found nowhere tells nothing", async () => {
  await using server = start();
  await using alice = new Person("alice", server, { relayOnly: true });
  await using bob = new Person("bob", server);
  await alice.client.register();
  await bob.client.register();
  await alice.chat("bob");
  await hears(bob, alice, "over your server");
  await alice.client.stop();
  await bob.client.stop();
  assertEquals(counted(server), {});
});

Deno.test("neither a visited server nor one's own is told of whom one talks to over there", async () => {
  await using here = start();
  await using there = start();
  await using alice = new Person("alice", here);
  await using bob = new Person("bob", there);
  await using carol = new Person("carol", here);
  for (const { client } of [alice, bob, carol]) await client.register();
  await alice.client.visits.visit(`plain:${formatAddress(there.address)}`);
  await alice.chat(`bob@${formatAddress(there.address)}`);
  await hears(bob, alice, "hello over there");
  await alice.chat("carol");
  await hears(carol, alice, "hello here");
  await alice.client.close("carol");
  // It takes the registration there back, and has something to tell here.
  await alice.client.visits.leave(`plain:${formatAddress(there.address)}`);
  assertEquals(counted(there), {});
  for (const { client } of [alice, bob, carol]) await client.stop();
  assertEquals(counted(there), {});
  assertEquals(counted(here), { "direct-tcp-ipv4": 1 });
});
