// Conversations with legacy programs that are called: some hang up at a CHAT with more headers than their own,
// and the original answers by calling back.

import { assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../../client/user_error.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { FakeServer, nowhere, Person } from "../../support/client_fixture.ts";
import { askOnce } from "../../support/original_client.ts";
import { start } from "../../support/server_fixture.ts";
import { rejectsSaying } from "../../support/problems.ts";
import { patient } from "../../support/link_fixture.ts";
import { keyOf } from "../../support/store_fixture.ts";
import { RawListener, RawPeer } from "../../support/raw_peer.ts";
import { until } from "../../support/events.ts";

/** For calls of which the last one is answered with nothing: a machine under load may need a while for a refusal before. */
const times = { ...patient, chatackMs: 400 };

/** Answers calls as a test says, and notes what each was opened with. */
class Callee implements AsyncDisposable {
  readonly heard: string[] = [];
  /** With what it refuses. */
  words = "";
  /** Whether it listens no more once it has refused. */
  stopsListening = false;
  readonly #listener: Deno.TcpListener;
  readonly #ended: Promise<void>;

  /** @param accepts Whether it goes on after what it was opened with. */
  constructor(readonly accepts: (said: string) => boolean, port = 0) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port });
    this.#ended = this.#serve();
  }

  get place(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  async #serve(): Promise<void> {
    for await (const conn of this.#listener) {
      const index = this.heard.push("") - 1;
      const buffer = new Uint8Array(1024);
      for (let count; (count = await conn.read(buffer).catch(() => null)) !== null;) {
        this.heard[index] += new TextDecoder().decode(buffer.subarray(0, count));
        if (!this.accepts(this.heard[index]!)) {
          if (this.stopsListening) this.#listener.close();
          await conn.write(new TextEncoder().encode(this.words));
          break;
        }
        if (this.heard[index]!.endsWith("Hello\r\n")) break;
      }
      conn.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.stopsListening) this.#listener.close();
    await this.#ended;
  }
}

const isBare = (said: string) =>
  /^CHAT\r\nclientID: alice\r\nIP: 127\.0\.0\.1\r\nPort: \d+\r\n\r\n/.test(said);

Deno.test("one who hangs up at a CHAT with more is called again as its own kind calls", async () => {
  await using alice = new Person("alice", nowhere, { times, allowPlaintext: true });
  await using strict = new Callee(isBare);
  await alice.chat(strict.place);
  await alice.send("Hello");
  await until(() => strict.heard.length === 2 && strict.heard[1]!.endsWith("Hello\r\n"));
  assertEquals(strict.heard.map(isBare), [false, true]);
  const { address: { port } } = alice.client;
  const chat = `CHAT\r\nclientID: alice\r\nIP: 127.0.0.1\r\nPort: ${port}\r\n\r\n`;
  assertEquals(strict.heard[1], chat + "Hello\r\n");
  assertEquals(alice.events.of("opened").map(({ dialect }) => dialect), ["lines"]);
});

for (
  const words of [
    "invalid",
    "invalid request\r\n",
    "unknown header: Version\r\nbye\r\n",
    "ERROR",
    "ERROR\r\nunknown header\r\n\r\n",
    "CHATERR\r\n\r\n",
  ]
) {
  Deno.test(`one who refuses with ${JSON.stringify(words)} is called again as its own kind calls`, async () => {
    await using alice = new Person("alice", nowhere, { times, allowPlaintext: true });
    await using strict = new Callee(isBare);
    strict.words = words;
    await alice.chat(strict.place);
    await alice.send("Hello");
    await until(() => strict.heard.length === 2 && strict.heard[1]!.endsWith("Hello\r\n"));
    assertEquals(strict.heard.map(isBare), [false, true]);
    // The refusal is no text of a conversation.
    assertEquals(alice.heard, []);
    assertEquals(alice.events.of("opened").map(({ dialect }) => dialect), ["lines"]);
  });
}

Deno.test("one who hangs up at that as well is not called a third time", async () => {
  await using alice = new Person("alice", nowhere, { times: patient, allowPlaintext: true });
  await using gone = new Callee(() => false);
  await rejectsSaying(
    () => alice.chat(gone.place),
    UserError,
    `The client at ${gone.place} ended the call: it hung up`,
  );
  assertEquals(gone.heard.map(isBare), [false, true]);
});

