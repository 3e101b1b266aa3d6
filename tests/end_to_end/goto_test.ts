// From what a search has found to where it was said, on a real pseudo-terminal.

import { assert, assertEquals } from "@std/assert";
import { openStore } from "../../client/store/store.ts";
import { atHome, builds, Program } from "../support/program.ts";
import { ScreenProgram } from "../support/screen_program.ts";
import { hasTerminal, TerminalProgram } from "../support/terminal_program.ts";

const pageDown = "\x1b[6~";

for (const build of builds) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${build.name}: ${name}`, ignore: !hasTerminal, fn });

  /** Somebody in a script, who calls Bob. */
  const calls = async (address: string, name: string, ...lines: string[]) => {
    const program = new Program(build, "client", name);
    await program.types([`/chat ${address}`, ...lines].join("\n"));
    return program;
  };

  test("a message that was found is shown where it was said, and nothing else counts as read", async () => {
    using home = atHome(build);
    await using bob = new ScreenProgram(home.build, "client", "bob");
    const [, address] = /listening on (\S+)/.exec((await bob.sees(/listening on/)).join("\n"))!;
    const numbered = (who: string, i: number) =>
      `${who} ${i}.${[3, 30, 80].includes(i) ? ` walnut pie of ${who}` : ""}`;
    const said = (who: string, length: number) =>
      Array.from({ length }, (_, i) => numbered(who, i));
    await using alice = await calls(address!, "alice");
    await bob.sees(/alice .*calls/);
    await bob.types("/accept alice\r");
    await bob.sees(/alice is a contact now/);
    await alice.types(said("alice", 100).join("\n"));
    await bob.sees(/Alt\+a: alice 100/);
    await bob.types("\x1b1");
    await bob.sees(/^bob → alice>/m);
    // Of somebody unknown no more is taken.
    await using carol = await calls(address!, "carol", ...said("carol", 20));
    await bob.sees(/^ 2 carol +● 20/m);
    const unseen = () => {
      using store = openStore(`${home.profile}/store.db`);
      return store.incoming.unseen("bob", "alice").count;
    };
    const before = unseen();
    assert(before > 70, `${before}`);

    await bob.types("/search walnut\r");
    const rows = await bob.sees(/4 messages have “walnut”:[^]*\/goto and a number shows one/);
    assertEquals(
      rows.flatMap((row) =>
        /│ {2}(\d) {2}\d\d:\d\d {2}(\w+) .* (\d+)\. walnut/.exec(row)?.slice(1) ?? []
      ),
      ["1", "alice", "3", "2", "alice", "30", "3", "alice", "80", "4", "carol", "3"],
    );
    const isFound = (found: string) => (all: string[]) =>
      all.some((row, i) => row.endsWith(found) && all[i - 1]!.includes("─ found ─"));
    await bob.types("/goto 3\r");
    const shown = await bob.sees(isFound("alice 80. walnut pie of alice"));
    assert(
      [11, 12, 13].includes(shown.findIndex((row) => row.includes("walnut"))),
      shown.join("\n"),
    );
    await bob.sees(/^bob → alice>$/m);
    assertEquals(unseen(), before);
    // A key goes on from there to the end, and two go there at once.
    await bob.types(pageDown + pageDown);
    await bob.sees((all) => all.join().includes("alice 99.") && !all.join().includes("more below"));
    await bob.types("/goto 2\r");
    await bob.sees(isFound("alice 30. walnut pie of alice"));
    await bob.types("\x1b");
    await bob.types("\x1b");
    await bob.sees((all) => !all.join().includes("more below"));
    assertEquals(unseen(), before);

    // Carol is nobody whom Bob knows: he looks at what she wrote, and does not answer.
    await bob.types("/goto 4\rto nobody\r");
    await bob.sees(isFound("carol 3. walnut pie of carol"));
    await bob.sees(/unknown: \/chat carol answers.*[67] below[^]*^bob> to nobody$/m);
    await bob.types("\x15");
    // Twice, and with nothing between.
    await bob.types("\x1bx");
    await bob.types("\x15");
    await bob.sees(isFound("carol 3. walnut pie of carol"));
    await bob.types("\x1b\x1b");
    await bob.sees((all) => all.join().includes("carol 19.") && !all.join().includes("more below"));
    assertEquals(carol.out.filter((line) => line.includes("nobody")), []);

    await bob.types("/goto 5\r");
    await bob.sees(/'5' is not the number of a message that was found/);
    await bob.types("/quit\r");
    await alice.says(/^\* bob has left$/);
  });

  test("with --plain it is shown with what was said around it", async () => {
    await using bob = new TerminalProgram(build, "client", "bob");
    const [, address] = await bob.shows(/listening on (\S+:\d+)/);
    const lines = Array.from({ length: 20 }, (_, i) => i === 9 ? "a walnut" : `message ${i}.`);
    await using _alice = await calls(address!, "alice", ...lines);
    await bob.shows(/message 19\./);
    await bob.types("/search walnut\r");
    await bob.shows(/ {2}1 {2}\d\d:\d\d {2}alice {2}a walnut\r\n/);
    const from = bob.screen.length;
    await bob.types("/goto 1\r");
    await bob.shows(
      /what was said with alice then:\r\n.* message 4\.\r\n(.*\r\n){4}.*a walnut\r\n(.*\r\n){4}.*message 14\.\r\n/,
      from,
    );
  });
}
