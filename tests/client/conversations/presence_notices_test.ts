import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { PresenceNotices } from "../../../client/conversations/presence_notices.ts";
import type { ClientEvent, CloseReason, EventSink } from "../../../client/events.ts";
import type { PresenceStatus } from "../../../client/rendezvous/rendezvous.ts";
import { FakeClock } from "../../support/fake_clock.ts";

/** A peer without a key, which makes no difference here. */
const peer = (name: string) => ({
  conversation: name,
  name,
  person: undefined,
  device: undefined,
});

function opened(name: string): ClientEvent {
  return {
    ...peer(name),
    type: "opened",
    address: { host: "127.0.0.1", port: 1 },
    dialect: "p2pchat",
    security: "encrypted",
    cause: "chat",
    contact: false,
    waiting: 0,
  };
}

function closed(name: string, reason: CloseReason = "lost"): ClientEvent {
  return { ...peer(name), type: "closed", reason, detail: undefined };
}

/** What is told of bob, in short. */
function scene() {
  const clock = new FakeClock();
  const told: string[] = [];
  const sink: EventSink = {
    emit: (event) => {
      if (event.type !== "presence") return;
      told.push(`${event.name} ${event.here ? "here" : "gone"}`);
    },
    room: () => undefined,
    shown: () => undefined,
  };
  const notices = new PresenceNotices({ clock, sink });
  /** A connection tells something. */
  const note = (event: ClientEvent) => notices.noting(sink).emit(event);
  return { clock, told, notices, note };
}

Deno.test("that somebody has come is told at once, that they have gone after a while, each once", async () => {
  const { clock, told, notices } = scene();
  notices.said("bob", "online", false);
  notices.said("bob", "online", false);
  assertEquals(told, ["bob here"]);
  notices.said("bob", "away", false);
  await clock.pass(4_999);
  notices.said("bob", "away", false);
  await clock.pass(4_999);
  assertEquals(told, ["bob here"]);
  await clock.pass(1);
  assertEquals(told, ["bob here", "bob gone"]);
  notices.said("bob", "away", false);
  await clock.pass(10_000);
  assertEquals(told, ["bob here", "bob gone"]);
});

Deno.test("somebody who is back soon has not gone", async () => {
  const { clock, told, notices } = scene();
  notices.said("bob", "online", false);
  for (let i = 0; i < 10; i++) {
    notices.said("bob", "away", false);
    await clock.pass(3_000);
    notices.said("bob", "online", false);
    await clock.pass(3_000);
  }
  assertEquals(told, ["bob here"]);
});

Deno.test("nobody is said to be away who was not said to be here", async () => {
  const { clock, told, notices } = scene();
  notices.said("bob", "away", false);
  notices.said("carol", "registered", false);
  await clock.pass(10_000);
  notices.said("carol", "away", false);
  await clock.pass(10_000);
  assertEquals(told, []);
  notices.said("bob", "online", false);
  assertEquals(told, ["bob here"]);
});

Deno.test("what a connection has shown is not told again", async () => {
  const { clock, told, notices, note } = scene();
  note(opened("bob"));
  notices.said("bob", "online", true);
  notices.said("bob", "away", true);
  await clock.pass(10_000);
  note(closed("bob"));
  notices.said("bob", "away", false);
  await clock.pass(10_000);
  assertEquals(told, []);
  notices.said("bob", "online", false);
  assertEquals(told, ["bob here"]);
});

