import { assert, assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { openStore } from "../../../client/store/store.ts";
import {
  messageHash,
  type NumberedMessage,
  streamStart,
} from "../../../shared/protocol/message_stream.ts";
import { randomId } from "../../../shared/protocol/random_id.ts";
import { emptyConversationsMax } from "../../../client/store/store_limits.ts";
import {
  draft,
  fileStore,
  keyBytesOf,
  keyOf,
  say,
  storedConversation,
  stream,
} from "../../support/store_fixture.ts";
import type { PublicKey } from "../../../shared/crypto/public_key.ts";
import type { KeptSource } from "../../../shared/net/named_address.ts";

/** Each message carries the hash of the one before, and the next number. */
function assertChain(messages: readonly NumberedMessage[], first = 1, prev = streamStart): void {
  for (const [i, message] of messages.entries()) {
    assertEquals([message.position.seq, message.position.prev], [first + i, prev]);
    prev = messageHash(message);
  }
}

Deno.test("a conversation is found again by its names and key, with what is known of the peer", () => {
  using file = fileStore();
  const party = { self: "alice", name: "bob", key: keyOf(2) };
  const address = { host: "::1", port: 5_556, source: "contact" } as const;
  let id;
  {
    using store = file.open();
    const { conversations } = store;
    const made = conversations.open(party);
    id = made.id;
    assertEquals([made.agreement, made.address, made.lastAtMs], [undefined, undefined, 0]);
    conversations.open(party, { agreement: keyBytesOf(9) });
    conversations.open(party, { address });
  }
  using store = file.open();
  const { conversations } = store;
  const { agreement, address: kept, ...found } = conversations.open(party);
  assertEquals([found.id, agreement, kept], [id, keyBytesOf(9), address]);
  assertEquals(conversations.get(id).outgoing, found.outgoing);
  assert(conversations.open({ ...party, key: keyOf(3) }).id !== id);
  assert(conversations.open({ ...party, self: "carol" }).id !== id);
  assert(conversations.open({ ...party, key: undefined }).id !== id);
  assertEquals(conversations.find("alice", "bob").length, 3);
  assertEquals(conversations.find("alice", "Bob"), []);
  assertEquals(conversations.selves("bob"), ["alice", "carol"]);
  assertThrows(() => conversations.get(1_000), Error, "no conversation 1000");
  assertThrows(() => conversations.open({ ...party, key: keyOf(1).slice(4) as PublicKey }), Error);
});

Deno.test("who has named an address is kept with it, and the word that counts most", () => {
  using file = fileStore();
  using store = file.open();
  const { conversations } = store;
  const party = { self: "alice", name: "bob", key: keyOf(2) };
  const kept = (port: number, source: KeptSource) =>
    conversations.open(party, { address: { host: "10.0.0.1", port, source } }).address;
  assertEquals(kept(1, "caller")?.source, "caller");
  assertEquals(kept(1, "contact")?.source, "contact");
  assertEquals(kept(1, "user")?.source, "user");
  assertEquals(kept(1, "mail")?.source, "user");
  // Also if something else of the peer is new.
  const agreement = keyBytesOf(9);
  const address = { host: "10.0.0.1", port: 1, source: "mail" } as const;
  assertEquals(conversations.open(party, { agreement, address }).address?.source, "user");
  // Another address is as good as the one who names it, however good the one before was.
  assertEquals(kept(2, "mail"), { host: "10.0.0.1", port: 2, source: "mail" });
  assertEquals(kept(1, "caller")?.source, "caller");
});

Deno.test("an address that 0.3.0 has kept is nobody's word", () => {
  using file = fileStore();
  const party = { self: "alice", name: "bob", key: keyOf(2) };
  const address = { host: "10.0.0.1", port: 1, source: "user" } as const;
  {
    using store = file.open();
    store.conversations.open(party, { address });
  }
  {
    using database = new DatabaseSync(file.path);
    database.exec("UPDATE conversations SET address = '192.168.1.1:80'");
  }
  using store = file.open();
  const { address: found } = store.conversations.open(party);
  assertEquals(found, { host: "192.168.1.1", port: 80, source: "unknown" });
});

Deno.test("accepted messages get the next numbers, each with the hash of the one before", () => {
  using file = fileStore();
  const messages: NumberedMessage[] = [];
  let id = 0;
  for (const texts of [["one", "two"], ["three"], []]) {
    using store = file.open();
    const { conversations, outgoing } = store;
    ({ id } = conversations.open({ self: "alice", name: "bob", key: keyOf(2) }));
    messages.push(...say(outgoing, id, ...texts));
  }
  assertChain(messages);
  using store = file.open();
  const { conversations, outgoing } = store;
  assertEquals(outgoing.unacknowledged(id, 0, 10), messages);
  assertEquals(outgoing.unacknowledged(id, 1, 1), [messages[1]!]);
  const { outgoing: { stream, last }, lastAtMs } = conversations.get(id);
  assertEquals([stream, last], [messages[0]!.position.stream, 3]);
  assertEquals(lastAtMs, 1_000);
  assertEquals(conversations.waiting("alice").map(({ id }) => id), [id]);
  assertEquals(conversations.waiting("bob"), []);
});

Deno.test("a batch for several conversations numbers each on its own", () => {
  using t = storedConversation();
  const { conversations, history, outgoing, id: bob } = t;
  const carol = conversations.open({ self: "alice", name: "carol", key: keyOf(3) }).id;
  const raw = conversations.open({ self: "alice", name: "raw", key: undefined }).id;
  const messages = outgoing.accept([
    draft(bob, "1"),
    draft(carol, "1"),
    draft(raw, "1", { numbered: false }),
    draft(bob, "2", { sentAtMs: 5_000 }),
  ]);
  assertEquals(messages.map((message) => message?.position.seq), [1, 1, undefined, 2]);
  assertEquals(conversations.get(raw).outgoing.last, 0);
  assertEquals(
    history.latest("alice", "raw", 9).map(({ state, plaintext }) => [state, plaintext]),
    [
      ["sent", true],
    ],
  );
  assertEquals(conversations.list("alice", 2).map(({ name }) => name), ["bob", "raw"]);
});

Deno.test("an acknowledgement counts once, for its message and all before it", () => {
  using t = storedConversation();
  const { conversations, outgoing, id } = t;
  const messages = say(outgoing, id, "1", "2", "3", "4");
  const ids = messages.map(({ id }) => id);
  assertEquals(outgoing.acknowledge(id, randomId()), []);
  assertEquals(outgoing.acknowledge(id, "no id of ours"), []);
  assertEquals(outgoing.acknowledge(id, ids[1]!), ids.slice(0, 2));
  assertEquals(outgoing.acknowledge(id, ids[1]!), []);
  assertEquals(outgoing.acknowledge(id, ids[0]!), []);
  const left = outgoing.unacknowledged(id, 0, 10);
  assertEquals(left.map(({ id }) => id), ids.slice(2));
  assertEquals(left.map(({ position }) => position.floor), [2, 2]);
  const other = conversations.open({ self: "alice", name: "carol", key: keyOf(3) }).id;
  assertEquals(outgoing.acknowledge(other, ids[3]!), []);
  assertEquals(outgoing.acknowledge(id, ids[3]!), ids.slice(2));
  assertEquals(conversations.waiting("alice"), []);
  assertEquals(say(outgoing, id, "5")[0]!.position.floor, 4);
});

Deno.test("a message's state goes from waiting to deposited, delivered and read", () => {
  using t = storedConversation();
  const { conversations, history, outgoing, id } = t;
  const [a, b, c] = say(outgoing, id, "a", "b", "c");
  const states = () => history.latest("alice", "bob", 9).map(({ state }) => state);
  assertEquals(states(), ["waiting", "waiting", "waiting"]);
  outgoing.markDeposited(id, 2, 70);
  outgoing.markDeposited(id, 1, 60);
  assertEquals(states(), ["deposited", "deposited", "waiting"]);
  assertEquals(conversations.get(id).outgoing.depositedAtMs, 70);
  // The time of the first deposit counts: the mailbox deletes that one first.
  outgoing.markDeposited(id, 1_000, 90);
  const { deposited, depositedAtMs } = conversations.get(id).outgoing;
  assertEquals([deposited, depositedAtMs], [3, 70]);
  outgoing.acknowledge(id, a!.id);
  assertEquals(states(), ["delivered", "deposited", "deposited"]);
  outgoing.forgetDeposited(id);
  assertEquals(states(), ["delivered", "waiting", "waiting"]);
  assertEquals(conversations.get(id).outgoing.depositedAtMs, undefined);
  outgoing.markDeposited(id, 3, 100);
  outgoing.acknowledge(id, c!.id);
  assertEquals(conversations.get(id).outgoing.depositedAtMs, undefined);
  assertEquals(outgoing.markRead(id, b!.id), 2);
  assertEquals(outgoing.markRead(id, b!.id), 0);
  assertEquals(outgoing.markRead(id, a!.id), 0);
  assertEquals(outgoing.markRead(id, randomId()), 0);
  assertEquals(states(), ["read", "read", "delivered"]);
});

Deno.test("a new stream has the unacknowledged messages, with the same ids", () => {
  using t = storedConversation();
  const { conversations, digests, history, outgoing, id } = t;
  const texts = Array.from({ length: 1_234 }, (_, i) => `text ${i}`);
  const before = say(outgoing, id, ...texts);
  outgoing.acknowledge(id, before[233]!.id);
  outgoing.markDeposited(id, 500, 1);
  const rows = history.latest("alice", "bob", 2_000).map(({ row, id }) => [row, id]);
  outgoing.renumber(id);
  const { stream, last, acknowledged, deposited } = conversations.get(id).outgoing;
  assert(stream !== before[0]!.position.stream);
  assertEquals([last, acknowledged, deposited], [1_000, 0, 0]);
  assertEquals(digests.streams(id).map(({ last }) => last), [1_000, 234]);
  const after = outgoing.unacknowledged(id, 0, 10_000);
  assertChain(after);
  assertEquals(after.map(({ id }) => id), before.slice(234).map(({ id }) => id));
  assertEquals(after.map(({ text }) => text), texts.slice(234));
  assert(after.every(({ position }) => position.floor === 0));
  const entries = history.latest("alice", "bob", 2_000);
  assertEquals(entries.map(({ row, id }) => [row, id]), rows);
  assertEquals(entries.map(({ state }) => state), [
    ...Array(234).fill("delivered"),
    ...Array(1_000).fill("waiting"),
  ]);
  // An acknowledgement that was on its way counts for the same messages.
  assertEquals(outgoing.acknowledge(id, before[300]!.id).length, 301 - 234);
  // A user who has read the last one has read those of the old stream, too.
  assertEquals(outgoing.markRead(id, before[300]!.id), 301);
  assertChain(say(outgoing, id, "next"), 1_001, messageHash(after.at(-1)!));
});

Deno.test("any number of new streams leaves nothing behind", () => {
  using t = storedConversation();
  const { digests, history, outgoing, id } = t;
  const [first] = say(outgoing, id, "first");
  for (let i = 0; i < 50; i++) outgoing.renumber(id);
  assertEquals(digests.streams(id).length, 1);
  outgoing.acknowledge(id, first!.id);
  for (let i = 0; i < 50; i++) outgoing.renumber(id);
  assertEquals(digests.streams(id).map(({ last }) => last), [1]);
  assertEquals(history.latest("alice", "bob", 9).map(({ state }) => state), ["delivered"]);
});

for (const sealed of [false, true]) {
  Deno.test(`unacknowledged messages go to another key${sealed ? ", sealed" : ""}`, () => {
    using t = storedConversation({ textKey: keyBytesOf(7), sealed });
    const { conversations, history, outgoing, id: from } = t;
    const before = say(outgoing, from, "a", "b", "c");
    outgoing.acknowledge(from, before[0]!.id);
    const to = conversations.open({ self: "alice", name: "bob", key: keyOf(3) }).id;
    const there = say(outgoing, to, "there");
    assertEquals(outgoing.reassign(from, to), 2);
    assertEquals(outgoing.reassign(from, to), 0);
    assertEquals(outgoing.reassign(to, to), 0);
    assertEquals(outgoing.unacknowledged(from, 0, 9), []);
    const moved = outgoing.unacknowledged(to, 0, 9);
    assertEquals(moved.map(({ text }) => text), ["there", "b", "c"]);
    assertEquals(moved.map(({ id }) => id), [there[0]!.id, before[1]!.id, before[2]!.id]);
    assertChain(moved);
    assertEquals(history.latest("alice", "bob", 9).map(({ text }) => text), [
      "a",
      "b",
      "c",
      "there",
    ]);
    // The owner of the old key may have "b": its number is not used again, and leaves no gap.
    const next = say(outgoing, from, "d");
    assertChain(next);
    assert(next[0]!.position.stream !== before[0]!.position.stream);
    assertEquals(outgoing.acknowledge(from, before[2]!.id), []);
    assertEquals(
      conversations.find("alice", "bob").map(({ id }) => id).toSorted(),
      [from, to].toSorted(),
    );
  });
}

Deno.test("any text comes back as it was", () => {
  for (const sealed of [false, true]) {
    using t = storedConversation({ textKey: keyBytesOf(7), sealed });
    const { history, outgoing, id } = t;
    const texts = [
      "",
      "\0",
      "a\0b",
      "\u0001",
      "\u0001\u0002\0\u0001\u0001\u0002",
      "\ufeffé e\u0301 😀 \u202e",
      "x".repeat(15 * 1024),
      "'; DROP TABLE messages; --",
    ];
    const messages = say(outgoing, id, ...texts, "half \ud83d");
    const read = outgoing.unacknowledged(id, 0, 99);
    assertEquals(read, messages);
    assertEquals(read.map(({ text }) => text), [...texts, "half \ufffd"]);
    assertChain(read);
    assertEquals(
      [...history.export("alice", "bob")].map(({ text }) => text),
      read.map(({ text }) => text),
    );
  }
});

Deno.test("an id is used once in a conversation: a batch that repeats one is refused as a whole", () => {
  using t = storedConversation();
  const { history, outgoing, id } = t;
  const twice = draft(id, "twice");
  outgoing.accept([twice]);
  assertThrows(() => outgoing.accept([draft(id, "other"), twice]), Error);
  assertThrows(() => outgoing.accept([draft(99, "nowhere")]), Error, "no conversation 99");
  assertEquals(history.latest("alice", "bob", 9).map(({ text }) => text), ["twice"]);
  assertEquals(say(outgoing, id, "next")[0]!.position.seq, 2);
});

Deno.test("the oldest conversations without a message make room, and no others do", () => {
  using store = openStore(":memory:");
  const { conversations, incoming, outgoing } = store;
  const open = (name: string) => conversations.open({ self: "alice", name, key: keyOf(1) }).id;
  const [spoken, heard] = [open("spoken"), open("heard")];
  say(outgoing, spoken, "a");
  // Even if its time claims to be 1970.
  incoming.receive(heard, stream(["a"]), 0);
  for (let i = 0; i <= emptyConversationsMax + 10; i++) open(`caller${i}`);
  assertEquals(conversations.find("alice", "caller0"), []);
  assertEquals(conversations.find("alice", `caller${emptyConversationsMax}`).length, 1);
  assertEquals(conversations.list("alice", 100_000).length <= emptyConversationsMax + 2, true);
  assertEquals([conversations.get(spoken).name, conversations.get(heard).name], [
    "spoken",
    "heard",
  ]);
});
