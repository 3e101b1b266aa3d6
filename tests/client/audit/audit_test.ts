import { assert, assertEquals } from "@std/assert";
import { answerAudit } from "../../../client/audit/answer.ts";
import { audit, type AuditReport, type StreamFinding } from "../../../client/audit/audit.ts";
import { UserError } from "../../../client/user_error.ts";
import { type ConversationId, openStore, type Store } from "../../../client/store/store.ts";
import type { NumberedMessage } from "../../../shared/protocol/message_stream.ts";
import { randomId } from "../../../shared/protocol/random_id.ts";
import {
  auditEntriesMax,
  auditFindingsMax,
  auditQuestionsMax,
  auditRangeMax,
  auditStreamsMax,
  unacknowledgedMax,
} from "../../../shared/protocol/limits.ts";
import {
  encode,
  type Header,
  header,
  headerValues,
  type Message,
  message,
} from "../../../shared/protocol/message.ts";
import { check } from "../../../shared/protocol/verbs.ts";
import { draft, fileStore, keyOf, outcomes, say, stream } from "../../support/store_fixture.ts";
import { rejectsSaying } from "../../support/problems.ts";

/** One of two who have talked. */
interface Side {
  readonly store: Store;
  readonly id: ConversationId;
}

/** Alice and Bob, each with a store that can be tampered with. */
function two() {
  const files = [fileStore(), fileStore()] as const;
  const stores = files.map((file) => file.open());
  const [alice, bob] = ([["alice", "bob"], ["bob", "alice"]] as const).map((
    [self, name],
    i,
  ): Side => {
    const store = stores[i]!;
    return { store, id: store.conversations.open({ self, name, key: keyOf(1) }).id };
  }) as [Side, Side];
  return {
    alice,
    bob,
    changeAlice: files[0].change,
    changeBob: files[1].change,
    [Symbol.dispose]() {
      for (const store of stores) store[Symbol.dispose]();
      for (const file of files) file[Symbol.dispose]();
    },
  };
}

/** Sends texts, all of which arrive and are acknowledged. */
function send(from: Side, to: Side, count: number): NumberedMessage[] {
  const texts = Array.from({ length: count }, (_, i) => `${i}`);
  const messages = say(from.store.outgoing, from.id, ...texts);
  for (let at = 0; at < messages.length; at += unacknowledgedMax) {
    to.store.incoming.receive(to.id, messages.slice(at, at + unacknowledgedMax), 1);
  }
  if (messages.length > 0) from.store.outgoing.acknowledge(from.id, messages.at(-1)!.id);
  return messages;
}

/** Asks a side as over a link, and checks both messages as a link does. */
function asking(side: Side, questions: Message[] = []) {
  return (request: Message): Promise<Message> => {
    questions.push(request);
    const answer = answerAudit(side.store.digests, side.id, request);
    for (const said of [request, answer]) {
      assertEquals(check(said, "peer"), undefined);
      encode(said);
    }
    assertEquals(header(answer, "Id"), header(request, "Id"));
    return Promise.resolve(answer);
  };
}

async function compare(from: Side, to: Side, questions: Message[] = []): Promise<AuditReport> {
  return await audit(from.store.digests, from.id, asking(to, questions));
}

function finding(report: AuditReport, direction: "sent" | "received"): StreamFinding {
  const found = report.streams.filter((one) => one.direction === direction);
  assertEquals(found.length, 1);
  return found[0]!;
}

function clean(same: number, waiting = 0) {
  return { same, waiting, missingHere: [], missingThere: [], differing: [], complete: true };
}

function withoutName({ direction: _1, stream: _2, ...rest }: StreamFinding) {
  return rest;
}

Deno.test("two who have said nothing have nothing to compare", async () => {
  using t = two();
  assertEquals(await compare(t.alice, t.bob), { streams: [] });
});

Deno.test("two who have the same messages find that out with few questions, from either side", async () => {
  using t = two();
  send(t.alice, t.bob, 3_000);
  send(t.bob, t.alice, 7);
  for (
    const [from, to, sent, received] of [[t.alice, t.bob, 3_000, 7], [
      t.bob,
      t.alice,
      7,
      3_000,
    ]] as const
  ) {
    const questions: Message[] = [];
    const report = await compare(from, to, questions);
    assertEquals(withoutName(finding(report, "sent")), clean(sent));
    assertEquals(withoutName(finding(report, "received")), clean(received));
    assertEquals(questions.length, 3);
  }
});

Deno.test("waiting messages are no difference, however many there are", async () => {
  using t = two();
  send(t.alice, t.bob, 333);
  // Bob has some of which the acknowledgement was lost.
  const waiting = say(t.alice.store.outgoing, t.alice.id, ...Array(2_500).fill("waiting"));
  outcomes(t.bob.store.incoming, t.bob.id, waiting.slice(0, 77));
  const questions: Message[] = [];
  assertEquals(
    withoutName(finding(await compare(t.alice, t.bob, questions), "sent")),
    clean(333 + 77, 2_500 - 77),
  );
  assert(questions.length < 40);
  assertEquals(
    withoutName(finding(await compare(t.bob, t.alice), "received")),
    clean(333 + 77, 2_500 - 77),
  );
});