Deno.test("the server's word that somebody is here waits for a moment behind their goodbye", async () => {
  const { clock, told, notices, note } = scene();
  const comeAndLeave = () => {
    note(opened("bob"));
    note(closed("bob", "peer-left"));
  };
  // The word was on its way, and the server hears of it.
  comeAndLeave();
  await clock.pass(100);
  notices.said("bob", "online", false);
  await clock.pass(100);
  notices.said("bob", "away", false);
  await clock.pass(10_000);
  assertEquals(told, []);
  // They have left the conversation alone, or are back.
  comeAndLeave();
  await clock.pass(100);
  notices.said("bob", "online", false);
  await clock.pass(1_899);
  assertEquals(told, []);
  await clock.pass(1);
  assertEquals(told, ["bob here"]);
  // Whoever calls is here.
  comeAndLeave();
  notices.said("bob", "online", false);
  note(opened("bob"));
  await clock.pass(10_000);
  // Later it is no word of before.
  note(closed("bob", "peer-left"));
  await clock.pass(2_000);
  notices.said("bob", "online", false);
  assertEquals(told, ["bob here", "bob here"]);
  // Who is lost has said nothing to the server.
  note(opened("bob"));
  note(closed("bob", "lost"));
  notices.said("bob", "online", false);
  assertEquals(told, ["bob here", "bob here", "bob here"]);
});

Deno.test("somebody who calls while they seem to have gone has not gone", async () => {
  const { clock, told, notices, note } = scene();
  notices.said("bob", "online", false);
  notices.said("bob", "away", false);
  await clock.pass(2_000);
  note(opened("bob"));
  await clock.pass(10_000);
  assertEquals(told, ["bob here"]);
});

Deno.test("a peer that the user leaves is here until it goes", async () => {
  const { clock, told, notices, note } = scene();
  note(opened("bob"));
  note(closed("bob", "you-left"));
  notices.said("bob", "away", false);
  await clock.pass(5_000);
  assertEquals(told, ["bob gone"]);
});

Deno.test("a lost server says nothing about anybody", async () => {
  const { clock, told, notices } = scene();
  notices.said("bob", "online", false);
  notices.said("bob", "away", false);
  notices.said("bob", undefined, false);
  await clock.pass(10_000);
  notices.said("bob", "online", false);
  assertEquals(told, ["bob here"]);
});

Deno.test("once it is stopped nothing is told any more, and no timer is left", async () => {
  const { clock, told, notices } = scene();
  for (const name of ["bob", "carol"]) {
    notices.said(name, "online", false);
    notices.said(name, "away", false);
  }
  notices.stop();
  assertEquals(clock.waiting, 0);
  // The server may go on telling for a moment.
  notices.said("bob", "online", false);
  notices.said("bob", "away", false);
  assertEquals(clock.waiting, 0);
  await clock.pass(10_000);
  assertEquals(told, ["bob here", "carol here"]);
});

Deno.test("any number of names takes little memory, and the last ones are still known", async () => {
  const { clock, told, notices, note } = scene();
  for (let i = 0; i < 5_000; i++) note(opened(`somebody${i}`));
  notices.said("somebody4999", "online", false);
  assertEquals(told, []);
  // Somebody who was forgotten counts as new.
  notices.said("somebody0", "online", false);
  assertEquals(told, ["somebody0 here"]);
  await clock.pass(1);
});

Deno.test("whatever is said, the user is told only about changes, and about none while connected", async () => {
  type Step = PresenceStatus | "lost" | "opened" | "closed" | "pass";
  const step = fc.constantFrom<Step>(
    "online",
    "registered",
    "away",
    "lost",
    "opened",
    "closed",
    "pass",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { clock, told, notices, note } = scene();
      let connected = false;
      let here: boolean | undefined;
      for (const step of steps) {
        const before = told.length;
        const wasConnected = connected;
        if (step === "pass") await clock.pass(6_000);
        else if (step === "opened" || step === "closed") {
          if (connected === (step === "opened")) continue;
          connected = !connected;
          note(connected ? opened("bob") : closed("bob"));
          here = connected;
        } else notices.said("bob", step === "lost" ? undefined : step, connected);
        for (const line of told.slice(before)) {
          assert(!wasConnected, line);
          assert((line === "bob here") !== here, `${line} again`);
          here = line === "bob here";
        }
      }
      notices.stop();
      assertEquals(clock.waiting, 0);
    }),
    { numRuns: 300 },
  );
});
