// Which theme a terminal has, by what the user has chosen and what is known of its background.

import { assertEquals } from "@std/assert";
import {
  type ThemeSetting,
  type ThemeSurroundings,
  ThemeSwitch,
} from "../../../../client/ui/terminal/theme_switch.ts";

const white = "rgb:ffff/ffff/ffff";
const black = "rgb:0000/0000/0000";

/** A switch, what it has done, and a clock that stands. */
function watched(
  choice: ThemeSetting["choice"],
  known: Partial<ThemeSurroundings> = {},
  keep: ThemeSetting["keep"] = () => {},
) {
  const done = { asked: 0, changed: 0, nowMs: 0, kept: [] as string[] };
  const colours = new ThemeSwitch(undefined, {
    ...{ isDumb: false, noColour: false, variable: undefined, terminal: "xterm-256color" },
    ask: () => done.asked++,
    changed: () => done.changed++,
    now: () => done.nowMs,
    ...known,
  });
  assertEquals(colours.theme.name, "none");
  colours.use({
    choice,
    keep: (choice) => {
      keep(choice);
      done.kept.push(choice);
    },
  });
  done.changed = 0;
  return { colours, done };
}

Deno.test("a theme that was chosen holds, and the terminal is not asked", () => {
  for (const choice of ["dark", "light", "none"] as const) {
    for (const known of [{}, { noColour: true }, { variable: "0;15" }]) {
      const { colours, done } = watched(choice, known);
      colours.ask();
      colours.answered(white);
      assertEquals([colours.theme.name, done.asked, done.changed], [choice, 0, 0]);
    }
  }
});

Deno.test("without a choice there are no colours where the user wants none", () => {
  const { colours, done } = watched("auto", { noColour: true, variable: "0;15" });
  colours.ask();
  assertEquals([colours.theme.name, done.asked], ["none", 0]);
});

Deno.test("a terminal without escape sequences has no colours, whatever was chosen", () => {
  for (const choice of ["auto", "dark", "light"] as const) {
    const { colours, done } = watched(choice, { isDumb: true, variable: "0;15" });
    colours.ask();
    assertEquals([colours.theme.name, done.asked], ["none", 0]);
  }
});

Deno.test("the background is what the variable says, else what the terminal answers, else dark", () => {
  const byVariable = watched("auto", { variable: "0;15" });
  byVariable.colours.ask();
  assertEquals([byVariable.colours.theme.name, byVariable.done.asked], ["light", 0]);

  const { colours, done } = watched("auto", { variable: "nonsense" });
  assertEquals(colours.theme.name, "dark");
  colours.ask();
  assertEquals([done.asked, done.changed], [1, 0]);
  colours.answered(white);
  assertEquals([colours.theme.name, done.changed], ["light", 1]);
});

Deno.test("the console of Linux is not asked, since it would not answer", () => {
  const { colours, done } = watched("auto", { terminal: "linux" });
  colours.ask();
  assertEquals([colours.theme.name, done.asked], ["dark", 0]);
});

Deno.test("an answer that changes nothing, or is none, changes nothing", () => {
  for (const text of [black, "", "nonsense", "rgb:zz/zz/zz"]) {
    const { colours, done } = watched("auto");
    colours.ask();
    colours.answered(text);
    assertEquals([colours.theme.name, done.changed], ["dark", 0], text);
  }
});

Deno.test("only one answer counts, in good time, and only if it was asked for", () => {
  const unasked = watched("auto");
  unasked.colours.answered(white);
  assertEquals(unasked.colours.theme.name, "dark");

  const late = watched("auto");
  late.colours.ask();
  late.done.nowMs = 3_001;
  late.colours.answered(white);
  assertEquals([late.colours.theme.name, late.done.changed], ["dark", 0]);

  const twice = watched("auto");
  twice.colours.ask();
  twice.colours.answered(white);
  twice.colours.answered(black);
  assertEquals([twice.colours.theme.name, twice.done.changed], ["light", 1]);
});

Deno.test("an answer that comes when the user has chosen something else changes nothing", () => {
  const { colours, done } = watched("auto");
  colours.ask();
  colours.take({ type: "theme", choice: "none" });
  colours.answered(white);
  assertEquals([colours.theme.name, done.changed], ["none", 1]);
});

Deno.test("what the user chooses holds at once, and is kept", () => {
  const { colours, done } = watched("auto");
  assertEquals(colours.take({ type: "theme", choice: "light" }), {
    ...{ type: "theme", choice: "light", inUse: "light", isKept: true },
  });
  assertEquals([colours.theme.name, done.changed, done.kept], ["light", 1, ["light"]]);
  // Of no choice the answer is what there is, and nothing is kept.
  assertEquals(colours.take({ type: "theme", choice: undefined }), {
    ...{ type: "theme", choice: "light", inUse: "light", isKept: undefined },
  });
  assertEquals(done.kept, ["light"]);
  // The terminal is asked anew: its own colours may be others by now.
  assertEquals(colours.take({ type: "theme", choice: "auto" }), {
    ...{ type: "theme", choice: "auto", inUse: "dark", isKept: true },
  });
  assertEquals(done.asked, 1);
  colours.answered(white);
  assertEquals(colours.theme.name, "light");
  assertEquals(done.kept, ["light", "auto"]);
});

Deno.test("a choice that cannot be kept holds until the end, and that is said", () => {
  const { colours } = watched("auto", {}, () => {
    throw new Error("the disk is full");
  });
  assertEquals(colours.take({ type: "theme", choice: "light" }), {
    ...{ type: "theme", choice: "light", inUse: "light", isKept: false },
  });
  assertEquals(colours.theme.name, "light");
});

Deno.test("what is no choice of a theme goes on as it is", () => {
  const { colours } = watched("auto");
  const shown = { type: "notifying", what: "all" } as const;
  assertEquals(colours.take(shown), shown);
});

Deno.test("nothing is coloured until it is known what was chosen before, unless it was for this run", () => {
  const changes: string[] = [];
  const switchOf = (given?: "light") => {
    const colours: ThemeSwitch = new ThemeSwitch(given, {
      ...{ isDumb: false, noColour: false, variable: undefined, terminal: "xterm-256color" },
      ...{ ask: () => {}, changed: () => changes.push(colours.theme.name), now: () => 0 },
    });
    return colours;
  };
  const colours = switchOf();
  assertEquals(colours.theme.name, "none");
  colours.use({ choice: "dark", keep: () => {} });
  assertEquals([colours.theme.name, changes], ["dark", ["dark"]]);

  const given = switchOf("light");
  assertEquals(given.theme.name, "light");
  given.use({ choice: "dark", keep: () => {} });
  assertEquals([given.theme.name, changes], ["light", ["dark"]]);
});
