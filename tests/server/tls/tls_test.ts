import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { dialServer } from "../../../client/transport/tls.ts";
import type { Server, ServerOptions } from "../../../server/server.ts";
import { systemClock } from "../../../shared/time/clock.ts";
import { tlsHandshakeTimeoutMs, writeTimeoutMs } from "../../../shared/protocol/limits.ts";
import { Authority, type Issued } from "../../support/certificates.ts";
import { start as startWith } from "../../support/server_fixture.ts";
import { until } from "../../support/events.ts";
import { Wire } from "../../support/wire.ts";

const authority = new Authority();
addEventListener("unload", () => authority[Symbol.dispose]());
const certificate = authority.issue();
const hasProc = Deno.build.os === "linux";

function start(options: Partial<ServerOptions> = {}): Server {
  return startWith({ tls: certificate, ...options });
}

function connect({ address }: Server): Promise<Deno.TcpConn> {
  return Deno.connect({ hostname: address.host, port: address.port });
}

/** Reads to the end. @returns How many bytes came. */
async function drain(conn: Deno.Conn): Promise<number> {
  const buffer = new Uint8Array(16 * 1024);
  let total = 0;
  try {
    for (let count; (count = await conn.read(buffer)) !== null;) total += count;
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
  return total;
}

/** Starts a server, and tells on which ports it listens: for clients, and for itself. */
function startOnPorts(options: Partial<ServerOptions> = {}): { server: Server; ports: number[] } {
  const { listenTls } = Deno;
  const ports: number[] = [];
  Deno.listenTls = (options) => {
    const listener = listenTls(options);
    ports.push(listener.addr.port);
    return listener;
  };
  try {
    const server = start(options);
    return { server, ports: [...ports, server.address.port] };
  } finally {
    Deno.listenTls = listenTls;
  }
}

/**
 * How many sockets with one of these ports at either end a program has open. The files that this process has open
 * would not tell: other tests that run beside this one have theirs in the same process.
 */
function openSockets(ports: readonly number[]): number {
  // Deno may not look there; another program may.
  const { stdout } = new Deno.Command("cat", { args: ["/proc/net/tcp"] }).outputSync();
  const lines = new TextDecoder().decode(stdout).trimEnd().split("\n").slice(1);
  return lines.filter((line) => {
    const [, local, remote, , , , , , , inode] = line.trim().split(/\s+/);
    const ends = [local, remote].map((end) => parseInt(end!.split(":")[1]!, 16));
    // A closed one of which the system still knows has no inode.
    return inode !== "0" && ends.some((port) => ports.includes(port));
  }).length;
}

/** What a client of TLS says first. */
async function clientHello(): Promise<Uint8Array<ArrayBuffer>> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  const accepted = await listener.accept();
  const tls = await Deno.startTls(conn, { hostname: "localhost" });
  const failing = assertRejects(() => tls.handshake());
  const buffer = new Uint8Array(4_096);
  const count = await accepted.read(buffer);
  accepted.close();
  await failing;
  tls.close();
  return buffer.slice(0, count!);
}

const hello = await clientHello();

async function isWell(server: Server): Promise<void> {
  using wire = await Wire.connectTls(server, authority);
  assertEquals(await wire.ask("PING", "Id: well"), "PONG\r\nId: well\r\n\r\n");
}

/** Sends a request to a server with the certificate. @throws {UserError} If it has another one. */
async function meets(server: Server, { sha256 }: Issued): Promise<void> {
  const tls = { pin: Uint8Array.fromHex(sha256) };
  const conn = await dialServer({ ...server.address, tls }, {
    signal: AbortSignal.timeout(10_000),
  });
  conn.close();
}

Deno.test("with TLS a server answers as without, and sees the same hosts", async () => {
  await using server = start();
  using wire = await Wire.connectTls(server, authority);
  const register = (id: string, port: number, ip = "127.0.0.1") =>
    wire.ask("REGISTER", `clientID: ${id}`, `IP: ${ip}`, `Port: ${port}`);
  assertEquals(
    await register("alice", 5556),
    "REGACK\r\nclientID: alice\r\nIP: 127.0.0.1\r\nPort: 5556\r\n\r\n",
  );
  // A claim that cannot be true is replaced by what the server sees: the client's end, not its own.
  assertMatch(await register("bob", 5557, "203.0.113.7"), /\r\nIP: 127\.0\.0\.1\r\n/);
  assertEquals(
    await wire.ask("BRIDGE", "clientID: alice"),
    "BRIDGEACK\r\nclientID: bob\r\nIP: 127.0.0.1\r\nPort: 5557\r\n\r\n",
  );
  assertEquals(
    await wire.ask("INFO", "Requesting clients"),
    "INFOACK\r\nCount: 2\r\nClient: alice 127.0.0.1:5556\r\nClient: bob 127.0.0.1:5557\r\n\r\n",
  );
  assertEquals(server.connections, 1);
  wire.close();
  await until(() => server.connections === 0);
});

