import { assertEquals } from "@std/assert";
import { EventCoalescer } from "../../../../client/ui/terminal/event_coalescer.ts";
import type { Shown } from "../../../../client/ui/wording/wording.ts";
import { peer } from "../../../support/fake_client.ts";

/** A coalescer with a clock that a test moves. */
function coalescer() {
  const shown: Shown[] = [];
  const timers = new Set<() => void>();
  const clock = {
    now: () => 0,
    timeOfDay: () => 0,
    after: (_ms: number, then: () => void) => {
      timers.add(then);
      return () => void timers.delete(then);
    },
  };
  const coalescer = new EventCoalescer((one) => shown.push(one), clock);
  const take = (one: Shown) => coalescer.take(one);
  const flush = () => coalescer.flush();
  const pass = () => {
    for (const then of timers) then();
  };
  return { take, flush, pass, shown, timers };
}

const bob = peer("bob");
const { conversation, name, person, device } = bob;
const receivers = { to: { person, device }, have: 1, of: 1, id: "1" } as const;

const delivered = (name: string, wasWaiting: boolean): Shown => ({
  type: "delivered",
  ...peer(name),
  ...receivers,
  waiting: 0,
  wasWaiting,
});
const waiting = (count: number): Shown => ({ type: "waiting", ...bob, count });
const deposited = (count: number): Shown => ({ type: "deposited", ...bob, count });
const read = (count: number): Shown => ({ type: "read", ...bob, ...receivers, count });
const arrived = (count: number): Shown => ({ type: "arrived", conversation, name, count });
const notice: Shown = { type: "switched", name: "bob" };

Deno.test("a hundred messages that waited arrive in one line", () => {
  const { take, pass, shown, timers } = coalescer();
  for (let i = 0; i < 100; i++) take(delivered("bob", true));
  take(delivered("carol", true));
  assertEquals(shown, []);
  assertEquals(timers.size, 1);
  pass();
  assertEquals(shown, [
    arrived(100),
    { type: "arrived", conversation: peer("carol").conversation, name: "carol", count: 1 },
  ]);
  assertEquals(timers.size, 0);
  // What comes later is counted anew.
  take(delivered("bob", true));
  pass();
  assertEquals(shown.at(-1), arrived(1));
});

Deno.test("the waiting are counted in all; those at the mailbox or read since the last line", () => {
  const { take, pass, shown } = coalescer();
  for (const count of [1, 2, 3]) take(waiting(count));
  for (const count of [1, 2]) take(deposited(count));
  for (const count of [2, 5]) take(read(count));
  take(waiting(4));
  pass();
  assertEquals(shown, [
    waiting(4),
    deposited(3),
    read(7),
  ]);
});

Deno.test("other events are shown at once, after those that are gathered", () => {
  const { take, pass, shown, timers } = coalescer();
  take(notice);
  assertEquals(shown, [notice]);
  take(waiting(1));
  take(notice);
  assertEquals(shown, [notice, waiting(1), notice]);
  assertEquals(timers.size, 0);
  pass();
  assertEquals(shown.length, 3);
});

Deno.test("a delivery that nobody waited for is passed on, and does not end a gathering", () => {
  const { take, flush, shown } = coalescer();
  take(read(1));
  take(delivered("bob", false));
  take(read(1));
  assertEquals(shown.map(({ type }) => type), ["delivered"]);
  flush();
  assertEquals(shown.slice(1), [read(2)]);
  flush();
  assertEquals(shown.length, 2);
});
