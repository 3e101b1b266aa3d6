// How a server comes to know contacts: by tokens that go from client to client.

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { type Network, tcpNetwork } from "../../../client/transport/transport.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { contactEntry } from "../../../shared/protocol/contact_token.ts";
import { header, type Message, parse } from "../../../shared/protocol/message.ts";
import { dataOf } from "../../../shared/protocol/mail_data.ts";
import { isFault } from "../../../shared/protocol/status.ts";
import { Home, type Person } from "../../support/client_fixture.ts";
import { until } from "../../support/events.ts";
import { start } from "../../support/server_fixture.ts";

/** Dials a server, and notes what is asked. */
function noting(asked: Message[]): Network {
  const text = new TextDecoder();
  return {
    ...tcpNetwork,
    dialServer: async (address, options) => {
      const conn = await tcpNetwork.dialServer(address, options);
      return {
        localAddr: conn.localAddr,
        remoteAddr: conn.remoteAddr,
        read: (into) => conn.read(into),
        close: () => conn.close(),
        write: (bytes) => {
          const message = parse(text.decode(bytes).split("\r\n").slice(0, -2));
          if (!isFault(message)) asked.push(message);
          return conn.write(bytes);
        },
      };
    },
  };
}

/** The entries of the contacts that were given last. */
function entriesIn(asked: readonly Message[]): string[] {
  const last = asked.findLast(({ verb }) => verb === "CONTACTS")!;
  const hex = dataOf(last)!.toHex();
  return (hex.match(/.{32}/g) ?? []).toSorted();
}

/** A server that takes no mail of unknown senders from whom contacts are named, and two people. */
function setUp() {
  const server = start({ capacity: { unknownMails: 0 } });
  const [alice, bob] = [new Home("alice", server), new Home("bob", server)];
  return {
    server,
    alice,
    bob,
    async [Symbol.asyncDispose]() {
      alice[Symbol.dispose]();
      bob[Symbol.dispose]();
      await server.stop();
    },
  };
}

/** Alice calls bob, who answers: they are contacts then. */
async function meet(alice: Person, bob: Person): Promise<void> {
  await alice.chat("bob");
  await alice.send("hello");
  await bob.events.see("message");
  await bob.send("hello alice");
  await alice.events.see("message");
}

const tokenOf = (home: Home, of: Home, epoch: number) =>
  home.identity.contactToken(of.identity.publicKey, epoch);
const entry = (home: Home, of: Home, epoch: number) =>
  contactEntry(tokenOf(home, of, epoch), of.identity.publicKey).toHex();
const nameless = (of: Home) => contactEntry(undefined, of.identity.publicKey).toHex();

Deno.test("a contact gets a token over the link, and shows it with mail", async () => {
  await using scene = setUp();
  const { alice, bob } = scene;
  const asked: Message[] = [];
  {
    await using b = await bob.come({ network: noting(asked) });
    assertEquals(entriesIn(asked), [], "nobody is a contact yet, and the server is told so");
    await using a = await alice.come();
    await meet(a, b);
    // Once alice has her token she is named by nothing else.
    await until(() => entriesIn(asked).join() === entry(bob, alice, 0));
    await until(() => alice.store.contactTokens.of(bob.identity.publicKey) !== undefined);
    assertEquals(alice.store.contactTokens.of(bob.identity.publicKey), tokenOf(bob, alice, 0));
  }
  asked.length = 0;
  await using a = await alice.come({ network: noting(asked) });
  await a.chat("bob");
  await a.send("by mail");
  await a.events.see("deposited");
  const deposit = asked.find(({ verb }) => verb === "DEPOSIT")!;
  assertEquals(header(deposit, "Token"), tokenOf(bob, alice, 0).toHex());
});

