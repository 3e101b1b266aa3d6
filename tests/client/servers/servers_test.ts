import { assertEquals, assertRejects } from "@std/assert";
import { type Network, tcpNetwork } from "../../../client/transport/transport.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { UserError } from "../../../client/user_error.ts";
import { formatAddress } from "../../../shared/net/address.ts";
import { hears, Home, nowhere, Person } from "../../support/client_fixture.ts";
import { until } from "../../support/events.ts";
import { rejectsSaying } from "../../support/problems.ts";
import { start } from "../../support/server_fixture.ts";

type Server = ReturnType<typeof start>;

/** A server as somebody names it who has another one. */
const plain = ({ address }: Server) => `plain:${formatAddress(address)}`;
const at = (name: string, server: Server) => `${name}@${formatAddress(server.address)}`;

Deno.test("somebody at another server is called there, and answers", async () => {
  await using here = start();
  await using there = start();
  await using alice = new Person("alice", here);
  await using bob = new Person("bob", there);
  await alice.client.register();
  await bob.client.register();
  await alice.client.visits.visit(plain(there));
  const { how, conversation } = await alice.chat(at("bob", there));
  assertEquals([how, conversation.name], ["opened", "bob"]);
  await hears(bob, alice, "hello over there");
  await hears(alice, bob, "hello back");
});

Deno.test("a server that the user has not allowed is not asked", async () => {
  await using here = start();
  await using there = start();
  await using alice = new Person("alice", here);
  await alice.client.register();
  await rejectsSaying(
    () => alice.chat(at("bob", there)),
    UserError,
    "You have not used tls://127.0.0.1:",
  );
  assertEquals([there.connections, alice.client.visits.names()], [0, []]);
});

Deno.test("a client is found at every server that it visits, in later runs as well, and at none that it has left", async () => {
  await using here = start();
  await using there = start();
  using home = new Home("alice", here);
  await using bob = new Person("bob", there);
  await bob.client.register();
  {
    await using alice = await home.come();
    await alice.client.visits.visit(plain(there));
    assertEquals(there.registrations, 2);
  }
  assertEquals(there.registrations, 1);
  await using alice = await home.come();
  await until(() => there.registrations === 2);
  await bob.chat("alice");
  await hears(alice, bob, "found you");
  await alice.client.visits.leave(plain(there));
  await until(() => there.registrations === 1);
  assertEquals(alice.client.visits.names(), []);
});

Deno.test("what waits for somebody at another server goes to its mailbox, and what they answer comes from there", async () => {
  await using here = start();
  await using there = start();
  using alices = new Home("alice", here);
  using bobs = new Home("bob", there);
  await using alice = await alices.come();
  await alice.client.visits.visit(plain(there));
  {
    await using bob = await bobs.come();
    await alice.chat(at("bob", there));
    await hears(bob, alice, "first");
    await hears(alice, bob, "second");
  }
  await alice.events.see("closed");
  await alice.send("are you away?");
  await alice.events.see("deposited");
  await alice.client.stop();
  {
    await using bob = await bobs.come();
    await bob.events.see("message", ({ text }) => text === "are you away?");
    await bob.chat("alice");
    await bob.send("I was");
    await bob.events.see("deposited");
  }
  await using again = await alices.come();
  await again.events.see("message", ({ text }) => text === "I was");
});

Deno.test("somebody who is away, and whom nobody here has met, can be written to where the server knows them", async () => {
  await using here = start();
  await using there = start();
  using bobs = new Home("bob", there);
  await (await bobs.come())[Symbol.asyncDispose]();
  await using alice = new Person("alice", here);
  await alice.client.register();
  await alice.client.visits.visit(plain(there));
  assertEquals((await alice.chat(at("bob", there))).how, "away");
  await alice.send("read this later");
  await alice.events.see("deposited");
  await using bob = await bobs.come();
  await bob.events.see("message", ({ text }) => text === "read this later");
});

Deno.test("over another server people are joined as over one's own", async () => {
  await using here = start();
  await using there = start();
  await using alice = new Person("alice", here, { relayOnly: true });
  await using bob = new Person("bob", there);
  await alice.client.register();
  await bob.client.register();
  await alice.client.visits.visit(plain(there));
  await alice.chat(at("bob", there));
  await hears(bob, alice, "over your server");
  const [path] = (await alice.client.path("bob")).paths;
  // Bob is at no other server.
  assertEquals(path?.relayedBy, "127.0.0.1");
});

