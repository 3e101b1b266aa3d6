// Whatever a peer writes, the screen stays what it was: seen on an emulated terminal, and not in what was sent to it.

import { assert, assertEquals } from "@std/assert";
import { builds, Program } from "../support/program.ts";
import { hostileTexts } from "../support/hostile_text/hostile_text.ts";
import { Screen } from "../support/screen.ts";
import { hasTerminal, TerminalProgram } from "../support/terminal_program.ts";

for (const build of builds) {
  Deno.test({
    name: `${build.name}: no text of a peer's does anything to the screen`,
    ignore: !hasTerminal,
    fn: async () => {
      await using bob = new TerminalProgram(build, "client", "bob");
      const [, bobs] = await bob.shows(/listening on (127\.0\.0\.1:\d+)/);
      await using alice = new Program(build, "client", "alice", "--json");
      const tell = (command: Record<string, unknown>) => alice.types(JSON.stringify(command));
      await tell({ do: "chat", ref: "c", to: bobs });
      await alice.says(/"ref":"c","ok":true/);
      // A contact may write more than somebody unknown.
      await bob.types("/accept alice\r");
      await bob.shows(/is a contact now/);
      const texts = Object.values(hostileTexts);
      for (const [i, text] of texts.entries()) {
        await tell({ do: "send", to: "bob", text: `begin ${i} ${text}` });
        await tell({ do: "send", to: "bob", text: `end ${i}` });
      }
      await bob.shows(new RegExp(`alice: end ${texts.length - 1}\\b`));
      using screen = new Screen(60, 20);
      const titles: string[] = [];
      screen.onTitle((title) => titles.push(title));
      await screen.shows(bob.screen);
      // Each row is where it belongs, in its order, and none is gone.
      const rows = screen.rows;
      const found = rows.flatMap((row) => /alice: ((?:begin|end) \d+)\b/.exec(row)?.[1] ?? []);
      assertEquals(found, texts.flatMap((_, i) => [`begin ${i}`, `end ${i}`]));
      assertEquals(titles, []);
      // What pretends to be said by others, or by the program, stands within the message.
      const forged =
        /^(?:\* (?:delivered|bob is verified|you are verified)|alice: I owe|error: no)/;
      assertEquals(rows.filter((row) => forged.test(row)), []);
      assert(rows.some((row) => row.includes("bob>")), "the prompt is gone");
      await bob.types("/quit\r");
      assertEquals(await bob.ends(), 0);
      await alice.endInput();
      assertEquals(await alice.ends(), 0);
    },
  });
}
