// Messages by way of the server's mailbox, between whole clients.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { UserError } from "../../../client/user_error.ts";
import { type Network, tcpNetwork } from "../../../client/transport/transport.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { FakeServer, Home, nowhere, Person } from "../../support/client_fixture.ts";
import { start } from "../../support/server_fixture.ts";
import { until } from "../../support/events.ts";
import { sentenceOf } from "../../support/problems.ts";

/** A server, and people whose clients have stopped. Alice has talked with each of the others. */
async function contacts(server = start(), names: readonly string[] = ["alice", "bob"]) {
  const [alice, ...others] = names.map((name) => new Home(name, server));
  {
    await using a = await alice!.come();
    for (const other of others) {
      await using o = await other.come();
      await a.chat(other.id);
      await a.send("hello");
      await o.events.see("message");
      await o.send("hello alice");
      await a.events.see("message", ({ name }) => name === other.id);
    }
  }
  return {
    server,
    alice: alice!,
    bob: others[0]!,
    others,
    async [Symbol.asyncDispose]() {
      for (const home of [alice!, ...others]) home[Symbol.dispose]();
      await server.stop();
    },
  };
}

/** Dials a server, and counts how often it is asked for mail. */
function counting(count: () => void): Network["dialServer"] {
  const text = new TextDecoder();
  return async (address, options) => {
    const conn = await tcpNetwork.dialServer(address, options);
    return {
      localAddr: conn.localAddr,
      remoteAddr: conn.remoteAddr,
      read: (into) => conn.read(into),
      close: () => conn.close(),
      write: (bytes) => {
        if (text.decode(bytes).startsWith("COLLECT")) count();
        return conn.write(bytes);
      },
    };
  };
}

/** What was said after the greetings. */
const after = (home: Home) => home.said.filter((line) => !line.includes("hello"));

Deno.test("two who are never there at the same time talk by mail, and learn what was delivered", async () => {
  await using scene = await contacts();
  {
    await using alice = await scene.alice.come();
    await alice.chat("bob");
    for (const text of ["one", "two"]) await alice.send(text);
    await alice.client.allDelivered();
    assertEquals(alice.waiting, 2);
    const deposited = alice.events.of("deposited").reduce((sum, { count }) => sum + count, 0);
    assertEquals(deposited, 2);
    const entries = alice.client.history("bob", 2);
    assertEquals(entries.map(({ state }) => state), ["deposited", "deposited"]);
  }
  {
    await using bob = await scene.bob.come();
    await bob.events.count("message", 2);
    assertEquals(bob.heard, ["alice: one", "alice: two"]);
    assertEquals([bob.current, bob.names], [undefined, ["alice"]]);
    await bob.send("three");
    await bob.events.see("deposited");
  }
  {
    await using alice = await scene.alice.come();
    await alice.events.see("message");
    const delivered = await alice.shown.count("delivered", 2);
    assertEquals(delivered.map(({ wasWaiting }) => wasWaiting), [true, true]);
    assertEquals([alice.heard, alice.waiting], [["bob: three"], 0]);
  }
  await using bob = await scene.bob.come();
  await bob.events.see("delivered");
  const lines = ["alice: one", "alice: two", "bob: three"];
  assertEquals([after(scene.alice), after(scene.bob)], [lines, lines]);
});

Deno.test("a delivery by itself makes nobody current", async () => {
  await using scene = await contacts();
  {
    await using alice = await scene.alice.come();
    await alice.chat("bob");
    await alice.send("one");
    await alice.client.allDelivered();
  }
  {
    await using bob = await scene.bob.come();
    await bob.events.see("message");
  }
  await using alice = await scene.alice.come();
  await alice.events.see("delivered");
  assertEquals(alice.current, undefined);
});

