import { assertEquals } from "@std/assert";
import {
  formatPathCount,
  parsePathCount,
  pathCountsMax,
  pathsTaken,
} from "../../../shared/protocol/path_count.ts";

Deno.test("a Path is read as it was written", () => {
  for (const path of pathsTaken) {
    for (const count of [1, 2, pathCountsMax]) {
      assertEquals(parsePathCount(formatPathCount(path, count)), { path, count });
    }
  }
});

Deno.test("a path of a later version is another one, and what is malformed is none", () => {
  assertEquals(parsePathCount("carried-by-pigeon 3"), { path: "other", count: 3 });
  assertEquals(parsePathCount("relayed 3 more"), { path: "relayed", count: 3 });
  const malformed = [
    ...["", "relayed", "relayed ", "relayed 0", "relayed -1", "relayed 1.5", "relayed 65"],
    ...["relayed  1", " 1", "Relayed 1", 'relayed"} 1', `${"x".repeat(33)} 1`, "bob@a 1"],
  ];
  for (const value of malformed) assertEquals(parsePathCount(value), undefined, value);
});
