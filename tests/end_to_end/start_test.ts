// How a client starts: which port it takes, where it registers, and what it does if it cannot.

import { assertEquals } from "@std/assert";
import { atHome, buildsFromModules, Program, run, startServerProgram } from "../support/program.ts";

for (const build of buildsFromModules) {
  const registering = { ...build, registersAtStart: false };

  Deno.test(`${build.name}: a name and a server are enough`, async () => {
    const { server, address } = await startServerProgram(build);
    await using _server = server;
    await using bob = new Program(registering, "client", "bob", address);
    await bob.says(/^\* registered as bob at 127\.0\.0\.1:/);
    await using alice = new Program(registering, "client", "alice", address);
    await alice.types("/chat bob\nhello");
    await bob.says(/^alice: hello$/);
    await alice.quits();
    await bob.quits();
  });

  Deno.test(`${build.name}: a client that cannot register stays, and is registered when it can`, async () => {
    const first = await startServerProgram(build);
    const { address, port } = first;
    await first.server[Symbol.asyncDispose]();
    await using alice = new Program(registering, "client", "alice", address);
    await alice.says(/^error: Cannot reach the server at .* Trying again; conversations go on$/);
    await using _server = new Program(
      build,
      ...["server", "--port", String(port), "--ephemeral"],
    );
    await alice.says(/^\* registered as alice /);
    await alice.quits();
    assertEquals(alice.code, 0);
  });

  Deno.test(`${build.name}: with --register a client that cannot register ends`, async () => {
    const first = await startServerProgram(build);
    await first.server[Symbol.asyncDispose]();
    await using alice = new Program(registering, "client", "alice", first.address, "--register");
    await alice.says(/^p2pchat: Cannot reach the server at /);
    await alice.ends();
    assertEquals(alice.code, 6);
    const { server, address } = await startServerProgram(build, "--ephemeral");
    await using _server = server;
    // The name belongs to another key.
    for (const code of [0, 7]) {
      using home = atHome(build);
      const named = await run(home.build, ["client", "bob", address, "--register"], ["/quit"]);
      assertEquals(named.code, code, named.err);
    }
  });
}
