import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Receipt } from "../../../client/store/store.ts";
import {
  type ChatMessage,
  messageHash,
  type NumberedMessage,
  streamStart,
} from "../../../shared/protocol/message_stream.ts";
import { randomId } from "../../../shared/protocol/random_id.ts";
import { incomingStreamsMax } from "../../../shared/protocol/limits.ts";
import {
  keyOf,
  lastReceived,
  outcomes,
  received,
  say,
  storedConversation,
  stream,
} from "../../support/store_fixture.ts";

const texts = (history: Parameters<typeof received>[0]) => received(history, "alice", "bob");

Deno.test("messages that come in order are stored in order, and repeated ones are not", () => {
  using t = storedConversation();
  const { conversations, digests, history, incoming, id } = t;
  const messages = stream(["a", "b", "c"]);
  assertEquals(incoming.receive(id, messages.slice(0, 2), 5), [
    { outcome: "stored", row: 1, missed: 0 },
    { outcome: "stored", row: 2, missed: 0 },
  ]);
  assertEquals(outcomes(incoming, id, messages), ["duplicate", "duplicate", "stored"]);
  assertEquals(texts(history), ["a", "b", "c"]);
  assertEquals(lastReceived(digests, id, messages[0]!.position.stream), {
    seq: 3,
    id: messages[2]!.id,
  });
  assertEquals(lastReceived(digests, id, randomId()), undefined);
  assertEquals(incoming.receive(id, [], 5), []);
  assertEquals(conversations.get(id).lastAtMs, 3_000);
});

Deno.test("a batch sees what comes before in it", () => {
  using t = storedConversation();
  const [a, b, c] = stream(["a", "b", "c"]) as [NumberedMessage, NumberedMessage, NumberedMessage];
  assertEquals(outcomes(t.incoming, t.id, [a, c, a, b, c, b]), [
    "stored",
    "gap",
    "duplicate",
    "stored",
    "stored",
    "duplicate",
  ]);
});

Deno.test("messages after a gap are not taken until the gap is filled", () => {
  using t = storedConversation();
  const messages = stream(["a", "b", "c"]);
  assertEquals(outcomes(t.incoming, t.id, messages.slice(1)), ["gap", "gap"]);
  assertEquals(lastReceived(t.digests, t.id, messages[0]!.position.stream), undefined);
  assertEquals(outcomes(t.incoming, t.id, messages), ["stored", "stored", "stored"]);
});

Deno.test("messages that were acknowledged to the sender are not waited for", () => {
  using t = storedConversation();
  const { history, incoming, id } = t;
  const before = stream(["a", "b", "c", "d", "e"]);
  const atFloor = (message: NumberedMessage, floor: number) => ({
    ...message,
    position: { ...message.position, floor },
  });
  // In a stream that is new here nobody knows whether anything was missed.
  assertEquals(incoming.receive(id, [atFloor(before[1]!, 1)], 1), [
    { outcome: "stored", row: 1, missed: 0 },
  ]);
  // Only the next message shows it: until then there is nothing to tell the user.
  assertEquals(outcomes(incoming, id, [atFloor(before[4]!, 3)]), ["gap"]);
  assertEquals(incoming.receive(id, [atFloor(before[3]!, 3), before[4]!], 1), [
    { outcome: "stored", row: 2, missed: 1 },
    { outcome: "stored", row: 3, missed: 0 },
  ]);
  assertEquals(texts(history), ["b", "d", "e"]);
});

Deno.test("a number with another message is a conflict, and so is another hash of the message before", () => {
  using t = storedConversation();
  const { incoming, id } = t;
  const messages = stream(["a", "b", "c"]);
  assertEquals(outcomes(incoming, id, messages.slice(0, 2)), ["stored", "stored"]);
  assertEquals(outcomes(incoming, id, [{ ...messages[1]!, id: randomId() }]), ["conflict"]);
  const otherPast = { ...messages[2]!, position: { ...messages[2]!.position, prev: randomId() } };
  assertEquals(outcomes(incoming, id, [otherPast]), ["conflict"]);
  assertEquals(outcomes(incoming, id, [messages[2]!]), ["stored"]);
});

Deno.test("of the messages that were jumped over, only those that are there are acknowledged", () => {
  using t = storedConversation();
  const { incoming, id } = t;
  const messages = stream(["x", "y"], { floor: 10, prev: randomId() });
  assertEquals(outcomes(incoming, id, messages), ["stored", "stored"]);
  // A sender that was set back to before the jump uses these numbers for new messages.
  const { stream: name } = messages[0]!.position;
  const position = { stream: name, seq: 6, floor: 5, prev: randomId() };
  const anew = { id: randomId(), sentAtMs: 1, text: "new", position };
  assertEquals(outcomes(incoming, id, [anew]), ["conflict"]);
  // A message that came in another stream is a duplicate.
  const [other] = stream(["other"]);
  assertEquals(outcomes(incoming, id, [other!]), ["stored"]);
  assertEquals(outcomes(incoming, id, [{ ...other!, position }]), ["duplicate"]);
});

