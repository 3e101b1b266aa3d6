// Clients that show whose they are without registering, over a server's core.

import { assertEquals, assertMatch } from "@std/assert";
import { Identity } from "../../../shared/crypto/identity.ts";
import { CoreServer, depositLines } from "../../support/core_fixture.ts";
import { signatureOf } from "../../support/signer.ts";

const [alice, bob, mallory] = [1, 2, 3].map((byte) =>
  Identity.fromSeed(new Uint8Array(32).fill(byte))
) as [Identity, Identity, Identity];

const authLines = (id: string) => ["AUTH", `clientID: ${id}`, "Version: 1", "Features: relay"];
/** Where these servers are reached. */
const dialed = "Dialed: 127.0.0.1:5555";
const collect = ["COLLECT", "clientID: alice", "Version: 1"];
const relay = ["RELAY", "clientID: alice", "Version: 1", "Target: bob"];
const mail = depositLines("alice", "bob", bob, "a".repeat(32), new Uint8Array(20_000));

function codeOf(reply: string): string {
  return /^ERROR\nCode: (\d+)\n/.exec(reply)?.[1] ?? reply.split("\n")[0]!;
}

/** A server at which alice is registered, and bob takes calls, and another connection. */
async function begun() {
  const server = new CoreServer();
  const a = await server.connectAs("alice", alice);
  await a.watch();
  const b = await server.connectAs("bob", bob);
  await b.ask("WATCH", "Version: 1", "Features: relay", "Target: alice");
  await server.sweep();
  await Promise.all([a.heard(), b.heard()]);
  return { server, a, b, other: server.connect("192.0.2.9") };
}

Deno.test("who owns a name leaves mail and calls over the relay without being registered", async () => {
  const { server, a, b, other } = await begun();
  assertEquals(codeOf(await other.ask(...mail)), "413", "it is longer than from anybody");
  const apart = server.connect("192.0.2.9");
  assertEquals(
    await apart.askSigned(alice, ...authLines("alice"), dialed),
    "AUTHACK\nclientID: alice\nMailbox: 65536\nFeatures: relay\nVersion: 1\n\n",
  );
  apart.send(...mail);
  await server.sweep();
  assertEquals(codeOf(await apart.heard()), "DEPOSITACK");
  assertEquals(await b.heard(), "MAIL\nCount: 1\n\n");
  assertEquals(codeOf(await apart.ask(...relay)), "RELAYACK");
  assertMatch(await b.heard(), /^RELAYED\nclientID: alice\nTarget: bob\n/);
  // It is the name that it has shown, and no other.
  assertEquals(codeOf(await apart.ask("RELAY", "clientID: bob", ...relay.slice(2))), "403");
  // The client that is registered goes on, and nobody is told anything but of the mail.
  apart.conn.close();
  await apart.ended;
  await server.sweep();
  assertEquals([await a.heard(), await b.heard()], ["", ""]);
});

Deno.test("nothing else is granted to who is not registered", async () => {
  const { server } = await begun();
  const apart = server.connect();
  await apart.askSigned(alice, ...authLines("alice"), dialed);
  const contacts = ["CONTACTS", "clientID: alice", "Version: 1", "Epoch: 1", "Part: 1", "Parts: 1"];
  // Its calls would be those of the client that is registered.
  const watch = ["WATCH", "Version: 1", "Features: relay"];
  for (const lines of [watch, contacts, collect]) {
    assertEquals(codeOf(await apart.ask(...lines)), "403", lines[0]);
  }
  // It may register all the same.
  assertEquals(codeOf(await apart.register("alice", alice)), "REGACK");
  assertEquals(codeOf(await apart.ask(...watch)), "WATCHACK");
});

Deno.test("only the key that owns the name shows it, for the address that was dialed", async () => {
  const { server, a } = await begun();
  const ask = async (identity: Identity, ...lines: string[]) =>
    codeOf(await server.connect().askSigned(identity, ...lines).catch((error) => error.message));
  const key = (identity: Identity) => `Key: ${identity.publicKey}`;
  const unsigned = async (identity: Identity, id: string) =>
    codeOf(await server.connect().ask(...authLines(id), key(identity)));
  assertEquals(await unsigned(alice, "alice"), "401");
  assertEquals(await unsigned(mallory, "alice"), "403");
  // A key is made at once, a name is not.
  assertEquals(await unsigned(mallory, "mallory"), "404");
  assertEquals(await unsigned(mallory, "no name"), "400");
  assertEquals(await ask(alice, ...authLines("alice")), "403", "without Dialed");
  assertEquals(await ask(alice, ...authLines("alice"), "Dialed: 192.0.2.1:5555"), "421");
  // On the connection of a client that is registered it would be unclear which of both asks.
  assertEquals(codeOf(await a.ask(...authLines("alice"), key(alice))), "403");
});

Deno.test("a signature that was made to register shows nothing here", async () => {
  const { server } = await begun();
  const conn = server.connect();
  const reply = await conn.ask(...authLines("alice"), `Key: ${alice.publicKey}`);
  const nonce = /^Nonce: (\S+)$/m.exec(reply)![1]!;
  const lines = [
    `clientID: alice`,
    "Version: 1",
    `Key: ${alice.publicKey}`,
    `Nonce: ${nonce}`,
    dialed,
  ];
  const signature = signatureOf(alice, ["REGISTER", "IP: ::1", "Port: 1", ...lines], "");
  assertEquals(codeOf(await conn.ask("AUTH", ...lines, `Signature: ${signature}`)), "403");
  assertEquals(codeOf(await conn.ask(...relay)), "403");
});