Deno.test("mail of somebody who is no contact any more is that of an unknown sender", async () => {
  await using scene = setUp();
  const { alice, bob } = scene;
  const asked: Message[] = [];
  {
    await using b = await bob.come({ network: noting(asked) });
    await using a = await alice.come();
    await meet(a, b);
    await until(() => entriesIn(asked).join() === entry(bob, alice, 0));
    b.client.verify("alice");
    a.client.verify("bob");
    await b.events.see("verification-words");
    await b.client.confirmVerification("alice", false);
    // Her key is forgotten, and all tokens are others now.
    await until(() => asked.some((message) => header(message, "Epoch") === "1"));
    assertEquals(entriesIn(asked), []);
  }
  await using a = await alice.come();
  await a.chat("bob");
  await a.send("by mail");
  await a.events.see("deposit-refused");
});

Deno.test("a contact who has no token yet is named by the key alone", async () => {
  await using scene = setUp();
  const { alice, bob } = scene;
  // Nobody has a token after an update from version 0.3.0.
  bob.store.knownPeers.meet("alice", alice.identity.publicKey, undefined);
  const asked: Message[] = [];
  await using _b = await bob.come({ network: noting(asked) });
  await until(() => asked.some(({ verb }) => verb === "CONTACTS"));
  assertEquals(entriesIn(asked), [entry(bob, alice, 0), nameless(alice)].toSorted());
});

Deno.test("a list that the server has is not sent again, and a later epoch is taken over from it", async () => {
  await using scene = setUp();
  const { alice, bob } = scene;
  bob.store.knownPeers.meet("alice", alice.identity.publicKey, undefined);
  const asked: Message[] = [];
  const come = async (home: Home) => {
    asked.length = 0;
    await using _ = await home.come({ network: noting(asked) });
    return asked.filter(({ verb }) => verb === "CONTACTS");
  };
  assertEquals((await come(bob)).length, 1);
  assertEquals((await come(bob)).length, 0);
  // A copy of the profile, in which somebody has been dropped.
  const copy = { ...bob, identity: bob.identity };
  bob.store.contactTokens.advance(3);
  assertEquals(header((await come(bob))[0]!, "Epoch"), "3");
  const other = new Home("bob", scene.server, { identity: copy.identity });
  assertEquals(other.store.contactTokens.epoch, 0);
  const [given] = await come(other);
  assertEquals(header(given!, "Epoch"), "3");
  assertEquals(other.store.contactTokens.epoch, 3);
  other[Symbol.dispose]();
});

Deno.test("tokens are the same in each copy of a profile, and differ by contact and by epoch", () => {
  const seed = new Uint8Array(32).fill(7);
  const contact = Identity.fromSeed(new Uint8Array(32).fill(8)).publicKey;
  const token = Identity.fromSeed(seed).contactToken(contact, 0).toHex();
  assertEquals(token.length, 32);
  assertEquals(Identity.fromSeed(seed).contactToken(contact, 0).toHex(), token);
  assertNotEquals(Identity.fromSeed(seed).contactToken(contact, 1).toHex(), token);
  const other = Identity.generate();
  assertNotEquals(Identity.fromSeed(seed).contactToken(other.publicKey, 0).toHex(), token);
  assertNotEquals(other.contactToken(contact, 0).toHex(), token);
});

Deno.test("the thousands of contacts that there may be are listed quickly the second time", async () => {
  await using scene = setUp();
  const { bob } = scene;
  const keys = Array.from({ length: 3_000 }, () => Identity.generate().publicKey);
  for (const [i, key] of keys.entries()) bob.store.knownPeers.meet(`c${i}`, key, undefined);
  const asked: Message[] = [];
  await using b = await bob.come({ network: noting(asked) });
  const parts = asked.filter(({ verb }) => verb === "CONTACTS");
  assertEquals(header(parts[0]!, "Parts"), String(parts.length));
  asked.length = 0;
  bob.store.knownPeers.meet("newest", Identity.generate().publicKey, undefined);
  await b.client.register();
  const changed = asked.filter(({ verb }) => verb === "CONTACTS");
  assert(changed.length < parts.length, `${changed.length} of ${parts.length}`);
});
