// What peers have written is written out again, and the terminal stays what it was.

import { assert, assertEquals } from "@std/assert";
import { type HistoryFormat, historyFormats } from "../../client/ui/cli/history_formats.ts";
import { hostileTexts, obeyed } from "../support/hostile_text/hostile_text.ts";
import { makeProfile } from "../support/profiles.ts";
import { atHome, builds } from "../support/program.ts";
import { Screen } from "../support/screen.ts";
import { hasTerminal, TerminalProgram } from "../support/terminal_program.ts";

const columns = 60;
/** Wherever the terminal ends a row, one of these continues it as if it were said by somebody else. */
const shifted = Array.from(
  { length: columns },
  (_, i) => `${"x".repeat(i)}2001-02-03 04:05:06 carol: I owe alice`,
);
const texts = [...Object.values(hostileTexts), ...shifted];

/** What programs read of it. */
const textsIn: Record<Exclude<HistoryFormat, "text">, (out: string) => string[]> = {
  json: (out) => JSON.parse(out).map(({ text }: { text: string }) => text),
  ndjson: (out) => out.trimEnd().split("\n").map((line) => JSON.parse(line).text),
};

for (const build of builds) {
  for (const format of historyFormats) {
    Deno.test({
      name:
        `${build.name}: no text of a peer's does anything to a terminal, written out as ${format}`,
      ignore: !hasTerminal,
      fn: async () => {
        using home = atHome(build);
        makeProfile(home.profile, { received: texts.flatMap((text, i) => [text, `end ${i}`]) });
        const args = ["history", "export", "bob", "--format", format];
        await using alice = new TerminalProgram(home.build, ...args);
        assertEquals(await alice.ends(), 0);
        const out = alice.screen.replaceAll("\r\n", "\n");
        assertEquals(out.replaceAll("\n", "").match(obeyed), null);
        using screen = new Screen(columns, 20);
        const titles: string[] = [];
        screen.onTitle((title) => titles.push(title));
        await screen.shows(out);
        assertEquals(titles, []);
        if (format !== "text") {
          // Half a character is none in what is kept.
          const kept = texts.map((text) => text.toWellFormed());
          assertEquals(textsIn[format](out).filter((text) => !/^end \d+$/.test(text)), kept);
          return;
        }
        // Each row begins a message or continues one, and says so; none is gone, and all are in their order.
        const own = /^(?:19(?:69|70)-\d\d-\d\d [\d:]{8} bob:(?: |$)| {20}│| {2}│ )/;
        const { rows } = screen;
        assertEquals(rows.filter((row) => !own.test(row)), []);
        const ends = rows.flatMap((row) => /^\S+ \S+ bob: (end \d+)$/.exec(row)?.[1] ?? []);
        assertEquals(ends, texts.map((_, i) => `end ${i}`));
        assert(rows.some((row) => row.includes("␛[2J␛[H* delivered to bob")));
      },
    });
  }
}
