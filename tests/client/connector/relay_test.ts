import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Network, type PeerConn, tcpNetwork } from "../../../client/transport/transport.ts";
import { UserError } from "../../../client/user_error.ts";
import type { Server } from "../../../server/server.ts";
import { wait } from "../../../shared/time/clock.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { withMethods } from "../../support/altered.ts";
import { hears, Home, Person, type PersonOptions } from "../../support/client_fixture.ts";
import { RawListener } from "../../support/raw_peer.ts";
import { start } from "../../support/server_fixture.ts";

/** The network of somebody who can reach the server and nobody else. */
const walled: Network = {
  ...tcpNetwork,
  dial: (address, name) => {
    const why = { is: "no-listener" } as const;
    return Promise.reject(new UserError({ code: "peer-unreachable", name, address, why }));
  },
};

/** The network of somebody whose calls get no answer until they may. */
class Silent {
  readonly opening = Promise.withResolvers<void>();
  readonly network: Network = {
    ...tcpNetwork,
    dial: async (...args) => {
      await this.opening.promise;
      return await tcpNetwork.dial(...args);
    },
  };
}

/** Somebody whom a server knows. */
async function come(id: string, server: Server, options: PersonOptions = {}): Promise<Person> {
  const person = new Person(id, server, options);
  await person.client.register();
  return person;
}

/** Two talk, and leave. */
async function meet(one: Person, other: Home): Promise<void> {
  await using person = await other.come();
  await one.chat(other.id);
  await hears(person, one, "one");
  await one.close(other.id);
}

Deno.test("who cannot be called is reached over the server, and nothing is left in the clear", async () => {
  await using server = start();
  await using bob = await come("bob", server);
  await using alice = await come("alice", server, { network: walled });
  await alice.chat("bob");
  await hears(bob, alice, "hello");
  await bob.chat("alice");
  await hears(alice, bob, "hello back");
  const [opened] = alice.events.of("opened");
  assertEquals(opened!.relayedBy, "127.0.0.1");
  assertEquals(opened!.security, "encrypted");
});

const never = new AbortController().signal;

/** The network of somebody who calls nobody, and opens no port of UDP. */
const hidden: Network = {
  ...tcpNetwork,
  dial: () => Promise.reject(new Error("an address was called")),
  openPunching: () => Promise.reject(new Error("a port was opened")),
};

Deno.test("who shows nobody an address calls and is called over the server, and stays there", async () => {
  await using server = start();
  await using bob = await come("bob", server);
  await using alice = await come("alice", server, { relayOnly: true, network: hidden });
  assertEquals((await bob.client.bridge("alice"))!.address.host, "100::");
  await alice.chat("bob");
  await hears(bob, alice, "hello");
  await hears(alice, bob, "hello back");
  // Both look for a better way after a while.
  const noBetterWay = async (by: Person, to: string) =>
    (await by.client.path(to)).whyRelayed !== undefined;
  while (!await noBetterWay(bob, "alice") || !await noBetterWay(alice, "bob")) {
    await wait(20, never);
  }
  await hears(bob, alice, "still here");
  await alice.close("bob");
  await bob.events.see("closed");
  await bob.chat("alice");
  await hears(alice, bob, "and the other way");
  for (const person of [alice, bob]) {
    const ways = [...person.events.of("opened"), ...person.events.of("path-changed")];
    assert(ways.every(({ relayedBy }) => relayedBy === "127.0.0.1"));
  }
  assertEquals((await bob.client.path("alice")).whyRelayed?.code, "peer-relay-only");
  await assertRejects(() => alice.chat(bob.place), UserError, "relay-only");
});

/** A network whose connections with peers so far carry nothing any more, either way, once it is told to. */
class Silenced {
  #generation = 0;
  readonly network: Network = {
    ...tcpNetwork,
    dial: async (...args) => this.#heard(await tcpNetwork.dial(...args)),
  };

  silence(): void {
    this.#generation++;
  }

  #heard(conn: PeerConn): PeerConn {
    const generation = this.#generation;
    const isHeard = () => generation === this.#generation;
    return withMethods(conn, {
      write: (bytes) => isHeard() ? conn.write(bytes) : Promise.resolve(bytes.length),
      read: (buffer) => this.#read(conn, buffer, isHeard),
    });
  }

  async #read(conn: PeerConn, buffer: Uint8Array, isHeard: () => boolean): Promise<number | null> {
    for (;;) {
      const length = await conn.read(buffer);
      if (length === null || isHeard()) return length;
    }
  }
}