Deno.test("of two people with one name the one who is known stays the one who is meant", async () => {
  await using here = start();
  await using there = start();
  await using alice = new Person("alice", here);
  await using known = new Person("bob", here);
  await using other = new Person("bob", there);
  for (const person of [alice, known, other]) await person.client.register();
  await alice.client.visits.visit(plain(there));
  await alice.chat("bob");
  await hears(known, alice, "to the one here");
  await rejectsSaying(
    () => alice.chat(at("bob", there)),
    UserError,
    "You know another bob, with the key",
  );
  await hears(known, alice, "still to the one here");
  assertEquals(other.heard, []);
});

Deno.test("a contact is looked for at each of their servers", async () => {
  await using here = start();
  await using there = start();
  using alices = new Home("alice", here);
  using bobs = new Home("bob", there);
  await using alice = await alices.come();
  await alice.client.visits.visit(plain(there));
  {
    await using bob = await bobs.come();
    await alice.chat(at("bob", there));
    await hears(bob, alice, "at the other server");
  }
  // Bob has moved to the server that alice is at.
  await using moved = await bobs.start().client.stop().then(() =>
    new Home("bob", here).come({ identity: bobs.identity, store: bobs.store })
  );
  await alice.chat("bob");
  await hears(moved, alice, "at your own server");
});

Deno.test("another server that is gone holds up nothing at one's own", async () => {
  const there = start();
  await using here = start();
  await using alice = new Person("alice", here);
  await using bob = new Person("bob", here);
  await alice.client.register();
  await bob.client.register();
  await alice.client.visits.visit(plain(there));
  await there.stop();
  await alice.events.see("problem", ({ problem }) => problem.code === "at-other-server");
  await alice.chat("bob");
  await hears(bob, alice, "all is well here");
});

Deno.test("who names a visited server anew, and wrongly, is still at it", async () => {
  await using here = start();
  await using there = start();
  await using alice = new Person("alice", here, { relayOnly: true });
  await using bob = new Person("bob", there);
  await alice.client.register();
  await bob.client.register();
  await alice.client.visits.visit(plain(there));
  // It does not speak TLS.
  await assertRejects(() => alice.client.visits.visit(formatAddress(there.address)), UserError);
  assertEquals(alice.client.visits.names(), [plain(there)]);
  // She can be called there still.
  await bob.chat("alice");
  await hears(alice, bob, "found you");
});

Deno.test("who leaves is at no visited server any more, though their own is gone", async () => {
  const here = start();
  await using there = start();
  const alice = new Person("alice", here);
  await alice.client.register();
  await alice.client.visits.visit(plain(there));
  await here.stop();
  await alice.events.see("server-lost");
  await alice[Symbol.asyncDispose]();
  assertEquals(there.registrations, 0);
});

Deno.test("a server is not allowed if it cannot be reached, is one's own, or is one too many", async () => {
  await using here = start();
  await using alice = new Person("alice", here);
  const { visits } = alice.client;
  await rejectsSaying(
    () => visits.visit(`plain:${formatAddress(nowhere.address)}`),
    UserError,
    "127.0.0.1:9",
  );
  await rejectsSaying(() => visits.visit(plain(here)), UserError, "is your own server");
  await rejectsSaying(() => visits.visit("no server"), UserError, "'no server' is no server");
  await rejectsSaying(
    () => visits.leave("chat.example.org"),
    UserError,
    "is none of the servers that you visit",
  );
  assertEquals(visits.names(), []);
  const { otherServers } = alice.store;
  for (let i = 1; i <= 8; i++) otherServers.add({ place: `h${i}:1`, address: `plain:h${i}:1` }, i);
  await using there = start();
  await rejectsSaying(
    () => visits.visit(plain(there)),
    UserError,
    "Cannot use another server: there are 8",
  );
});

Deno.test("nothing is said in the clear to a server that has spoken TLS", async () => {
  await using here = start();
  await using there = start();
  await using alice = new Person("alice", here);
  const place = formatAddress(there.address);
  alice.store.provenServers.add(`tls://${place}`);
  await rejectsSaying(
    () => alice.client.visits.visit(plain(there)),
    UserError,
    "has spoken TLS before, so nothing is said",
  );
  assertEquals(there.connections, 0);
});

