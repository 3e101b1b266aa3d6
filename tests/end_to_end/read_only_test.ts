// A history can be exported from a place where nothing can be written.

import { assertEquals, assertMatch } from "@std/assert";
import { hasMounts, namesIn, temporaryDirectory, tinyDisk } from "../support/places.ts";
import { makeProfile, type ProfileContent } from "../support/profiles.ts";
import { type Build, builds, environmentAt, run } from "../support/program.ts";

/** A profile on a disk that is read-only, and where a program puts what it needs for a moment. */
function readOnly(build: Build, content: ProfileContent, mode?: number) {
  const disk = tinyDisk("16m");
  const scratch = temporaryDirectory();
  const profile = `${disk.path}/profile`;
  makeProfile(profile, content);
  if (mode !== undefined) Deno.chmodSync(`${profile}/identity.json`, mode);
  disk.makeReadOnly();
  return {
    scratch: scratch.path,
    profile,
    build: { ...build, env: { TMPDIR: scratch.path } },
    exporting: ["history", "export", "bob", "--profile", profile],
    [Symbol.dispose]: () => {
      disk[Symbol.dispose]();
      scratch[Symbol.dispose]();
    },
  };
}

for (const build of builds) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${build.name}: ${name}`, fn, ignore: !hasMounts });

  test("a history is exported from a read-only disk, and nothing is left behind", async () => {
    using at = readOnly(build, { texts: ["one", "two"] });
    const text = await run(at.build, at.exporting);
    assertEquals([text.code, text.err], [0, ""]);
    assertMatch(text.out, /^[^\n]* alice \[waiting\]: one\n[^\n]* alice \[waiting\]: two$/);
    const json = await run(at.build, [...at.exporting, "--format", "json"]);
    assertEquals(JSON.parse(json.out).map(({ text }: { text: string }) => text), ["one", "two"]);
    assertEquals(namesIn(at.scratch), []);
    // Nor if it fails.
    const { code, err } = await run(at.build, [...at.exporting, "--as", "carol"]);
    assertEquals(code, 2);
    assertMatch(err, /^p2pchat: You have not talked with bob as carol, but as alice$/);
    assertEquals(namesIn(at.scratch), []);
  });

  test("a sealed history is exported from a read-only disk", async () => {
    using at = readOnly(build, { passphrase: "correct horse", texts: ["sealed"] });
    const args = [...at.exporting, "--passphrase-fd", "0"];
    const { code, out, err } = await run(at.build, args, ["correct horse"]);
    assertEquals([code, err], [0, ""]);
    assertMatch(out, /alice \[waiting\]: sealed$/);
    assertEquals(namesIn(at.scratch), []);
  });

  test("an identity whose mode is wrong and cannot be changed is used, with a warning", async () => {
    using at = readOnly(build, { texts: ["one"] }, 0o644);
    const warning =
      /^\* others may be able to get at your key: the mode of '.*' is 0644, and cannot be changed .*$/;
    for (const args of [at.exporting, ["identity", "--profile", at.profile]]) {
      const { code, out, err } = await run(at.build, args);
      assertEquals(code, 0);
      assertMatch(err, warning);
      assertMatch(out, /one$|^fingerprint/m);
    }
  });

  test("a signal during an export from a read-only disk leaves nothing behind", async () => {
    // More than a pipe takes that nobody reads.
    using at = readOnly(build, { texts: Array.from({ length: 1_000 }, () => "x".repeat(1_000)) });
    using home = temporaryDirectory();
    const child = new Deno.Command(at.build.command, {
      args: [...at.build.args, ...at.exporting],
      env: { ...environmentAt(home.path), ...at.build.env },
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    assertEquals(namesIn(at.scratch).length, 1);
    child.kill("SIGTERM");
    assertEquals((await child.status).code, 143);
    await reader.cancel();
    assertEquals(namesIn(at.scratch), []);
  });
}
