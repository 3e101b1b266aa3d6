// A terminal that reports the focus of its window, on a real pseudo-terminal: what is on the screen while the user looks
// at another window is not read, and what they look at makes nothing ring.
// deno-lint-ignore-file no-control-regex -- what a terminal is sent is what this is about

import { assert, assertEquals } from "@std/assert";
import { builds, Program } from "../support/program.ts";
import { ScreenProgram } from "../support/screen_program.ts";
import { hasTerminal } from "../support/terminal_program.ts";

const [gets, loses] = ["\x1b[I", "\x1b[O"];
const [on, off] = ["\x1b[?1004h", "\x1b[?1004l"];

for (const build of builds) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${build.name}: ${name}`, ignore: !hasTerminal, fn });

  const opens = (...more: string[]) =>
    new ScreenProgram(build, "client", "bob", "--allow-plaintext", "--read-receipts", ...more);

  /** Somebody in a script, to whom Bob has turned. */
  const joins = async (bob: ScreenProgram): Promise<Program> => {
    const alice = new Program(build, "client", "alice");
    const [, address] = await alice.says(/listening on (127\.0\.0\.1:\d+)/);
    await bob.sees(/^bob>/m);
    await bob.types(`/chat ${address}\r`);
    await bob.sees(/^bob → alice> *$/m);
    await alice.says(/bob .*calls/);
    await alice.types("/switch bob");
    return alice;
  };
  /** What became of Alice's last message. */
  const isNow = async (alice: Program, state: RegExp) => {
    for (const deadline = Date.now() + 30_000;;) {
      const row = / {2}→ bob {2}.*/;
      const before = alice.out.filter((line) => row.test(line)).length;
      await alice.types("/history bob 1");
      const [said] = await alice.says(row, before + 1);
      if (state.test(said!)) return;
      assert(Date.now() < deadline, said!);
    }
  };

  test("what comes while the window has no focus is new and unread until it has it again", async () => {
    await using bob = opens();
    await using alice = await joins(bob);
    await alice.types("seen at once");
    await isNow(alice, /read +seen at once/);
    await bob.types(loses);
    await alice.types("while bob was elsewhere");
    await bob.sees(/─ new ─+\n.*while bob was elsewhere/);
    await bob.sees(/^>1 alice +● +1/m);
    await bob.program.shows(/\x1b\]2;\(1\) p2pchat\x07/);
    // What comes behind it would be reported behind it.
    await alice.types("and another");
    await bob.sees(/^>1 alice +● +2/m);
    await isNow(alice, /delivered +and another/);
    await bob.types(gets);
    await isNow(alice, /read +and another/);
    await bob.sees(/^>1 alice +● +│/m);
    // The next that comes is looked at.
    await alice.types("back again");
    await isNow(alice, /read +back again/);
  });

  test("who types looks at the window, whatever it has reported", async () => {
    await using bob = opens();
    await using alice = await joins(bob);
    await bob.types(loses);
    await alice.types("hello");
    await bob.sees(/^>1 alice +● +1/m);
    await bob.types("x");
    await isNow(alice, /read +hello/);
  });

  test("nothing rings for a conversation that is looked at, and all else does", async () => {
    await using bob = opens();
    await using alice = await joins(bob);
    await bob.types(gets);
    await alice.types("bob: one");
    await isNow(alice, /read +bob: one/);
    await bob.types(loses);
    await alice.types("bob: two");
    await bob.program.shows(/\x07\x1b\]9;alice: bob: two\x07/);
    assert(!bob.program.screen.includes("]9;alice: bob: one"), "it rings for what bob looks at");
  });

  test("reports are no keys, and end with the program", async () => {
    await using bob = opens();
    await bob.sees(/^bob>/m);
    await bob.program.shows(/\x1b\[\?1004h/);
    // Also in pieces, and in the middle of what is pasted.
    for (const keys of ["ab\x1b", "[", `Oc${gets}d\x1b[200~e`, `f${loses}g`, "\x1b[201~h"]) {
      await bob.types(keys);
    }
    await bob.sees(/^bob> abcdefgh *$/m);
    await bob.types("\x15/quit\r");
    const [, behind] = await bob.program.shows(/\x1b\[\?1004l([^]*)ended 0/);
    assert(!behind!.includes("[I") && !behind!.includes("[O"));
    const sent = [on, off].map((mode) => bob.program.screen.split(mode).length - 1);
    assertEquals(sent, [1, 1]);
  });

  test("a report that comes when the program ends is nothing that the shell gets", async () => {
    await using bob = opens();
    await bob.program.shows(/\x1b\[\?1004h/);
    await bob.types("\x04");
    await bob.program.shows(/\x1b\[\?1004l/);
    await bob.types(gets);
    await bob.program.shows(/ended 0[^]*echoke/);
    await bob.types("typed\r");
    await bob.program.shows(/typed\r\ntyped/);
    assert(!/\^\[\[I|\x1b\[I/.test(bob.program.screen.split("ended 0").join("")));
  });

  test("a stream of lines asks for no reports", async () => {
    await using bob = opens("--plain");
    await bob.sees(/^bob>/m);
    await bob.types(`ab${gets}c`);
    await bob.sees(/^bob> abc$/m);
    await bob.types("\x15/quit\r");
    await bob.program.shows(/ended 0/);
    assert(!bob.program.screen.includes("1004"));
  });
}
