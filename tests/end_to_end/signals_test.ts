// What SIGHUP does: nothing ends by it that was told not to.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { openStore } from "../../client/store/store.ts";
import { replyTimeoutMs } from "../../shared/protocol/limits.ts";
import { keyOf } from "../support/store_fixture.ts";
import { temporaryDirectory } from "../support/places.ts";
import { makeProfile } from "../support/profiles.ts";
import { type Build, builds, Program, startServerProgram } from "../support/program.ts";
import { Wire } from "../support/wire.ts";

const hasHangups = Deno.build.os !== "windows";

/** The program as a shell starts it that ignores SIGHUP. */
function ignoringHangups(build: Build): Build {
  const { command, args } = build;
  return {
    ...build,
    command: "sh",
    args: ["-c", 'trap "" HUP; exec "$@"', "sh", command, ...args],
  };
}

for (const build of builds) {
  Deno.test({
    name:
      `${build.name}: SIGHUP does not end a server without TLS, and the log says that it changes nothing`,
    ignore: !hasHangups,
    fn: async () => {
      const { server, port } = await startServerProgram(build);
      await using _server = server;
      using wire = await Wire.connect({ address: { host: "127.0.0.1", port } });
      for (let i = 0; i < 2; i++) server.kill("SIGHUP");
      await server.says(/ info +SIGHUP changes nothing: there is no certificate to read again$/);
      assertMatch(await wire.ask("INFO"), /^INFOACK\r\n/);
      wire.close();
      server.kill("SIGTERM");
      assertEquals(await server.ends(), 0);
    },
  });

  for (const started of [build, ignoringHangups(build)]) {
    Deno.test({
      name: `${build.name}: a client without a terminal goes on at SIGHUP, ${
        started === build ? "as it is" : "ignored by the shell"
      }`,
      ignore: !hasHangups,
      fn: async () => {
        const { server, address } = await startServerProgram(build);
        await using _server = server;
        await using alice = new Program(started, "client", "alice", "0", address);
        await alice.types("/register");
        await alice.says(/^\* registered as alice/);
        alice.kill("SIGHUP");
        await alice.types("/info");
        await alice.says(/^1 client is registered/);
        // If the other end of its input goes, that ends it.
        await alice.endInput();
        assertEquals(await alice.ends(), 0);
      },
    });
  }

  for (const started of [build, ignoringHangups(build)]) {
    Deno.test({
      name: `${build.name}: a command without a terminal goes on at SIGHUP, ${
        started === build ? "as it is" : "ignored by the shell"
      }`,
      ignore: !hasHangups,
      fn: async () => {
        using home = temporaryDirectory();
        const profile = `${home.path}/profile`;
        makeProfile(profile, { texts: ["hello"] });
        using store = openStore(`${profile}/store.db`);
        store.knownPeers.remember("bob", keyOf(2));
        // An audit asks one server after the other, and these say nothing.
        using first = Deno.listen({ hostname: "127.0.0.1", port: 0 });
        using second = Deno.listen({ hostname: "127.0.0.1", port: 0 });
        const servers = [first, second].map(({ addr }) => `127.0.0.1:${addr.port}`).join(",");
        await using audit = new Program(
          started,
          ...["audit", "bob", "--profile", profile, "--server", servers],
        );
        const ended = audit.ends();
        for (const listener of [first, second]) {
          const accepted = listener.accept();
          const conn = await Promise.race([accepted, ended]);
          if (typeof conn === "number") {
            accepted.catch(() => {});
            throw new Error(`SIGHUP has ended it, with ${conn}`);
          }
          audit.kill("SIGHUP");
          conn.close();
        }
        assertEquals(await ended, 6);
        await audit.says(/^p2pchat: The server at .* closed the connection without an answer/);
      },
    });
  }

  Deno.test({
    name: `${build.name}: a client that waits for a server leaves as soon as it is told to`,
    ignore: !hasHangups,
    fn: async () => {
      using server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const address = `127.0.0.1:${server.addr.port}`;
      await using alice = new Program(build, "client", "alice", "0", address, "--register");
      // It says nothing to it.
      using _conn = await server.accept();
      const begin = performance.now();
      alice.kill("SIGTERM");
      assertEquals(await alice.ends(), 0);
      assert(performance.now() - begin < replyTimeoutMs / 2, "it waited for the server");
    },
  });
}