Deno.test("a straight way that dies is replaced by another, also where no server relays, or none any more", async () => {
  for (const relay of [false, true]) {
    await using server = start({ relay });
    await using bob = await come("bob", server);
    const way = new Silenced();
    let isServerGone = false;
    const network: Network = {
      ...way.network,
      dialServer: (...args) =>
        isServerGone ? new Promise(() => {}) : tcpNetwork.dialServer(...args),
    };
    await using alice = await come("alice", server, { network });
    await alice.chat("bob");
    await hears(bob, alice, "hello");
    await bob.chat("alice");
    await hears(alice, bob, "hello back");
    way.silence();
    isServerGone = true;
    // By the heartbeats it would be noticed later than is waited for here.
    await hears(bob, alice, "still here");
    await hears(alice, bob, "so am I");
  }
});

Deno.test("a server that does not relay is not asked to", async () => {
  await using server = start({ relay: false });
  await using _bob = await come("bob", server);
  await using alice = await come("alice", server, { network: walled });
  const error = await assertRejects(() => alice.chat("bob"), UserError);
  assertEquals(error.code, "peer-unreachable");
});

Deno.test("a call that gets no answer goes over the server, and straight once that opens", async () => {
  await using server = start();
  await using bob = await come("bob", server);
  const silent = new Silent();
  await using alice = await come("alice", server, { network: silent.network });
  await alice.chat("bob");
  await hears(bob, alice, "one");
  assertEquals(alice.events.of("opened")[0]!.relayedBy, "127.0.0.1");
  silent.opening.resolve();
  const moved = await alice.events.see("path-changed");
  assertEquals(moved.relayedBy, undefined);
  await hears(bob, alice, "two");
  assertEquals(bob.heard, ["alice: one", "alice: two"]);
  assertEquals(alice.events.of("opened").length, 1);
});

Deno.test("a straight way that carries nothing any more is left for the relay, and nothing is lost", async () => {
  await using server = start();
  await using bob = await come("bob", server);
  const dark = new DarkNetwork();
  await using alice = await come("alice", server, { network: dark.network });
  await alice.chat("bob");
  await hears(bob, alice, "one");
  dark.isDark = true;
  await alice.send("two");
  await bob.events.see("message", ({ text }) => text === "two");
  await hears(bob, alice, "three");
  assertEquals(bob.heard, ["alice: one", "alice: two", "alice: three"]);
  assertEquals(alice.events.of("closed"), []);
  assertEquals(alice.events.of("path-changed").at(-1)!.relayedBy, "127.0.0.1");
});

Deno.test("when somebody else answers where a friend was, the friend is reached over the server", async () => {
  await using server = start();
  using home = new Home("bob", server);
  await using alice = await come("alice", server);
  await meet(alice, home);
  // Another client, with another name, is where bob is said to be.
  await using carol = new Person("carol", server);
  await using bob = await home.come({ network: announcing(carol.client.address.port) });
  await alice.chat("bob");
  await hears(bob, alice, "two");
  assertEquals(carol.heard, []);
});

Deno.test("what waits for a friend goes to the mailbox when something else answers where they are", async () => {
  await using server = start({ relay: false });
  using home = new Home("bob", server);
  await using alice = await come("alice", server);
  await meet(alice, home);
  const web = new RawListener();
  const serving = answerAsWeb(web);
  {
    await using _bob = await home.come({ network: announcing(web.address.port) });
    const { how } = await alice.chat("bob");
    assertEquals(how, "away");
    await alice.send("two");
    await alice.events.see("deposited");
  }
  web[Symbol.dispose]();
  await serving;
});

Deno.test("who shows another key over the server is refused", async () => {
  await using server = start();
  await using alice = await come("alice", server, { network: walled });
  const identity = Identity.generate();
  alice.store.knownPeers.remember("bob", identity.publicKey);
  await using bob = await come("bob", server);
  const { how } = await alice.chat("bob");
  assertEquals(how, "away");
  assertEquals(bob.events.of("opened"), []);
});

