// Somebody has other people's clients call what only these can reach: a cloud's metadata, a router, what listens on
// their own machine. They name such an address when they register, in a mail, or when they call.

import { assertEquals, assertMatch } from "@std/assert";
import { UserError } from "../../client/user_error.ts";
import type { Store } from "../../client/store/store.ts";
import type { Server } from "../../server/server.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { FakeServer, Home, nowhere, Person } from "../support/client_fixture.ts";
import { EncryptedPeer } from "../support/encrypted_peer.ts";
import { befriend } from "../support/friends.ts";
import { refusalOf, rejectsSaying } from "../support/problems.ts";
import { RawPeer } from "../support/raw_peer.ts";
import { start } from "../support/server_fixture.ts";
import { claiming, WatchedNetwork } from "../support/watched_network.ts";

/** What a server on the same machine hands out by a client's word. */
const believed = [
  ...["169.254.169.254", "192.168.1.1", "10.0.0.1", "172.16.0.1", "100.64.0.1", "127.0.0.1"],
  ...["fe80::1", "fd00:8::1", "::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254"],
];
/** What only a server that is in it can hand out. */
const forged = [
  ...["0.0.0.0", "255.255.255.255", "224.0.0.1", "0.1.2.3", "::", "ff02::1", "fe80::1%eth0"],
  ...["2002:a9fe:a9fe::1", "64:ff9b::192.168.1.1", "64:ff9b:1::1", "::10.0.0.1", "2001:0:1::1"],
];

const mallory = Identity.generate();

/** Makes mallory known in a store, so that what is written to them waits and can be left at a mailbox. */
function knowing(store: Store, self = "alice", peer = { name: "mallory", identity: mallory }) {
  const { name, identity: { publicKey: key, agreement } } = peer;
  befriend(store, name, key);
  return store.conversations.open({ self, name, key }, { agreement: agreement.publicKey });
}

/** Somebody has been at a server, which keeps their name and so their mail. */
async function wasAt(server: Server, id: string, identity: Identity): Promise<void> {
  await using person = new Person(id, server, { identity });
  await person.client.register();
}

/**
 * Alice writes to mallory, and compares with them. She is not registered: no server says that they are away, and so
 * they are looked for where they were last.
 */
async function looksFor(home: Home): Promise<void> {
  await using alice = home.start();
  assertEquals((await alice.chat("mallory")).how, "away");
  await alice.send("are you there?");
  await alice.client.allDelivered();
  await refusalOf(() => alice.client.audit("mallory", { mayCall: true }));
}

for (const host of believed) {
  Deno.test(`who is registered at ${host} is not called there, and their messages wait`, async () => {
    await using server = start({ relay: false });
    await using stranger = new Person("mallory", server, {
      identity: mallory,
      network: claiming(host),
    });
    const { address } = await stranger.client.register();
    assertEquals(address.host, host);
    const watched = new WatchedNetwork();
    using home = new Home("alice", server, { network: watched.network });
    {
      await using alice = await home.come();
      await rejectsSaying(() => alice.chat("mallory"), UserError, "so nobody was called; if you");
    }
    knowing(home.store);
    await using alice = await home.come();
    const { how, why } = await alice.chat("mallory");
    assertEquals([how, why?.code], ["away", "address-not-called"]);
    await alice.send("are you there?");
    await alice.events.see("deposited");
    assertMatch(
      await refusalOf(() => alice.client.audit("mallory", { mayCall: true })),
      /^The server says that mallory is at .*, so nobody was called/,
    );
    assertEquals(watched.called, []);
  });
}

for (const host of [...believed, ...forged]) {
  Deno.test(`who is at ${host} by a server's word is not called there`, async () => {
    await using server = new FakeServer(() =>
      `BRIDGEACK\r\nclientID: mallory\r\nIP: ${host}\r\nPort: 80\r\nVersion: 1\r\n\r\n`
    );
    const watched = new WatchedNetwork();
    await using alice = new Person("alice", server, { network: watched.network });
    await rejectsSaying(() => alice.chat("mallory"), UserError, "so nobody was called");
    assertEquals(watched.called, []);
  });
}

for (const serverHost of ["192.0.2.5", "10.9.9.9", "127.0.0.1"]) {
  Deno.test(`no mail makes a client call a private address, with a server at ${serverHost}`, async () => {
    for (const host of believed) {
      await using server = start();
      const watched = new WatchedNetwork({ serverHost });
      using home = new Home("alice", server, { network: watched.network });
      await wasAt(server, "alice", home.identity);
      {
        await using stranger = new Person("mallory", server, {
          identity: mallory,
          network: claiming(host),
        });
        await stranger.client.register();
        knowing(stranger.store, "mallory", { name: "alice", identity: home.identity });
        await stranger.chat("alice").catch(() => {});
        stranger.switchTo("alice");
        await stranger.send("write to me");
        await stranger.events.see("deposited");
      }
      {
        await using alice = await home.come();
        await alice.events.see("message");
        await alice.chat("mallory");
      }
      await looksFor(home);
      assertEquals([host, watched.called], [host, []]);
    }
  });
}