Deno.test("whichever way messages go, they come once and in order", async () => {
  await using scene = await contacts();
  const texts = Array.from({ length: 60 }, (_, i) => `message ${i}`);
  const sends = async (alice: Person, from: number, to: number) => {
    await alice.chat("bob");
    await Promise.all(texts.slice(from, to).map((text) => alice.send(text)));
  };
  {
    await using alice = await scene.alice.come();
    await sends(alice, 0, 10);
    await alice.client.allDelivered();
  }
  {
    // Bob comes while alice sends: what is at the mailbox comes by the link as well.
    await using alice = await scene.alice.come();
    await sends(alice, 10, 20);
    await using _bob = await scene.bob.come();
    await sends(alice, 20, 30);
    await until(() => alice.waiting === 0);
  }
  {
    await using alice = await scene.alice.come();
    await sends(alice, 30, 40);
    await alice.client.allDelivered();
  }
  {
    // Bob calls alice before fetching the mail.
    await using alice = await scene.alice.come();
    await using bob = scene.bob.start();
    await bob.chat("alice");
    await sends(alice, 40, 50);
    await bob.client.register();
    await sends(alice, 50, 60);
    await until(() => alice.waiting === 0);
  }
  const lines = texts.map((text) => `alice: ${text}`);
  assertEquals([after(scene.alice), after(scene.bob)], [lines, lines]);
  await using bob = await scene.bob.come();
  assertEquals(bob.heard, []);
});

Deno.test("a full mailbox is reported at once, and once; what it does not take waits", async () => {
  const server = start({ capacity: { mailboxMails: 2 } });
  await using scene = await contacts(server);
  await using alice = await scene.alice.come();
  await alice.chat("bob");
  for (const text of ["one", "two", "three", "four"]) {
    await alice.send(text);
    await alice.client.allDelivered();
  }
  assertMatch(sentenceOf((await alice.events.see("deposit-refused")).why), /full/);
  assertEquals(alice.events.of("deposit-refused").length, 1);
  assertEquals(alice.waiting, 4);
  await using bob = await scene.bob.come();
  await alice.events.count("delivered", 4);
  assertEquals(bob.heard, ["alice: one", "alice: two", "alice: three", "alice: four"]);
});

Deno.test("an unknown sender's mail is acknowledged once the user has answered it", async () => {
  await using server = start();
  using strange = new Home("mallory", server);
  using home = new Home("alice", server);
  {
    // Mallory has called alice once, and alice has not answered.
    await using alice = await home.come();
    await using mallory = await strange.come();
    await mallory.chat("alice");
    await alice.events.see("opened");
  }
  {
    await using mallory = await strange.come();
    await mallory.chat("alice");
    await mallory.send("buy!");
    await mallory.client.allDelivered();
  }
  {
    await using alice = await home.come();
    await alice.events.see("message");
  }
  {
    await using mallory = await strange.come();
    await mallory.send("more").catch(() => {});
    assertEquals(mallory.events.of("delivered"), []);
    await mallory.chat("alice");
    await mallory.send("buy more!");
    await mallory.client.allDelivered();
  }
  {
    await using alice = await home.come();
    await alice.events.see("message");
    alice.switchTo("mallory");
    await alice.send("no");
    await alice.client.allDelivered();
  }
  await using mallory = await strange.come();
  await mallory.events.see("message");
  assertEquals(mallory.heard, ["alice: no"]);
});

Deno.test("mail of another key stays at the server until that key is trusted", async () => {
  await using scene = await contacts();
  {
    await using bob = await scene.bob.come();
    await bob.chat("alice");
    for (const text of ["one", "two"]) await bob.send(text);
    await bob.client.allDelivered();
    assertEquals(bob.events.of("deposit-refused"), []);
  }
  scene.alice.store.knownPeers.remember("bob", Identity.generate().publicKey);
  await using alice = await scene.alice.come();
  assertEquals(alice.events.of("key-changed").length, 1);
  assertEquals([alice.heard, alice.names], [[], []]);
  await alice.trust("bob");
  await alice.events.count("message", 2);
  assertEquals(alice.heard, ["bob: one", "bob: two"]);
});

