// The states of a delivery, as a table: what follows from each situation.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type DeliveryState,
  nextState,
  type Situation,
} from "../../../client/delivery/delivery_state.ts";

interface Facts {
  readonly stopped?: true;
  readonly connected?: true;
  readonly messagesWait?: true;
  readonly allDeposited?: true;
  readonly searchDue?: true;
  readonly searching?: true;
  readonly searchWanted?: true;
  readonly depositDue?: true;
  readonly depositing?: true;
}

function situation(facts: Facts): Situation {
  return {
    stopped: facts.stopped ?? false,
    connected: facts.connected ?? false,
    messagesWait: facts.messagesWait ?? false,
    allDeposited: facts.allDeposited ?? false,
    search: {
      due: facts.searchDue ?? false,
      underWay: facts.searching ?? false,
      wanted: facts.searchWanted ?? false,
    },
    deposit: { due: facts.depositDue ?? false, underWay: facts.depositing ?? false },
  };
}

const messagesWait = true;
const allDeposited = true;

const table: readonly (readonly [Facts, DeliveryState])[] = [
  [{}, "idle"],
  [{ connected: true }, "idle"],
  [{ searchDue: true, depositDue: true }, "idle"],
  [{ messagesWait }, "waiting"],
  [{ messagesWait, connected: true }, "transmitting"],
  // A link is better than everything else.
  [{ messagesWait, connected: true, searching: true, depositing: true }, "transmitting"],
  [{ messagesWait, connected: true, allDeposited }, "transmitting"],
  // The peer is looked for before anything is left at the mailbox.
  [{ messagesWait, searchDue: true, depositDue: true }, "searching"],
  [{ messagesWait, searching: true, depositDue: true }, "searching"],
  // One thing at a time.
  [{ messagesWait, searchDue: true, depositing: true }, "depositing"],
  [{ messagesWait, depositDue: true }, "depositing"],
  [{ messagesWait, depositing: true }, "depositing"],
  [{ messagesWait, allDeposited }, "idle"],
  [{ messagesWait, allDeposited, depositDue: true }, "idle"],
  [{ messagesWait, allDeposited, searchDue: true }, "searching"],
  // A peer that is said to be back is looked for even then, once it is time.
  [{ messagesWait, allDeposited, searchWanted: true }, "waiting"],
  [{ messagesWait, allDeposited, searchWanted: true, searchDue: true }, "searching"],
  [{ stopped: true, messagesWait, connected: true }, "stopped"],
];

for (const [facts, state] of table) {
  Deno.test(`${Object.keys(facts).join(", ") || "nothing"}: ${state}`, () => {
    assertEquals(nextState(situation(facts)), state);
  });
}

Deno.test("whatever the situation, a state fits it", () => {
  const fact = fc.constantFrom(true as const, undefined);
  const facts = fc.record({
    stopped: fact,
    connected: fact,
    messagesWait: fact,
    allDeposited: fact,
    searchDue: fact,
    searching: fact,
    searchWanted: fact,
    depositDue: fact,
    depositing: fact,
  });
  fc.assert(fc.property(facts, (facts) => {
    const given = situation(facts as Facts);
    const state = nextState(given);
    assertEquals(state === "stopped", given.stopped);
    if (given.stopped) return;
    assertEquals(state === "transmitting", given.messagesWait && given.connected);
    // What is at the mailbox is not left there again.
    if (state === "depositing") {
      assertEquals(given.allDeposited && !given.deposit.underWay, false);
    }
  }));
});
