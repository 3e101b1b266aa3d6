import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Server } from "../../server/server.ts";
import { systemClock } from "../../shared/time/clock.ts";
import {
  connectionIdleMs,
  messageTimeoutMs,
  registrationTtlMinMs,
  writeTimeoutMs,
} from "../../shared/protocol/limits.ts";
import { askOnce } from "../support/original_client.ts";
import { leaping, start } from "../support/server_fixture.ts";
import { until } from "../support/events.ts";
import { Wire } from "../support/wire.ts";

async function isWell(server: Server): Promise<void> {
  using wire = await Wire.connect(server);
  assertEquals(await wire.ask("PING", "Id: well"), "PONG\r\nId: well\r\n\r\n");
}

Deno.test("the original's example: alice and bob register and each finds the other", async () => {
  await using server = start();
  assertEquals(
    await askOnce(server, "REGISTER\r\nclientID: alice\r\nIP: 127.0.0.1\r\nPort: 5556\r\n\r\n"),
    "REGACK\r\nclientID: alice\r\nIP: 127.0.0.1\r\nPort: 5556\r\n\r\n",
  );
  assertEquals(
    await askOnce(server, "BRIDGE\r\nclientID: alice\r\n\r\n"),
    "BRIDGEACK\r\nclientID: \r\nIP: \r\nPort: \r\n\r\n",
  );
  await askOnce(server, "REGISTER\r\nclientID: bob\r\nIP: 127.0.0.1\r\nPort: 5557\r\n\r\n");
  assertEquals(
    await askOnce(server, "INFO\r\nRequesting clients\r\n\r\n"),
    "INFOACK\r\nCount: 2\r\nClient: alice 127.0.0.1:5556\r\nClient: bob 127.0.0.1:5557\r\n\r\n",
  );
  assertEquals(
    await askOnce(server, "BRIDGE\r\nclientID: alice\r\n\r\n"),
    "BRIDGEACK\r\nclientID: bob\r\nIP: 127.0.0.1\r\nPort: 5557\r\n\r\n",
  );
  assertEquals(
    await askOnce(server, "BRIDGE\r\nclientID: bob\r\n\r\n"),
    "BRIDGEACK\r\nclientID: alice\r\nIP: 127.0.0.1\r\nPort: 5556\r\n\r\n",
  );
  assertEquals(server.registrations, 2);
  await until(() => server.connections === 0);
});

// Requests and their replies. One reply is longer than the server's buffer, and one is not ASCII.
const long = "7".repeat(4_000);
const exchanges: [request: string, reply: string][] = [
  ["PING\r\nId: 1\r\n\r\n", "PONG\r\nId: 1\r\n\r\n"],
  ["PING\n\n", "PONG\r\n\r\n"],
  ["\r\nPING\r\nId: é🙂\r\n\r\n", "PONG\r\nId: é🙂\r\n\r\n"],
  [`PING\r\nId: ${long}\r\n\r\n`, `PONG\r\nId: ${long}\r\n\r\n`],
  ["BRIDGE\r\nclientID: a\r\n\r\n", "BRIDGEACK\r\nclientID: \r\nIP: \r\nPort: \r\n\r\n"],
  [
    "QUIT\r\nclientID: a\r\n\r\n",
    "ERROR\r\nCode: 404\r\nReason: No client a is registered\r\n\r\n",
  ],
  [
    "PING\r\nId: \0\r\n\r\n",
    "ERROR\r\nCode: 400\r\nReason: Line 2 of PING holds a control character\r\n\r\n",
  ],
];

Deno.test("pipelined requests are answered in order, in whatever pieces they come", async () => {
  await using server = start();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...exchanges), { minLength: 1, maxLength: 20 }),
      fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 5 }),
      async (chosen, sizes) => {
        using wire = await Wire.connect(server);
        const bytes = new TextEncoder().encode(chosen.map(([request]) => request).join(""));
        const sending = (async () => {
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = sizes[i % sizes.length]! + (bytes.length >> 8);
            await wire.send(bytes.subarray(at, at += size));
          }
          await wire.conn.closeWrite();
        })();
        const replies = chosen.map(([, reply]) => reply).join("");
        assert(await wire.rest() === replies, "other replies than were expected");
        await sending;
      },
    ),
    { numRuns: 40 },
  );
  await until(() => server.connections === 0);
});