Deno.test("a message that comes again in a new stream is stored once, at its new position", () => {
  using t = storedConversation();
  const { digests, history, incoming, id } = t;
  const old = stream(["a", "b", "c"]);
  assertEquals(outcomes(incoming, id, old), ["stored", "stored", "stored"]);
  const name = randomId();
  let prev = streamStart;
  const fresh = [...old.slice(1), { ...stream(["d"])[0]! }].map((message, i): NumberedMessage => {
    const placed = { ...message, position: { stream: name, seq: i + 1, floor: 0, prev } };
    prev = messageHash(placed);
    return placed;
  });
  assertEquals(outcomes(incoming, id, fresh), ["duplicate", "duplicate", "stored"]);
  assertEquals(texts(history), ["a", "b", "c", "d"]);
  assertEquals(
    [...digests.entries(id, "received", name, 1, 9)].map(({ id }) => id),
    fresh.map(({ id }) => id),
  );
  // Late copies in the old stream change nothing.
  assertEquals(outcomes(incoming, id, old), ["duplicate", "duplicate", "duplicate"]);
  assertEquals([...digests.entries(id, "received", name, 1, 9)].length, 3);
  assertEquals(lastReceived(digests, id, name), { seq: 3, id: fresh[2]!.id });
});

Deno.test("messages without a position are stored once by their ids, which may be of any form", () => {
  using t = storedConversation();
  const { history, incoming, id } = t;
  const message = (id: string): ChatMessage => ({ id, sentAtMs: 1, text: id, position: undefined });
  const messages = ["1", "ff", "1", randomId(), "1 "].map(message);
  assertEquals(incoming.receive(id, messages, 1).map(({ outcome }) => outcome), [
    "stored",
    "stored",
    "duplicate",
    "stored",
    "stored",
  ]);
  assertEquals(
    incoming.receive(id, messages, 1).every(({ outcome }) => outcome === "duplicate"),
    true,
  );
  const [entry] = history.latest("alice", "bob", 9);
  assertEquals([entry!.id, entry!.state], ["1", "received"]);
  // The same peer has a newer program now.
  const [placed] = stream(["1"]);
  assertEquals(outcomes(incoming, id, [{ ...placed!, id: "1" }]), ["duplicate"]);
});

Deno.test("ids belong to a conversation and a direction: nobody can take those of others", () => {
  using t = storedConversation();
  const { conversations, incoming, outgoing, id } = t;
  const [own] = say(outgoing, id, "own");
  const [theirs] = stream(["theirs"]);
  assertEquals(outcomes(incoming, id, [{ ...theirs!, id: own!.id }]), ["stored"]);
  const mallory = conversations.open({ self: "alice", name: "mallory", key: keyOf(6) }).id;
  assertEquals(outcomes(incoming, mallory, [{ ...theirs!, id: own!.id }]), ["stored"]);
  // Nor can anybody take their streams.
  assertEquals(
    outcomes(incoming, mallory, [{ ...stream(["x"])[0]!, position: own!.position }]),
    ["stored"],
  );
  assertEquals(outgoing.acknowledge(id, own!.id), [own!.id]);
});

Deno.test("a peer's latest streams are remembered; messages of forgotten ones are not stored again", () => {
  using t = storedConversation();
  const { digests, history, incoming, id } = t;
  const first = stream(["first", "second"]);
  assertEquals(outcomes(incoming, id, first), ["stored", "stored"]);
  for (let i = 0; i < incomingStreamsMax * 2; i++) outcomes(incoming, id, stream([`${i}`]));
  assertEquals(digests.streams(id).length, incomingStreamsMax);
  assertEquals(lastReceived(digests, id, first[0]!.position.stream), undefined);
  assertEquals(outcomes(incoming, id, first), ["duplicate", "duplicate"]);
  assertEquals(texts(history).length, 2 + incomingStreamsMax * 2);
  // Even if more than that come at once.
  const many = Array.from({ length: incomingStreamsMax * 2 }, (_, i) => stream([`m${i}`, `n${i}`]));
  const all = [...many.map(([a]) => a!), ...many.map(([, b]) => b!)];
  assert(outcomes(incoming, id, all).every((outcome) => outcome === "stored"));
  assertEquals(digests.streams(id).length, incomingStreamsMax);
});

