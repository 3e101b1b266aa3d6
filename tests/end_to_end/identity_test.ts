// The identity, from the command line: made on first use, kept, copied, protected by a passphrase.

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { hasMounts, namesIn, tinyDisk } from "../support/places.ts";
import { atHome, type Build, builds, run } from "../support/program.ts";
import { hasTerminal, TerminalProgram } from "../support/terminal_program.ts";

const isUnix = Deno.build.os !== "windows";

/** A home directory, and where the identity in it is kept. */
function homeFor(build: Build) {
  const home = atHome(build);
  return { ...home, file: `${home.profile}/identity.json` };
}

const fingerprintRow = /^fingerprint {2}((?:[a-z2-7]{4}-){7}[a-z2-7]{4})$/m;

for (const build of builds) {
  Deno.test(`${build.name}: the identity is made on first use, shown, and kept`, async () => {
    using home = homeFor(build);
    const first = await run(home.build, ["identity"]);
    assertEquals([first.code, first.err], [0, ""]);
    const [notice, ...shown] = first.out.split("\n");
    assertMatch(notice!, /^\* there was no identity yet: this one is new, and yours$/m);
    assertMatch(shown[0]!, /^id {11}[\w-]{43}$/);
    assertMatch(first.out, fingerprintRow);
    assertEquals(shown[2], `kept in      ${home.file}`);
    assertMatch(first.out, /^passphrase {3}none; /m);
    assert(shown.length === 5 + 17 && !first.out.includes("\x1b"), first.out);
    if (isUnix) assertEquals((await Deno.stat(home.file)).mode! & 0o777, 0o600);
    assertEquals((await run(home.build, ["identity"])).out, shown.join("\n"));
    // If --profile names another directory, it is another identity.
    const other = await run(home.build, ["identity", "--profile", `${home.path}/work`]);
    assertEquals(other.code, 0);
    assert(other.out.includes(`${home.path}/work/identity.json`));
    assert(!other.out.includes(fingerprintRow.exec(first.out)![1]!));
  });

  Deno.test(`${build.name}: a client makes the identity that it then has, in the directory of --profile`, async () => {
    using home = homeFor(build);
    for (const more of [[], ["--profile", `${home.path}/work`]]) {
      const started = await run(home.build, ["client", "alice", ...more], ["/quit"]);
      assertEquals([started.code, started.err], [0, ""]);
      const { out } = await run(home.build, ["identity", ...more]);
      assertMatch(out, /^id /);
    }
  });

  Deno.test(`${build.name}: eight that start at once in a new profile have one key`, async () => {
    using home = homeFor(build);
    const runs = await Promise.all(Array.from({ length: 8 }, () => run(home.build, ["identity"])));
    assertEquals(runs.map(({ code, err }) => [code, err]), Array(8).fill([0, ""]));
    assertEquals(new Set(runs.map(({ out }) => fingerprintRow.exec(out)![1])).size, 1);
    assertEquals(runs.filter(({ out }) => out.startsWith("* there was no identity yet")).length, 1);
    assertEquals(
      namesIn(`${home.path}/.config/p2pchat`),
      ["identity.json"],
    );
  });

  Deno.test(`${build.name}: an identity goes from one machine to another through a pipe`, async () => {
    using here = homeFor(build);
    using there = homeFor(build);
    await run(here.build, ["identity"]);
    const copy = await run(here.build, ["identity", "export", "-", "--plain"]);
    assertEquals([copy.code, copy.err], [0, ""]);
    const lines = copy.out.split("\n");
    const taken = await run(there.build, ["identity", "import", "-"], lines);
    assertEquals([taken.code, taken.err], [0, ""]);
    assertEquals(await Deno.readTextFile(there.file), await Deno.readTextFile(here.file));
    const again = await run(there.build, ["identity", "import", "-"], lines);
    assertMatch(again.out, /^\* you had this identity already/);
    // Another one is refused without --replace.
    await run(here.build, ["identity", "--profile", `${here.path}/other`]);
    const other = `${here.path}/other/identity.json`;
    const refused = await run(there.build, ["identity", "import", other]);
    assertEquals([refused.code, refused.out], [1, ""]);
    assertMatch(refused.err, /^p2pchat: Cannot import .*: another is there; --replace .*$/);
    const replaced = await run(there.build, ["identity", "import", other, "--replace"]);
    assertEquals(replaced.code, 0);
    assert(replaced.out.endsWith(`* the one before is kept in '${there.file}.old-1'`));
    assertEquals(
      await Deno.readTextFile(`${there.file}.old-1`),
      await Deno.readTextFile(here.file),
    );
  });

  Deno.test(`${build.name}: wrong usage of identity gets one sentence and exit code 2`, async () => {
    const cases: [args: string[], said: RegExp][] = [
      [["identity", "exprot"], /too many arguments/],
      [["identity", "--pasphrase"], /unknown option '--pasphrase'[^]*Did you mean --passphrase\?/],
      [["identity", "export"], /missing required argument 'file'/],
      [["identity", "import"], /missing required argument 'file'/],
      [["identity", "import", "a", "b"], /too many arguments/],
      [["identity", "--profile"], /argument missing/],
    ];
    await Promise.all(cases.map(async ([args, said]) => {
      const { code, err, out } = await run(build, args);
      assertEquals([args, code, out], [args, 2, ""]);
      assertMatch(err, said);
    }));
  });

  Deno.test(`${build.name}: what cannot be done with an identity gets one sentence, and the exit code that says so`, async () => {
    using home = homeFor(build);
    const refused = async (args: string[], said: RegExp, exitCode = 1) => {
      const { code, out, err } = await run(home.build, args);
      assertEquals([args, code, out], [args, exitCode, ""]);
      assertMatch(err, said);
    };
    const copy = `${home.path}/copy`;
    await refused(["identity", "export", copy, "--plain"], /^p2pchat: There is no identity in .*$/);
    await run(home.build, ["identity"]);
    await run(home.build, ["identity", "export", copy, "--plain"]);
    const text = await Deno.readTextFile(home.file);
    assertEquals(await Deno.readTextFile(copy), text);
    const nobody =
      /^p2pchat: Cannot ask for a passphrase: there is no terminal to ask in; --new-pass/;
    await refused(["identity", "--passphrase"], nobody, 8);
    await refused(["identity", "export", `${copy}-2`], nobody, 8);
    await refused(
      ["identity", "export", copy, "--plain"],
      /^p2pchat: Cannot export the identity to '.*': a file of that name is in the way; .*$/,
    );
    await refused(
      ["identity", "import", `${copy}-2`],
      /^p2pchat: Cannot import the identity in '.*': there is no such file or directory$/,
    );
    assertEquals(await Deno.readTextFile(home.file), text);
    await Deno.writeTextFile(home.file, text.slice(0, 60));
    const damaged = /^p2pchat: Cannot use the identity in '.*': it holds no identity, or a damaged/;
    for (const command of ["identity", "client"]) {
      await refused(command === "client" ? ["client", "alice"] : ["identity"], damaged);
    }
    assertEquals(await Deno.readTextFile(home.file), text.slice(0, 60));
    if (!isUnix) return;
    await Deno.chmod(home.file, 0o644);
    const shared = /^p2pchat: Cannot use .*: its mode is 0644, so that others .*; chmod 600 '.*'$/;
    await refused(["identity"], shared);
    await refused(["client", "alice"], shared);
  });

  Deno.test(`${build.name}: bash completes identity, what is below it, and their options`, async () => {
    const { out } = await run(build, ["completions", "bash"]);
    const complete = `${out}
      COMP_WORDS=(p2pchat id); COMP_CWORD=1; _p2pchat; echo "\${COMPREPLY[@]}"
      COMP_WORDS=(p2pchat identity ex); COMP_CWORD=2; _p2pchat; echo "\${COMPREPLY[@]}"
      COMP_WORDS=(p2pchat identity export --p); COMP_CWORD=3; _p2pchat; echo "\${COMPREPLY[@]}"`;
    const bash = await new Deno.Command("bash", { args: ["-c", complete] }).output();
    assertEquals(
      new TextDecoder().decode(bash.stdout),
      "identity\nexport\n--profile --passphrase --passphrase-file --passphrase-fd --plain\n",
    );
  });

  Deno.test({
    name: `${build.name}: a full or read-only disk is said to be so`,
    ignore: !hasMounts,
    fn: async () => {
      using disk = tinyDisk("64k");
      const at = { ...build, home: disk.path };
      disk.fill();
      const full = await run(at, ["identity", "--profile", disk.path]);
      assertEquals([full.code, full.out], [1, ""]);
      assertEquals(
        full.err,
        `p2pchat: Cannot make an identity in '${disk.path}/identity.json': ` +
          "the disk is full; make room, and try again",
      );
      assertEquals(namesIn(disk.path), ["filling"]);
      disk.makeReadOnly();
      const { code, err } = await run(at, ["client", "alice"]);
      assertEquals(code, 1);
      assertMatch(err, /^p2pchat: Cannot use the name alice in '.*': that place is read-only; .*$/);
    },
  });

  Deno.test({
    name: `${build.name}: a copy that standard output does not take is no success`,
    ignore: Deno.build.os !== "linux",
    fn: async () => {
      using home = homeFor(build);
      await run(home.build, ["identity"]);
      const words = [build.command, ...build.args].map((word) => `'${word}'`).join(" ");
      const full = {
        ...home.build,
        command: "sh",
        args: ["-c", `exec ${words} "$@" >/dev/full`, "sh"],
      };
      const { code, err } = await run(full, ["identity", "export", "-", "--plain"]);
      assertEquals(code, 1);
      assertMatch(err, /^p2pchat: Cannot export the identity to standard output: the disk is full/);
    },
  });

  const inTerminal = (name: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${build.name}: ${name}`, ignore: !hasTerminal, fn });

  inTerminal("a passphrase is asked for twice, guards the identity, and goes with it", async () => {
    using home = homeFor(build);
    const before = (await run(home.build, ["identity"])).out;
    const [, fingerprint] = fingerprintRow.exec(before)!;
    {
      await using setting = new TerminalProgram(home.build, "identity", "--passphrase");
      await setting.shows(/New passphrase, empty for none: /);
      await setting.types("correct horse\r");
      await setting.shows(/The same again: /);
      await setting.types("correct horse\r");
      await setting.shows(/\* your identity is protected by the new passphrase from now on/);
      await setting.shows(/\* your messages are sealed with it the next time a client starts/);
      assertEquals(await setting.ends(), 0);
      assertNotMatch(setting.screen, /correct/);
    }
    // Showing it needs no passphrase, even without a terminal to ask for it.
    const after = await run(home.build, ["identity"]);
    assertEquals(fingerprintRow.exec(after.out)![1], fingerprint);
    assertMatch(after.out, /^passphrase {3}yes$/m);
    const asked = await run(home.build, ["client", "alice"]);
    assertEquals(asked.code, 8);
    assertMatch(asked.err, /^p2pchat: Cannot ask for a passphrase: .*$/);
    {
      await using client = new TerminalProgram(home.build, "client", "alice");
      await client.shows(/Passphrase of '.*': /);
      await client.types("wrong\r");
      await client.shows(/That is another one\. Passphrase of /);
      await client.types("correct horse\r");
      await client.shows(/alice> /);
      await client.types("/quit\r");
      assertEquals(await client.ends(), 0);
    }
    const copy = `${home.path}/copy`;
    {
      await using copying = new TerminalProgram(home.build, "identity", "export", copy);
      await copying.shows(/Passphrase of '.*': /);
      await copying.types("correct horse\r");
      await copying.shows(/Passphrase for the copy: /);
      await copying.types("battery\r");
      await copying.shows(/The same again: /);
      await copying.types("battery\r");
      await copying.shows(/\* a copy is in '.*', protected by its passphrase/);
      assertEquals(await copying.ends(), 0);
    }
    const piped = await run(build, ["identity", "import", "-"], [await Deno.readTextFile(copy)]);
    assertEquals(piped.code, 8);
    assertMatch(
      piped.err,
      /^p2pchat: Cannot ask for a passphrase: there is no terminal to ask in; /,
    );
    using there = homeFor(build);
    {
      await using taking = new TerminalProgram(there.build, "identity", "import", copy);
      await taking.shows(/Passphrase of '.*': /);
      await taking.types("battery\r");
      await taking.shows(new RegExp(`its fingerprint is ${fingerprint}`));
      assertEquals(await taking.ends(), 0);
    }
    assertEquals(await Deno.readTextFile(there.file), await Deno.readTextFile(copy));
    {
      await using removing = new TerminalProgram(there.build, "identity", "--passphrase");
      await removing.shows(/Passphrase of '.*': /);
      await removing.types("battery\r");
      await removing.shows(/New passphrase, empty for none: /);
      await removing.types("\r");
      await removing.shows(/The same again: /);
      await removing.types("\r");
      await removing.shows(/\* your identity has no passphrase from now on/);
      await removing.shows(/\* your messages are readable again the next time a client starts/);
      assertEquals(await removing.ends(), 0);
    }
    assert("seed" in JSON.parse(await Deno.readTextFile(there.file)));
  });

  inTerminal("a prompt for a passphrase never gets into a copy on standard output", async () => {
    using home = homeFor(build);
    await run(home.build, ["identity"]);
    const copy = `${home.path}/copy`;
    const words = [build.command, ...build.args].map((word) => `"${word}"`).join(" ");
    const piped = {
      ...home.build,
      command: "sh",
      args: ["-c", `exec ${words} "$@" >"${copy}"`, "sh"],
    };
    await using copying = new TerminalProgram(piped, "identity", "export", "-");
    await copying.shows(/Passphrase for the copy: /);
    await copying.types("battery\r");
    await copying.shows(/The same again: /);
    await copying.types("battery\r");
    assertEquals(await copying.ends(), 0);
    const text = await Deno.readTextFile(copy);
    assert(text.startsWith("{") && "sealed" in JSON.parse(text), text);
  });

  inTerminal(
    "Ctrl+C while a passphrase is asked for ends the program, and changes nothing",
    async () => {
      using home = homeFor(build);
      await run(home.build, ["identity"]);
      const text = await Deno.readTextFile(home.file);
      await using setting = new TerminalProgram(home.build, "identity", "--passphrase");
      await setting.shows(/New passphrase, empty for none: /);
      await setting.types("corr\x03");
      assertEquals(await setting.ends(), 130);
      assertEquals(await Deno.readTextFile(home.file), text);
    },
  );
}
