// The input line below a stream of lines, while much comes in or the terminal is resized, and a dumb terminal. What is
// the same with a full screen stands in typing_test.ts and given_back_test.ts.
// deno-lint-ignore-file no-control-regex -- what a terminal is sent is what this is about

import { assert, assertEquals, assertNotMatch } from "@std/assert";
import { type Build, builds, Program } from "../support/program.ts";
import { Screen } from "../support/screen.ts";
import { hasTerminal, TerminalProgram } from "../support/terminal_program.ts";

/** A program whose terminal is known by its name, and goes on to be one when the program has ended. */
function named(build: Build) {
  const run = (program: string) => `sh -c 'echo pid $$; exec "$@"' sh ${program}`;
  return { ...build, shell: (program: string) => `tty; ${run(program)}; echo ended; stty -a; cat` };
}

/** Runs stty on a terminal. @returns What it says. */
async function stty(terminal: string, ...args: string[]): Promise<string> {
  const command = new Deno.Command("stty", { args: ["-F", terminal, ...args] });
  const { success, stdout } = await command.output();
  assert(success, `stty ${args}`);
  return new TextDecoder().decode(stdout);
}

for (const build of builds) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${build.name}: ${name}`, ignore: !hasTerminal, fn });

  /** Alice in a script, and Bob in a terminal, who talks to her. */
  const talking = (
    name: string,
    fn: (bob: TerminalProgram, alice: Program) => Promise<void>,
    bobs: Build = build,
  ) =>
    test(name, async () => {
      await using alice = new Program(build, "client", "alice");
      const [, address] = await alice.says(/listening on (127\.0\.0\.1:\d+)/);
      await using bob = new TerminalProgram(bobs, "client", "bob");
      await bob.shows(/bob> /);
      await bob.types(`/chat ${address}\r`);
      await bob.shows(/bob → alice> $/);
      await alice.says(/bob .*calls/);
      await fn(bob, alice);
      await bob.types("\x15/quit\r");
      await alice.says(/^\* bob has left$/);
    });

  talking("no key is lost while many messages come in", async (bob, alice) => {
    const text = "the quick brown fox jumps over the lazy dog 👨‍👩‍👧‍👦 ".repeat(3);
    const messages = Array.from({ length: 150 }, (_, i) => `message ${i}.`);
    const typing = (async () => {
      for (const letter of new TextEncoder().encode(text)) {
        await bob.typesBytes(Uint8Array.of(letter));
      }
    })();
    await alice.types("/switch bob");
    for (const message of messages) await alice.types(message);
    await typing;
    await bob.shows(/message 149\./);
    await bob.types("\r");
    await alice.says(RegExp(`^bob: ${text}$`));
    using screen = new Screen(60, 20);
    await screen.shows(bob.screen.replaceAll("\r\n", "\n"));
    const seen = screen.rows.join("\n");
    for (const message of messages) assert(seen.includes(`alice: ${message}`), message);
  });

  talking(
    "no message is lost from the screen when it is resized, whatever is in the line",
    async (bob, alice) => {
      const [, terminal] = await bob.shows(/(\/dev\/pts\/\d+)/);
      using screen = new Screen(60, 20);
      let shown = 0;
      const catchUp = async () => {
        await screen.shows(bob.screen.slice(shown));
        shown = bob.screen.length;
      };
      await alice.types("/switch bob");
      const received = Array.from({ length: 8 }, (_, i) => `message ${i}.`);
      for (const message of received) await alice.types(message);
      await bob.shows(/message 7\./);
      await bob.types(`${"👨‍👩‍👧‍👦🇩🇪❤️".repeat(20)} end`);
      await bob.shows(/ end$/);
      for (const columns of [30, 60, 41, 90]) {
        await catchUp();
        screen.resize(columns, 20);
        await stty(terminal!, "cols", String(columns));
        await bob.shows(/ end$/, shown);
      }
      await alice.types("the last one");
      await bob.shows(/the last one[^]* end$/);
      await catchUp();
      const seen = screen.rows.join("\n");
      for (const message of [...received, "the last one"]) {
        assert(seen.includes(`alice: ${message}`), `${message}\n${seen}`);
      }
    },
    named(build),
  );

  const dumb = { ...build, env: { TERM: "dumb", NO_COLOR: "" } };

  test("a dumb terminal is sent no escape sequence", async () => {
    await using alice = new Program(build, "client", "alice");
    const [, address] = await alice.says(/listening on (127\.0\.0\.1:\d+)/);
    await using bob = new TerminalProgram(dumb, "client", "bob");
    await bob.shows(/bob> $/);
    await bob.types(`/chat ${address}\n`);
    await bob.shows(/bob → alice> $/);
    await bob.types("hello\n/nothing\n");
    await alice.says(/^bob: hello$/);
    await bob.shows(/There is no \/nothing/);
    await alice.types("/switch bob\nhi");
    await bob.shows(/alice: hi\r\nbob → alice> $/);
    await bob.types("/quit\n");
    assertEquals(await bob.ends(), 0);
    assertNotMatch(bob.screen, /\x1b/);
  });

  for (const [name, key] of [["Ctrl+C", "\x03"], ["Ctrl+D", "\x04"]] as const) {
    test(`${name} in a dumb terminal ends the client`, async () => {
      await using bob = new TerminalProgram(dumb, "client", "bob");
      await bob.shows(/bob> $/);
      await bob.types(key);
      assertEquals(await bob.ends(), 0);
      assertNotMatch(bob.screen, /\x1b/);
    });
  }
}
