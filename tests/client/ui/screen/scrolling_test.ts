// Where the user looks, as they go back and forth.

import { assert, assertEquals } from "@std/assert";
import { allSigns } from "../../../../client/ui/own_signs.ts";
import { themes } from "../../../../client/ui/theme.ts";
import { blocksOf } from "../../../../client/ui/screen/blocks.ts";
import { end, Pages } from "../../../../client/ui/screen/page.ts";
import { scroll, scrollBy } from "../../../../client/ui/screen/scrolling.ts";
import { ownNames } from "../../../../client/ui/local_names.ts";
import { View } from "../../../../client/ui/screen/view.ts";
import { BoundedMap } from "../../../../shared/collections/bounded_map.ts";
import { KeyReader } from "../../../../client/ui/terminal/keys.ts";
import { entry, MessageList } from "../../../support/screen_fixture.ts";

const height = 8;

/** A conversation of 100 messages, and where the user is in it. */
function conversation() {
  const view = new View("bob");
  const messages = new MessageList(Array.from({ length: 100 }, (_, i) => entry(i)));
  const pages = () =>
    new Pages(messages, (section) =>
      blocksOf(section, {
        ...{
          self: "alice",
          name: "bob",
          columns: 40,
          newFrom: view.newFrom,
          own: allSigns,
          theme: themes.none,
        },
        ...{ notices: view.notices, made: new BoundedMap(9), found: view.found, nameFor: ownNames },
      }));
  const rows = () => pages().rowsAt(view.position, height, view.clearedRow).rows;
  return {
    view,
    goes: (to: NonNullable<ReturnType<typeof scrollBy>>) => {
      scroll(view, pages, to, height);
      return rows();
    },
  };
}

Deno.test("one key leads to what is new and then to the first message, another to the end", () => {
  const { view, goes } = conversation();
  const { row } = entry(60);
  view.newFrom = row;
  const toNew = goes("first");
  assert(toNew[0]!.includes(" new "), toNew[0]);
  assert(toNew[1]!.endsWith("text 60"), toNew[1]);
  const first = goes("first");
  assert(first[0]!.includes("25 Nov 2026"), first[0]);
  assert(first[1]!.endsWith("text 0"), first[1]);
  assertEquals(goes("first"), first);
  assert(goes("last").at(-1)!.includes("text 99"));
  assertEquals(view.position, end);
  // Of what is new and on the screen, nothing is further up.
  view.newFrom = entry(98).row;
  assertEquals(goes("first"), first);
});

Deno.test("what was cleared is there again at its beginning", () => {
  const { view, goes } = conversation();
  view.clear(entry(99).row);
  assertEquals(goes("last"), []);
  assert(goes("first")[1]!.endsWith("text 0"));
  assert(goes("last").at(-1)!.includes("text 99"));
});

Deno.test("the keys of the view are none of the line", () => {
  const pressed: Readonly<Record<string, string>> = {
    "\x1b[5~": "up",
    "\x1b[6~": "down",
    "\x1b[1;3H": "first",
    "\x1b[1;5H": "first",
    "\x1b\x1b[7~": "first",
    "\x1b<": "first",
    "\x1b[1;3F": "last",
    "\x1b[1;5F": "last",
    "\x1b\x1b[8~": "last",
    "\x1b>": "last",
  };
  for (const [bytes, to] of Object.entries(pressed)) {
    const [input] = new KeyReader().read(new TextEncoder().encode(bytes));
    assert(input?.type === "key");
    assertEquals(scrollBy(input.key, false), to, bytes);
  }
  assertEquals(["home", "end", "escape"].map((key) => scrollBy(key, false)), [
    undefined,
    undefined,
    undefined,
  ]);
  assertEquals([scrollBy("escape", true), scrollBy("end", true)], ["end", undefined]);
});
