import { assertEquals } from "@std/assert";
import { conversionLines } from "../../../../client/ui/cli/conversion_lines.ts";

Deno.test("a conversion that takes its time says how far it is, once a second", () => {
  const said: string[] = [];
  let nowMs = 0;
  const progress = conversionLines((line) => void said.push(line), { now: () => nowMs });
  for (let done = 0; done <= 5_000; done += 100, nowMs += 50) {
    progress({ to: "sealed", done, total: 5_000 });
  }
  assertEquals(said, [
    "* sealing your messages: 2000 of 5000",
    "* sealing your messages: 4000 of 5000",
  ]);
  conversionLines((line) => void said.push(line), { now: () => nowMs++ * 1_000 })(
    { to: "readable", done: 1, total: 2 },
  );
  assertEquals(said.at(-1), "* making your messages readable: 1 of 2");
});
