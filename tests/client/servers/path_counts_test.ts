import { assertEquals } from "@std/assert";
import { PathCounts } from "../../../client/servers/path_counts.ts";

Deno.test("what was counted is told once, as numbers, in an order that says nothing", () => {
  const counts = new PathCounts();
  counts.note("bob", "relayed");
  counts.note("carol", "direct-tcp-ipv6");
  counts.note("dave", "relayed");
  assertEquals(counts.take().headers, [["Path", "direct-tcp-ipv6 1"], ["Path", "relayed 2"]]);
  assertEquals(counts.take().headers, []);
});

Deno.test("what is given back is told with what came meanwhile, once, and no more than a server counts", () => {
  const counts = new PathCounts();
  counts.note("bob", "relayed");
  counts.note("carol", "failed");
  const told = counts.take();
  counts.note("dave", "relayed");
  told.giveBack();
  told.giveBack();
  assertEquals(counts.take().headers, [["Path", "relayed 2"], ["Path", "failed 1"]]);
  for (let i = 0; i < 40; i++) counts.note(`peer-${i}`, "relayed");
  const many = counts.take();
  for (let i = 0; i < 40; i++) counts.note(`peer-${i}`, "failed");
  many.giveBack();
  assertEquals(counts.take().headers, [["Path", "relayed 24"], ["Path", "failed 40"]]);
});

Deno.test("whom calls fail to reach again and again is counted once, until they were reached", () => {
  const counts = new PathCounts();
  for (let i = 0; i < 5; i++) counts.note("bob", "failed");
  counts.note("bob", "relayed");
  counts.note("bob", "failed");
  assertEquals(counts.take().headers, [["Path", "relayed 1"], ["Path", "failed 2"]]);
});

Deno.test("no more is told at once than a server counts", () => {
  const counts = new PathCounts();
  for (let i = 0; i < 200; i++) counts.note(`peer-${i}`, i % 2 === 0 ? "relayed" : "failed");
  assertEquals(counts.take().headers, [["Path", "relayed 32"], ["Path", "failed 32"]]);
});