/** Somebody calls, and says that they listen at an address. */
async function calls({ client }: Person, host: string): Promise<void> {
  const raw = await RawPeer.dial(client.address);
  const chat = `CHAT\r\nclientID: mallory\r\nIP: ${host}\r\nPort: 80\r\nVersion: 1\r\n\r\n`;
  using _peer = await EncryptedPeer.callOver(raw, chat, mallory);
}

Deno.test("a caller has nobody call them back at a private address, unless they are a contact", async () => {
  for (const host of believed) {
    for (const isContact of [false, true]) {
      await using server = start();
      const watched = new WatchedNetwork();
      using home = new Home("alice", server, { network: watched.network });
      if (isContact) knowing(home.store);
      {
        await using alice = home.start();
        await calls(alice, host);
        await alice.events.see("closed");
      }
      await looksFor(home);
      const isPrivate = /^(10|172|192|100|fd00)/.test(host);
      const place = host.includes(":") ? `[${host}]:80` : `${host}:80`;
      const expected = isContact && isPrivate ? [place] : [];
      assertEquals([host, [...new Set(watched.called)]], [host, expected]);
    }
  }
});

Deno.test("what an earlier version has kept of a mail is not called either", async () => {
  for (const host of believed) {
    await using server = start();
    const watched = new WatchedNetwork();
    using home = new Home("alice", server, { network: watched.network });
    const { name, key } = knowing(home.store);
    const address = { host, port: 80, source: "unknown" } as const;
    home.store.conversations.open({ self: "alice", name, key }, { address });
    await looksFor(home);
    assertEquals([host, watched.called], [host, []]);
  }
});

/** A server of the original's kind that knows one client, and answers each request on a connection of its own. */
const legacyServer = (host: string) =>
  new FakeServer((request) => {
    if (request.startsWith("INFO")) return `INFOACK\r\nmallory ${host}:80\r\n\r\n`;
    return request.startsWith("BRIDGE")
      ? `BRIDGEACK\r\nclientID: mallory\r\nIP: ${host}\r\nPort: 80\r\n\r\n`
      : undefined;
  }, true);

Deno.test("a name that stands for an address which is not called is not called", async () => {
  const names = {
    "rebinding.example": ["169.254.169.254"],
    "router.example": ["192.168.1.1", "fe80::1"],
    "localhost": ["::1", "127.0.0.1"],
    "0x7f.1": ["127.0.0.1"],
  };
  for (const [name, [first]] of Object.entries(names)) {
    await using server = legacyServer(name);
    const watched = new WatchedNetwork({ names });
    await using alice = new Person("alice", server, { network: watched.network });
    await rejectsSaying(
      () => alice.chat("mallory"),
      UserError,
      `${name}:80 (${first}), `,
    );
    assertEquals([watched.called, watched.lookedUp], [[], [name]]);
  }
});

Deno.test("of the addresses of a name one that may be called is, whatever the name stands for by then", async () => {
  await using server = legacyServer("mallory.example");
  const names = { "mallory.example": ["127.0.0.1", "192.0.2.77", "169.254.169.254"] };
  const watched = new WatchedNetwork({ names });
  await using alice = new Person("alice", server, { network: watched.network });
  await rejectsSaying(() => alice.chat("mallory"), UserError, "nobody listens there");
  assertEquals([watched.called, watched.lookedUp], [["192.0.2.77:80"], ["mallory.example"]]);
});

Deno.test("the user can call any address, by typing it", async () => {
  const watched = new WatchedNetwork();
  await using alice = new Person("alice", nowhere, { network: watched.network });
  const places = ["169.254.169.254:80", "192.168.1.1:80", "[fe80::1%eth0]:80", "router.example:80"];
  for (const place of places) {
    await rejectsSaying(() => alice.chat(place), UserError, "nobody listens there");
  }
  assertEquals([watched.called, watched.lookedUp], [places, []]);
});

Deno.test("a private address is called in one's own network, and by the word of a private server", async () => {
  const cases = [
    ["192.168.7.1", "192.0.2.5", true],
    ["192.168.8.1", "192.0.2.5", false],
    ["192.168.8.1", "10.9.9.9", true],
    ["127.0.0.1", "10.9.9.9", false],
    ["127.0.0.1", "192.168.7.20", true],
  ] as const;
  for (const [host, serverHost, isCalled] of cases) {
    await using server = start();
    await using stranger = new Person("mallory", server, {
      identity: mallory,
      network: claiming(host),
    });
    await stranger.client.register();
    const watched = new WatchedNetwork({ serverHost });
    await using alice = new Person("alice", server, { network: watched.network });
    await rejectsSaying(() => alice.chat("mallory"), UserError, isCalled ? "listens" : "so nobody");
    assertEquals([host, serverHost, watched.called], [
      host,
      serverHost,
      isCalled ? [`${host}:80`] : [],
    ]);
  }
});
