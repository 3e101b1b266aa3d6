// Whom the user has taken off the list, also in later runs.

import { assertEquals } from "@std/assert";
import { hiddenTalksMax } from "../../../client/store/store_limits.ts";
import { storedConversation } from "../../support/store_fixture.ts";

Deno.test("whom each own name has hidden is kept, with the last message that there was then", () => {
  using store = storedConversation();
  const [alices, carols] = [store.hiddenTalks.of("alice"), store.hiddenTalks.of("carol")];
  assertEquals(alices.lastRow("bob"), undefined);
  alices.hide("bob", 7);
  alices.hide("dave", 0);
  assertEquals([alices.lastRow("bob"), alices.lastRow("dave")], [7, 0]);
  assertEquals(carols.lastRow("bob"), undefined);
  alices.hide("bob", 9);
  carols.hide("bob", 1);
  alices.show("dave");
  alices.show("nobody");
  assertEquals([alices.lastRow("bob"), alices.lastRow("dave"), carols.lastRow("bob")], [
    9,
    undefined,
    1,
  ]);
});

Deno.test("so many are hidden at most, and those that were first make room", () => {
  using store = storedConversation();
  const talks = store.hiddenTalks.of("alice");
  for (let i = 0; i < hiddenTalksMax + 2; i++) talks.hide(`name-${i}`, i);
  assertEquals([0, 1, 2].map((i) => talks.lastRow(`name-${i}`)), [undefined, undefined, 2]);
});
