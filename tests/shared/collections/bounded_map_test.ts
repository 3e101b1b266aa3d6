import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { BoundedMap } from "../../../shared/collections/bounded_map.ts";

Deno.test("what was set longest ago makes room, and is told of", () => {
  const evicted: [string, number][] = [];
  const map = new BoundedMap<string, number>(2, (key, value) => evicted.push([key, value]));
  map.set("a", 1);
  map.set("b", 2);
  // Set again, it is the newest.
  map.set("a", 3);
  map.set("c", 4);
  assertEquals(evicted, [["b", 2]]);
  assertEquals([map.size, map.get("a"), map.has("b"), map.get("c")], [2, 3, false, 4]);
  assertEquals([map.delete("a"), map.delete("a")], [true, false]);
  assertEquals([...map.values()], [4]);
});

Deno.test("it has the latest entries of any course, and never more than it may", () => {
  const step = fc.tuple(fc.constantFrom("set", "delete"), fc.nat(9), fc.nat());
  fc.assert(fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step), (max, steps) => {
    const map = new BoundedMap<number, number>(max);
    let model: [number, number][] = [];
    for (const [what, key, value] of steps) {
      model = model.filter(([other]) => other !== key);
      if (what === "set") {
        map.set(key, value);
        model = [...model, [key, value] as [number, number]].slice(-max);
      } else map.delete(key);
      assertEquals([...map.values()], model.map(([, value]) => value));
    }
  }));
});
