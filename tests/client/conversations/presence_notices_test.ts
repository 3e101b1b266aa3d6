import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { PresenceNotices } from "../../../client/conversations/presence_notices.ts";
import type { ClientEvent, CloseReason, EventSink } from "../../../client/events.ts";
import type { PresenceStatus } from "../../../client/rendezvous/rendezvous.ts";
import { FakeClock } from "../../support/fake_clock.ts";

/** A peer without a key, who is as good as any here. */
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
  const comings = new PresenceNotices({ clock, sink });
  /** A connection tells something. */
  const note = (event: ClientEvent) => comings.noting(sink).emit(event);
  return { clock, told, comings, note };
}

Deno.test("who comes is told at once, who goes after a while, each once", async () => {
  const { clock, told, comings } = scene();
  comings.said("bob", "online", false);
  comings.said("bob", "online", false);
  assertEquals(told, ["bob here"]);
  comings.said("bob", "away", false);
  await clock.pass(4_999);
  comings.said("bob", "away", false);
  await clock.pass(4_999);
  assertEquals(told, ["bob here"]);
  await clock.pass(1);
  assertEquals(told, ["bob here", "bob gone"]);
  comings.said("bob", "away", false);
  await clock.pass(10_000);
  assertEquals(told, ["bob here", "bob gone"]);
});

Deno.test("who is back soon has not gone", async () => {
  const { clock, told, comings } = scene();
  comings.said("bob", "online", false);
  for (let i = 0; i < 10; i++) {
    comings.said("bob", "away", false);
    await clock.pass(3_000);
    comings.said("bob", "online", false);
    await clock.pass(3_000);
  }
  assertEquals(told, ["bob here"]);
});

Deno.test("of whom nothing was told it is not told that they are away", async () => {
  const { clock, told, comings } = scene();
  comings.said("bob", "away", false);
  comings.said("carol", "registered", false);
  await clock.pass(10_000);
  comings.said("carol", "away", false);
  await clock.pass(10_000);
  assertEquals(told, []);
  comings.said("bob", "online", false);
  assertEquals(told, ["bob here"]);
});

Deno.test("what connections say is not told again", async () => {
  const { clock, told, comings, note } = scene();
  note(opened("bob"));
  comings.said("bob", "online", true);
  comings.said("bob", "away", true);
  await clock.pass(10_000);
  note(closed("bob"));
  comings.said("bob", "away", false);
  await clock.pass(10_000);
  assertEquals(told, []);
  comings.said("bob", "online", false);
  assertEquals(told, ["bob here"]);
});

Deno.test("whoever calls while he seems to have gone has not", async () => {
  const { clock, told, comings, note } = scene();
  comings.said("bob", "online", false);
  comings.said("bob", "away", false);
  await clock.pass(2_000);
  note(opened("bob"));
  await clock.pass(10_000);
  assertEquals(told, ["bob here"]);
});

Deno.test("whom the user leaves is there until he goes", async () => {
  const { clock, told, comings, note } = scene();
  note(opened("bob"));
  note(closed("bob", "you-left"));
  comings.said("bob", "away", false);
  await clock.pass(5_000);
  assertEquals(told, ["bob gone"]);
});

Deno.test("a server that is lost says nothing of anybody", async () => {
  const { clock, told, comings } = scene();
  comings.said("bob", "online", false);
  comings.said("bob", "away", false);
  comings.said("bob", undefined, false);
  await clock.pass(10_000);
  comings.said("bob", "online", false);
  assertEquals(told, ["bob here"]);
});

Deno.test("once it is stopped nothing is told any more, and no timer is left", async () => {
  const { clock, told, comings } = scene();
  for (const name of ["bob", "carol"]) {
    comings.said(name, "online", false);
    comings.said(name, "away", false);
  }
  comings.stop();
  assertEquals(clock.waiting, 0);
  await clock.pass(10_000);
  assertEquals(told, ["bob here", "carol here"]);
});

Deno.test("names without end take no memory, and the last ones are still known", async () => {
  const { clock, told, comings, note } = scene();
  for (let i = 0; i < 5_000; i++) note(opened(`stranger${i}`));
  comings.said("stranger4999", "online", false);
  assertEquals(told, []);
  // Of whom nothing is known any more it is told as of somebody new.
  comings.said("stranger0", "online", false);
  assertEquals(told, ["stranger0 here"]);
  await clock.pass(1);
});

Deno.test("whatever is said, the user is told of changes alone, and nothing while connected", async () => {
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
      const { clock, told, comings, note } = scene();
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
        } else comings.said("bob", step === "lost" ? undefined : step, connected);
        for (const line of told.slice(before)) {
          assert(!wasConnected, line);
          assert((line === "bob here") !== here, `${line} again`);
          here = line === "bob here";
        }
      }
      comings.stop();
      assertEquals(clock.waiting, 0);
    }),
    { numRuns: 300 },
  );
});
