import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type QueueLinks, RoundRobin } from "../../../server/registry/round_robin.ts";

interface Member extends QueueLinks<Member> {
  readonly name: number;
}

function member(name: number): Member {
  return { name, previous: undefined, next: undefined };
}

Deno.test("a queue gives the member that has waited longest, except for one", () => {
  const queue = new RoundRobin<Member>();
  const [a, b] = [member(1), member(2)];
  assertEquals(queue.firstOtherThan(undefined), undefined);
  queue.append(a);
  assertEquals(queue.firstOtherThan(a), undefined);
  queue.append(b);
  assertEquals(queue.firstOtherThan(undefined)?.name, 1);
  assertEquals(queue.firstOtherThan(a)?.name, 2);
  assertEquals(queue.firstOtherThan(b)?.name, 1);
});

Deno.test("any member can leave the queue, which behaves as a list does", () => {
  const op = fc.tuple(fc.constantFrom("append", "remove", "moveToEnd"), fc.nat(5));
  fc.assert(fc.property(fc.array(op, { maxLength: 60 }), (ops) => {
    const queue = new RoundRobin<Member>();
    const members = Array.from({ length: 6 }, (_, name) => member(name));
    let list: Member[] = [];
    for (const [what, name] of ops) {
      const one = members[name]!;
      if (list.includes(one) === (what === "append")) continue;
      queue[what as "append"](one);
      list = list.filter((other) => other !== one);
      if (what !== "remove") list.push(one);

      for (const other of [undefined, ...members]) {
        const first = list.find((candidate) => candidate !== other);
        assertEquals(queue.firstOtherThan(other)?.name, first?.name);
      }
    }
    for (const expected of list) {
      const first = queue.firstOtherThan(undefined)!;
      assertEquals(first.name, expected.name);
      queue.remove(first);
    }
    assertEquals(queue.firstOtherThan(undefined), undefined);
  }));
});
