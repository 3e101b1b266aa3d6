// What a terminal with a stream of lines is sent of what a peer writes. With a full screen: hostile_screen_test.ts.
// deno-lint-ignore-file no-control-regex -- what a terminal is sent is what this is about

import { assert, assertEquals, assertNotMatch } from "@std/assert";
import { EncryptedPeer } from "../support/encrypted_peer.ts";
import { RawPeer } from "../support/raw_peer.ts";
import { builds } from "../support/program.ts";
import { hasTerminal, TerminalProgram } from "../support/terminal_program.ts";

for (const build of builds) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${build.name}: ${name}`, ignore: !hasTerminal, fn });

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
}
