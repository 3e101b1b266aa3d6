import { assertEquals } from "@std/assert";
import { askedInterrupt } from "../../../../client/ui/terminal/interrupt.ts";
import { FakeClock } from "../../../support/fake_clock.ts";

Deno.test("the first Ctrl+C asks, and a second one soon behind it ends the program", async () => {
  const clock = new FakeClock();
  const done: string[] = [];
  const interrupt = askedInterrupt({
    ask: () => done.push("asks"),
    end: () => done.push("ends"),
  }, clock);
  interrupt();
  await clock.pass(3_001);
  interrupt();
  assertEquals(done, ["asks", "asks"]);
  await clock.pass(2_999);
  interrupt();
  assertEquals(done, ["asks", "asks", "ends"]);
});
