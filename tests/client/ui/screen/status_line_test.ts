// The status line in the room that it has: what matters least goes first, and no word is cut.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { fittedStatus } from "../../../../client/ui/screen/status_line.ts";
import { viewWords } from "../../../../client/ui/wording/wording.ts";
import { columnsOf } from "../../../../shared/text/columns.ts";

type Status = Parameters<typeof viewWords.status>[0];

const status: Status = {
  name: "carol",
  number: 2,
  isUnknown: false,
  security: "encrypted",
  isKeyFromServer: false,
  here: true,
  way: "direct",
  roundTripMs: 12,
  waiting: 3,
  server: "ok",
  isScrolled: false,
  unreadAbove: 0,
  unreadBelow: 0,
  news: [{ name: "bob", unread: 2 }, { name: "dave-with-a-long-name", unread: 1 }],
};

const list = ["bob", "carol", "dave-with-a-long-name", "eve"].map((name, i) => ({
  name,
  isSeen: name === "carol",
  unread: [2, 0, 1, 0][i]!,
}));

/** The line. @param alarm What stands before all of it. */
function line(columns: number, changes: Partial<Status> = {}, alarm = ""): string {
  const parts = viewWords.status({ ...status, ...changes });
  return fittedStatus([{ text: alarm }, viewWords.list(list), ...parts], columns);
}

Deno.test("in less and less room the status line says who it is, and how safely, the longest", () => {
  assertEquals([140, 79, 69, 59, 49, 39, 29, 19].map((columns) => line(columns)), [
    "1 bob(2) >2 carol 3 dave-with-a-long-name(1) 4 eve  [2 carol · encrypted · direct 12 ms]  " +
    "Alt+a: bob 2, dave-with-a-long-name 1  3 wait",
    "1 bob(2) >2 carol 3 dave-…(1) 4 eve  [2 carol · encrypted · direct]  Alt+a  w3",
    "[2 carol · encrypted · direct 12 ms]  Alt+a: bob 2 +1  3 wait",
    "[2 carol · encrypted · direct]  Alt+a: bob 2 +1  3 wait",
    "[2 carol · encrypted · direct]  Alt+a  3 wait",
    "[2 carol · encrypted]  Alt+a  3 wait",
    "[2 carol · encrypted]  3 wait",
    "[carol · encrypted]",
  ]);
  const away = { name: "dave-with-a-long-name", security: "plaintext", way: undefined } as const;
  assertEquals(line(31, { ...away, here: false }), "[2 dave-with-a… · plaintext]");
  assertEquals(
    line(34, { isScrolled: true, unreadBelow: 7 }),
    "[2 carol · encrypted]  7 below  w3",
  );
  // Who is unknown is answered by a command that is named as long as that goes.
  const unknown = line(69, { isUnknown: true, server: "none" });
  assertEquals(unknown, "[2 carol · unknown: /chat carol answers]  Alt+a  not registered  w3");
});

Deno.test("what is wrong with the server is said in any case", () => {
  for (let columns = 12; columns < 100; columns++) {
    const lost = line(columns, { server: "lost" }, "server lost  ");
    assert(lost.startsWith("server lost  "), lost);
  }
});

Deno.test("however narrow it is, the line has room, and each of its words is a whole one", () => {
  const whole = new Set(
    ("1 bob(2) >2 carol 3 dave-with-a-long-name(1) dave-…(1) 4 eve [2 [carol [carol] carol carol] · encrypted " +
      "encrypted] direct direct] 12 ms] 7 new below: below Alt+End Alt+a: Alt+a bob 2, +1 2 1 " +
      "dave-with-a-long-name server ok 3 wait w3").split(" "),
  );
  fc.assert(
    fc.property(fc.integer({ min: 7, max: 160 }), fc.boolean(), (columns, isScrolled) => {
      const said = line(columns, { isScrolled, unreadBelow: isScrolled ? 7 : 0 });
      assert(columnsOf(said) <= columns, said);
      for (const word of said.split(/ +/)) {
        assert(word === "" || whole.has(word), `${word}: ${said}`);
      }
    }),
  );
});
