// What can happen to a server: no file descriptors, callers that reset; and to a client: no reader,
// no server.

import { assert, assertEquals } from "@std/assert";
import { Authority } from "../support/certificates.ts";
import { EncryptedPeer } from "../support/encrypted_peer.ts";
import type { Peer } from "../support/peer.ts";
import { RawPeer } from "../support/raw_peer.ts";
import { type Place, temporaryDirectory } from "../support/places.ts";
import {
  type Build,
  builds,
  environmentAt,
  Program,
  startServerProgram,
} from "../support/program.ts";

const utf8 = new TextEncoder();
/** Far more than all buffers between a peer and an output hold. */
const floodBytes = 256 * 1024 * 1024;
/** A flood that moves nothing for so long has been made to wait. */
const stallMs = 1_000;
const isUnix = Deno.build.os !== "windows";

/** A client whose output is the test's to read, or not. */
function spawnClient({ command, args }: Build, home: Place) {
  return new Deno.Command(command, {
    args: [...args, "client", "alice", "--allow-plaintext", "--no-register"],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
    env: environmentAt(home.path),
  }).spawn();
}

/** Sends without reading. */
function flood(peer: Peer, chunk: Uint8Array) {
  let sent = 0;
  const ended = (async () => {
    for (; sent < floodBytes; sent += chunk.length) await peer.send(chunk);
  })().catch(() => {});
  const stalled = async () => {
    for (let before = -1; sent > before && sent < floodBytes;) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, stallMs));
    }
    return sent;
  };
  return { ended, stalled };
}

async function ping(port: number): Promise<string> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(utf8.encode("PING\r\n\r\n"));
  const buffer = new Uint8Array(64);
  return new TextDecoder().decode(buffer.subarray(0, await conn.read(buffer) ?? 0));
}

/** The same program, allowed so many open files. */
function withOpenFiles(build: Build, count: number): Build {
  const words = [build.command, ...build.args].map((word) => `'${word}'`).join(" ");
  return {
    ...build,
    command: "sh",
    args: ["-c", `ulimit -n ${count}; exec ${words} "$@"`, "sh"],
  };
}

