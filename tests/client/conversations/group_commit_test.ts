import { assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../../client/user_error.ts";
import type { Conversation } from "../../../client/conversations/conversation.ts";
import { GroupCommit } from "../../../client/conversations/group_commit.ts";
import type { Journal } from "../../../client/store/journal.ts";
import type { Draft } from "../../../client/store/store.ts";
import { isId } from "../../../shared/protocol/random_id.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { publicKeyFrom } from "../../../shared/crypto/public_key.ts";

/** A posting, a journal that takes or refuses, and two conversations, the second without a key. */
function scene() {
  const clock = new FakeClock();
  const batches: (readonly Draft[])[] = [];
  const state = { full: false };
  const journal = {
    accept(drafts: readonly Draft[]) {
      if (state.full) throw new Error("the disk is full");
      batches.push(drafts);
      return [];
    },
  } as unknown as Journal;
  const accepted: number[] = [];
  const [bob, carol] = [publicKeyFrom(new Uint8Array(32)), undefined].map((key, i) =>
    ({ id: i + 1, key, accepted: () => accepted.push(i + 1) }) as unknown as Conversation
  );
  const posting = new GroupCommit({ journal, clock });
  return { clock, batches, state, accepted, posting, bob: bob!, carol: carol! };
}

Deno.test("what comes in one turn goes to the disk at once, and in order", async () => {
  const { clock, batches, accepted, posting, bob, carol } = scene();
  const sentAtMs = clock.timeOfDay();
  const posts = [posting.post(bob, "1"), posting.post(carol, "2"), posting.post(bob, "3")];
  assertEquals(batches, []);
  await clock.pass(0);
  await Promise.all(posts);
  assertEquals(
    batches.map((drafts) =>
      drafts.map((
        { conversation, text, sentAtMs, numbered },
      ) => [conversation, text, sentAtMs, numbered])
    ),
    [[[1, "1", sentAtMs, true], [2, "2", sentAtMs, false], [1, "3", sentAtMs, true]]],
  );
  const ids = batches.flat().map(({ id }) => id);
  assertEquals([new Set(ids).size, ids.every(isId)], [3, true]);
  // Each conversation is told once.
  assertEquals(accepted, [1, 2]);
});

Deno.test("what comes later goes to the disk by itself", async () => {
  const { clock, batches, posting, bob } = scene();
  for (const text of ["1", "2"]) {
    const kept = posting.post(bob, text);
    await clock.pass(1);
    await kept;
  }
  assertEquals(batches.map((drafts) => drafts.length), [1, 1]);
});

Deno.test("what the disk does not take is refused as a whole, and what comes behind it is not", async () => {
  const { clock, batches, state, accepted, posting, bob, carol } = scene();
  state.full = true;
  const refused = [bob, carol].map((conversation) =>
    assertRejects(
      () => posting.post(conversation, "lost"),
      UserError,
      "Cannot keep the message: the disk is full. It was not sent",
    )
  );
  const allKept = posting.allKept();
  await clock.pass(0);
  await Promise.all([...refused, allKept]);
  assertEquals([batches, accepted], [[], []]);
  state.full = false;
  const kept = posting.post(bob, "kept");
  await clock.pass(0);
  await kept;
  assertEquals(batches.flat().map(({ text }) => text), ["kept"]);
});

Deno.test("all is kept once the last is, or where there is none", async () => {
  const { clock, posting, bob } = scene();
  await posting.allKept();
  posting.post(bob, "1");
  let done = false;
  const allKept = posting.allKept().then(() => done = true);
  await undefined;
  assertEquals(done, false);
  await clock.pass(0);
  await allKept;
});
