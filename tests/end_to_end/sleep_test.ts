// Two people talk, and the machine that their clients run on sleeps in the middle of it.

import { assertEquals } from "@std/assert";
import { linkPingMs, linkPongTimeoutMs, subscribedIdleMs } from "../../shared/protocol/limits.ts";
import { wait } from "../../shared/time/clock.ts";
import { copyIdentity } from "../support/profiles.ts";
import { atHome, builds, Program, startServerProgram } from "../support/program.ts";

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

  Deno.test({
    name:
      `${build.name}: who registers while another machine sleeps keeps the name when that wakes`,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      using home = atHome(build);
      const { server, address } = await startServerProgram(
        build,
        "--ephemeral",
        "--log-level",
        "debug",
      );
      await using _server = server;
      const named = ["client", "alice", "0", address, "--register"];
      await using one = new Program(home.build, ...named);
      await one.says(/^\* registered as alice/);
      // Which it says before it subscribes: the server closes only a subscribed connection that is silent.
      await server.says(/verb=WATCH/);
      using other = atHome(build);
      copyIdentity(home.profile, other.profile);
      one.kill("SIGSTOP");
      await wait(subscribedIdleMs + 2_000, new AbortController().signal);
      await using two = new Program(other.build, ...named);
      await two.says(/^\* registered as alice/);
      one.kill("SIGCONT");
      await one.says(/^error: Another p2pchat of yours, .* has registered as alice/);
      // The other has the name, and knows nothing of that.
      await two.types("/unregister");
      await two.says(/^\* unregistered/);
      assertEquals(two.err, []);
      for (const program of [one, two]) await program.quits();
    },
  });
}
