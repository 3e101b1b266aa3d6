// A passphrase is asked for in whichever terminal there is, or read from where the user says that it is.

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { makeProfile, type ProfileContent } from "../support/profiles.ts";
import { atHome, type Build, builds, run } from "../support/program.ts";
import { hasTerminal, TerminalProgram } from "../support/terminal_program.ts";

const passphrase = "correct hörse";
const text = "the sealed text";
const isUnix = Deno.build.os !== "windows";

/** A home directory with a profile, in which programs run. */
function homeWith(build: Build, content: ProfileContent = { passphrase, texts: [text] }) {
  const home = atHome(build);
  makeProfile(home.profile, content);
  const file = `${home.path}/passphrase`;
  Deno.writeTextFileSync(file, `${passphrase}\nnot this\n`, { mode: 0o600 });
  return { ...home, file };
}

/** The build, with redirections such as `>file 3<&0`. */
function redirected(build: Build, redirections: string): Build {
  const words = [build.command, ...build.args].map((word) => `"${word}"`).join(" ");
  const args = ["-c", `exec ${words} "$@" ${redirections}`, "sh"];
  return { ...build, command: "sh", args };
}

const exporting = ["history", "export", "bob"];

for (const build of builds) {
  const test = (name: string, fn: () => Promise<void>, ignore = false) =>
    Deno.test({ name: `${build.name}: ${name}`, fn, ignore });
  const inTerminal = (name: string, fn: () => Promise<void>) => test(name, fn, !hasTerminal);

  test("a passphrase is read from a file, by every command that needs one", async () => {
    using home = homeWith(build);
    const given = ["--passphrase-file", home.file];
    const exported = await run(home.build, [...exporting, ...given]);
    assertEquals([exported.code, exported.err], [0, ""]);
    assertMatch(exported.out, /alice \[waiting\]: the sealed text$/);

    const client = await run(home.build, ["client", "alice", ...given], ["/history bob", "/quit"]);
    assertEquals([client.code, client.err], [0, ""]);
    assertMatch(client.out, /the sealed text$/m);

    const audit = await run(home.build, ["audit", "bob", "--server", "127.0.0.1:1", ...given]);
    assertEquals([audit.code, audit.out], [4, ""]);
    assertNotMatch(audit.err, /passphrase/);

    const copy = `${home.path}/copy`;
    const fresh = `${home.path}/new`;
    await Deno.writeTextFile(fresh, "battery\n");
    const copied = await run(
      home.build,
      ["identity", "export", copy, ...given, "--new-passphrase-file", fresh],
    );
    assertEquals([copied.code, copied.err], [0, ""]);
    const there = ["--profile", `${home.path}/there`];
    const imported = await run(
      home.build,
      ["identity", "import", copy, ...there, "--passphrase-file", fresh],
    );
    assertEquals([imported.code, imported.err], [0, ""]);
    // From standard input, too.
    const piped = await run(
      home.build,
      ["identity", "import", "-", ...there, "--passphrase-file", fresh],
      [await Deno.readTextFile(copy)],
    );
    assertMatch(piped.out, /^\* you had this identity already/);

    const changed = await run(
      home.build,
      ["identity", ...there, "--passphrase-file", fresh, "--new-passphrase-file", home.file],
    );
    assertEquals([changed.code, changed.err], [0, ""]);
    const opened = await run(home.build, ["client", "alice", ...there, ...given], ["/quit"]);
    assertEquals([opened.code, opened.err], [0, ""]);
  });

  test("a passphrase is the first line of standard input, and what follows are commands", async () => {
    using home = homeWith(build);
    const { code, out, err } = await run(
      home.build,
      ["client", "alice", "--passphrase-fd", "0"],
      [passphrase, "/history bob"],
    );
    assertEquals([code, err], [0, ""]);
    assertMatch(out, /the sealed text$/m);
    assertNotMatch(out, /corre/);
  });

  test("a passphrase is the first line of a pipe", async () => {
    using home = homeWith(build);
    const piped = redirected(home.build, "3<&0 </dev/null");
    const exported = await run(piped, [...exporting, "--passphrase-fd", "3"], [passphrase]);
    assertEquals([exported.code, exported.err], [0, ""]);
    assertMatch(exported.out, /the sealed text$/);
  }, !isUnix);

  test("a passphrase that cannot be had is said to be so, and why", async () => {
    using home = homeWith(build);
    const [empty, wrong] = [`${home.path}/empty`, `${home.path}/wrong`];
    await Deno.writeTextFile(empty, "\n");
    await Deno.writeTextFile(wrong, "wrong\n");
    const cases: [args: string[], said: RegExp][] = [
      [
        [],
        /^p2pchat: Cannot ask for a passphrase: there is no terminal to ask in; --passphrase-fi/,
      ],
      [
        ["--passphrase-file", wrong],
        /^p2pchat: Cannot use the identity in '.*': wrong passphrase$/,
      ],
      [["--passphrase-file", empty], /^p2pchat: Cannot take the passphrase in '.*': its first lin/],
      [["--passphrase-file", `${home.path}/none`], /': there is no such file or directory$/],
      [["--passphrase-fd", "0"], /^p2pchat: Cannot take the passphrase in standard input: its fi/],
      [["--passphrase-fd", "77"], /^p2pchat: Cannot take the passphrase in descriptor 77: that is/],
    ];
    await Promise.all(cases.map(async ([args, said]) => {
      const { code, out, err } = await run(home.build, [...exporting, ...args]);
      assertEquals([args, code, out], [args, 8, ""]);
      assertMatch(err, said);
    }));
    const changing = await run(home.build, [
      "identity",
      "--passphrase",
      "--passphrase-file",
      home.file,
    ]);
    assertMatch(
      changing.err,
      /there is no terminal to ask in; --new-passphrase-file FILE or --new-/,
    );
    const usages: [args: string[], said: RegExp][] = [
      [["--passphrase-fd", "1"], /A descriptor is 0 or a number from 3 on\./],
      [["--passphrase-fd", "x"], /A descriptor is 0 or a number from 3 on\./],
      [["--passphrase-fd", "3", "--passphrase-file", wrong], /cannot be used with option/],
    ];
    for (const [args, said] of usages) {
      const { code, err } = await run(home.build, [...exporting, ...args]);
      assertEquals([args, code], [args, 2]);
      assertMatch(err, said);
    }
  });

  inTerminal(
    "a history is exported to a file, and the passphrase asked for in the terminal",
    async () => {
      using home = homeWith(build);
      const to = `${home.path}/history`;
      for (const outputs of [`>"${to}"`, `2>"${to}.err"`]) {
        await using program = new TerminalProgram(redirected(home.build, outputs), ...exporting);
        await program.shows(/Passphrase of '[^']*': /);
        await program.types(`${passphrase}\r`);
        assertEquals(await program.ends(), 0);
        assertNotMatch(program.screen, /corre/);
        if (outputs.startsWith("2")) assertMatch(program.screen, /the sealed text/);
      }
      assertMatch(await Deno.readTextFile(to), /^[^\n]*the sealed text\n$/);
      assertEquals(await Deno.readTextFile(`${to}.err`), "");
    },
  );

  inTerminal("commands come from a pipe, and the passphrase from the terminal", async () => {
    using home = homeWith(build);
    const lines = `${home.path}/lines`;
    await Deno.writeTextFile(lines, "/history bob\n");
    const piped = redirected(home.build, `<"${lines}"`);
    await using program = new TerminalProgram(piped, "client", "alice");
    const [asked] = await program.shows(/Passphrase of '[^']*': |there is no terminal to ask in/);
    // A program that is compiled with Deno 2.6 reads no terminal but standard input.
    if (build.name === "compiled" && asked.startsWith("there")) return;
    await program.types("wrong\r");
    await program.shows(/That is another one\. Passphrase of /);
    await program.types("correct hx\x7förse\r");
    await program.shows(/the sealed text/);
    assertEquals(await program.ends(), 0);
    assertNotMatch(program.screen, /corre|wrong/);
  });

  inTerminal(
    "only a terminal is left on standard input, and it still sees the prompt",
    async () => {
      using home = homeWith(build);
      const [out, err] = [`${home.path}/out`, `${home.path}/err`];
      const words = [build.command, ...build.args, ...exporting].map((word) => `"${word}"`).join(
        " ",
      );
      const shell = {
        ...home.build,
        command: "sh",
        args: ["-c", `${words} >"${out}" 2>"${err}"; echo "code $?"`],
      };
      await using program = new TerminalProgram(shell);
      const [asked] = await program.shows(/Passphrase of '[^']*': |code \d/);
      if (build.name === "compiled" && asked.endsWith("code 8")) return;
      await program.types(`${passphrase}\r`);
      await program.shows(/code 0/);
      assertEquals(await program.ends(), 0);
      assertMatch(await Deno.readTextFile(out), /the sealed text\n$/);
      assertEquals(await Deno.readTextFile(err), "");
    },
  );

  inTerminal("after three wrong ones the program says so", async () => {
    using home = homeWith(build);
    await using program = new TerminalProgram(home.build, ...exporting);
    for (let n = 1; n <= 3; n++) {
      await program.shows(RegExp(`(Passphrase of '[^']*': [^]*){${n}}`));
      await program.types("wrong\r");
    }
    await program.shows(/Cannot use the identity in '[^']*': wrong passphrase, 3 times/);
    assertEquals(await program.ends(), 8);
  });

  inTerminal("Ctrl+C at the prompt gives the terminal back as it was", async () => {
    using home = homeWith(build);
    for (const redirections of ["", "</dev/null"]) {
      const words = [build.command, ...build.args, ...exporting].map((word) => `"${word}"`).join(
        " ",
      );
      const shell = {
        ...home.build,
        command: "sh",
        args: ["-c", `${words} ${redirections}; echo "code $?"; stty -a <&1`],
      };
      await using program = new TerminalProgram(shell);
      const [asked] = await program.shows(/Passphrase of '[^']*': |there is no terminal to ask in/);
      if (build.name === "compiled" && asked.startsWith("there")) continue;
      await program.types("ab\x03");
      await program.shows(/code 130/);
      assertEquals(await program.ends(), 0);
      assert(/ echo /.test(program.screen) && / icanon /.test(program.screen), program.screen);
    }
  });
}
