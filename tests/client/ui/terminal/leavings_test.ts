import { assertEquals } from "@std/assert";
import { Leavings } from "../../../../client/ui/terminal/leavings.ts";
import { peer } from "../../../support/fake_client.ts";

Deno.test("whom the user leaves at the end is said once of all", () => {
  const leavings = new Leavings();
  assertEquals(leavings.end(), undefined);
  const closed = { type: "closed", detail: undefined } as const;
  const taken = [
    leavings.take({ ...closed, ...peer("bob"), reason: "you-left" }),
    leavings.take({ ...closed, ...peer("carol"), reason: "peer-left" }),
    leavings.take({ ...closed, ...peer("dave"), reason: "you-left" }),
    leavings.take({ type: "cleared" }),
  ];
  assertEquals(taken, [true, false, true, false]);
  assertEquals(leavings.end(), { type: "left", names: ["bob", "dave"] });
  assertEquals(leavings.end(), undefined);
});
