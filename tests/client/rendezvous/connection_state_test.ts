import { assertEquals } from "@std/assert";
import {
  type ConnectionState,
  type ConnectionStep,
  nextState,
} from "../../../client/rendezvous/connection_state.ts";

const table: Record<ConnectionState, Record<ConnectionStep, ConnectionState>> = {
  open: { register: "registered", release: "open", close: "closed", fail: "closed" },
  registered: { register: "registered", release: "open", close: "closed", fail: "lost" },
  closed: { register: "lost", release: "closed", close: "closed", fail: "closed" },
  lost: { register: "lost", release: "lost", close: "lost", fail: "lost" },
};

for (const [state, steps] of Object.entries(table)) {
  for (const [step, next] of Object.entries(steps)) {
    Deno.test(`a connection that is ${state} and has to ${step} is ${next}`, () => {
      assertEquals(nextState(state as ConnectionState, step as ConnectionStep), next);
    });
  }
}