Deno.test("what one says who refuses both calls, or listens no more after the first, is told", async () => {
  for (const stopsListening of [false, true]) {
    await using alice = new Person("alice", nowhere, { times, allowPlaintext: true });
    await using gone = new Callee(() => false);
    Object.assign(gone, { words: "unknown\r\n command\n", stopsListening });
    await rejectsSaying(
      () => alice.chat(gone.place),
      UserError,
      `The client at ${gone.place} ended the call: “unknown command”`,
    );
    assertEquals(gone.heard.map(isBare), stopsListening ? [false] : [false, true]);
    assertEquals(alice.events.of("opened"), []);
  }
});

Deno.test("one who says something at once and stays is heard, and called once", async () => {
  await using alice = new Person("alice", nowhere, { times, allowPlaintext: true });
  using listener = new RawListener();
  const called = alice.chat(`127.0.0.1:${listener.address.port}`);
  using bob = await listener.accept();
  await bob.message();
  await bob.send("Hello, whoever you are\r\n");
  await called;
  await alice.events.see("message");
  assertEquals(alice.events.of("message").map(({ text }) => text), ["Hello, whoever you are"]);
  await alice.send("Hi");
  assertEquals(await bob.upTo("\r\n"), "Hi\r\n");
});

Deno.test("one who refuses as this protocol does is not called again", async () => {
  await using alice = new Person("alice", nowhere, { times: patient, allowPlaintext: true });
  await using busy = new Callee(isBare);
  busy.words = "ERROR\r\nCode: 429\r\nReason: Too many\r\n\r\n";
  await rejectsSaying(() => alice.chat(busy.place), UserError, "ended the call: “Too many”");
  assertEquals(busy.heard.map(isBare), [false]);
});

Deno.test("without leave to talk in plaintext there is no second call", async () => {
  await using alice = new Person("alice", nowhere, { times: patient });
  await using strict = new Callee(isBare);
  await assertRejects(() => alice.chat(strict.place), UserError);
  assertEquals(strict.heard.map(isBare), [false]);
});

Deno.test("where somebody with a key was last there is no second call", async () => {
  await using alice = new Person("alice", nowhere, { times, allowPlaintext: true });
  const bob = new Person("bob", nowhere);
  const { place } = bob;
  await alice.chat(place);
  const { address: { port } } = bob.client;
  await alice.close();
  await bob[Symbol.asyncDispose]();
  await using mallory = new Callee(isBare, port);
  await assertRejects(() => alice.chat(place), UserError);
  assertEquals(mallory.heard.map(isBare), [false]);
});

Deno.test("for whom the server names a key there is no second call", async () => {
  await using server = start();
  await using alice = new Person("alice", server, { times, allowPlaintext: true });
  const bob = new Person("bob", server);
  await bob.client.register();
  await alice.client.bridge("bob");
  const { place, client: { address: { port } } } = bob;
  await bob[Symbol.asyncDispose]();
  await using mallory = new Callee(isBare, port);
  await assertRejects(() => alice.chat(place), UserError);
  assertEquals(mallory.heard.map(isBare), [false]);
});

Deno.test("the original, which answers by calling back, joins its conversation", async () => {
  await using alice = new Person("alice", nowhere, { times, allowPlaintext: true });
  using listener = new RawListener();
  const place = `127.0.0.1:${listener.address.port}`;
  const called = alice.chat(place);
  using bob = await listener.accept();
  await called;
  await bob.message();
  using back = await RawPeer.dial(alice.client.address);
  await back.send("Hi back");
  await alice.events.see("message");
  assertEquals([alice.names, alice.heard], [[place], [`${place}: Hi back`]]);
  // It reads only what comes by our call.
  await alice.send("Hello");
  assertEquals(await bob.upTo("Hello"), "Hello");
  // Somebody else of that host is not taken for the same one.
  using other = await RawPeer.dial(alice.client.address);
  await other.send("It is me");
  await alice.events.count("message", 2);
  const { port } = other.conn.localAddr;
  assertEquals(alice.heard[1], `127.0.0.1:${port}: It is me`);
});

