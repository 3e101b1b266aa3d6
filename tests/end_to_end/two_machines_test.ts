// A profile that was copied to a second machine, and clients that run on both.

import { assertEquals } from "@std/assert";
import { temporaryDirectory } from "../support/places.ts";
import { copyIdentity, makeProfile } from "../support/profiles.ts";
import { builds, Program, startServerProgram } from "../support/program.ts";
import { RawPeer } from "../support/raw_peer.ts";

const displaced =
  /^error: Another p2pchat of yours, .* has registered as alice: .*\/register takes/;

for (const build of builds) {
  Deno.test(`${build.name}: of two machines with one identity the one that registered last is reached, and the other told`, async () => {
    using place = temporaryDirectory();
    const [first, second] = [`${place.path}/first`, `${place.path}/second`] as const;
    makeProfile(first, {});
    copyIdentity(first, second);
    const { server, address, port } = await startServerProgram(build, "--ephemeral");
    await using _server = server;
    const start = async (profile: string) => {
      const named = ["client", "alice", "0", address, "--profile", profile];
      const program = new Program(build, ...named, "--register");
      const [, listening] = await program.says(/^\* registered as alice at \S+?:(\d+)/);
      return { program, listening };
    };
    const one = await start(first);
    await using _one = one.program;
    await using bob = new Program(build, "client", "bob", "0", address);
    await bob.types("/chat alice\nbefore");
    await one.program.says(/^bob: before$/);

    const two = await start(second);
    await using _two = two.program;
    await one.program.says(displaced);
    assertEquals(await portOf("alice", port), two.listening);

    // What is open stays open.
    await bob.types("behind");
    await one.program.says(/^bob: behind$/);
    await one.program.types("/chat bob\nstill here");
    await bob.says(/^alice: still here$/);

    // Each can have it back, by its user's will, and nobody else loses it by leaving.
    await one.program.types("/register");
    await two.program.says(displaced);
    assertEquals(await portOf("alice", port), one.listening);
    await two.program.types("/unregister");
    await two.program.says(/^error: The server refused: Another instance has registered alice/);
    await two.program.types("/quit");
    assertEquals(await two.program.ends(), 1, "a line has failed");
    assertEquals(await portOf("alice", port), one.listening);
    await one.program.quits();
    assertEquals(await portOf("alice", port), undefined);
    assertEquals(count(one.program) + count(two.program), 2);
    await bob.quits();
  });
}

/** How often a client was displaced. */
function count({ err }: Program): number {
  return err.filter((line) => displaced.test(line)).length;
}

/** On which port somebody listens, as the server says; undefined if it knows nobody of that name. */
async function portOf(id: string, serverPort: number): Promise<string | undefined> {
  using peer = await RawPeer.dial({ host: "127.0.0.1", port: serverPort });
  await peer.send("INFO\r\n\r\n");
  return new RegExp(`^Client: ${id} \\S+?:(\\d+)`, "m").exec(await peer.message())?.[1];
}