Deno.test("mail that cannot be used is not fetched again with each new mail", async () => {
  await using scene = await contacts(start(), ["alice", "bob", "carol"]);
  const [bob, carol] = scene.others;
  {
    await using b = await bob!.come();
    await b.chat("alice");
    for (let i = 0; i < 10; i++) {
      await b.send(`one ${i}`);
      await b.client.allDelivered();
    }
  }
  scene.alice.store.knownPeers.remember("bob", Identity.generate().publicKey);
  let collected = 0;
  await using alice = scene.alice.start({
    network: { ...tcpNetwork, dialServer: counting(() => collected++) },
  });
  await alice.client.register();
  const before = collected;
  assert(before > 10, String(before));
  await using c = await carol!.come({
    // Carol cannot call.
    network: {
      ...tcpNetwork,
      dial: () =>
        Promise.reject(
          new UserError({
            code: "peer-unreachable",
            name: "alice",
            address: { host: "127.0.0.1", port: 9 },
            why: { is: "no-listener" },
          }),
        ),
    },
  });
  await c.chat("alice");
  for (let i = 1; i <= 5; i++) {
    await c.send(`two ${i}`);
    await alice.events.count("message", i);
  }
  // One request fetches a mail, and the next learns that it was the last; and again if another was
  // announced meanwhile.
  assert(collected - before <= 5 * 4, `${collected - before} times`);
});

Deno.test("a server that announces mail without end is asked only as often as it answers", async () => {
  const hails = "MAIL\r\nCount: 1\r\n\r\n".repeat(5_000);
  let collected = 0;
  await using server = new FakeServer((request) => {
    const verb = request.split("\r\n")[0];
    if (verb === "REGISTER") {
      return "REGACK\r\nclientID: alice\r\nIP: 127.0.0.1\r\nPort: 5557\r\nStatus: OK\r\n" +
        "Version: 1\r\nExpires: 300\r\n\r\n";
    }
    if (verb === "WATCH") return `WATCHACK\r\nVersion: 1\r\nMailbox: 65536\r\n\r\n${hails}`;
    if (verb === "COLLECT") {
      collected++;
      return `COLLECTACK\r\nVersion: 1\r\nCount: 0\r\n\r\n${collected < 5 ? hails : ""}`;
    }
    return undefined;
  });
  await using alice = new Person("alice", server);
  await alice.client.register();
  await until(() => collected >= 5);
  assert(collected < 20, String(collected));
  assertEquals(alice.events.of("problem"), []);
});

Deno.test("somebody who is known only by mail can be answered", async () => {
  await using scene = await contacts(undefined, ["alice", "bob", "carol"]);
  const [bob, carol] = scene.others;
  {
    // Bob learns of carol, who does not know bob yet.
    await using b = await bob!.come();
    await using c = await carol!.come();
    await b.chat("carol");
    await c.events.see("opened");
  }
  {
    await using b = await bob!.come();
    await b.chat("carol");
    await b.send("shall we meet?");
    await b.client.allDelivered();
  }
  {
    await using c = await carol!.come();
    await c.events.see("message");
    assertEquals([c.current, c.names], [undefined, ["bob"]]);
    await c.send("yes");
    await c.client.allDelivered();
  }
  await using b = await bob!.come();
  await b.events.see("delivered");
  await b.events.see("message");
  assertEquals(b.heard, ["carol: yes"]);
});

Deno.test("without a server that keeps mail, no mailbox is mentioned", async () => {
  using home = new Home("alice", nowhere);
  await using alice = home.start();
  await using bob = new Person("bob", nowhere);
  await alice.chat(bob.place);
  await bob.client.stop();
  await alice.events.see("closed");
  await alice.send("one");
  await alice.client.allDelivered();
  assertEquals(alice.events.of("deposit-refused"), []);
  assertEquals(alice.events.of("waiting").length, 1);
});