for (
  const [what, back, answer, end] of [
    [
      "lines",
      "CHAT\r\nclientID: bob\r\nIP: 127.0.0.1\r\nPort: PORT\r\n\r\nHi\r\n",
      "Hello\r\n",
      "",
    ],
    [
      "a CHAT for each text",
      "CHAT\r\nMESSAGE:Hi\r\n\r\n",
      "CHAT\r\nMESSAGE:Hello\r\n\r\n",
      "QUIT\r\nGoodbye!\r\n\r\n",
    ],
    [
      "a connection for each text",
      "CHAT\r\ncontent: Hi\r\n\r\n",
      "CHAT\r\ncontent: Hello\r\n\r\n",
      "",
    ],
    ["raw text with line ends", "Hi\r\n", "Hello\r\n", ""],
    ["raw text", "Hi", "Hello", ""],
  ] as const
) {
  Deno.test(`one who calls back with ${what} is answered alike, by our call`, async () => {
    await using alice = new Person("alice", nowhere, { times, allowPlaintext: true });
    using listener = new RawListener();
    const called = alice.chat(`127.0.0.1:${listener.address.port}`);
    using bob = await listener.accept();
    await called;
    await bob.message();
    using peer = await RawPeer.dial(alice.client.address);
    await peer.send(back.replace("PORT", String(listener.address.port)));
    await alice.events.see("message");
    assertEquals(alice.heard, [`127.0.0.1:${listener.address.port}: Hi`]);
    if (what === "a connection for each text") peer.close();
    await alice.send("Hello");
    await alice.close();
    assertEquals(await bob.rest(), answer + end);
  });
}

Deno.test("of two who were called on one host neither is taken for the caller", async () => {
  await using alice = new Person("alice", nowhere, { times, allowPlaintext: true });
  using first = new RawListener();
  using second = new RawListener();
  for (const { address: { port } } of [first, second]) await alice.chat(`127.0.0.1:${port}`);
  using back = await RawPeer.dial(alice.client.address);
  await back.send("Guess who");
  await alice.events.see("message");
  assertEquals(alice.heard, [`127.0.0.1:${back.conn.localAddr.port}: Guess who`]);
});

Deno.test("one who calls back with an id joins only if it was called by that id", async () => {
  await using server = start();
  using listener = new RawListener();
  const { port } = listener.address;
  using registering = await RawPeer.dial(server.address);
  await registering.send(`REGISTER\r\nclientID: bob\r\nIP: 127.0.0.1\r\nPort: ${port}\r\n\r\n`);
  await registering.message();
  await using alice = new Person("alice", server, { times, allowPlaintext: true });
  await alice.chat("bob");
  for (const [i, id] of ["carol", "bob"].entries()) {
    using back = await RawPeer.dial(alice.client.address);
    await back.send(`CHAT\r\nclientID: ${id}\r\n\r\nHi\r\n`);
    await alice.events.count("message", i + 1);
  }
  assertEquals(alice.heard, ["carol: Hi", `127.0.0.1:${port}: Hi`]);
});

for (
  const [what, chat, joins] of [
    [
      "the port that was called",
      (port: number) => `clientID: bob\r\nIP: 127.0.0.1\r\nPort: ${port}`,
      true,
    ],
    [
      "it, and a host by its name",
      (port: number) => `clientID: bob\r\nIP: localhost\r\nPort: ${port}`,
      true,
    ],
    ["it, and no id", (port: number) => `IP: 127.0.0.1\r\nPort: ${port}`, true],
    [
      "another port",
      (port: number) => `clientID: bob\r\nIP: 127.0.0.1\r\nPort: ${port - 1}`,
      false,
    ],
    ["another port, and no id", (port: number) => `IP: 127.0.0.1\r\nPort: ${port - 1}`, false],
    ["an id alone", () => "clientID: bob", false],
  ] as const
) {
  Deno.test(`one who was called by its address and calls back with ${what} ${joins ? "joins" : "does not join"}`, async () => {
    await using alice = new Person("alice", nowhere, { times, allowPlaintext: true });
    using listener = new RawListener();
    const { port } = listener.address;
    await alice.chat(`127.0.0.1:${port}`);
    using back = await RawPeer.dial(alice.client.address);
    await back.send(`CHAT\r\n${chat(port)}\r\n\r\nHi\r\n`);
    const { name } = await alice.events.see("message");
    const own = chat(port).includes("clientID") ? "bob" : `127.0.0.1:${back.conn.localAddr.port}`;
    assertEquals(name, joins ? `127.0.0.1:${port}` : own);
    assertEquals(alice.names.length, joins ? 1 : 2);
  });
}

