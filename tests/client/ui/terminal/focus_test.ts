// Whether the user looks at the window, as far as the terminal says so.

import { assertEquals } from "@std/assert";
import { Focus } from "../../../../client/ui/terminal/focus.ts";

const of = (focus: Focus) => [focus.isHere, focus.isElsewhere];

Deno.test("of a terminal that reports nothing, nothing is known, whatever is typed", () => {
  const focus = new Focus();
  assertEquals(of(focus), [false, false]);
  focus.pressed();
  assertEquals(of(focus), [false, false]);
});

Deno.test("the focus is as it was reported last, and who types has it", () => {
  const focus = new Focus();
  focus.reported(false);
  assertEquals(of(focus), [false, true]);
  focus.reported(true);
  assertEquals(of(focus), [true, false]);
  focus.reported(false);
  focus.pressed();
  assertEquals(of(focus), [true, false]);
});
