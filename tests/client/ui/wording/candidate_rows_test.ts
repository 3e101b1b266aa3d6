// What Tab offers, laid out for the terminal that there is.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { columnsOf } from "../../../../shared/text/columns.ts";
import { viewWords } from "../../../../client/ui/wording/wording.ts";
import { hostile, unsafe } from "../../../support/hostile_shown.ts";

function rowsOf(candidates: readonly string[], columns: number, rows: number): string[] {
  return viewWords.candidates(candidates, { columns, rows, cutSign: "…" });
}

const commands = ["/chat ", "/close ", "/clear", "/accept ", "/away ", "/who"];

Deno.test("candidates stand in columns, as many as the terminal is wide", () => {
  assertEquals(rowsOf(commands, 80, 20), ["/chat    /close   /clear   /accept  /away    /who"]);
  assertEquals(rowsOf(commands, 25, 20), ["/chat    /close   /clear", "/accept  /away    /who"]);
  assertEquals(rowsOf(commands, 16, 20), ["/chat    /close", "/clear   /accept", "/away    /who"]);
});

Deno.test("where there is no room for all of them, the last row says how many more there are", () => {
  assertEquals(rowsOf(commands, 16, 3).length, 3);
  assertEquals(rowsOf(commands, 16, 2), ["/chat    /close", "and 4 more"]);
  assertEquals(rowsOf(commands, 7, 3), ["/chat", "/close", "and 4…"]);
  assertEquals(rowsOf(commands, 80, 1).length, 1);
});

Deno.test("one that is wide does not take the room of the others", () => {
  const names = ["bob", "x".repeat(60), "carol"];
  assertEquals(rowsOf(names, 60, 9), [`bob${" ".repeat(28)}${"x".repeat(28)}…`, "carol"]);
  assertEquals(rowsOf(names, 20, 9), ["bob", `${"x".repeat(19)}…`, "carol"]);
});

Deno.test("whatever the candidates are, their rows are safe, and no wider or more than there is room for", () => {
  fc.assert(
    fc.property(
      fc.array(hostile, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 20 }),
      (candidates, columns, most) => {
        const rows = rowsOf(candidates, columns, most);
        assert(rows.length <= most);
        for (const row of rows) {
          assert(!unsafe.test(row), JSON.stringify(row));
          assert(columnsOf(row) <= columns, JSON.stringify(row));
        }
      },
    ),
  );
});