Deno.test("requests are answered in order over TLS, in whatever pieces they come", async () => {
  await using server = start();
  const long = "7".repeat(4_000);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom("1", "é", long), { minLength: 1, maxLength: 30 }),
      fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 4 }),
      async (ids, sizes) => {
        using wire = await Wire.connectTls(server, authority);
        const text = ids.map((id) => `PING\r\nId: ${id}\r\n\r\n`).join("");
        const bytes = new TextEncoder().encode(text);
        const sending = (async () => {
          for (let at = 0, i = 0; at < bytes.length; i++) {
            await wire.send(
              bytes.subarray(at, at += sizes[i % sizes.length]! + (bytes.length >> 6)),
            );
          }
          await wire.conn.closeWrite();
        })();
        assertEquals(await wire.rest(), text.replaceAll("PING", "PONG"));
        await sending;
      },
    ),
    { numRuns: 15 },
  );
  await until(() => server.connections === 0);
});

Deno.test("the ERROR for a fatal fault reaches its sender over TLS", async () => {
  await using server = start();
  using wire = await Wire.connectTls(server, authority);
  await wire.send("x".repeat(100 * 1024));
  assertMatch(await wire.rest(), /^ERROR\r\nCode: 413\r\nReason: .+\r\n\r\n$/);
});

Deno.test("a client that does not speak TLS to a server with TLS is told so", async () => {
  await using server = start();
  using wire = await Wire.connect(server);
  assertEquals(
    await wire.ask("REGISTER", "clientID: alice", "IP: 127.0.0.1", "Port: 5556"),
    "ERROR\r\nCode: 426\r\nReason: This server speaks TLS: its address begins with tls://\r\n\r\n",
  );
  assertEquals(await wire.rest(), "");
  assertEquals(server.registrations, 0);
  await until(() => server.connections === 0);
  await isWell(server);
});

const stalls: [what: string, said: Uint8Array<ArrayBuffer>][] = [
  ["before it begins", new Uint8Array()],
  ["in its first message", hello.subarray(0, 50)],
  ["behind its first message", hello],
];

for (const [what, said] of stalls) {
  Deno.test(`a handshake that stalls ${what} is ended in time, by the thousand`, async () => {
    const clock = { ...systemClock, nowMs: 0, now: (): number => clock.nowMs };
    const { server, ports } = startOnPorts({ clock });
    {
      await using _server = server;
      const conns: Deno.TcpConn[] = [];
      // No more at once than the system's queue holds.
      while (conns.length < 1_000) {
        conns.push(...await Promise.all(Array.from({ length: 100 }, () => connect(server))));
        // Unfinished handshakes count as connections, too.
        await until(() => server.connections === conns.length);
      }
      for (const conn of conns) await conn.write(said);
      // A client that is in time is served meanwhile.
      await isWell(server);
      clock.nowMs = tlsHandshakeTimeoutMs;
      await until(() => server.connections === 0);
      await Promise.all(conns.map(drain));
      for (const conn of conns) conn.close();
      await isWell(server);
    }
    if (hasProc) await until(() => openSockets(ports) === 0);
  });
}

Deno.test("a handshake counts among the connections of its host", async () => {
  await using server = start({ capacity: { connections: 2 } });
  using first = await connect(server);
  using second = await connect(server);
  await first.write(hello.subarray(0, 50));
  await until(() => server.connections === 2);
  // The third client could only be told after the handshake: it is closed.
  using third = await connect(server);
  assertEquals(await drain(third), 0);
  assertEquals(server.connections, 2);
  second.close();
  await until(() => server.connections === 1);
  await isWell(server);
});

Deno.test("a client that does not read is closed, with all sockets of its connection", async () => {
  const clock = {
    ...systemClock,
    leapsMs: 0,
    nowMs: 0,
    reads: 0,
    now: () => (clock.reads++, clock.nowMs += clock.leapsMs),
  };
  const { server, ports } = startOnPorts({ clock });
  {
    await using _server = server;
    using wire = await Wire.connectTls(server, authority);
    clock.leapsMs = writeTimeoutMs + 1;
    const sending = (async () => {
      const requests = `PING\r\nId: ${"x".repeat(400)}\r\n\r\n`.repeat(100);
      try {
        for (;;) await wire.send(requests);
      } catch {
        return true;
      }
    })();
    await until(() => server.connections === 0);
    assert(await sending);
    // A handshake would not be in time otherwise. One that begins before the next sweep counts from the last one,
    // and this clock has leapt on since: while nobody asks for anything, sweeps alone read it.
    clock.leapsMs = 0;
    const { reads } = clock;
    await until(() => clock.reads > reads);
    await isWell(server);
  }
  if (hasProc) await until(() => openSockets(ports) === 0);
});

