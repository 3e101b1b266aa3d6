import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { RoundRobin, type Turn } from "../../../server/registry/round_robin.ts";

interface Member extends Turn<Member> {
  readonly name: number;
}

function member(name: number): Member {
  return { name, previous: undefined, next: undefined };
}

Deno.test("a rotation gives who has waited longest, passing over one", () => {
  const rotation = new RoundRobin<Member>();
  const [a, b] = [member(1), member(2)];
  assertEquals(rotation.firstOtherThan(undefined), undefined);
  rotation.append(a);
  assertEquals(rotation.firstOtherThan(a), undefined);
  rotation.append(b);
  assertEquals(rotation.firstOtherThan(undefined)?.name, 1);
  assertEquals(rotation.firstOtherThan(a)?.name, 2);
  assertEquals(rotation.firstOtherThan(b)?.name, 1);
});

Deno.test("a rotation is a queue from which anyone can leave, held against a list", () => {
  const op = fc.tuple(fc.constantFrom("append", "remove", "moveToEnd"), fc.nat(5));
  fc.assert(fc.property(fc.array(op, { maxLength: 60 }), (ops) => {
    const rotation = new RoundRobin<Member>();
    const members = Array.from({ length: 6 }, (_, name) => member(name));
    let list: Member[] = [];
    for (const [what, name] of ops) {
      const one = members[name]!;
      if (list.includes(one) === (what === "append")) continue;
      rotation[what as "append"](one);
      list = list.filter((other) => other !== one);
      if (what !== "remove") list.push(one);

      for (const other of [undefined, ...members]) {
        const first = list.find((candidate) => candidate !== other);
        assertEquals(rotation.firstOtherThan(other)?.name, first?.name);
      }
    }
    for (const expected of list) {
      const first = rotation.firstOtherThan(undefined)!;
      assertEquals(first.name, expected.name);
      rotation.remove(first);
    }
    assertEquals(rotation.firstOtherThan(undefined), undefined);
  }));
});
