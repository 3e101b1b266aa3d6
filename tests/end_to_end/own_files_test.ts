// A profile, or a server's data, that others can have changed.

import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { temporaryDirectory } from "../support/places.ts";
import { makeProfile } from "../support/profiles.ts";
import { builds, run } from "../support/program.ts";

const isUnix = Deno.build.os !== "windows";

for (const build of builds) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${build.name}: ${name}`, ignore: !isUnix, fn });

  test("a profile that others may write is not used", async () => {
    using place = temporaryDirectory();
    const profile = join(place.path, "profile");
    const client = ["client", "alice", "0", "--profile", profile];
    await Deno.mkdir(profile);
    await Deno.chmod(profile, 0o777);
    const made = await run(build, client);
    assertMatch(made.err, /^p2pchat: Cannot .*others may write to '\S*profile'.*chmod go-w/m);
    assertEquals(made.code, 1);
    await Deno.remove(profile, { recursive: true });
    makeProfile(profile, {});
    assertEquals((await run(build, client)).code, 0);
    for (const name of ["store.db", "identity.json"]) {
      await Deno.chmod(join(profile, name), 0o622);
      const { code, err } = await run(build, client);
      assertMatch(err, new RegExp(`^p2pchat: Cannot .*others may write to '\\S*${name}'`, "m"));
      assertEquals(code, 1);
      await Deno.chmod(join(profile, name), 0o600);
    }
    // In there programs of the same user find each other.
    await Deno.chmod(join(profile, "locks"), 0o777);
    const { code, err } = await run(build, client);
    assertMatch(err, /^p2pchat: Cannot .*others may write to '\S*locks'.*chmod go-w/m);
    assertEquals(code, 1);
  });

  test("a server does not use data that others may write", async () => {
    using place = temporaryDirectory();
    const data = join(place.path, "data");
    await Deno.mkdir(data);
    await Deno.chmod(data, 0o777);
    const { code, err } = await run(build, ["server", "--port", "0", "--data", data]);
    assertMatch(err, /^p2pchat: Cannot .*others may write to '\S*data'.*chmod go-w/m);
    assertEquals(code, 1);
    assertEquals(await Array.fromAsync(Deno.readDir(data)), []);
  });
}