/** A network in which straight ways can be made to carry nothing, without a word. */
class DarkNetwork {
  isDark = false;
  readonly network: Network = {
    ...tcpNetwork,
    dial: async (...args) => {
      if (this.isDark) return await new Promise<never>(() => {});
      const conn = await tcpNetwork.dial(...args);
      return {
        localAddr: conn.localAddr,
        remoteAddr: conn.remoteAddr,
        read: (into) => conn.read(into),
        write: (bytes) => this.isDark ? Promise.resolve(bytes.length) : conn.write(bytes),
        close: () => conn.close(),
      };
    },
  };
}

/** Somebody whose router lets nobody in, and who can call others behind it. */
function behindRouter(host: string): PersonOptions {
  return {
    host: "0.0.0.0",
    network: {
      ...tcpNetwork,
      interfaces: () => [{ address: "127.0.0.1", prefixBits: 8 }, {
        address: host,
        prefixBits: 24,
      }],
      dial: async (address, name, options) => {
        const { host, port } = address;
        if (!host.startsWith("192.168.1.")) return await walled.dial(address, name, options);
        const conn = await Deno.connect({ hostname: "127.0.0.1", port });
        return {
          localAddr: conn.localAddr,
          remoteAddr: { hostname: host, port },
          read: (into) => conn.read(into),
          write: (bytes) => conn.write(bytes),
          close: () => conn.close(),
        };
      },
    },
  };
}

/** The network of a client that says it listens at another port. */
function announcing(port: number): Network {
  return {
    ...tcpNetwork,
    listen: (...args) => {
      const listening = tcpNetwork.listen(...args);
      return { ...listening, address: { ...listening.address, port } };
    },
  };
}

async function answerAsWeb(listener: RawListener): Promise<void> {
  try {
    for (;;) {
      const peer = await listener.accept();
      await peer.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
      peer.close();
    }
  } catch {
    // The listener is closed.
  }
}

Deno.test("which way a conversation goes is told, with how long it takes and why it is no better one", async () => {
  await using server = start();
  await using bob = await come("bob", server);
  await using alice = await come("alice", server, { network: walled });
  await alice.chat("bob");
  await hears(bob, alice, "one");
  const { paths: [relayed], whyRelayed } = await alice.client.path("bob");
  assertEquals(relayed!.relayedBy, "127.0.0.1");
  assertEquals(relayed!.roundTripMs! > 0, true);
  assertEquals(whyRelayed?.code, "peer-unreachable");
  await using carol = await come("carol", server);
  await carol.chat("bob");
  const straight = await carol.client.path("bob");
  assertEquals(straight.paths.map(({ relayedBy }) => relayedBy), [undefined]);
  assertEquals(straight.whyRelayed, undefined);
});

Deno.test("why each better way is not open is told: the straight one, and the one through the routers", async () => {
  await using server = start();
  await using bob = await come("bob", server, { network: walled });
  const openPunching = () => Promise.reject(new Error("no port"));
  await using alice = await come("alice", server, { network: { ...walled, openPunching } });
  await alice.chat("bob");
  await hears(bob, alice, "one");
  let report = await alice.client.path("bob");
  while (report.whyRelayed === undefined || report.whyNotPunched === undefined) {
    await wait(20, never);
    report = await alice.client.path("bob");
  }
  assertEquals(report.whyRelayed.code, "peer-unreachable");
  assertEquals(report.whyNotPunched, { code: "not-punched", name: "bob", why: "no-udp" });
});

Deno.test("two behind one router are introduced over the server, and then talk straight to each other", async () => {
  await using server = start();
  await using bob = await come("bob", server, behindRouter("192.168.1.7"));
  await using alice = await come("alice", server, behindRouter("192.168.1.8"));
  await alice.chat("bob");
  await hears(bob, alice, "one");
  assertEquals(alice.events.of("opened")[0]!.relayedBy, "127.0.0.1");
  // Bob tells where he is only somebody whom he has answered.
  assertEquals(alice.events.of("path-changed"), []);
  await bob.chat("alice");
  const moved = await bob.events.see("path-changed");
  assertEquals([moved.relayedBy, moved.address.host], [undefined, "192.168.1.8"]);
  await hears(alice, bob, "two");
  await hears(bob, alice, "three");
  assertEquals(bob.heard, ["alice: one", "alice: three"]);
});
