import { assertEquals } from "@std/assert";
import { Deadlines } from "../../../shared/time/deadlines.ts";

Deno.test("members are late in the order of their start, each once", () => {
  const deadlines = new Deadlines<string>(100);
  deadlines.start("a", 0);
  deadlines.start("b", 50);
  assertEquals([...deadlines.late(99)], []);
  assertEquals([...deadlines.late(100)], ["a"]);
  assertEquals([...deadlines.late(1_000)], ["b"]);
  assertEquals([...deadlines.late(1_000)], []);
});

Deno.test("a member that stopped is not late, and one that starts again has its time anew", () => {
  const deadlines = new Deadlines<string>(100);
  for (const member of ["a", "b", "c"]) deadlines.start(member, 0);
  deadlines.stop("a");
  deadlines.start("b", 50);
  assertEquals([...deadlines.late(149)], ["c"]);
  assertEquals([...deadlines.late(150)], ["b"]);
});

Deno.test("a member that starts again while the late are looked at is not looked at again", () => {
  const deadlines = new Deadlines<string>(100);
  deadlines.start("a", 0);
  const looked = [];
  for (const member of deadlines.late(100)) {
    looked.push(member);
    deadlines.start(member, 100);
  }
  assertEquals(looked, ["a"]);
  assertEquals([...deadlines.late(200)], ["a"]);
});
