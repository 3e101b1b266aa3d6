import { assertEquals } from "@std/assert";
import type { ChatEvent } from "../../../../client/events.ts";
import { EventCoalescer } from "../../../../client/ui/terminal/event_coalescer.ts";
import type { ShownEvent } from "../../../../client/ui/wording/wording.ts";

/** Gathering with a clock that stands still until its time is let pass. */
function gathering() {
  const shown: ShownEvent[] = [];
  const timers = new Set<() => void>();
  const clock = {
    now: () => 0,
    timeOfDay: () => 0,
    after: (_ms: number, then: () => void) => {
      timers.add(then);
      return () => void timers.delete(then);
    },
  };
  const { take, flush } = bound(new EventCoalescer((event) => shown.push(event), clock));
  const pass = () => {
    for (const then of timers) then();
  };
  return { take, flush, pass, shown, timers };
}

function bound(gathering: EventCoalescer) {
  return { take: gathering.take, flush: () => gathering.flush() };
}

const delivered = (name: string, late: boolean): ChatEvent => ({
  type: "delivered",
  name,
  id: crypto.randomUUID(),
  late,
});
const notice: ChatEvent = { type: "switched", name: "bob" };

Deno.test("a hundred messages that waited arrive in one line", () => {
  const { take, pass, shown, timers } = gathering();
  for (let i = 0; i < 100; i++) take(delivered("bob", true));
  take(delivered("carol", true));
  assertEquals(shown, []);
  assertEquals(timers.size, 1);
  pass();
  assertEquals(shown, [
    { type: "arrived", name: "bob", count: 100 },
    { type: "arrived", name: "carol", count: 1 },
  ]);
  assertEquals(timers.size, 0);
  // What comes then is counted anew.
  take(delivered("bob", true));
  pass();
  assertEquals(shown.at(-1), { type: "arrived", name: "bob", count: 1 });
});

Deno.test("how many wait is said of all, how many are at the mailbox, or read, of those that are new", () => {
  const { take, pass, shown } = gathering();
  for (const count of [1, 2, 3]) take({ type: "kept", name: "bob", count });
  for (const count of [1, 2]) take({ type: "deposited", name: "bob", count });
  for (const count of [2, 5]) take({ type: "read", name: "bob", count });
  take({ type: "kept", name: "bob", count: 4 });
  pass();
  assertEquals(shown, [
    { type: "kept", name: "bob", count: 4 },
    { type: "deposited", name: "bob", count: 3 },
    { type: "read", name: "bob", count: 7 },
  ]);
});

Deno.test("what is not gathered is shown at once, behind what is", () => {
  const { take, pass, shown, timers } = gathering();
  take(notice);
  assertEquals(shown, [notice]);
  take({ type: "kept", name: "bob", count: 1 });
  take(notice);
  assertEquals(shown, [notice, { type: "kept", name: "bob", count: 1 }, notice]);
  assertEquals(timers.size, 0);
  pass();
  assertEquals(shown.length, 3);
});

Deno.test("a delivery that nobody waited for is passed on, and parts nothing", () => {
  const { take, flush, shown } = gathering();
  take({ type: "read", name: "bob", count: 1 });
  take(delivered("bob", false));
  take({ type: "read", name: "bob", count: 1 });
  assertEquals(shown.map(({ type }) => type), ["delivered"]);
  flush();
  assertEquals(shown.slice(1), [{ type: "read", name: "bob", count: 2 }]);
  flush();
  assertEquals(shown.length, 2);
});
