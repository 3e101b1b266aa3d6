// Somebody's return is one line, and nothing that matters is part of it.

import { assertEquals } from "@std/assert";
import { Returns } from "../../../client/ui/returns.ts";
import type { Shown } from "../../../client/ui/wording/wording.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { conversationWith, peer } from "../../support/fake_client.ts";

const address = { host: "127.0.0.1", port: 5557 };

type Opened = Extract<Shown, { type: "opened" }>;
type Returned = Extract<Shown, { type: "returned" }>;

function opened(name: string, waiting: number, other: Partial<Opened> = {}): Shown {
  const { dialect, security } = conversationWith(name);
  const how = { dialect, security, cause: "delivery", contact: true, isCurrent: false } as const;
  return { type: "opened", ...peer(name), address, ...how, waiting, ...other };
}

function delivered(name: string, waiting: number): Shown {
  const { person, device } = peer(name);
  const receivers = { to: { person, device }, have: 1, of: 1 };
  return { type: "delivered", ...peer(name), ...receivers, id: "1", waiting, wasWaiting: true };
}

const here = (name: string, waiting = 0): Shown => ({
  type: "presence",
  name,
  here: true,
  waiting,
});
const gone = (name: string): Shown => ({ type: "presence", name, here: false, waiting: 0 });
const closed = (name: string): Shown => ({
  type: "closed",
  ...peer(name),
  reason: "peer-left",
  detail: undefined,
});
const waiting = (name: string, count: number): Shown => ({
  type: "waiting",
  ...peer(name),
  count,
});
const switched = (name: string): Shown => ({ type: "switched", name });

function returned(name: string, more: Partial<Returned>): Shown {
  return {
    type: "returned",
    name,
    isNews: true,
    isAgain: false,
    hasCalled: false,
    isCurrent: false,
    delivered: 0,
    waiting: 0,
    ...more,
  };
}

function returns() {
  const shown: Shown[] = [];
  const clock = new FakeClock();
  const gatherer = new Returns((one) => shown.push(one), clock);
  return {
    clock,
    shown,
    take: (...all: Shown[]) => all.forEach((one) => gatherer.take(one)),
    end: () => gatherer.end(),
  };
}

Deno.test("what waits at the mailbox while their conversation is not open is waited for as long", async () => {
  const { take, shown, clock } = returns();
  take(closed("bob"), waiting("bob", 2));
  shown.length = 0;
  take(here("bob"));
  await clock.pass(2_000);
  take(delivered("bob", 1), delivered("bob", 0), opened("bob", 0, { cause: "call" }));
  assertEquals(shown, [returned("bob", { isAgain: true, delivered: 2, hasCalled: true })]);
  // What they have got is not waited for again.
  take(gone("bob"), here("bob"));
  shown.length = 0;
  await clock.pass(500);
  assertEquals(shown, [here("bob")]);
});

Deno.test("who was gone for so short a time that the server says nothing of it is one line, too", async () => {
  const { take, shown, clock } = returns();
  take(closed("bob"), waiting("bob", 2));
  shown.length = 0;
  take(delivered("bob", 1), delivered("bob", 0));
  await clock.pass(2_000);
  take(opened("bob", 0, { cause: "call" }));
  assertEquals(shown, [returned("bob", { isAgain: true, delivered: 2, hasCalled: true })]);
  // Some of it may come over the link, and the server's word between.
  take(closed("bob"), waiting("bob", 3));
  shown.length = 0;
  take(delivered("bob", 2), here("bob"), opened("bob", 2), delivered("bob", 0));
  assertEquals(shown, []);
  take(delivered("bob", 0));
  assertEquals(shown, [returned("bob", { isAgain: true, delivered: 3 })]);
});

Deno.test("who fetches their messages and is not there has not returned", async () => {
  const { take, shown, clock } = returns();
  take(closed("bob"), waiting("bob", 2));
  shown.length = 0;
  take(delivered("bob", 1), delivered("bob", 0));
  await clock.pass(3_000);
  assertEquals(shown, [delivered("bob", 1), delivered("bob", 0)]);
  take(here("bob"), opened("bob", 0, { cause: "call" }));
  assertEquals(shown.slice(2), [returned("bob", { isAgain: true, hasCalled: true })]);
  // Nor are more of them kept back than a bound.
  take(closed("bob"));
  shown.length = 0;
  for (let i = 70; i-- > 0;) take(delivered("bob", i));
  assertEquals(shown.length, 64);
  shown.length = 0;
  take(here("carol", 70), opened("carol", 70));
  for (let i = 70; i-- > 0;) take(delivered("carol", i));
  assertEquals(shown, [returned("carol", { delivered: 70 })]);
});

