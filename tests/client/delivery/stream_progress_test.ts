import { assertEquals } from "@std/assert";
import { StreamProgress } from "../../../client/delivery/stream_progress.ts";
import { mailTtlMs } from "../../../shared/protocol/limits.ts";
import { say, storedConversation } from "../../support/store_fixture.ts";

const dayMs = 24 * 60 * 60_000;

Deno.test("mail that may be gone from the mailbox waits again, also if it was deposited by a wrong clock", () => {
  const nowMs = Date.UTC(2030, 0);
  const isForgotten = (depositedAtMs: number) => {
    const store = storedConversation();
    const { id, outgoing } = store;
    say(outgoing, id, "a", "b");
    outgoing.markDeposited(id, 1, depositedAtMs);
    const progress = new StreamProgress(id, store, { timeOfDay: () => nowMs });
    progress.reload();
    return progress.deposited === 0;
  };
  assertEquals(isForgotten(nowMs), false);
  assertEquals(isForgotten(nowMs - mailTtlMs), false);
  assertEquals(isForgotten(nowMs - mailTtlMs - 1), true);
  // The clock was set back a little, and then it was a year ahead.
  assertEquals(isForgotten(nowMs + dayMs), false);
  assertEquals(isForgotten(nowMs + 365 * dayMs), true);
  assertEquals(isForgotten(0), true);
});
