// Who may know when a client comes and goes, over a server's core.

import { assertEquals } from "@std/assert";
import { Identity } from "../../../shared/crypto/identity.ts";
import { contactEntry } from "../../../shared/protocol/contact_token.ts";
import { dataHeaders } from "../../../shared/protocol/mail_data.ts";
import { type CoreClient, CoreServer } from "../../support/core_fixture.ts";

const [alice, bob, mallory] = [1, 2, 3].map((byte) =>
  Identity.fromSeed(new Uint8Array(32).fill(byte))
) as [Identity, Identity, Identity];
const token = new Uint8Array(16).fill(9);

/** What a client is told of bob: in answers, and unasked. */
function told(said: string): string[] {
  return said.split("\n").filter((line) => line.startsWith("Presence: bob"))
    .map((line) => line.slice("Presence: bob ".length));
}

async function watches(client: CoreClient, ...targets: string[]): Promise<string[]> {
  const lines = targets.map((target) => `Target: ${target}`);
  return told(await client.ask("WATCH", "Version: 1", "Features: contacts, presence", ...lines));
}

/** Gives the server a list of bob's contacts. */
async function lists(client: CoreClient, epoch: number, ...entries: Uint8Array[]): Promise<void> {
  const sorted = entries.toSorted((a, b) => a.toHex() < b.toHex() ? -1 : 1);
  const data = new Uint8Array(sorted.flatMap((entry) => [...entry]));
  await client.ask(
    ...["CONTACTS", "clientID: bob", "Version: 1", `Epoch: ${epoch}`, "Part: 1", "Parts: 1"],
    ...dataHeaders(data).map(([name, value]) => `${name}: ${value}`),
  );
}

/** Bob, who comes and goes. @param features What his client names. */
function coming(server: CoreServer, features = "contacts") {
  let client: CoreClient;
  return {
    come: async (...list: Uint8Array[]) => {
      client = await server.connectAs("bob", bob);
      await client.ask("WATCH", "Version: 1", `Features: ${features}`);
      await lists(client, 1, ...list);
      await server.sweep();
    },
    go: async () => {
      await client.askSigned(bob, "UNREGISTER", "clientID: bob", "Version: 1");
      client.conn.close();
      await client.ended;
      await server.sweep();
    },
    lists: async (epoch: number, ...list: Uint8Array[]) => {
      await lists(client, epoch, ...list);
      await server.sweep();
    },
  };
}

const aliceWithToken = contactEntry(token, alice.publicKey);

Deno.test("contacts know when somebody comes and goes, and others do not", async () => {
  const server = new CoreServer();
  const [a, m] = [
    await server.connectAs("alice", alice),
    await server.connectAs("mallory", mallory),
  ];
  const him = coming(server);
  assertEquals(await watches(a, `bob ${token.toHex()}`), ["away"]);
  // Somebody else's token is worth nothing.
  assertEquals(await watches(m, `bob ${token.toHex()}`), ["away"]);
  for (let i = 0; i < 2; i++) {
    await him.come(aliceWithToken);
    assertEquals(told(await a.heard()), ["online"]);
    assertEquals(told(await m.heard()), []);
    // What BRIDGE tells anybody.
    assertEquals(await watches(m, "bob"), ["registered"]);
    await him.go();
    assertEquals(told(await a.heard()), ["away"]);
    assertEquals(told(await m.heard()), []);
    assertEquals(await watches(m, "bob"), ["away"]);
  }
});

Deno.test("a contact whose program knows no tokens is known by their key", async () => {
  const server = new CoreServer();
  const a = await server.connectAs("alice", alice);
  const him = coming(server);
  await him.come(contactEntry(undefined, alice.publicKey));
  assertEquals(await watches(a, "bob"), ["online"]);
});

Deno.test("who is no contact any more is told no more, at once, and who becomes one is", async () => {
  const server = new CoreServer();
  const a = await server.connectAs("alice", alice);
  const him = coming(server);
  await him.come(aliceWithToken);
  assertEquals(await watches(a, `bob ${token.toHex()}`), ["online"]);
  await him.lists(2);
  // Once, what anybody would be told.
  assertEquals(told(await a.heard()), ["registered"]);
  await him.go();
  await server.sweep();
  assertEquals(told(await a.heard()), []);
  assertEquals(await watches(a, `bob ${token.toHex()}`), ["away"]);
  await him.come();
  assertEquals(told(await a.heard()), []);
  await him.lists(3, aliceWithToken);
  assertEquals(told(await a.heard()), ["online"]);
  // A list that changes while its owner is away tells nobody who they are.
  await him.lists(4);
  await a.heard();
  await him.go();
  assertEquals(told(await a.heard()), []);
});

Deno.test("who opens their presence is followed by anybody, and so is who has given no list", async () => {
  const server = new CoreServer();
  const m = await server.connectAs("mallory", mallory);
  const old = await server.connectAs("bob", bob);
  await old.watch();
  assertEquals(await watches(m, "bob"), ["online"]);
  old.conn.close();
  await old.ended;
  await server.sweep();
  assertEquals(told(await m.heard()), ["registered"]);

  const him = coming(server, "contacts, open-presence");
  await him.come();
  assertEquals(told(await m.heard()), ["online"]);
  await him.go();
  assertEquals(told(await m.heard()), ["away"]);
});

Deno.test("a Target with what is no token is an error", async () => {
  const server = new CoreServer();
  const a = await server.connectAs("alice", alice);
  for (const target of ["bob x", "bob 00", `b!b ${token.toHex()}`]) {
    const reply = await a.ask("WATCH", "Version: 1", `Target: ${target}`);
    assertEquals(reply.startsWith("ERROR\nCode: 400\n"), true, reply);
  }
});
