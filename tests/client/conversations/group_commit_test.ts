import { assertEquals } from "@std/assert";
import { UserError } from "../../../client/user_error.ts";
import { GroupCommit } from "../../../client/conversations/group_commit.ts";
import type { Draft } from "../../../client/store/store.ts";
import type { ChatMessage, StreamPosition } from "../../../shared/protocol/message_stream.ts";
import { isId } from "../../../shared/protocol/random_id.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { rejectsSaying } from "../../support/problems.ts";

/** The stored conversations with bob, and with carol, who has no key. */
const [bob, carol] = [1, 2] as const;

const position: StreamPosition = { stream: "", seq: 0, floor: 0, prev: "" };

/** A group commit, and a store that accepts or refuses. */
function scene() {
  const clock = new FakeClock();
  const batches: (readonly Draft[])[] = [];
  const state = { full: false };
  const outgoing = {
    accept(drafts: readonly Draft[]) {
      if (state.full) throw new Error("the disk is full");
      batches.push(drafts);
      return drafts.map((draft, i) =>
        draft.numbered ? { ...draft, position: { ...position, seq: i + 1 } } : undefined
      );
    },
  };
  const commits = new GroupCommit({ outgoing, clock });
  const accepted: [conversation: number, texts: string[]][] = [];
  const targets = [bob, carol].map((stored) => ({
    stored,
    accepted: (messages: readonly ChatMessage[]) =>
      void accepted.push([stored, messages.map(({ text }) => text)]),
  }));
  const commit = (conversation: number, text: string) =>
    commits.commit(
      targets.find(({ stored }) => stored === conversation)!,
      text,
      conversation === bob,
    );
  return { clock, batches, state, commits, commit, accepted };
}

Deno.test("messages of one turn go to the disk together, in order", async () => {
  const { clock, batches, commit, accepted } = scene();
  const sentAtMs = clock.timeOfDay();
  const committing = [commit(bob, "1"), commit(carol, "2"), commit(bob, "3")];
  assertEquals(batches, []);
  await clock.pass(0);
  const committed = await Promise.all(committing);
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
  // Each caller gets its own message as the store has numbered it.
  assertEquals(
    committed.map(({ id, numbered }) => [id, numbered?.id, numbered?.position.seq]),
    [[ids[0], ids[0], 1], [ids[1], undefined, undefined], [ids[2], ids[2], 3]],
  );
  // They go on together, too; what has no number goes nowhere.
  assertEquals(accepted, [[bob, ["1", "3"]]]);
});

Deno.test("messages of later turns go to the disk by themselves", async () => {
  const { clock, batches, commit } = scene();
  for (const text of ["1", "2"]) {
    const kept = commit(bob, text);
    await clock.pass(1);
    await kept;
  }
  assertEquals(batches.map((drafts) => drafts.length), [1, 1]);
});

Deno.test("messages that the disk does not take are all refused, and later ones are not", async () => {
  const { clock, batches, state, commits, commit, accepted } = scene();
  state.full = true;
  const refused = [bob, carol].map((conversation) =>
    rejectsSaying(
      () => commit(conversation, "lost"),
      UserError,
      "Cannot save the message: the disk is full. It was not sent",
    )
  );
  const flushed = commits.flushed();
  await clock.pass(0);
  await Promise.all([...refused, flushed]);
  assertEquals([batches, accepted], [[], []]);
  state.full = false;
  const kept = commit(bob, "kept");
  await clock.pass(0);
  await kept;
  assertEquals(batches.flat().map(({ text }) => text), ["kept"]);
});

Deno.test("`flushed` is done when the last message is saved, and at once if there is none", async () => {
  const { clock, commits, commit } = scene();
  await commits.flushed();
  commit(bob, "1");
  let done = false;
  const flushed = commits.flushed().then(() => done = true);
  await undefined;
  assertEquals(done, false);
  await clock.pass(0);
  await flushed;
});