Deno.test("messages that were not shown are given once, oldest first, also after a restart", () => {
  using t = storedConversation();
  const { conversations, incoming, outgoing, id } = t;
  const carol = conversations.open({ self: "alice", name: "carol", key: keyOf(3) }).id;
  say(outgoing, id, "own");
  outcomes(incoming, id, stream(["b1", "b2"]));
  outcomes(incoming, carol, stream(["c1"]));
  say(outgoing, id, "own again");
  outcomes(incoming, id, stream(["b3"]));
  const unshown = (limit: number) => incoming.unshown("alice", limit).map(({ text }) => text);
  assertEquals(unshown(9), ["b1", "b2", "c1", "b3"]);
  assertEquals(unshown(2), ["b1", "b2"]);
  const [first] = incoming.unshown("alice", 1);
  assertEquals(incoming.unseen("alice", "bob"), { first: first!.row, count: 3 });
  const [, next] = incoming.unshown("alice", 9);
  assertEquals(incoming.unseen("alice", "bob", first!.row), { first: next!.row, count: 2 });
  assertEquals(incoming.unseen("bob", "bob"), { first: undefined, count: 0 });
  assertEquals(incoming.unshown("bob", 9), []);
  const [, second] = incoming.unshown("alice", 9);
  incoming.markShown(id, second!.row);
  incoming.markShown(id, 1);
  assertEquals(unshown(9), ["c1", "b3"]);
  assertEquals(incoming.unseen("alice", "bob").count, 1);
  assertEquals(incoming.unseen("alice", "carol").count, 1);
  for (const { row } of incoming.unshown("alice", 9)) {
    incoming.markShown(id, row);
    incoming.markShown(carol, row);
  }
  assertEquals(unshown(9), []);
});

/** The rules again, over plain maps. */
class Model {
  readonly stored: string[] = [];
  readonly #streams = new Map<string, { last: number; head: string; ids: Map<number, string> }>();

  take({ id, position, ...rest }: NumberedMessage): Receipt["outcome"] {
    const { stream, seq, floor, prev } = position;
    const known = this.#streams.get(stream);
    if (known !== undefined && seq <= known.last) {
      const there = known.ids.get(seq);
      const same = there === undefined ? this.stored.includes(id) : there === id;
      return same ? "duplicate" : "conflict";
    }
    const jumps = known === undefined || floor > known.last;
    const last = jumps ? floor : known.last;
    if (seq !== last + 1) return "gap";
    if (!jumps && known.head !== prev) return "conflict";
    const next = known ?? { last: 0, head: "", ids: new Map<number, string>() };
    next.last = seq;
    next.head = messageHash({ id, position, ...rest });
    this.#streams.set(stream, next);
    if (this.stored.includes(id)) {
      this.#move(id, stream, seq);
      return "duplicate";
    }
    next.ids.set(seq, id);
    this.stored.push(id);
    return "stored";
  }

  /** It moves to its position in the younger stream. */
  #move(id: string, stream: string, seq: number): void {
    const streams = [...this.#streams];
    const from = streams.findIndex(([, { ids }]) => [...ids.values()].includes(id));
    const to = streams.findIndex(([name]) => name === stream);
    if (from >= to) return;
    const { ids } = streams[from]![1];
    for (const [seq, there] of ids) if (there === id) ids.delete(seq);
    streams[to]![1].ids.set(seq, id);
  }
}

Deno.test("for any messages, orders and batches the rules decide as the model does", () => {
  const ids = Array.from({ length: 6 }, () => randomId());
  const streams = [randomId(), randomId()];
  const message = fc.record({
    id: fc.constantFrom(...ids),
    stream: fc.constantFrom(...streams),
    seq: fc.integer({ min: 1, max: 6 }),
    floor: fc.integer({ min: 0, max: 5 }),
    past: fc.constantFrom("right", "right", "right", "wrong"),
  });
  fc.assert(
    fc.property(fc.array(fc.array(message, { maxLength: 8 }), { maxLength: 12 }), (batches) => {
      using t = storedConversation();
      const { history, incoming, id: conversation } = t;
      const model = new Model();
      const heads = new Map<string, string>();
      for (const batch of batches) {
        const messages = batch.map(({ id, stream, seq, floor, past }): NumberedMessage => ({
          id,
          sentAtMs: 1,
          text: id,
          position: {
            stream,
            seq,
            floor: Math.min(floor, seq - 1),
            prev: past === "right" ? heads.get(stream) ?? streamStart : "1".repeat(32),
          },
        }));
        const expected = messages.map((message) => {
          const outcome = model.take(message);
          if (outcome === "stored") heads.set(message.position.stream, messageHash(message));
          return outcome;
        });
        assertEquals(outcomes(incoming, conversation, messages), expected);
        assertEquals(texts(history), model.stored);
      }
    }),
    { numRuns: 300 },
  );
});