Deno.test("the ERROR for a fatal fault reaches its sender, however much is still unread", async () => {
  await using server = start();
  const line = "x".repeat(200 * 1024);
  const fatal: [why: string, sent: string | Uint8Array, code: number][] = [
    ["a line without an end", line, 413],
    ["what follows is no request", `PING\r\nId: ${line}\r\n\r\nPING\r\n\r\n`, 413],
    ["a message without an end", "PING\r\n" + `A: ${"x".repeat(1_000)}\r\n`.repeat(200), 413],
    ["headers without an end", "PING\r\n" + "A: b\r\n".repeat(30_000), 413],
    ["no UTF-8", new Uint8Array(100 * 1024).fill(0xff), 400],
  ];
  for (const [why, sent, code] of fatal) {
    using wire = await Wire.connect(server);
    await wire.send(sent);
    const reply = await wire.rest();
    assertMatch(reply, new RegExp(`^ERROR\r\nCode: ${code}\r\nReason: .+\r\n\r\n$`), why);
    // The server reads on. If it did not, a reset could overtake the reply, and this would fail.
    await wire.send("x".repeat(8 * 1024));
    wire.close();
    await until(() => server.connections === 0);
  }
  await isWell(server);
});

Deno.test("a fatal fault is answered even if it comes in one read with requests that have long replies", async () => {
  await using server = start();
  using wire = await Wire.connect(server);
  const bytes = new TextEncoder().encode("PING\r\nId: é\r\n\r\nPING\r\nId: ?\r\n\r\n");
  bytes[bytes.indexOf(0x3f)] = 0xff;
  await wire.send(bytes);
  assertMatch(await wire.rest(), /^PONG\r\nId: é\r\n\r\nERROR\r\nCode: 400\r\n/);
});

Deno.test("a message that is not complete in time gets 408, and the connection is closed", async () => {
  for (const half of ["P", "PING\r\nId:", "PING\r\n\r", "PING\r\n\r\nPING\r\n"]) {
    await using server = start({ clock: leaping(messageTimeoutMs + 1) });
    using wire = await Wire.connect(server);
    await wire.send(half);
    const late = "ERROR\r\nCode: 408\r\nReason: The message took too long to arrive\r\n\r\n";
    assertEquals((await wire.rest()).replace(/^PONG\r\n\r\n/, ""), late);
    await until(() => server.connections === 0);
  }
});

