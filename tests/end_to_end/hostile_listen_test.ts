// Whatever a peer writes, `listen` in a terminal prints the messages, and nothing else happens there.

import { assertEquals } from "@std/assert";
import { forgedAnywhere, hostileTexts, obeyed } from "../support/hostile_text/hostile_text.ts";
import { printedIn } from "../support/json_lines.ts";
import { atHome, builds, Program } from "../support/program.ts";
import { Screen } from "../support/screen.ts";
import { hasTerminal, TerminalProgram } from "../support/terminal_program.ts";

const columns = 60;
const forged = forgedAnywhere("carol:I-owe-alice", columns);
const texts = [...Object.values(hostileTexts), forged];

for (const build of builds) {
  for (const format of ["for people", "as JSON"] as const) {
    Deno.test({
      name: `${build.name}: hostile messages that p2pchat listen prints ${format}`,
      ignore: !hasTerminal,
      fn: async () => {
        using home = atHome(build);
        await using alice = new Program(home.build, "client", "alice");
        const [, place] = await alice.says(/listening on (127\.0\.0\.1:\d+)/);
        await using bob = new Program(build, "client", "bob", "--json");
        await bob.types(JSON.stringify({ do: "chat", ref: "c", to: place }));
        await bob.says(/"ref":"c","ok":true/);
        // A contact may write more than somebody unknown.
        await alice.types("/accept bob");
        await alice.says(/is a contact now/);
        const isJson = format === "as JSON";
        await using listening = new TerminalProgram(
          home.build,
          ...["listen", "--as", "alice", ...isJson ? ["--json"] : []],
        );
        // It does not say when it begins, but as JSON.
        for (let i = 0; !/begun \d/.test(listening.screen) && i < 600; i++) {
          await bob.types(JSON.stringify({ do: "send", to: "alice", text: `begun ${i}` }));
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        for (const text of [...texts, "the end."]) {
          await bob.types(JSON.stringify({ do: "send", to: "alice", text }));
        }
        await listening.shows(/the end\./);
        await alice.quits();
        await listening.ends();
        using screen = new Screen(columns, 20);
        const titles: string[] = [];
        screen.onTitle((title) => titles.push(title));
        await screen.shows(listening.screen);
        assertEquals(titles, []);
        const lines = listening.screen.trimEnd().split("\r\n");
        if (isJson) {
          const printed = lines.map(printedIn).flatMap(({ text }) => text ?? []);
          const kept = texts.map((text) => text.toWellFormed());
          assertEquals(printed.filter((text) => !/^begun \d+$/.test(text)), [...kept, "the end."]);
          return;
        }
        assertEquals(lines.filter((line) => obeyed.test(line)), []);
        const own = /^(?:bob:(?: |$)| {2}│ )/;
        assertEquals(screen.rows.filter((row) => !own.test(row)), []);
        const messages = screen.rows.filter((row) => row.startsWith("bob:"));
        assertEquals(messages.filter((row) => !/begun/.test(row)).length, texts.length + 1);
        await bob.endInput();
      },
    });
  }
}
