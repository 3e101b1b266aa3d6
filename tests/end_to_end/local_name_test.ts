// What the user calls somebody, by real processes: in a script, on the screen, and not for programs or the other side.

import { assert, assertEquals } from "@std/assert";
import { atHome, builds, Program, startServerProgram } from "../support/program.ts";
import { ScreenProgram } from "../support/screen_program.ts";
import { hasTerminal } from "../support/terminal_program.ts";

for (const build of builds) {
  Deno.test(`${build.name}: a local name is seen by its user alone, and kept`, async () => {
    using alicesHome = atHome(build);
    using bobsHome = atHome(build);
    const { server, address } = await startServerProgram(build, "--ephemeral");
    await using _server = server;
    const alices = ["client", "alice", address, "--register"];
    await using bob = new Program(bobsHome.build, "client", "bob", address, "--register");
    await bob.says(/^\* registered as /);
    {
      await using alice = new Program(alicesHome.build, ...alices);
      await alice.types("/chat bob\nHello\n/nick bro bob");
      await alice.says(/^\* you call bob ~bro here/);
      await bob.says(/^alice: Hello$/);
      await bob.types("/switch alice\nhi there");
      await alice.says(/^~bro: hi there$/);
      await alice.types("/search there\n/switch ~br");
      await alice.says(/^ {2}\d\d:\d\d {2}~bro {2,}hi there$/);
      await alice.says(/^\* talking to ~bro/);
      await alice.types("/quit");
      await alice.ends();
      assertEquals(alice.err, []);
    }
    {
      await using alice = new Program(alicesHome.build, ...alices, "--json");
      await alice.types('{"do":"send","ref":"1","to":"bob","text":"by a program"}');
      await bob.says(/^alice: by a program$/);
      await alice.says(/^{"event":"delivered".*"name":"bob"/);
      assert(!alice.out.some((line) => line.includes('bro"')));
    }
    if (hasTerminal) {
      await using alice = new ScreenProgram(alicesHome.build, ...alices);
      await alice.types("/chat ~bro\r");
      await alice.sees(/^alice → ~bro> *$/m);
      await alice.sees(/^>1 ~bro /m);
      await alice.sees(/\d\d:\d\d ~bro {3}hi there/);
      await alice.sees(/\[1 ~bro · encrypted/);
      await alice.types("/nick ~bro\r");
      await alice.sees(/^>1 bob /m);
      await alice.sees(/\d\d:\d\d bob {4}hi there/);
    }
    assert(!bob.out.some((line) => line.includes("bro")));
  });
}
