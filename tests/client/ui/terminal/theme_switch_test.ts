// Which theme a terminal has, by what the user has chosen and what is known of its background.

import { assertEquals } from "@std/assert";
import {
  type ThemeSetting,
  type ThemeSurroundings,
  ThemeSwitch,
} from "../../../../client/ui/terminal/theme_switch.ts";

/** A switch, and what it has kept. */
function watched(
  choice: ThemeSetting["choice"],
  known: Partial<ThemeSurroundings> = {},
  keep: ThemeSetting["keep"] = () => {},
) {
  const done = { kept: [] as string[] };
  const colours = new ThemeSwitch({
    choice,
    keep: (choice) => {
      keep(choice);
      done.kept.push(choice);
    },
  }, { isDumb: false, noColour: false, variable: undefined, ...known });
  return { colours, done };
}

Deno.test("a theme that was chosen holds", () => {
  for (const choice of ["dark", "light", "none"] as const) {
    for (const known of [{}, { noColour: true }, { variable: "0;15" }]) {
      assertEquals(watched(choice, known).colours.theme.name, choice);
    }
  }
});

Deno.test("without a choice there are no colours where the user wants none", () => {
  const { colours } = watched("auto", { noColour: true, variable: "0;15" });
  assertEquals(colours.theme.name, "none");
});

Deno.test("a terminal without escape sequences has no colours, whatever was chosen", () => {
  for (const choice of ["auto", "dark", "light"] as const) {
    const { colours } = watched(choice, { isDumb: true, variable: "0;15" });
    assertEquals(colours.theme.name, "none");
  }
});

Deno.test("the background is what the variable says, else dark", () => {
  assertEquals(watched("auto", { variable: "0;15" }).colours.theme.name, "light");
  assertEquals(watched("auto", { variable: "nonsense" }).colours.theme.name, "dark");
});

Deno.test("what the user chooses holds at once, and is kept", () => {
  const { colours, done } = watched("auto");
  assertEquals(colours.take({ type: "theme", choice: "light" }), {
    ...{ type: "theme", choice: "light", inUse: "light", isKept: true },
  });
  assertEquals([colours.theme.name, done.kept], ["light", ["light"]]);
  // Of no choice the answer is what there is, and nothing is kept.
  assertEquals(colours.take({ type: "theme", choice: undefined }), {
    ...{ type: "theme", choice: "light", inUse: "light", isKept: undefined },
  });
  assertEquals(done.kept, ["light"]);
  assertEquals(colours.take({ type: "theme", choice: "auto" }), {
    ...{ type: "theme", choice: "auto", inUse: "dark", isKept: true },
  });
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
