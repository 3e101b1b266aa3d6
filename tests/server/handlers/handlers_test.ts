import { assert, assertEquals, assertMatch } from "@std/assert";
import { answer } from "../../../server/handlers/handlers.ts";
import {
  infoPageDefault,
  infoPageMax,
  messageBytesMax,
  registrationTtlMaxMs,
} from "../../../shared/protocol/limits.ts";
import {
  encode,
  type Header,
  type Message,
  message,
  parse,
} from "../../../shared/protocol/message.ts";
import { isFault } from "../../../shared/protocol/status.ts";
import { type Speaker, verbs } from "../../../shared/protocol/verb_table.ts";
import { codeOf, setUp, wire } from "../../support/handlers_fixture.ts";

Deno.test("a legacy program registers and gets clientID, IP and Port, and no more", () => {
  const { register } = setUp();
  const regack = wire("REGACK", "clientID: alice", "IP: 127.0.0.1", "Port: 5556");
  assertEquals(register("alice"), regack);
  assertEquals(register("alice"), regack);
});

Deno.test("a client that says Version 1 is told how long its registration lives", () => {
  const { ask } = setUp();
  const lines = ["REGISTER", "clientID: alice", "IP: 127.0.0.1", "Port: 5556", "Version: 1"];
  const granted: [asked: string[], expires: string][] = [
    [["Expires: 300"], "300"],
    [["Expires: 10"], "10"],
    [["Expires: 9999999999"], "3600"],
    [[], "3600"],
  ];
  for (const [asked, expires] of granted) {
    const headers = lines.slice(1);
    assertEquals(
      ask(...lines, ...asked),
      wire("REGACK", ...headers, `Expires: ${expires}`),
    );
  }
});

Deno.test("a legacy program, which never refreshes, stays registered for the longest time", () => {
  const { clock, registry, register } = setUp();
  register("alice");
  clock.nowMs = registrationTtlMaxMs - 1;
  assertEquals(registry.size, 1);
  clock.nowMs = registrationTtlMaxMs;
  assertEquals(registry.size, 0);
});

Deno.test("the address that works is registered, and the reply says which one that is", () => {
  const { askFrom } = setUp();
  const lines = ["REGISTER", "clientID: alice", "IP: 192.168.1.5", "Port: 5556"];
  assertEquals(
    askFrom("198.51.100.7", ...lines),
    wire("REGACK", "clientID: alice", "IP: 198.51.100.7", "Port: 5556"),
  );
  assertEquals(
    askFrom("203.0.113.9", "BRIDGE", "clientID: bob"),
    wire("BRIDGEACK", "clientID: alice", "IP: 198.51.100.7", "Port: 5556"),
  );
});

Deno.test("REGISTER with an invalid id, IP, Port or Expires gets 400", () => {
  const { registry, ask } = setUp();
  const valid = { clientID: "alice", IP: "127.0.0.1", Port: "5556", Expires: "300" };
  const invalid = {
    clientID: ["", "a b", "x".repeat(33), "bób", "a/b"],
    IP: ["", "localhost", "256.0.0.1", "[::1]", "127.0.0.1:5556", "127.1"],
    Port: ["", "0", "65536", "x", "-1", "80.0", "999999"],
    Expires: ["", "-1", "300s", "1e3", "3.5", "99999999999"],
  };
  for (const [name, values] of Object.entries(invalid)) {
    for (const value of values) {
      const headers = Object.entries({ ...valid, [name]: value });
      const lines = headers.map(([name, value]) => `${name}: ${value}`);
      assertEquals(codeOf(ask("REGISTER", ...lines)), "400", `${name}: ${value}`);
    }
  }
  assertEquals(registry.size, 0);
});

Deno.test("a request that lacks a header, or has a line that is not one, gets 400", () => {
  const { ask } = setUp();
  for (const lines of [["REGISTER", "clientID: a", "IP: ::1"], ["BRIDGE"], ["QUIT"], ["HELLO"]]) {
    assertEquals(codeOf(ask(...lines)), "400", lines[0]);
  }
  assertEquals(codeOf(ask("BRIDGE", "clientID: alice", "whoever")), "400");
});

