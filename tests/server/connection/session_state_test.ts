import { assertEquals, assertThrows } from "@std/assert";
import {
  isNewsDue,
  isTelling,
  nextState,
  type SessionEvent,
  type SessionState,
} from "../../../server/connection/session_state.ts";

const events: SessionEvent[] = ["requests", "replied", "news", "told", "fatal", "close"];

/** The next state for each event, in the order of `events`; `-` if the event cannot happen. */
const table: [SessionState, ...(SessionState | "-")[]][] = [
  ["idle", "replying", "-", "telling", "-", "ending", "closed"],
  ["replying", "-", "idle", "replying, news due", "-", "ending", "closed"],
  ["replying, news due", "-", "idle", "replying, news due", "-", "ending", "closed"],
  ["telling", "telling, replies due", "-", "telling, news due", "idle", "-", "closed"],
  ["telling, news due", "telling, both due", "-", "telling, news due", "idle", "-", "closed"],
  ["telling, replies due", "-", "-", "telling, both due", "replying", "-", "closed"],
  ["telling, both due", "-", "-", "telling, both due", "replying, news due", "-", "closed"],
  ["ending", "ending", "ending", "ending", "-", "ending", "closed"],
  ["closed", "closed", "closed", "closed", "closed", "closed", "closed"],
];

Deno.test("each event leads a session from each state to the state that the table says", () => {
  for (const [state, ...wanted] of table) {
    for (const [i, event] of events.entries()) {
      const next = wanted[i]!;
      if (next === "-") assertThrows(() => nextState(state, event), Error, state);
      else assertEquals(nextState(state, event), next, `${state}: ${event}`);
    }
  }
});

Deno.test("news that has come is due until it is told, and is told when the session is idle again", () => {
  const states = table.map(([state]) => state);
  assertEquals(states.filter(isNewsDue), [
    "replying, news due",
    "telling, news due",
    "telling, both due",
  ]);
  assertEquals(states.filter(isTelling), [
    "telling",
    "telling, news due",
    "telling, replies due",
    "telling, both due",
  ]);
  // News that is due stays due until the session is idle and tells it, or is over.
  for (const state of states.filter(isNewsDue)) {
    for (const event of events) {
      let next;
      try {
        next = nextState(state, event);
      } catch {
        continue;
      }
      const isKept = isNewsDue(next);
      assertEquals(
        isKept || ["idle", "ending", "closed"].includes(next),
        true,
        `${state}: ${event}`,
      );
    }
  }
});