Deno.test("messages that either side has lost are named", async () => {
  using t = two();
  const messages = send(t.alice, t.bob, 5_000);
  t.changeBob("DELETE FROM messages WHERE seq IN (1, 1234, 4999, 5000)");
  t.changeAlice("DELETE FROM messages WHERE seq IN (2, 3000)");
  const id = (seq: number) => messages[seq - 1]!.id;
  const [there, here] = [[5_000, 4_999, 1_234, 1].map(id), [3_000, 2].map(id)];
  const sorted = (ids: readonly string[]) => ids.toSorted();
  const sent = finding(await compare(t.alice, t.bob), "sent");
  assertEquals(sorted(sent.missingThere), sorted(there));
  assertEquals(sorted(sent.missingHere), sorted(here));
  assertEquals([sent.same, sent.waiting, sent.differing, sent.complete], [4_994, 0, [], true]);
  const received = finding(await compare(t.bob, t.alice), "received");
  assertEquals(sorted(received.missingHere), sorted(there));
  assertEquals(sorted(received.missingThere), sorted(here));
});

Deno.test("swapped messages are named, and so are messages with another id", async () => {
  using t = two();
  const messages = send(t.alice, t.bob, 400);
  t.changeBob(
    `UPDATE messages SET seq = -1 WHERE seq = 7; UPDATE messages SET seq = 7 WHERE seq = 300;
    UPDATE messages SET seq = 300 WHERE seq = -1;
    UPDATE messages SET id = x'${"ab".repeat(16)}' WHERE seq = 111`,
  );
  const sent = finding(await compare(t.alice, t.bob), "sent");
  assertEquals(
    sent.differing.toSorted(),
    [7, 111, 300].map((seq) => messages[seq - 1]!.id).toSorted(),
  );
  assertEquals([sent.same, sent.missingHere, sent.missingThere], [397, [], []]);
});

Deno.test("a lost store is noticed on either side, without going through all of it", async () => {
  using t = two();
  const messages = send(t.alice, t.bob, 30_000);
  using empty = openStore(":memory:");
  const lost = {
    store: empty,
    id: empty.conversations.open({ self: "x", name: "y", key: keyOf(1) }).id,
  };
  const ids = new Set(messages.map(({ id }) => id));
  for (
    const [from, to, where] of [
      [t.alice, lost, "missingThere"],
      [t.bob, lost, "missingThere"],
      [lost, t.bob, "missingHere"],
      [lost, t.alice, "missingHere"],
    ] as const
  ) {
    const questions: Message[] = [];
    const [found] = (await compare(from, to, questions)).streams;
    assertEquals([found!.same, found!.complete], [0, false]);
    assertEquals(found![where].length, auditFindingsMax);
    assert(found![where].every((id) => ids.has(id)));
    assert(questions.length < 60, `${questions.length}`);
  }
});

Deno.test("messages that were sent again in a new stream are found in that stream", async () => {
  using t = two();
  const { alice, bob } = t;
  send(alice, bob, 10);
  const messages = say(alice.store.outgoing, alice.id, "a", "b", "c");
  outcomes(bob.store.incoming, bob.id, messages.slice(0, 2));
  alice.store.outgoing.renumber(alice.id);
  outcomes(bob.store.incoming, bob.id, alice.store.outgoing.unacknowledged(alice.id, 0, 9));
  const { streams } = await compare(alice, bob);
  assertEquals(streams.map(({ same, waiting, complete }) => [same, waiting, complete]), [
    [3, 0, true],
    [10, 0, true],
  ]);
  assert(
    streams.every(({ missingHere, missingThere, differing }) =>
      missingHere.length + missingThere.length + differing.length === 0
    ),
  );
});

Deno.test("if there are too many streams the newest are compared", async () => {
  using t = two();
  for (let i = 0; i < auditStreamsMax + 5; i++) {
    send(t.alice, t.bob, 1);
    t.alice.store.outgoing.renumber(t.alice.id);
  }
  const questions: Message[] = [];
  const { streams } = await compare(t.alice, t.bob, questions);
  assert(streams.length >= auditStreamsMax && streams.length <= 2 * auditStreamsMax);
});

