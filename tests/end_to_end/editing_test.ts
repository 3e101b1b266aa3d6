// Editing lines in a real terminal: what is pasted, what is erased, and how the terminal is given back.
// deno-lint-ignore-file no-control-regex -- what a terminal is sent is what this is about

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { type Build, builds, Program } from "../support/program.ts";
import { RawListener } from "../support/raw_peer.ts";
import { Screen } from "../support/screen.ts";
import { hasTerminal, TerminalProgram } from "../support/terminal_program.ts";

const paste = (text: string) => `\x1b[200~${text}\x1b[201~`;

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

  talking("15,000 letters that are pasted are one message", async (bob, alice) => {
    const text = `${"0123456789".repeat(1_500)}`;
    await bob.types(paste(text));
    await bob.shows(/⋮[^]*3456789$/);
    assertEquals(alice.out.filter((line) => line.startsWith("bob:")), []);
    await bob.types("\r");
    await alice.says(RegExp(`^bob: ${text}$`));
  });

  talking(
    "15,000 letters of a terminal that marks no paste are one message",
    async (bob, alice) => {
      const text = `${"0123456789".repeat(1_500)}`;
      await bob.types(text + "\r");
      await alice.says(RegExp(`^bob: ${text}$`));
    },
  );

  talking("a pasted block is one message, whatever stands in it", async (bob, alice) => {
    await bob.types(paste("one\n/quit\r\n/close alice\rtwo\x03\x1b[2J\n"));
    await bob.shows(/> one\r\n│ \/quit\r\n│ \/close alice\r\n│ two\[2J\r\n│ $/);
    await bob.types("\r");
    await alice.says(/^bob: one␊\/quit␊\/close alice␊two\[2J$/);
    await bob.types(paste("/quit\n"));
    await bob.shows(/what is pasted is a message/);
    await bob.types("\r");
    await alice.says(/^bob: \/quit$/);
    await bob.types(paste("/quit"));
    await bob.shows(/(what is pasted[^]*){2}/);
    await bob.types(" as text\r");
    await alice.says(/^bob: \/quit as text$/);
    await bob.types("/msg ");
    await bob.types(paste("a\nb"));
    await bob.types("\r");
    await alice.says(/^bob: a␊b$/);
  });

  talking("what is too long for a message is not taken, and said so", async (bob, alice) => {
    await bob.types("before ");
    for (const length of [15_354, 15_361, 1_000_000]) {
      const from = bob.screen.length;
      await bob.types(paste("x".repeat(length)));
      await bob.shows(/too long for one message.*15,360 bytes[^]*> before $/, from);
    }
    await bob.types(paste("x".repeat(15_353)) + "\r");
    await alice.says(/^bob: before x{15353}$/);
  });

  talking("Alt+Enter begins another row, and the history has all of them", async (bob, alice) => {
    await bob.types("one\x1b\rtwo\r");
    await alice.says(/^bob: one␊two$/);
    await bob.types("\x1b[Athree\r");
    await alice.says(/^bob: one␊twothree$/);
    await bob.types("\x12two\x12\r");
    await alice.says(/^bob: one␊two$/);
  });

  talking("Ctrl+C clears a line that is half typed", async (bob, alice) => {
    await bob.types("half");
    await bob.shows(/> half$/);
    await bob.types("\x03");
    await bob.shows(/half\x1b\[\d+G\x1b\[K$/);
    await bob.types("whole\r");
    await alice.says(/^bob: whole$/);
    await bob.types("/half\x03/half\x03");
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

  const ways: readonly (readonly [how: string, end: string | Deno.Signal])[] = [
    ["/quit", "/quit\r"],
    ["Ctrl+C", "\x03"],
    ["Ctrl+D", "\x04"],
    ["SIGTERM", "SIGTERM"],
    ["SIGINT", "SIGINT"],
    ["SIGQUIT", "SIGQUIT"],
  ];
  for (const [how, end] of ways) {
    test(`the terminal is given back after ${how}`, async () => {
      await using bob = new TerminalProgram(named(build), "client", "bob");
      const [, terminal] = await bob.shows(/(\/dev\/pts\/\d+)/);
      const [, pid] = await bob.shows(/pid (\d+)/);
      await bob.shows(/bob> $/);
      assertMatch(await stty(terminal!, "-a"), / -icanon [^]* -echo /);
      assertEquals(bob.screen.split("\x1b[?2004h").length, 2);
      if (end.startsWith("SIG")) Deno.kill(Number(pid), end as Deno.Signal);
      else await bob.types(end);
      const [, mode] = await bob.shows(/ended\r\n([^]*echoke[^]*)$/);
      assertMatch(mode!, / icanon [^]* echo /);
      assertMatch(bob.screen, /\x1b\[\?2004h[^]*\x1b\[\?2004l[^]*ended/);
      assertEquals(bob.screen.split("\x1b[?2004h").length, 2);
    });
  }

  test("behind Ctrl+D, which waits for what was entered, Ctrl+C does not wait", async () => {
    using slow = new RawListener();
    await using bob = new TerminalProgram(build, "client", "bob");
    await bob.shows(/bob> $/);
    await bob.types(`/chat 127.0.0.1:${slow.address.port}\rone\r`);
    using _peer = await slow.accept();
    await bob.shows(/> one\r\n[^]*> $/);
    await bob.types("\x04");
    await bob.shows(/\x1b\[\?2004l$/);
    await bob.types("\x03");
    await bob.shows(/dropped the line that was still to be done: “one”/);
    assertEquals(await bob.ends(), 0);
  });

  test("Ctrl+Z without a shell leaves the terminal as it was", async () => {
    await using bob = new TerminalProgram(named(build), "client", "bob");
    const [, terminal] = await bob.shows(/(\/dev\/pts\/\d+)/);
    await bob.shows(/bob> $/);
    const before = await stty(terminal!, "-a");
    await bob.types("half\x1a");
    await bob.shows(/\x1b\[\?2004l[^]*\x1b\[\?2004h[^]*bob> half$/);
    assertEquals(await stty(terminal!, "-a"), before);
  });

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
