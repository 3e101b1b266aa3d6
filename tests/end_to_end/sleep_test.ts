// Two people talk, and the machine that their clients run on sleeps in the middle of it.

import { assertEquals } from "@std/assert";
import { linkPingMs, linkPongTimeoutMs } from "../../shared/protocol/limits.ts";
import { wait } from "../../shared/time/clock.ts";
import { builds, Program, startServerProgram } from "../support/program.ts";

/** Longer than a peer may be silent. */
const asleepMs = linkPingMs + linkPongTimeoutMs + 2_000;

for (const build of builds) {
  Deno.test({
    name: `${build.name}: a conversation outlasts the sleep of the machine`,
    // Windows has no SIGSTOP.
    ignore: Deno.build.os === "windows",
    fn: async () => {
      const { server, address } = await startServerProgram(build);
      await using _server = server;
      await using bob = new Program(build, "client", "bob", "0", address, "--register");
      await bob.says(/^\* registered as bob/);
      await using alice = new Program(build, "client", "alice", "0", address, "--register");
      await alice.types("/chat bob\nbefore");
      await bob.says(/^alice: before$/);
      // The server runs elsewhere, and may have them register again.
      for (const one of [alice, bob]) one.kill("SIGSTOP");
      await wait(asleepMs, new AbortController().signal);
      for (const one of [alice, bob]) one.kill("SIGCONT");
      // By now every timer that was due has had its time.
      await wait(linkPongTimeoutMs, new AbortController().signal);
      await alice.types("after");
      await bob.says(/^alice: after$/);
      const ends = [...alice.out, ...bob.out].filter((line) => /lost|left/.test(line));
      assertEquals(ends, []);
      const errors = [...alice.err, ...bob.err].filter((line) =>
        !/^error: The .*server at .*Trying again/.test(line)
      );
      assertEquals(errors, []);
      for (const one of [alice, bob]) {
        await one.endInput();
        assertEquals(await one.ends(), 0);
      }
    },
  });
}