Deno.test("the time for a message counts from its first byte: sending more bytes gains nothing", async () => {
  const clock = { ...systemClock, nowMs: 0, now: (): number => clock.nowMs };
  await using server = start({ clock });
  using wire = await Wire.connect(server);
  await wire.send("PING\r\n");
  // Three times as long as a message may take, and fewer bytes than a line may have.
  for (let drops = 0; drops < 3_000 && server.connections > 0; drops++) {
    await wire.send("A").catch(() => {});
    clock.nowMs += messageTimeoutMs / 1_000;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assertEquals(server.connections, 0);
});

Deno.test("a message that came in pieces, and in time, leaves no deadline behind", async () => {
  const clock = { ...systemClock, nowMs: 0, now: (): number => clock.nowMs };
  await using server = start({ clock });
  using wire = await Wire.connect(server);
  using other = await Wire.connect(server);
  await wire.send("PI");
  // It ends after ten seconds: then the sweep has seen the time, and the piece has arrived.
  await other.ask("REGISTER", "clientID: a", "IP: ::1", "Port: 1", "Expires: 10");
  assertEquals(await wire.ask("NG"), "PONG\r\n\r\n");
  clock.nowMs = messageTimeoutMs + 1_000;
  await until(() => server.registrations === 0);
  assertEquals(await wire.ask("PING"), "PONG\r\n\r\n");
});

Deno.test("a client that does not read is closed", async () => {
  await using server = start({ clock: leaping(writeTimeoutMs + 1) });
  using wire = await Wire.connect(server);
  for (let i = 0; i < 60; i++) {
    const id = String(i).padStart(32, "0");
    await wire.ask("REGISTER", `clientID: ${id}`, "IP: 127.0.0.1", "Port: 65535");
  }
  // No buffer holds the replies, 25 MB. Each piece is read in full, so that no message is waited for.
  const requests = "INFO\r\n\r\n".repeat(2_048);
  for (let i = 0; i < 4; i++) await wire.send(requests);
  await until(() => server.connections === 0);
  await isWell(server);
});

Deno.test("a silent connection is closed, and one that said something a while ago is not", async () => {
  const clock = { ...systemClock, nowMs: 0, now: (): number => clock.nowMs };
  await using server = start({ clock });
  using silent = await Wire.connect(server);
  using speaking = await Wire.connect(server);
  await until(() => server.connections === 2);
  for (let lastly = false; !lastly;) {
    lastly = clock.nowMs + connectionIdleMs / 3 >= connectionIdleMs;
    // Once a registration has ended, the sweep has seen the time.
    await speaking.ask("REGISTER", "clientID: a", "IP: ::1", "Port: 1", "Expires: 10");
    assertEquals(server.registrations, 1);
    assertEquals(server.connections, 2);
    clock.nowMs += Math.max(connectionIdleMs / 3, registrationTtlMinMs);
    await until(() => server.registrations === 0);
  }
  assertEquals(await silent.rest(), "");
  await until(() => server.connections === 1);
  assertEquals(await speaking.ask("PING"), "PONG\r\n\r\n");
});

Deno.test("one connection too many is told so and closed, until another ends", async () => {
  await using server = start({ capacity: { connections: 2 } });
  using first = await Wire.connect(server);
  using second = await Wire.connect(server);
  assertEquals(await first.ask("PING"), "PONG\r\n\r\n");
  assertEquals(await second.ask("PING"), "PONG\r\n\r\n");
  using third = await Wire.connect(server);
  assertMatch(
    await third.rest(),
    /^ERROR\r\nCode: 503\r\nReason: .+\r\nRetry-After: \d+\r\n\r\n$/,
  );
  assertEquals(server.connections, 2);
  first.close();
  await until(() => server.connections === 1);
  await isWell(server);
});

Deno.test("a server that is full of registrations answers 503 and goes on", async () => {
  await using server = start({ capacity: { registrations: 1 } });
  using wire = await Wire.connect(server);
  const register = (id: string) =>
    wire.ask("REGISTER", `clientID: ${id}`, "IP: 127.0.0.1", "Port: 5556");
  assertMatch(await register("alice"), /^REGACK\r\n/);
  assertMatch(await register("bob"), /^ERROR\r\nCode: 503\r\n/);
  assertEquals(server.registrations, 1);
  await wire.ask("UNREGISTER", "clientID: alice");
  assertMatch(await register("bob"), /^REGACK\r\n/);
});

Deno.test("a registration outlives its connection, and ends in time even if the server is idle", async () => {
  const clock = { ...systemClock, nowMs: 0, now: (): number => clock.nowMs };
  await using server = start({ clock });
  await askOnce(server, "REGISTER\r\nclientID: a\r\nIP: ::1\r\nPort: 1\r\nExpires: 10\r\n\r\n");
  await until(() => server.connections === 0);
  assertEquals(server.registrations, 1);
  clock.nowMs = 10_000;
  await until(() => server.registrations === 0);
});

Deno.test("stop closes every connection and frees the port", async () => {
  const server = start();
  using idle = await Wire.connect(server);
  using halfway = await Wire.connect(server);
  await idle.ask("PING");
  await halfway.ask("PING");
  await halfway.send("PING\r\nId:");
  await server.stop();
  assertEquals(server.connections, 0);
  assertEquals([await idle.rest(), await halfway.rest()], ["", ""]);
  await using next = start({ port: server.address.port });
  await isWell(next);
});

Deno.test("stop ends even if a client does not read", async () => {
  const server = start();
  using wire = await Wire.connect(server);
  const sending = (async () => {
    try {
      for (;;) await wire.send(`PING\r\nId: ${"x".repeat(400)}\r\n\r\n`.repeat(100));
    } catch {
      return true;
    }
  })();
  await until(() => server.connections === 1);
  await server.stop();
  assertEquals(server.connections, 0);
  assert(await sending);
});

Deno.test("stop may be called twice, and is done each time when all connections have ended", async () => {
  const server = start();
  using wire = await Wire.connect(server);
  await wire.ask("PING");
  const first = server.stop();
  await server.stop();
  const connections = server.connections;
  await first;
  assertEquals(connections, 0);
});

Deno.test("a port that is in use is an error at once", async () => {
  await using server = start();
  assertThrows(() => start({ port: server.address.port }), Deno.errors.AddrInUse);
});

Deno.test("no bytes and no disconnect end the server or leave a connection behind", async () => {
  await using server = start();
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    fc.constantFrom(
      "PING\r\n",
      "\r\n",
      "INFO\r\n\r\n",
      "REGISTER\r\nclientID: a\r\n",
      "\0",
      "A: b\n",
    )
      .map((text) => new TextEncoder().encode(text)),
  );
  const end = fc.constantFrom("close", "close for writing", "read and close");
  const caller = fc.tuple(fc.array(piece, { maxLength: 6 }), end);
  await fc.assert(
    fc.asyncProperty(fc.array(caller, { minLength: 1, maxLength: 8 }), async (callers) => {
      await Promise.all(callers.map(async ([pieces, end]) => {
        using wire = await Wire.connect(server);
        try {
          for (const bytes of pieces) await wire.send(bytes);
          if (end !== "close") await wire.conn.closeWrite();
        } catch {
          // The server has closed first, as it may after a fatal fault.
        }
        // Closing with a reply unread resets the connection.
        if (end === "read and close") await wire.rest();
      }));
    }),
    { numRuns: 60 },
  );
  await until(() => server.connections === 0);
  await isWell(server);
});

Deno.test("clients that are gone as soon as they connect do not end the server", async () => {
  await using server = start();
  for (let round = 0; round < 4; round++) {
    await Promise.all(Array.from({ length: 100 }, async (_, i) => {
      using wire = await Wire.connect(server);
      if (i % 2 === 0) await wire.send("PING\r\n\r\n".repeat(100));
    }));
  }
  await isWell(server);
  await until(() => server.connections === 0);
});