Deno.test("a registration that is too short gets 423 with the shortest that there is", () => {
  const { ask } = setUp();
  const lines = ["REGISTER", "clientID: alice", "IP: 127.0.0.1", "Port: 5556"];
  for (const expires of ["0", "9"]) {
    const reply = ask(...lines, `Expires: ${expires}`);
    assertEquals(codeOf(reply), "423");
    assertMatch(reply, /\r\nMin-Expires: 10\r\n\r\n$/);
  }
});

Deno.test("a name of another host gets 403 with the time at which it may be free", () => {
  const { clock, askFrom, register } = setUp();
  register("alice");
  clock.nowMs = 500_000;
  const reply = askFrom("192.0.2.1", "REGISTER", "clientID: alice", "IP: 192.0.2.1", "Port: 1");
  assertEquals(codeOf(reply), "403");
  assertMatch(reply, /\r\nRetry-After: 3100\r\n\r\n$/);
});

Deno.test("a host that has its share gets 429, and at a full server all get 503, with Retry-After", () => {
  for (const [limits, code] of [[{ maxPerHost: 1 }, "429"], [{ max: 1 }, "503"]] as const) {
    const { register } = setUp(limits);
    register("alice");
    assertEquals(codeOf(register("bob")), code);
    assertMatch(register("bob"), /\r\nRetry-After: \d+\r\n\r\n$/);
    assertMatch(register("alice"), /^REGACK/);
  }
});

Deno.test("UNREGISTER and QUIT end a registration of the same host", () => {
  for (const verb of ["UNREGISTER", "QUIT"]) {
    const { registry, ask, askFrom, register } = setUp();
    register("alice");
    assertEquals(codeOf(askFrom("192.0.2.1", verb, "clientID: alice")), "403");
    assertEquals(registry.size, 1);
    assertEquals(ask(verb, "clientID: alice"), wire("UNREGACK", "clientID: alice"));
    assertEquals(registry.size, 0);
    assertEquals(codeOf(ask(verb, "clientID: alice")), "404");
    assertEquals(codeOf(ask(verb, "clientID: a b")), "400");
    register("alice");
    assertEquals(
      ask(verb, "clientID: alice", "Version: 1"),
      wire("UNREGACK", "clientID: alice", "Version: 1"),
    );
  }
});

Deno.test("BRIDGE with nobody else there gives empty values, with a space after the colon", () => {
  const { ask, register } = setUp();
  const nobody = "BRIDGEACK\r\nclientID: \r\nIP: \r\nPort: \r\n\r\n";
  assertEquals(ask("BRIDGE", "clientID: alice"), nobody);
  register("alice");
  assertEquals(ask("BRIDGE", "clientID: alice"), nobody);
});

Deno.test("BRIDGE gives one client after the other", () => {
  const { ask, register } = setUp();
  for (const [index, id] of ["alice", "bob", "carol"].entries()) register(id, 5556 + index);
  const bob = wire("BRIDGEACK", "clientID: bob", "IP: 127.0.0.1", "Port: 5557");
  const carol = wire("BRIDGEACK", "clientID: carol", "IP: 127.0.0.1", "Port: 5558");
  const replies = [1, 2, 3].map(() => ask("BRIDGE", "clientID: alice"));
  assertEquals(replies, [bob, carol, bob]);
});

Deno.test("BRIDGE with a Target gives that client, or says why it cannot", () => {
  const { ask, register } = setUp();
  register("alice");
  register("bob", 5557);
  const target = (id: string) => ask("BRIDGE", "clientID: alice", `Target: ${id}`, "Version: 1");
  assertEquals(
    target("bob"),
    wire("BRIDGEACK", "clientID: bob", "IP: 127.0.0.1", "Port: 5557", "Version: 1"),
  );
  assertEquals(codeOf(target("carol")), "404");
  assertEquals(codeOf(target("alice")), "404");
  assertEquals(codeOf(target("")), "400");
  assertEquals(codeOf(ask("BRIDGE", "clientID: a b")), "400");
});

Deno.test("INFO of the original program, with its line that is not a header, lists everyone", () => {
  const { ask, askFrom, register } = setUp();
  assertEquals(ask("INFO", "Requesting clients"), wire("INFOACK", "Count: 0"));
  register("bob", 5557);
  askFrom("2001:db8::1", "REGISTER", "clientID: alice", "IP: 2001:db8::1", "Port: 5556");
  assertEquals(
    ask("INFO", "Requesting clients"),
    wire("INFOACK", "Count: 2", "Client: alice [2001:db8::1]:5556", "Client: bob 127.0.0.1:5557"),
  );
});

