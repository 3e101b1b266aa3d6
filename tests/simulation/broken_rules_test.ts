// The rules that are broken to try the simulation stand where they are looked for. This is seen here at once, and not
// only when the simulation runs with each of them broken, which takes minutes.

import { assertNotEquals } from "@std/assert";
import { mutatedText } from "../support/mutated_source.ts";
import { brokenRules } from "./broken_rules.ts";

for (const [name, broken] of Object.entries(brokenRules)) {
  Deno.test(`a client that ${name} can be made`, async () => {
    assertNotEquals(await mutatedText(broken), "");
  });
}