Deno.test("that somebody is there belongs to their return, also if the link is quicker", () => {
  const { take, shown } = returns();
  take(opened("bob", 1), here("bob", 1), delivered("bob", 0));
  assertEquals(shown, [returned("bob", { delivered: 1 })]);
});

Deno.test("somebody who comes back and gets what waited is one line", () => {
  const { take, shown } = returns();
  take(closed("bob"), waiting("bob", 3));
  shown.length = 0;
  take(here("bob", 3), opened("bob", 3), delivered("bob", 2), delivered("bob", 1));
  assertEquals(shown, []);
  take(delivered("bob", 0));
  assertEquals(shown, [returned("bob", { isAgain: true, delivered: 3 })]);
});

Deno.test("one acknowledgement that brings several deliveries is one line, too", () => {
  const { take, shown } = returns();
  take(opened("bob", 2), delivered("bob", 0), delivered("bob", 0), delivered("bob", 0));
  assertEquals(shown, [returned("bob", { delivered: 2 }), delivered("bob", 0)]);
});

Deno.test("somebody who calls when they are back is one line, which says so", () => {
  const { take, shown } = returns();
  take(here("bob"), opened("bob", 0, { cause: "call", isCurrent: true }));
  assertEquals(shown, [returned("bob", { hasCalled: true, isCurrent: true })]);
});

Deno.test("somebody who only comes, or only calls, is shown as ever", async () => {
  const { take, shown, clock } = returns();
  take(opened("carol", 0, { cause: "call" }), here("bob"), gone("dave"));
  assertEquals(shown.map(({ type }) => type), ["opened", "presence"]);
  await clock.pass(600);
  assertEquals(shown.at(-1), here("bob"));
});

Deno.test("what is not delivered in time is said to be on its way", async () => {
  const { take, shown, clock } = returns();
  take(opened("bob", 3), here("carol", 1));
  await clock.pass(2_900);
  assertEquals(shown, []);
  take(delivered("bob", 2));
  await clock.pass(200);
  assertEquals(shown, [returned("bob", { delivered: 1, waiting: 2 }), here("carol", 1)]);
  take(delivered("bob", 1), opened("carol", 1), delivered("carol", 0));
  assertEquals(shown.slice(2), [
    delivered("bob", 1),
    // Of carol it was said before that she is there.
    returned("carol", { isNews: false, delivered: 1 }),
  ]);
});

Deno.test("what is to be seen of a link is never part of a return", () => {
  const others: Partial<Opened>[] = [
    { cause: "chat" },
    { contact: false },
    { security: "plaintext" },
    { similarTo: [{ name: "b0b", standing: "contact" }] },
  ];
  for (const other of others) {
    const { take, shown } = returns();
    take(here("bob", 2), opened("bob", 2, other), delivered("bob", 1));
    assertEquals(shown, [here("bob", 2), opened("bob", 2, other), delivered("bob", 1)]);
  }
});

Deno.test("what else there is of somebody is shown behind their return", () => {
  const { take, shown } = returns();
  take(here("bob", 2), opened("bob", 2), delivered("bob", 1));
  take(waiting("bob", 2), switched("carol"), closed("bob"));
  assertEquals(shown, [
    waiting("bob", 2),
    switched("carol"),
    returned("bob", { delivered: 1, waiting: 1 }),
    closed("bob"),
  ]);
});

Deno.test("at the end nothing is kept back", () => {
  const { take, end, shown } = returns();
  take(here("bob"));
  end();
  take(here("carol", 1));
  assertEquals(shown, [here("bob"), here("carol", 1)]);
});

Deno.test("however many return at once, no more than a bound are gathered", () => {
  const { take, shown } = returns();
  for (let i = 0; i < 70; i++) take(here(`p${i}`));
  assertEquals(
    shown.map((one) => "name" in one && one.name),
    [0, 1, 2, 3, 4, 5].map((i) => `p${i}`),
  );
});