Deno.test("new connections get the new certificate, and open ones go on", async () => {
  await using server = start();
  using open = await Wire.connectTls(server, authority);
  await meets(server, certificate);
  for (const next of [authority.selfSigned(), authority.issue(), certificate]) {
    await server.useCertificate(next);
    await meets(server, next);
    assertEquals(await open.ask("PING"), "PONG\r\n\r\n");
  }
});

Deno.test("if certificate and key do not belong together, the ones before stay in use", async () => {
  await using server = start();
  const other = authority.issue();
  for (
    const [cert, key] of [[certificate.cert, other.key], ["", other.key], [other.cert, ""]] as const
  ) {
    await assertRejects(() => server.useCertificate({ cert, key }));
    assertThrows(() => start({ tls: { cert, key } }));
  }
  await meets(server, certificate);
  await using plain = start({ tls: undefined });
  await assertRejects(() => plain.useCertificate(other), TypeError);
});

Deno.test("no connection is lost while the certificate changes", async () => {
  await using server = start();
  const others = [authority.issue(), authority.issue(), certificate];
  let changing = true;
  const change = (async () => {
    for (let i = 0; i < 30; i++) await server.useCertificate(others[i % others.length]!);
    changing = false;
  })();
  let met = 0;
  while (changing || met === 0) {
    await Promise.all(Array.from({ length: 5 }, () => isWell(server)));
    met++;
  }
  await change;
  await until(() => server.connections === 0);
});

Deno.test("other programs are not served on the listener that the server has for itself", async () => {
  const { server, ports: [inner] } = startOnPorts();
  await using _server = server;
  const address = { host: "127.0.0.1", port: inner! };
  const intruders = [1, 2, 3].map(() => Wire.connectTls({ address }, authority));
  // They wait until a client comes, and are closed then.
  await isWell(server);
  for (const intruding of intruders) {
    using intruder = await intruding;
    assertEquals(await intruder.rest(), "");
  }
  await isWell(server);
  await until(() => server.connections === 0);
});

Deno.test("stop closes every connection with TLS, whatever its state", async () => {
  const server = start();
  using idle = await Wire.connectTls(server, authority);
  using halfway = await Wire.connectTls(server, authority);
  using silent = await connect(server);
  using handshaking = await connect(server);
  await handshaking.write(hello);
  await idle.ask("PING");
  await halfway.ask("PING");
  await halfway.send("PING\r\nId:");
  await until(() => server.connections === 4);
  await server.stop();
  assertEquals(server.connections, 0);
  assertEquals([await idle.rest(), await halfway.rest(), await drain(silent)], ["", "", 0]);
  await drain(handshaking);
  await using next = start({ port: server.address.port });
  await isWell(next);
});

Deno.test("a port that is in use is an error at once, with TLS too", async () => {
  await using server = start();
  assertThrows(() => start({ port: server.address.port }), Deno.errors.AddrInUse);
});

Deno.test("no bytes and no disconnect end a server with TLS or leave a connection behind", async () => {
  await using server = start();
  const damaged = fc.tuple(fc.nat(hello.length - 1), fc.integer({ min: 1, max: 255 })).map(
    ([at, mask]) => hello.map((byte, i) => i === at ? byte ^ mask : byte),
  );
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    damaged,
    fc.constantFrom(hello, hello.subarray(0, 5), Uint8Array.of(22), Uint8Array.of(21, 3, 3, 0, 2)),
  );
  const caller = fc.tuple(fc.array(piece, { maxLength: 4 }), fc.boolean());
  await fc.assert(
    fc.asyncProperty(fc.array(caller, { minLength: 1, maxLength: 8 }), async (callers) => {
      await Promise.all(callers.map(async ([pieces, closesForWriting]) => {
        using conn = await connect(server);
        try {
          for (const bytes of pieces) await conn.write(bytes);
          if (closesForWriting) await conn.closeWrite();
        } catch {
          // The server has closed first.
        }
        if (closesForWriting) await drain(conn);
      }));
    }),
    { numRuns: 60 },
  );
  await until(() => server.connections === 0);
  await isWell(server);
});