/** Registers clients with the longest ids that there may be, in the order in which INFO lists them. */
function registerMany(register: (id: string) => string, count: number): string[] {
  const ids = Array.from({ length: count }, (_, i) => String(i).padStart(32, "0"));
  for (const id of ids) register(id);
  return ids;
}

function clientsOf(reply: string): string[] {
  return [...reply.matchAll(/^Client: (\S+) /gm)].map(([, id]) => id!);
}

Deno.test("INFO gives everyone once, page after page", () => {
  for (const limit of [1, 7, 59, 60, 75, 150, 1_000]) {
    const { ask, register } = setUp();
    const ids = registerMany(register, 150);
    const listed: string[] = [];
    for (let after: string | undefined = "-"; after !== undefined;) {
      const page = ask("INFO", "Version: 1", `Limit: ${limit}`, `After: ${after}`);
      assertMatch(page, /^INFOACK\r\nCount: 150\r\n/);
      const clients = clientsOf(page);
      assert(clients.length <= Math.min(limit, infoPageMax));
      listed.push(...clients);
      after = /^After: (\S+)\r$/m.exec(page)?.[1];
      if (after !== undefined) assertEquals(after, clients.at(-1));
    }
    assertEquals(listed, ids, `Limit: ${limit}`);
  }
});

Deno.test("a page of INFO has no more clients than are asked for, and only Version 1 is told of the next page", () => {
  const { ask, register } = setUp();
  registerMany(register, 100);
  assertEquals(clientsOf(ask("INFO")).length, infoPageDefault);
  assertEquals(clientsOf(ask("INFO", "Limit: 999999999")).length, infoPageMax);
  assertEquals(clientsOf(ask("INFO", "Limit: 3")).length, 3);
  assert(!ask("INFO").includes("After: "));
  assert(ask("INFO", "Version: 1").includes("After: "));
  for (const limit of ["", "0", "-1", "x", "1.5", "1234567890"]) {
    assertEquals(codeOf(ask("INFO", `Limit: ${limit}`)), "400", limit);
  }
  assertEquals(codeOf(ask("INFO", "After: a b")), "400");
});

Deno.test("no client can make a page of INFO larger than a message", () => {
  // The longest address that the grammar allows. The name of a zone may have any length.
  const claims = [
    "0000:0000:0000:0000:0000:ffff:100.100.100.100",
    "fe80::1%" + "z".repeat(3_000),
  ];
  for (const claimed of claims) {
    const { ask, registry } = setUp();
    for (let i = 0; i < infoPageMax + 1; i++) {
      const id = String(i).padStart(32, "0");
      ask("REGISTER", `clientID: ${id}`, `IP: ${claimed}`, "Port: 65535");
    }
    const page = ask("INFO", "Version: 1", `Limit: ${infoPageMax}`);
    assert(page.length <= messageBytesMax, `${page.length} bytes of ${registry.size} clients`);
    assert(!isFault(parse(page.split("\r\n").slice(0, -2))));
  }
});

Deno.test("PING is answered by PONG with its Id", () => {
  const { ask } = setUp();
  assertEquals(ask("PING"), wire("PONG"));
  assertEquals(ask("PING", "Id: é🙂 7"), wire("PONG", "Id: é🙂 7"));
});

Deno.test("every verb that the table lets a client send has an answer", () => {
  const { register, connect, context } = setUp();
  register("alice");
  const { client } = connect();
  for (const [verb, { from, required }] of Object.entries(verbs)) {
    if (!(from as readonly Speaker[]).includes("client")) continue;
    const request = message(verb, required.map((name): Header => [name, "x"]));
    const reply = answer(request, context, client);
    assert(encode(reply as Message).length > 0, verb);
  }
});

Deno.test("what others sent is quoted in a Reason without control characters, and not at length", () => {
  const { ask } = setUp();
  const reply = ask("BRIDGE", `clientID: ${"🙂".repeat(1_000)}`);
  assertEquals(codeOf(reply), "400");
  assert(new TextEncoder().encode(reply).length < 512);
});
