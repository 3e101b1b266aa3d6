// All that a profile holds goes into one file, while a client runs, and comes back on another machine.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { namesIn } from "../support/places.ts";
import { makeProfile } from "../support/profiles.ts";
import { atHome, builds, Program, run, startServerProgram } from "../support/program.ts";
import { hasTerminal, TerminalProgram } from "../support/terminal_program.ts";

const isUnix = Deno.build.os !== "windows";

for (const build of builds) {
  const test = (name: string, fn: () => Promise<void>, ignore = false) =>
    Deno.test({ name: `${build.name}: ${name}`, fn, ignore });

  test("a backup is made while a client writes, and its owner goes on on another machine", async () => {
    const { server, address } = await startServerProgram(build, "--ephemeral");
    await using _server = server;
    using alice = atHome(build);
    using bob = atHome(build);
    using elsewhere = atHome(build);
    const file = `${alice.path}/backup.tar`;
    await using bobs = new Program(bob.build, "client", "bob", "0", address, "--register");
    await bobs.says(/^\* registered as /);
    let before: number;
    {
      await using alices = new Program(alice.build, "client", "alice", "0", address, "--register");
      await alices.says(/^\* registered as /);
      await alices.types("/chat bob");
      await alices.says(/^\* connected to bob/);
      await bobs.types("/accept alice");
      let n = 0;
      let done = false;
      const write = async () => {
        while (!done) {
          await alices.types(`text ${++n}`);
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      };
      const writing = write();
      await bobs.says(/^alice: text 20$/);
      before = 20;
      const { code, out, err } = await run(alice.build, ["backup", file]);
      done = true;
      await writing;
      assertEquals([code, err], [0, ""]);
      assertMatch(out, /^\* your identity and \d+ messages are in '.*backup\.tar'$/m);
      assertMatch(out, /^\* the backup has no passphrase: .*; --passphrase puts it under one$/m);
      if (isUnix) assertEquals((await Deno.stat(file)).mode! & 0o777, 0o600);
      await bobs.says(RegExp(`^alice: text ${n}$`));
      await alices.quits();
    }
    assertEquals(namesIn(alice.path), [".config", "backup.tar"]);
    const restored = await run(elsewhere.build, ["restore", file]);
    assertEquals([restored.code, restored.err], [0, ""]);
    assertMatch(restored.out, /^\* your identity and \d+ messages are restored, as of \d{4}-/);
    assertEquals(namesIn(elsewhere.profile), ["identity.json", "store.db"]);
    {
      using database = new DatabaseSync(`${elsewhere.profile}/store.db`);
      assertEquals(database.prepare("PRAGMA integrity_check").get()!.integrity_check, "ok");
    }
    const texts = (await run(elsewhere.build, ["history", "export", "bob"])).out.split("\n")
      .map((line) => Number(/text (\d+)$/.exec(line)![1]));
    assertEquals(texts, texts.map((_, i) => i + 1));
    assert(texts.length >= before);
    // Bob knows her, and what was said since the backup does not come in between.
    await using alices = new Program(
      elsewhere.build,
      "client",
      "alice",
      "0",
      address,
      "--register",
    );
    await alices.says(/^\* registered as /);
    await alices.types("/chat bob");
    await alices.says(/^\* (bob is here|connected to bob)/);
    await alices.types("back again");
    await bobs.says(/^alice: back again$/);
    await bobs.types("/switch alice\nwelcome");
    await alices.says(/^bob: welcome$/);
    await alices.quits();
    assertEquals(bobs.err, []);
  });

  test("a sealed backup is opened with the passphrase of the profile", async () => {
    using alice = atHome(build);
    using elsewhere = atHome(build);
    makeProfile(alice.profile, { passphrase: "correct horse", texts: ["sealed"] });
    const file = `${alice.path}/backup.tar`;
    const { code, out, err } = await run(alice.build, ["backup", file]);
    assertEquals([code, err], [0, ""]);
    assertMatch(out, /^\* the backup is under your passphrase$/m);
    const wrong = ["backup", `${file}-2`, "--passphrase-fd", "0"];
    assertMatch((await run(alice.build, wrong, ["battery"])).err, /wrong passphrase$/);
    await run(elsewhere.build, ["restore", file]);
    const exporting = ["history", "export", "bob", "--passphrase-fd", "0"];
    assertMatch((await run(elsewhere.build, exporting, ["correct horse"])).out, /: sealed$/);
  });

  test("what cannot be backed up or restored gets one sentence and exit code 1", async () => {
    using home = atHome(build);
    const file = `${home.path}/backup.tar`;
    const refused = async (args: string[], said: RegExp) => {
      const { code, out, err } = await run(home.build, args);
      assertEquals([args, code, out], [args, 1, ""]);
      assertMatch(err, said);
    };
    await refused(["backup", file], /^p2pchat: There is no identity in '.*', and so no message; /);
    await refused(
      ["restore", file],
      /^p2pchat: Cannot restore the backup '.*': there is no such fi/,
    );
    makeProfile(home.profile, { texts: ["one"] });
    assertEquals((await run(home.build, ["backup", file])).code, 0);
    await refused(
      ["backup", file],
      /^p2pchat: Cannot write the backup '.*': there is one; --overwrit/,
    );
    assertEquals((await run(home.build, ["backup", file, "--overwrite"])).code, 0);
    await refused(
      ["restore", file],
      /^p2pchat: Cannot restore to '.*': there is an identity, .*; --r/,
    );
    const replaced = await run(home.build, ["restore", file, "--replace"]);
    assertMatch(replaced.out, /^\* what was there before is kept in '.*\/old-1'$/m);
    const whole = await Deno.readFile(file);
    await Deno.writeFile(file, whole.subarray(0, whole.length / 2));
    await refused(
      ["restore", file, "--replace"],
      /^p2pchat: Cannot restore the backup '.*': it is damaged; .* Nothing has changed$/,
    );
    await Deno.writeTextFile(file, "Dear diary");
    await refused(
      ["restore", file, "--replace"],
      /^p2pchat: Cannot restore .*: that is no backup; /,
    );
    assertEquals(namesIn(home.profile), ["identity.json", "old-1", "store.db"]);
    const client = new Program(home.build, "client", "alice");
    await using _client = client;
    await client.says(/listening on/);
    await Deno.writeFile(file, whole);
    await refused(
      ["restore", file, "--replace"],
      /another program is using it; close that program/,
    );
    await client.quits();
  });

  test("wrong usage of backup and restore gets one sentence and exit code 2", async () => {
    const cases: [args: string[], said: RegExp][] = [
      [["backup"], /missing required argument 'file'/],
      [["backup", "a", "b"], /too many arguments/],
      [["restore"], /missing required argument 'file'/],
      [["restore", "a", "--overwrite"], /unknown option '--overwrite'/],
      [["backup", "a", "--passphrase-fd", "2"], /A descriptor is 0 or a number from 3 on\./],
    ];
    await Promise.all(cases.map(async ([args, said]) => {
      const { code, err, out } = await run(build, args);
      assertEquals([args, code, out], [args, 2, ""]);
      assertMatch(err, said);
    }));
  });

  test("help and bash know backup and restore, and their options", async () => {
    const { out: help } = await run(build, ["--help"]);
    assertMatch(help, /^ {2}backup \[options\] <file> +write all that your profile holds/m);
    assertMatch(help, /^ {2}restore \[options\] <file> +take a backup into your profile/m);
    const { out } = await run(build, ["completions", "bash"]);
    const complete = `${out}
      COMP_WORDS=(p2pchat ba); COMP_CWORD=1; _p2pchat; echo "\${COMPREPLY[@]}"
      COMP_WORDS=(p2pchat backup --); COMP_CWORD=2; _p2pchat; echo "\${COMPREPLY[@]}"
      COMP_WORDS=(p2pchat restore --); COMP_CWORD=2; _p2pchat; echo "\${COMPREPLY[@]}"`;
    const bash = await new Deno.Command("bash", { args: ["-c", complete] }).output();
    assertEquals(
      new TextDecoder().decode(bash.stdout),
      "backup\n" +
        "--overwrite --passphrase --passphrase-file --passphrase-fd --profile\n" +
        "--replace --profile\n",
    );
  }, !isUnix);

  test("a new passphrase for a backup is asked for twice", async () => {
    using alice = atHome(build);
    using elsewhere = atHome(build);
    makeProfile(alice.profile, { texts: ["one"] });
    const file = `${alice.path}/backup.tar`;
    {
      await using asking = new TerminalProgram(alice.build, "backup", file, "--passphrase");
      await asking.shows(/Passphrase for the copy: /);
      await asking.types("correct horse\r");
      await asking.shows(/The same again: /);
      await asking.types("correct horse\r");
      await asking.shows(/\* the backup is under your passphrase/);
      assertEquals(await asking.ends(), 0);
    }
    await run(elsewhere.build, ["restore", file]);
    const exporting = ["history", "export", "bob", "--passphrase-fd", "0"];
    assertMatch((await run(elsewhere.build, exporting, ["correct horse"])).out, /: one$/);
  }, !hasTerminal);
}
