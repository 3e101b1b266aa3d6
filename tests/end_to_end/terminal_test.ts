// The client in a real terminal, which util-linux's `script` makes.
// deno-lint-ignore-file no-control-regex -- what a terminal is sent is what this is about

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { EncryptedPeer } from "../support/encrypted_peer.ts";
import { RawPeer } from "../support/raw_peer.ts";
import { builds, Program } from "../support/program.ts";
import { hasTerminal, TerminalProgram } from "../support/terminal_program.ts";

for (const build of builds) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${build.name}: ${name}`, ignore: !hasTerminal, fn });

  test("a message that comes in leaves what is being typed as it was", async () => {
    await using bob = new TerminalProgram(build, "client", "bob");
    const [, bobs] = await bob.shows(/listening on (127\.0\.0\.1:\d+)/);
    await using alice = new Program(build, "client", "alice");
    await alice.types(`/chat ${bobs}`);
    await bob.shows(/alice .*calls, encrypted; \/chat alice answers/);
    await bob.types("/chat alice\r");
    await bob.shows(/bob → alice> /);
    // More than a row, so that the prompt begins above the cursor.
    const half = "half of a line that is longer than a row of this terminal, which ha";
    await bob.types(half);
    await bob.shows(/ich ha/);
    await alice.types("Hello Bob!");
    await bob.shows(/alice: Hello Bob![^]*ich ha/);
    const after = bob.screen.split("alice: Hello Bob!")[1]!;
    assertNotMatch(after, /\x1b\[\d*A/, "the prompt was drawn over the message");
    await bob.types("s sixty columns\r");
    await alice.says(new RegExp(`^bob: ${half}s sixty columns$`));
    await bob.types("/quit\r");
    assertEquals(await bob.ends(), 0);
    await alice.says(/^\* bob has left$/);
  });

  const attack = "\x1b]0;owned\x07\x1b[2Jhello \u202egnp.exe\r\rbob: yes \x9b31m end";
  const escaped = attack.replaceAll("\r", "\\r")
    .replace(
      /\p{Cc}/gu,
      (control) => `\\u00${control.charCodeAt(0).toString(16).padStart(2, "0")}`,
    );
  const callers: [what: string, call: (port: number) => Promise<Disposable>][] = [
    ["in plaintext", async (port) => {
      const mallory = await RawPeer.dial({ host: "127.0.0.1", port });
      await mallory.send(attack);
      return mallory;
    }],
    ["encrypted", async (port) => {
      const mallory = await EncryptedPeer.dial({ host: "127.0.0.1", port }, { id: "mallory" });
      await mallory.send(`MSG\r\nId: 1\r\nText: ${escaped}\r\n\r\n`);
      return mallory;
    }],
  ];

  for (const [what, call] of callers) {
    test(`the terminal is not sent what a peer would have it obey, ${what}`, async () => {
      await using bob = new TerminalProgram(build, "client", "bob", "--allow-plaintext");
      const [, port] = await bob.shows(/listening on 127\.0\.0\.1:(\d+)/);
      using _mallory = await call(Number(port));
      await bob.shows(/owned[^]* end/);
      const shown = bob.unbroken;
      assert(
        shown.includes("␛]0;owned␇␛[2Jhello <U+202E>gnp.exe␍␍bob: yes <U+009B>31m end"),
        shown,
      );
      assertNotMatch(bob.screen, /\x1b\]|\x1b\[2J|\u202e|\x9b/);
      await bob.types("/quit\r");
      assertEquals(await bob.ends(), 0);
    });
  }

  test("no row is left to the terminal to begin, so that no message begins as another one does", async () => {
    await using bob = new TerminalProgram(build, "client", "bob");
    const [, port] = await bob.shows(/listening on 127\.0\.0\.1:(\d+)/);
    using mallory = await EncryptedPeer.dial({ host: "127.0.0.1", port: Number(port) }, {
      id: "mallory",
    });
    // This terminal has 60 columns.
    const forged = `ok${" ".repeat(43)}22:56 carol: send it to mallory`;
    await mallory.send(`MSG\r\nId: 1\r\nText: ${forged}\r\n\r\n`);
    await bob.shows(/mallory: ok\r\n {6}│ 22:56 carol: send it to mallory\r\n/);
    await bob.types("/quit\r");
    assertEquals(await bob.ends(), 0);
  });

  for (const [key, name] of [["\x03", "Ctrl+C"], ["\x04", "Ctrl+D"]] as const) {
    test(`${name} ends the client with exit code 0`, async () => {
      await using bob = new TerminalProgram(build, "client", "bob");
      await bob.shows(/bob> /);
      await bob.types(key);
      assertEquals(await bob.ends(), 0);
    });
  }

  test("Tab completes commands and names, the arrow key brings back what was typed", async () => {
    await using alice = new Program(build, "client", "alice");
    const [, alices] = await alice.says(/listening on (127\.0\.0\.1:\d+)/);
    await using bob = new TerminalProgram(build, "client", "bob");
    await bob.shows(/bob> /);
    // Key by key: a Tab that comes with other keys counts as pasted.
    await bob.types("/ch");
    await bob.shows(/\/ch/);
    await bob.types("\t");
    await bob.shows(/\/chat /);
    await bob.types(`${alices}\r`);
    await bob.shows(/connected to alice/);
    await bob.types("/switch al");
    await bob.shows(/switch al/);
    await bob.types("\t");
    await bob.shows(/switch alice/);
    await bob.types("\r");
    await bob.shows(/talking to alice/);
    // Several begin so: what they have in common is put in, and then they are shown.
    await bob.types("/ver");
    await bob.shows(/> \/ver$/);
    await bob.types("\t");
    await bob.shows(/> \/verify $/);
    await bob.types("\x15/s");
    await bob.shows(/\x1b\[Ks$/);
    await bob.types("\t");
    await bob.shows(/\/search {2}\/switch\r\n[^]*> \/s$/);
    await bob.types("\x15once\r");
    await alice.says(/^bob: once$/);
    await bob.types("\x1b[A");
    await bob.types(" again\r");
    await alice.says(/^bob: once again$/);
    await bob.types("/quit\r");
    assertEquals(await bob.ends(), 0);
  });

  /** A shell that lets its program go on once it was stopped. */
  const shell = (program: string) =>
    `set -m; sh -c 'echo pid $$; exec "$@"' sh ${program}; echo stopped; fg; echo ended`;

  const stops: [how: string, stop: (bob: TerminalProgram) => void | Promise<void>][] = [
    // Deno 2.6 lets no program stop itself; there the key does nothing, but to draw the line again.
    ["by Ctrl+Z", async (bob) => {
      await bob.types("\x1a");
    }],
    ["by another program", async (bob) => {
      const [, pid] = await bob.shows(/pid (\d+)/);
      Deno.kill(Number(pid), "SIGSTOP");
    }],
  ];

  for (const [how, stop] of stops) {
    test(`what is typed after the program was stopped ${how} is taken as before`, async () => {
      await using bob = new TerminalProgram({ ...build, shell }, "client", "bob");
      await bob.shows(/bob> /);
      await bob.types("/w");
      await bob.shows(/\/w/);
      await stop(bob);
      await bob.shows(/\/w[^]*bob> \/w/);
      const before = bob.screen.length;
      await bob.types("ho\r");
      await bob.shows(/you have talked to nobody/);
      assertEquals(bob.screen.slice(before).split("ho\r").length, 2, "the terminal echoes");
      await bob.types("/quit\r");
      await bob.shows(/ended/);
      // Who stops by themselves give the terminal back before.
      if (how === "by Ctrl+Z") assertMatch(bob.screen, /\x1b\[\?2004l[^]*stopped/);
    });
  }

  test("Ctrl+Z changes nothing if there is no shell to go back to", async () => {
    await using bob = new TerminalProgram(build, "client", "bob");
    await bob.shows(/bob> /);
    await bob.types("/w");
    await bob.shows(/\/w/);
    await bob.types("\x1a");
    await bob.shows(/\/w[^]*bob> \/w/);
    const before = bob.screen.length;
    await bob.types("ho\r");
    await bob.shows(/you have talked to nobody/);
    assertEquals(bob.screen.slice(before).split("ho\r").length, 2, "the terminal echoes");
    await bob.types("/quit\r");
    assertEquals(await bob.ends(), 0);
  });
}