/** Servers of this machine, as if each had a name in the internet. */
function internet(servers: Readonly<Record<string, Server>>, asked: string[] = []): Network {
  return {
    ...tcpNetwork,
    lookUp: (name) => Promise.resolve(name in servers ? ["203.0.113.7"] : []),
    dialServer: ({ host }, options) => {
      asked.push(host);
      return tcpNetwork.dialServer(servers[host]!.address, options);
    },
  };
}

const named = (host: string) => ({ address: { host, port: 5555, tls: {} } });

Deno.test("a contact who is at none of one's own servers is found at one that they have told", async () => {
  await using here = start({ realms: ["here.example.org:5555"] });
  await using there = start({ realms: ["there.example.org:5555"] });
  const network = internet({ "here.example.org": here, "there.example.org": there });
  using alices = new Home("alice", named("here.example.org"), { network });
  using bobs = new Home("bob", named("there.example.org"), { network });
  await using bob = await bobs.come();
  {
    await using alice = await alices.come();
    await alice.client.visits.visit("there.example.org");
    await alice.chat("bob@there.example.org");
    await hears(bob, alice, "so we have met");
    await hears(alice, bob, "and I am at there.example.org");
    await until(() => alice.store.otherServers.learntOf(bob.identity.publicKey).length === 1);
    await until(() => bob.store.otherServers.learntOf(alice.identity.publicKey).length === 1);
    await alice.client.visits.leave("there.example.org");
  }
  await bob.events.see("closed");
  await using again = await alices.come();
  assertEquals((await again.chat("bob")).how, "opened");
  await hears(bob, again, "found again");
  assertEquals(there.registrations, 1);
});

Deno.test("who has never named a server of a contact's finds them there as well", async () => {
  await using here = start({ realms: ["here.example.org:5555"] });
  await using there = start({ realms: ["there.example.org:5555"] });
  const network = internet({ "here.example.org": here, "there.example.org": there });
  await using alice = new Person("alice", named("here.example.org"), { network });
  await using bob = new Person("bob", named("there.example.org"), { network });
  await alice.client.register();
  await bob.client.register();
  bob.store.knownPeers.meet("alice", alice.identity.publicKey, undefined);
  assertEquals((await bob.chat("alice")).how, "away");
  bob.store.otherServers.learn(alice.identity.publicKey, ["tls://here.example.org:5555"]);
  assertEquals((await bob.chat("alice")).how, "opened");
  assertEquals(here.registrations, 1);
});

Deno.test("what a told server says counts for no other key, and one in a private network is not asked", async () => {
  await using here = start({ realms: ["here.example.org:5555"] });
  await using there = start({ realms: ["there.example.org:5555"] });
  const asked: string[] = [];
  const network = internet({ "here.example.org": here, "there.example.org": there }, asked);
  await using alice = new Person("alice", named("here.example.org"), { network });
  await using impostor = new Person("bob", named("there.example.org"), { network });
  await alice.client.register();
  await impostor.client.register();
  asked.length = 0;
  const { publicKey } = Identity.generate();
  alice.store.knownPeers.meet("bob", publicKey, undefined);
  const told = ["tls://there.example.org:5555", "tls://10.0.0.1:5555"];
  alice.store.otherServers.learn(publicKey, told);
  assertEquals((await alice.chat("bob")).how, "away");
  assertEquals([asked.includes("there.example.org"), asked.includes("10.0.0.1")], [true, false]);
  assertEquals(impostor.names, []);
});

Deno.test("servers that not everybody can reach are not told, nor is any with --private", async () => {
  await using here = start({ realms: ["here.example.org:5555"] });
  const network = internet({ "here.example.org": here });
  const servers = [here.address, { host: "10.0.0.1", port: 5555, tls: {} }];
  await using bob = new Person("bob", here, { servers });
  await using carol = new Person("carol", named("here.example.org"), { network, relayOnly: true });
  await using alice = new Person("alice", here);
  for (const person of [alice, bob, carol]) await person.client.register();
  for (const [name, person] of [["bob", bob], ["carol", carol]] as const) {
    await alice.chat(name);
    alice.switchTo(name);
    await hears(person, alice, "hello");
    await hears(alice, person, "hello back");
    const { publicKey } = person.identity;
    await until(() => alice.store.contactTokens.of(publicKey) !== undefined);
    assertEquals(alice.store.otherServers.learntOf(publicKey), []);
  }
});