Deno.test("the cost of a question is limited, and malformed ones are refused", () => {
  using t = two();
  send(t.alice, t.bob, 100);
  const { store, id } = t.bob;
  const { stream: name } = t.alice.store.conversations.get(t.alice.id).outgoing;
  const ask = (...headers: Header[]) =>
    answerAudit(store.digests, id, message("AUDIT", [["Id", "1"], ...headers]));
  const range = (from: unknown, to: unknown, stream = name): Header[] => [
    ["Stream", stream],
    ["From", String(from)],
    ["To", String(to)],
  ];
  assertEquals(headerValues(ask(), "Stream"), [`received ${name} 100 100`]);
  const all = ask(...range(1, auditRangeMax));
  assertEquals([all.verb, header(all, "Count")], ["AUDITACK", "100"]);
  const some = ask(...range(99, 98 + auditEntriesMax), ["Ids", "yes"]);
  assertEquals(headerValues(some, "Entry").map((entry) => entry.split(" ")[0]), ["99", "100"]);
  assertEquals(header(ask(...range(1, 50, randomId())), "Count"), "0");
  for (
    const headers of [
      range(1, auditRangeMax + 1),
      range(2, 1),
      range(0, 1),
      range(1, 1e15),
      range(-1, 1),
      range("1e1", 20),
      range(1.5, 2),
      range("", ""),
      range(1, 2, "x"),
      [...range(1, auditEntriesMax + 1), ["Ids", "yes"]] as Header[],
      [["Stream", name]] as Header[],
    ]
  ) {
    const answer = ask(...headers);
    assertEquals([answer.verb, header(answer, "Code")], ["ERROR", "400"], JSON.stringify(headers));
  }
});

Deno.test("a question reveals nothing about conversations with others", () => {
  using t = two();
  const { store, id } = t.bob;
  const carol = store.conversations.open({ self: "bob", name: "carol", key: keyOf(3) }).id;
  say(store.outgoing, carol, "secret");
  const { stream: name } = store.conversations.get(carol).outgoing;
  const answer = answerAudit(
    store.digests,
    id,
    message("AUDIT", [["Id", "1"], ["Stream", name], ["From", "1"], ["To", "9"], ["Ids", "yes"]]),
  );
  assertEquals([header(answer, "Count"), headerValues(answer, "Entry")], ["0", []]);
});

Deno.test("malformed answers end an audit, and the number of questions is limited", async () => {
  using t = two();
  send(t.alice, t.bob, 100);
  const { store: { digests }, id } = t.alice;
  const { stream: name } = t.alice.store.conversations.get(id).outgoing;
  const honest = asking(t.bob);
  const digest = (...headers: Header[]) => (request: Message) =>
    header(request, "Stream") === undefined
      ? honest(request)
      : Promise.resolve(message("AUDITACK", headers));
  const zeros = "0".repeat(32);
  for (
    const ask of [
      () => Promise.resolve(message("AUDITACK", [["Stream", "nonsense"]])),
      () => Promise.resolve(message("AUDITACK", [["Stream", `sent ${randomId()} 1 2`]])),
      digest(),
      digest(["Count", "1"]),
      digest(["Count", "-1"], ["Digest", zeros]),
      digest(["Count", "101"], ["Digest", zeros]),
      digest(["Count", "1"], ["Digest", zeros], ["Entry", `1 ${randomId()}`], ["Entry", "x"]),
      digest(["Count", "1"], ["Digest", zeros], ["Entry", `999 ${randomId()}`]),
      digest(["Count", "1"], ["Digest", zeros], ["Entry", "1 x"]),
      (request: Message) =>
        digest(["Count", "2"], ["Digest", zeros], [
          "Entry",
          `${header(request, "To")} ${randomId()}`,
        ])(
          request,
        ),
    ]
  ) await rejectsSaying(() => audit(digests, id, ask), UserError, "do not fit together");
  await rejectsSaying(
    () =>
      audit(digests, id, () => Promise.reject(new UserError({ code: "link-ended-before-reply" }))),
    UserError,
    "before",
  );
  // A peer that claims to have more messages than anybody can write, all of them different.
  let questions = 0;
  const endless = (request: Message): Promise<Message> => {
    questions++;
    if (header(request, "Stream") === undefined) {
      return Promise.resolve(message("AUDITACK", [
        ["Stream", `received ${name} 999999999999999 999999999999999`],
        ["Stream", `sent ${randomId()} 999999999999999 0`],
      ]));
    }
    const [from, to] = ["From", "To"].map((name) => Number(header(request, name)));
    const answer: Header[] = [["Count", "1"], ["Digest", randomId()]];
    if (header(request, "Ids")) answer.push(["Entry", `${Math.max(from!, to! - 1)} ${randomId()}`]);
    return Promise.resolve(message("AUDITACK", answer));
  };
  const report = await audit(digests, id, endless);
  assert(report.streams.every(({ complete }) => !complete));
  assert(questions <= 2 * (auditQuestionsMax + 1) + 1);
});

Deno.test("messages that are sent during an audit do no harm", async () => {
  using t = two();
  const { alice, bob } = t;
  send(alice, bob, 2_000);
  const ask = asking(bob);
  const report = await audit(alice.store.digests, alice.id, (request) => {
    send(alice, bob, 3);
    bob.store.outgoing.accept([draft(bob.id, "meanwhile")]);
    outcomes(bob.store.incoming, bob.id, stream(["another copy of alice's"]));
    return ask(request);
  });
  assert(
    report.streams.every(({ missingThere, differing }) =>
      missingThere.length + differing.length === 0
    ),
  );
});