Deno.test("one who was called and says no name is turned to again by the name that was called", async () => {
  await using server = start();
  using listener = new RawListener();
  const { port } = listener.address;
  await askOnce(server, `REGISTER\r\nclientID: bob\r\nIP: 127.0.0.1\r\nPort: ${port}\r\n\r\n`);
  await using alice = new Person("alice", server, { times, allowPlaintext: true });
  for (const [first, again] of [["bob", "bob"], [`127.0.0.1:${port}`, "bob"]] as const) {
    const { conversation: { conversation }, how } = await alice.chat(first);
    assertEquals(how, "opened");
    const turned = await alice.chat(again);
    assertEquals([turned.how, turned.conversation.conversation], ["already-open", conversation]);
    assertEquals(alice.names, [`127.0.0.1:${port}`]);
    await alice.close();
  }
});

Deno.test("where one talks in plaintext, somebody with a key is not taken for the same", async () => {
  using listener = new RawListener();
  const { port } = listener.address;
  const { fingerprint } = Identity.generate();
  await using server = new FakeServer(() =>
    `BRIDGEACK\r\nclientID: bob\r\nIP: 127.0.0.1\r\nPort: ${port}\r\nVersion: 1\r\n` +
    `Fingerprint: ${fingerprint}\r\n\r\n`
  );
  await using alice = new Person("alice", server, { times, allowPlaintext: true });
  await alice.chat(`127.0.0.1:${port}`);
  await rejectsSaying(() => alice.chat("bob"), UserError, "The call to bob was given up");
});

Deno.test("one who calls, and was not called, is shown where it says that it listens", async () => {
  await using alice = new Person("alice", nowhere, { times, allowPlaintext: true });
  using bob = await RawPeer.dial(alice.client.address);
  await bob.send("CHAT\r\nclientID: bob\r\nIP: 127.0.0.1\r\nPort: 5557\r\n\r\nHi\r\n");
  const { address } = await alice.events.see("opened");
  assertEquals(address, { host: "127.0.0.1", port: 5557 });
});

Deno.test("/who shows who is talked to in plaintext, while they are there", async () => {
  await using alice = new Person("alice", nowhere, { times, allowPlaintext: true });
  using listener = new RawListener();
  const place = `127.0.0.1:${listener.address.port}`;
  const called = alice.chat(place);
  const bob = await listener.accept();
  await called;
  const [contact, ...more] = alice.client.who();
  assertEquals([contact?.name, contact?.person, contact?.connected], [place, undefined, true]);
  assertEquals(more, []);
  bob.close();
  await alice.events.see("closed");
  assertEquals(alice.client.who(), []);
});

Deno.test("a name in plaintext that looks like one with a key is pointed out each time", async () => {
  await using alice = new Person("alice", nowhere, { times, allowPlaintext: true });
  alice.store.knownPeers.remember("bob", keyOf(2));
  alice.store.knownPeers.markVerified("bob", keyOf(2));
  for (const name of ["Bob", "Bob", "carol"]) {
    const opened = alice.events.of("opened").length;
    using caller = await RawPeer.dial(alice.client.address);
    await caller.send(`CHAT\r\nclientID: ${name}\r\nIP: 127.0.0.1\r\nPort: 1\r\n\r\nHi\r\n`);
    await until(() => alice.events.of("opened").length > opened);
    const conversations = alice.client.conversations().map(({ conversation }) => conversation);
    await Promise.all(conversations.map((conversation) => alice.client.close(conversation)));
  }
  const bob = [{ name: "bob", standing: "verified" as const }];
  assertEquals(
    alice.events.of("opened").map(({ name, similarTo }) => [name, similarTo]),
    [["Bob", bob], ["Bob", bob], ["carol", undefined]],
  );
});
