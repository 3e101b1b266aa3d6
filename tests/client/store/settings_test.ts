import { assertEquals } from "@std/assert";
import { fileStore } from "../../support/store_fixture.ts";

Deno.test("what was chosen last is known in the next run", () => {
  using file = fileStore();
  {
    using store = file.open();
    assertEquals(store.settings.of("theme"), undefined);
    store.settings.keep("theme", "dark");
    store.settings.keep("other", "x");
    store.settings.keep("theme", "light");
  }
  using store = file.open();
  assertEquals([store.settings.of("theme"), store.settings.of("other")], ["light", "x"]);
});
