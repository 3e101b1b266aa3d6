// Whatever a peer writes, the full screen stays what it was: each row is the program's own, and nothing is forged.

import { assert, assertEquals } from "@std/assert";
import { openStore } from "../../client/store/store.ts";
import { hostileTexts } from "../support/hostile_text/hostile_text.ts";
import { makeProfile } from "../support/profiles.ts";
import { atHome, builds } from "../support/program.ts";
import { ScreenProgram } from "../support/screen_program.ts";
import { ownTitle, viewIn } from "../support/screen_rows.ts";
import { hasTerminal } from "../support/terminal_program.ts";

const [pageUp, pageDown] = ["\x1b[5~", "\x1b[6~"];
/** Wherever a row of the view ends, one of these continues it as if it were said by somebody else. */
const shifted = Array.from(
  { length: 60 },
  (_, i) => `${"x".repeat(i)}12:34 carol  I owe alice`,
);
const texts = [...Object.values(hostileTexts), ...shifted];

/** What a row of the view begins with, if it has what bob wrote, or what stands between his messages. */
const own = /^(?:\d\d:\d\d bob {4}| {11}│ |─+ |$)/;

for (const build of builds) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${build.name}: ${name}`, ignore: !hasTerminal, fn });

  test("hostile messages that are scrolled back to, and a hostile line that was half typed", async () => {
    using home = atHome(build);
    makeProfile(home.profile, { received: texts.flatMap((text, i) => [text, `end ${i}.`]) });
    {
      const draft = Object.values(hostileTexts).filter((text) => text.length < 50).join(" ");
      using store = openStore(`${home.profile}/store.db`);
      const line = { text: draft, typed: draft.length, isForAnother: false };
      store.lineDrafts.of("alice").write("bob", line);
    }
    await using alice = new ScreenProgram(home.build, "client", "alice");
    const titles: string[] = [];
    alice.screen.onTitle((title) => titles.push(title));
    await alice.sees((rows) =>
      viewIn(rows, "alice") !== undefined && rows[1]!.startsWith(" 1 bob")
    );
    await alice.types("\x1b1");
    await alice.sees((rows) => {
      const input = rows.slice(rows.findLastIndex((row) => row.startsWith(" [")) + 1).join("");
      return viewIn(rows, "alice") !== undefined &&
        input.includes("␛[2J␛[H* delivered to bob ␛[31mred") &&
        input.includes("hello␍alice: I owe you");
    });
    await alice.types("\x15");
    await alice.sees(/^alice → bob>$/m);

    const seen = new Set<string>();
    for (let i = 0; i < 40; i++) await alice.types(pageDown);
    await alice.sees((rows) => rows.join().includes(`end ${texts.length - 1}.`));
    for (let page = 0; !seen.has("end 0."); page++) {
      // Pages may be alike: what is typed tells them apart.
      await alice.types(`${page === 0 ? "" : pageUp}\x15${page}`);
      const rows = await alice.sees((rows) =>
        rows.at(-1) === `alice → bob> ${page}` &&
        viewIn(rows, "alice")?.every((row) => own.test(row)) === true
      );
      for (const row of viewIn(rows, "alice")!) {
        seen.add(/bob {4}(end \d+\.)$/.exec(row)?.[1] ?? "");
      }
    }
    for (const i of texts.keys()) assert(seen.has(`end ${i}.`), `end ${i}. is not there`);
    assertEquals(titles.filter((title) => !ownTitle.test(title)), []);
    await alice.types("\x15/quit\r");
    await alice.program.shows(/ended/);
  });
}