for (const build of builds) {
  Deno.test({
    name:
      `${build.name}: a server without file descriptors waits, and serves again when it has some`,
    ignore: !isUnix,
    fn: async () => {
      const { server, port } = await startServerProgram(withOpenFiles(build, 64));
      await using _server = server;
      const held: Deno.TcpConn[] = [];
      try {
        // The kernel completes what the program cannot accept, so that all of these connect.
        for (let i = 0; i < 100; i++) {
          held.push(await Deno.connect({ hostname: "127.0.0.1", port }));
        }
        await server.says(/warn +cannot accept a connection.*Too many open files/i);
      } finally {
        for (const conn of held) conn.close();
      }
      assertEquals(await ping(port), "PONG\r\n\r\n");
      server.kill("SIGINT");
      assertEquals(await server.ends(), 0);
      // It has tried many times, and says so once in a while.
      const lines = server.err.filter((line) => line.includes("cannot accept"));
      assertEquals(lines.length, 1);
    },
  });

  Deno.test({
    name: `${build.name}: a server without file descriptors for TLS says so once in a while`,
    ignore: !isUnix,
    fn: async () => {
      using authority = new Authority();
      const { certFile, keyFile } = authority.issue();
      const files = ["--tls-cert", certFile, "--tls-key", keyFile];
      const { server, port } = await startServerProgram(withOpenFiles(build, 64), ...files);
      await using _server = server;
      const held: Deno.TcpConn[] = [];
      try {
        for (let i = 0; i < 100; i++) {
          held.push(await Deno.connect({ hostname: "127.0.0.1", port }));
        }
        await server.says(/warn +cannot accept a connection.*Too many open files/i);
        // Each begins a handshake, for which the server needs two more sockets.
        await Promise.all(held.map(async (conn) => {
          await conn.write(Uint8Array.of(0x16)).catch(() => {});
        }));
        await server.says(/warn +cannot secure a connection.*Too many open files/i);
        // Many are dropped, each of which would have been a line.
        const dropped = Promise.withResolvers<void>();
        let count = 0;
        for (const conn of held) {
          conn.read(new Uint8Array(1)).catch(() => {}).then(() =>
            ++count === 10 && dropped.resolve()
          );
        }
        await dropped.promise;
      } finally {
        for (const conn of held) conn.close();
      }
      server.kill("SIGINT");
      assertEquals(await server.ends(), 0);
      const lines = server.err.filter((line) => line.includes("cannot secure"));
      assertEquals(lines.length, 1, lines.join("\n"));
    },
  });

  Deno.test(`${build.name}: thousands of callers that leave at once leave a server as it was`, async () => {
    const { server, port } = await startServerProgram(build, "--log-level", "warn");
    await using _server = server;
    for (let round = 0; round < 20; round++) {
      await Promise.all(Array.from({ length: 100 }, async (_, i) => {
        const conn = await Deno.connect({ hostname: "127.0.0.1", port });
        // Closing with the reply unread makes the kernel send a reset, at whatever moment that is.
        if (i % 2 === 0) await conn.write(utf8.encode("INFO\r\n\r\nPING\r\n\r\nREG"));
        conn.close();
      }));
    }
    assertEquals(await ping(port), "PONG\r\n\r\n");
    server.kill("SIGINT");
    assertEquals(await server.ends(), 0);
    assertEquals(server.err, []);
  });

  Deno.test(`${build.name}: a client whose output nobody reads any more ends`, async () => {
    using home = temporaryDirectory();
    const child = spawnClient(build, home);
    const input = child.stdin.getWriter();
    try {
      await child.stdout.cancel();
      // Its input stays open: it is the output that ends it.
      await input.write(utf8.encode("/help\n/help\n"));
      assertEquals((await child.status).code, 0);
    } finally {
      await input.close().catch(() => {});
    }
  });

  Deno.test({
    name: `${build.name}: a client that cannot print leaves, says why, and has failed`,
    ignore: Deno.build.os !== "linux",
    fn: async () => {
      using home = temporaryDirectory();
      const { code, stderr } = await new Deno.Command("sh", {
        args: [
          "-c",
          'exec "$@" >/dev/full',
          "sh",
          build.command,
          ...build.args,
          "client",
          "alice",
          "--no-register",
        ],
        stdin: "null",
        stderr: "piped",
        env: environmentAt(home.path),
      }).output();
      assertEquals(
        [code, new TextDecoder().decode(stderr)],
        [
          1,
          `p2pchat: The client has left, since it cannot print: the disk is full; make room, and try again\n`,
        ],
      );
    },
  });

  Deno.test({
    name: `${build.name}: a command whose answer cannot be printed says why, and has failed`,
    ignore: Deno.build.os !== "linux",
    fn: async () => {
      using home = temporaryDirectory();
      for (const args of [["--version"], ["--help"], ["identity"]]) {
        const { code, stderr } = await new Deno.Command("sh", {
          args: ["-c", 'exec "$@" >/dev/full', "sh", build.command, ...build.args, ...args],
          stdin: "null",
          stderr: "piped",
          env: environmentAt(home.path),
        }).output();
        assertEquals([args, code, new TextDecoder().decode(stderr)], [
          args,
          1,
          "p2pchat: Cannot go on: the disk is full; make room, and try again\n",
        ]);
      }
    },
  });

  Deno.test(`${build.name}: a peer that floods a client whose output is not read is made to wait`, async () => {
    using home = temporaryDirectory();
    const child = spawnClient(build, home);
    const output = child.stdout.getReader();
    const { value } = await output.read();
    const [, port] = /:(\d+)/.exec(new TextDecoder().decode(value))!;
    const peer = await RawPeer.dial({ host: "127.0.0.1", port: Number(port) });
    // From here on nobody reads the output.
    const chunk = new Uint8Array(64 * 1024).fill(0x61);
    const flooding = flood(peer, chunk);
    try {
      const sent = await flooding.stalled();
      // What the kernel's buffers and the client's hold is some megabytes.
      assert(sent < floodBytes, `the client took all of ${sent} bytes`);
    } finally {
      child.kill("SIGKILL");
      await child.status;
      await flooding.ended;
      peer.close();
      await output.cancel();
      await child.stdin.close();
    }
  });

  Deno.test(`${build.name}: Ctrl+C ends server and client, even if the other side does not read`, async () => {
    const { server, port } = await startServerProgram(build);
    await using _server = server;
    await using alice = new Program(build, "client", "alice", "--allow-plaintext");
    await using carol = new Program(build, "client", "carol");
    const addressOf = async (client: Program) => {
      const [, at] = await client.says(/listening on 127\.0\.0\.1:(\d+)/);
      return { host: "127.0.0.1", port: Number(at) };
    };
    const callAlice = async () => {
      const peer = await RawPeer.dial(await addressOf(alice));
      await peer.send("CHAT\r\nclientID: bob\r\nVersion: 1\r\n\r\n");
      return peer;
    };
    const connecting: [program: Program, connect: () => Promise<Peer>][] = [
      [server, () => RawPeer.dial({ host: "127.0.0.1", port })],
      [alice, callAlice],
      [carol, async () => EncryptedPeer.dial(await addressOf(carol), { id: "bob" })],
    ];
    const requests = utf8.encode("PING\r\n\r\n".repeat(10_000));
    await Promise.all(connecting.map(async ([program, connect]) => {
      using peer = await connect();
      // Until the replies fill every buffer, and then the requests do.
      const flooding = flood(peer, requests);
      assert(await flooding.stalled() < floodBytes);
      program.kill("SIGINT");
      assertEquals(await program.ends(), 0);
      await flooding.ended;
    }));
  });

  Deno.test(`${build.name}: clients outlive their server, and find the next one on its port`, async () => {
    const first = await startServerProgram(build);
    await using alice = new Program(build, "client", "alice", "0", first.address, "--register");
    await alice.says(/^\* registered as alice/);
    await using bob = new Program(build, "client", "bob", "0", first.address, "--register");
    await bob.types("/chat alice");
    await bob.says(/^\* connected to alice/);
    first.server.kill("SIGKILL");
    await first.server.ends();
    await first.server[Symbol.asyncDispose]();
    await bob.types("without a server");
    await alice.says(/^bob: without a server$/);
    await bob.types("/info");
    await bob.says(/^error: Cannot reach the server at .*: nobody listens there$/);
    await using _second = new Program(build, "server", "--port", String(first.port));
    await _second.says(/listening on/);
    for (const client of [alice, bob]) await client.says(/^\* registered again with the server /);
    await bob.types("/info");
    await bob.says(/^2 clients are registered/);
    await bob.types("/bridge alice");
    await bob.says(/^\* alice is at/);
  });
}
