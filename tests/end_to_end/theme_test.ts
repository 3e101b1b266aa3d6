// The colours of a client on a real pseudo-terminal, by what its user has chosen and what the terminal says of itself.
// deno-lint-ignore-file no-control-regex -- what a terminal is sent is what this is about

import { assert, assertEquals } from "@std/assert";
import { atHome, type Build, builds, Program } from "../support/program.ts";
import { ScreenProgram } from "../support/screen_program.ts";
import { hasTerminal, TerminalProgram } from "../support/terminal_program.ts";

const question = "\x1b]11;?\x1b\\";
const [white, black] = ["ffff/ffff/ffff", "0000/0000/0000"].map((colour) =>
  `\x1b]11;rgb:${colour}\x1b\\`
) as [string, string];

/** How the name of a peer is drawn: blue, and bold cyan. */
const [onLight, onDark] = ["4", "6 bold"];

for (const build of builds) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${build.name}: ${name}`, ignore: !hasTerminal, fn });

  /** A build whose user wants colours, unless it is said otherwise. */
  const inColour = (env: Record<string, string> = {}, base: Build = build): Build => ({
    ...base,
    env: { NO_COLOR: "", COLORFGBG: "", ...env },
  });
  const opens = (colours: Build, ...more: string[]) =>
    new ScreenProgram(colours, "client", "bob", "--allow-plaintext", ...more);

  /** Somebody in a script, who has written something to Bob. */
  const writes = async (bob: ScreenProgram): Promise<Program> => {
    const alice = new Program(build, "client", "alice");
    const [, address] = await alice.says(/listening on (127\.0\.0\.1:\d+)/);
    await bob.types(`/chat ${address}\r`);
    await bob.sees(/^bob → alice> *$/m);
    await alice.says(/bob .*calls/);
    await alice.types("/msg hello\n/switch bob\nhello");
    await bob.sees(/alice {2}hello/);
    return alice;
  };
  const isDrawn = async (bob: ScreenProgram, looks: string) => {
    await bob.sees(() => bob.screen.looks(/alice {2}hello/) === looks);
  };

  test("colours go by the background that the terminal names, and nothing waits for that", async () => {
    await using bob = opens(inColour());
    // It is drawn before the terminal has answered anything.
    await bob.sees(/^bob>/m);
    await bob.program.shows(/\x1b\]11;\?\x1b\\/);
    assert(bob.program.screen.indexOf("bob>") < bob.program.screen.indexOf(question));
    await bob.types("typed");
    await bob.types(white.slice(0, 7));
    await bob.types(white.slice(7) + " on");
    await bob.sees(/^bob> typed on$/m);
    await bob.types("\x15");
    await using _alice = await writes(bob);
    await isDrawn(bob, onLight);
    await bob.types("/theme\r");
    await bob.sees(/colours for a light background \(auto\)/);
    // Nobody has asked for this one; it is no key, and changes nothing.
    await bob.types(`${black}/theme\r`);
    await bob.sees((rows) => rows.join("\n").match(/a light background \(auto\)/g)?.length === 2);
    await isDrawn(bob, onLight);
    // What is on the screen is drawn anew.
    await bob.types("/theme dark\r");
    await isDrawn(bob, onDark);
    await bob.sees(/for a dark background, also at the next start/);
    assertEquals(bob.screen.looks(/\* colours for a dark/), "dim");
    await bob.types("/theme none\r");
    await isDrawn(bob, "");
    assertEquals(bob.screen.looks(/^ bob +\d talk/), "");
    await bob.types("/theme light\r");
    await isDrawn(bob, onLight);
    assertEquals(bob.screen.looks(/^ bob +\d talk/), "inverse");
    // What wants to be heeded, and what went wrong.
    await bob.types("/nothing\r");
    await bob.sees(/! There is no \/nothing/);
    assertEquals(bob.screen.looks(/! There is no/), "1");
  });

  test("a dark background, and one that is not named, have the same colours", async () => {
    for (const answer of [black, "\x1b]11;nonsense\x07", ""]) {
      await using bob = opens(inColour());
      await bob.program.shows(/\x1b\]11;\?\x1b\\/);
      await bob.types(answer);
      await using _alice = await writes(bob);
      await isDrawn(bob, onDark);
      await bob.sees(/^bob → alice>$/m);
    }
  });

  test("a pasted answer is text", async () => {
    await using bob = opens(inColour());
    await bob.program.shows(/\x1b\]11;\?\x1b\\/);
    await bob.types(`\x1b[200~${white}\x1b[201~`);
    await bob.sees(/^bob> \]11;rgb:ffff\/ffff\/ffff\\$/m);
    await bob.types("\x15/theme\r");
    await bob.sees(/colours for a dark background \(auto\)/);
  });

  test("who wants no colours gets none and is not asked, and a theme that they choose holds", async () => {
    {
      await using bob = opens(inColour({ NO_COLOR: "1" }));
      await using _alice = await writes(bob);
      await isDrawn(bob, "");
      assert(!/\x1b\[[\d;]*m/.test(bob.program.screen), "there are colours");
      assert(!bob.program.screen.includes("\x1b]11;"), "the terminal was asked");
    }
    await using bob = opens(inColour({ NO_COLOR: "1" }), "--theme", "light");
    await using _alice = await writes(bob);
    await isDrawn(bob, onLight);
    assert(!bob.program.screen.includes("\x1b]11;"), "the terminal was asked");
  });

  test("a terminal that says by a variable what it is like is not asked", async () => {
    await using bob = opens(inColour({ COLORFGBG: "0;15" }));
    await using _alice = await writes(bob);
    await isDrawn(bob, onLight);
    assert(!bob.program.screen.includes("\x1b]11;"), "the terminal was asked");
  });

  test("what was chosen holds at the next start, unless the command line says otherwise", async () => {
    using home = atHome(build);
    const colours = inColour({}, home.build);
    const says = async (bob: ScreenProgram, what: RegExp, choice = "") => {
      await bob.sees(/^bob>/m);
      await bob.types(`/theme${choice}\r`);
      await bob.sees(what);
      await bob.types("/quit\r");
      await bob.program.shows(/ended/);
    };
    {
      await using bob = opens(colours);
      await says(bob, /for a light background, also at the next start/, " light");
    }
    {
      await using bob = opens(colours, "--theme", "none");
      await says(bob, /no colours/);
    }
    await using bob = opens(colours);
    await says(bob, /colours for a light background *$/m);
  });

  test("a stream of lines has the same colours, and a terminal without escapes none", async () => {
    const command = ["client", "bob", "--allow-plaintext"];
    await using bob = new TerminalProgram(inColour(), ...command);
    await bob.shows(/bob> /);
    await bob.shows(/\x1b\]11;\?\x1b\\/);
    await bob.types(`${white}/nothing\r`);
    await bob.shows(/\x1b\[31m! /);
    await using dumb = new TerminalProgram(inColour({ TERM: "dumb" }), ...command, "--theme=light");
    await dumb.shows(/bob> /);
    await dumb.types("/theme\n");
    await dumb.shows(/no colours/);
    assert(!dumb.screen.includes("\x1b"), dumb.screen);
  });
}
