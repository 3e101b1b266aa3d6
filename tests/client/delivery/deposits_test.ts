import { assertEquals } from "@std/assert";
import { Deposits } from "../../../client/delivery/deposits.ts";
import { StreamProgress } from "../../../client/delivery/stream_progress.ts";
import type { Deposit } from "../../../client/mailbox/mailbox.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { say, storedConversation } from "../../support/store_fixture.ts";

const refusal: Deposit = {
  refused: "unavailable",
  why: { code: "unexpected", reason: "no room" },
  retryAfterMs: 60_000,
};

Deno.test("a time that has passed is not waited for again when the mailbox is gone", async () => {
  using conversation = storedConversation();
  say(conversation.outgoing, conversation.id, "text");
  const clock = new FakeClock();
  let outcome: Promise<Deposit> | undefined = Promise.resolve(refusal);
  const deposits = new Deposits({
    conversation: conversation.id,
    store: conversation,
    progress: new StreamProgress(conversation.id, conversation, clock),
    clock,
    deposit: () => outcome,
    onDeposited: () => {},
    onRefused: () => {},
  });
  const state = () => [deposits.due, deposits.dueAtMs];
  assertEquals(state(), [true, undefined]);
  await deposits.run(() => true);
  assertEquals(state(), [false, clock.now() + 60_000]);
  await clock.pass(60_000);
  assertEquals(state(), [true, undefined]);
  outcome = undefined;
  await deposits.run(() => true);
  assertEquals(state(), [false, undefined]);
  deposits.searched();
  assertEquals(state(), [true, undefined]);
});
