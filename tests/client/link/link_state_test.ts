import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  type Ending,
  left,
  type LinkState,
  type LinkStep,
  nextState,
} from "../../../client/link/link_state.ts";

type State = LinkState<"opening", "session">;
type Step = LinkStep<"session">;

const lost: Ending = { reason: "lost", detail: undefined };
const faulty: Ending = { reason: "broken", detail: undefined };
const late: Ending = { reason: "silent", detail: undefined };

const opening: State = { name: "opening", opening: "opening" };
const open: State = { name: "open", open: "session" };
const leaving: State = { name: "closing", open: "session", ending: left, hears: true };
const refusing: State = { name: "closing", open: "session", ending: faulty, hears: false };
const refusingCaller: State = { name: "closing", open: undefined, ending: faulty, hears: false };
const closed = (ending: Ending, had: "session" | undefined): State => ({
  name: "closed",
  open: had,
  ending,
});

const opens: Step = { type: "open", open: "session" };
const leaves: Step = { type: "leave" };
const refuses: Step = { type: "refuse", ending: faulty };
const ends: Step = { type: "end", ending: lost };
const steps = { opens, leaves, refuses, ends };

type Row = readonly [from: State, ...to: (State | "same")[]];

// For each state, what follows if it opens, we leave, the peer is refused, and it ends.
const table: Record<string, Row> = {
  opening: [opening, open, closed(left, undefined), refusingCaller, closed(lost, undefined)],
  open: [open, "same", leaving, refusing, closed(lost, "session")],
  "closing as we leave": [leaving, "same", "same", refusing, closed(left, "session")],
  "closing as the peer is refused": [refusing, "same", "same", "same", closed(faulty, "session")],
  "closing before it opened": [
    refusingCaller,
    "same",
    "same",
    "same",
    closed(faulty, undefined),
  ],
  closed: [closed(late, "session"), "same", "same", "same", "same"],
};

for (const [name, [from, ...row]] of Object.entries(table)) {
  for (const [i, [how, step]] of Object.entries(steps).entries()) {
    const to = row[i]!;
    const then = to === "same" ? "it stays so" : `it is ${to.name}`;
    Deno.test(`a link that is ${name}: when it ${how}, ${then}`, () => {
      const next = nextState(from, step);
      if (to === "same") assertStrictEquals(next, from);
      else assertEquals(next, to);
    });
  }
}
