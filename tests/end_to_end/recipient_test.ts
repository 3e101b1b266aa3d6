// A line goes to whom it was written for, or to nobody: by real processes, in scripts. What is typed in terminals stands
// in recipient_in_terminal_test.ts.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { builds } from "../support/program.ts";
import { heardFrom, Town } from "../support/town.ts";

const failing = [
  "/chat dave",
  "/switch dvae",
  "/trust dave",
  " /chat dave",
  "/chat",
  "/chta dave",
  "/Chat dave",
];

for (const build of builds) {
  const test = (name: string, fn: (town: Town) => Promise<void>) =>
    Deno.test(`${build.name}: ${name}`, async () => {
      await using town = await Town.start(build);
      await fn(town);
    });

  test("in a script nothing behind a failed /chat, /switch or /trust goes to anybody", async (town) => {
    await using carol = await town.script("carol");
    for (const [i, command] of failing.entries()) {
      const text = `/chat carol\nhello ${i}\n${command}\nsecret for dave\n/msg another\n`;
      const { code, err } = await town.runs("alice", text);
      const refusal = `error: not sent: ${command.trim()} failed`;
      assertEquals([code, err.slice(1)], [1, [refusal, refusal]], command);
      await carol.says(RegExp(`^alice: hello ${i}$`));
    }
    assertEquals(heardFrom("alice", carol), failing.map((_, i) => `alice: hello ${i}`));
  });

  test("after a failed /chat, what is for the next one that is found goes there", async (town) => {
    await using carol = await town.script("carol");
    const { err } = await town.runs("alice", "/chat dave\nfor dave\n/chat carol\nfor carol\n");
    assertEquals(err.length, 2);
    await carol.says(/^alice: for carol$/);
    assertEquals(heardFrom("alice", carol), ["alice: for carol"]);
  });

  test("in a script nobody who calls becomes the current one", async (town) => {
    town.acquaint("bob", "alice");
    await using bob = await town.script("bob");
    await using mallory = await town.script("mallory");
    await mallory.types("/chat bob\nhi");
    await bob.says(/^\* mallory \(.*\) calls, encrypted; \/chat mallory answers$/);
    await bob.says(/^mallory: hi$/);
    await using alice = await town.script("alice");
    await alice.types("/chat bob\nhello");
    await bob.says(/^\* alice .*has called.*; \/switch alice to answer$/);
    await bob.says(/^alice: hello$/);
    await bob.types("for nobody\n/chat dave\nfor dave\n/quit");
    assertEquals(await bob.ends(), 1);
    assertEquals(bob.err[0], "error: No conversation is current: /switch to one of mallory, alice");
    assertEquals(bob.err.at(-1), "error: not sent: /chat dave failed");
    for (const one of [mallory, alice]) {
      await one.says(/^\* bob has left$/);
      assertEquals(heardFrom("bob", one), []);
    }
  });

  test("in a script the sender of mail does not become the current one", async (town) => {
    await town.haveMet("bob", "alice");
    assertEquals((await town.runs("alice", "/chat bob\nby mail\n")).code, 0);
    await using bob = await town.script("bob");
    await bob.says(/^alice: by mail$/);
    await bob.types("for nobody\n/quit");
    assertEquals(await bob.ends(), 1);
    assertMatch(bob.err.join(), /^error: No conversation is current: \/switch to one of alice$/);
  });

  test("a conversation stays the current one when its peer goes and comes back", async (town) => {
    town.acquaint("alice", "bob");
    await using alice = await town.script("alice");
    {
      await using bob = await town.script("bob");
      await alice.types("/chat bob\none");
      await bob.says(/^alice: one$/);
      await bob.types("/quit");
      await bob.ends();
    }
    await alice.says(/^\* bob has left$/);
    await alice.types("two");
    await alice.says(/^\* waiting for bob$/);
    await using bob = await town.script("bob");
    await bob.says(/^alice: two$/);
    await bob.types("/chat alice");
    await alice.types("three");
    await bob.says(/^alice: three$/);
    assertEquals(alice.err, []);
  });

  test("blanks do not change what a command is, and two slashes begin a message", async (town) => {
    await using carol = await town.script("carol");
    const lines = [
      "\t/chat  carol",
      "\u200b /peers",
      "  //etc/hosts",
      " /verify carol yes",
      " /quit",
    ];
    const { code, out, err } = await town.runs("alice", [...lines, "not said"].join("\n") + "\n");
    assertEquals([code, err.length], [1, 1]);
    assertMatch(err[0]!, /^error: There are no words to compare yet/);
    assert(out.some((line) => line.endsWith("(current)")), out.join("\n"));
    await carol.says(/^alice {3}has left|^\* alice has left$/);
    assertEquals(heardFrom("alice", carol), ["alice:   /etc/hosts"]);
  });
}
