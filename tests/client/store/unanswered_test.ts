// What those may send whom the user has never answered.

import { assert, assertEquals } from "@std/assert";
import type { Receipt } from "../../../client/store/incoming_messages.ts";
import { openStore, type Store } from "../../../client/store/store.ts";
import {
  textBytesMax,
  unknownSenderBytesMax,
  unknownSenderMessageBytes,
  unknownSenderMessagesMax,
  unknownSendersBytesMax,
} from "../../../shared/protocol/limits.ts";
import { randomId } from "../../../shared/protocol/random_id.ts";
import { draft, fileStore, keyBytesOf, keyOf, stream } from "../../support/store_fixture.ts";
import { publicKeyFrom } from "../../../shared/crypto/public_key.ts";

const texts = (count: number) => Array.from({ length: count }, (_, i) => `${i}`);

/** The conversation of alice with somebody. */
function open({ conversations }: Store, name: string, key = keyOf(2)): number {
  return conversations.open({ self: "alice", name, key }).id;
}

/** What becomes of messages of an unknown sender, as counts. */
function sent(store: Store, conversation: number, said: readonly string[]) {
  return counted(store.incoming.receive(conversation, stream(said), 1, true));
}

function counted(receipts: readonly Receipt[]): Record<string, number> {
  const groups = Map.groupBy(receipts, ({ outcome }) => outcome);
  return Object.fromEntries([...groups].map(([outcome, { length }]) => [outcome, length]));
}

Deno.test("of an unknown sender the first messages are taken, whatever they come in", () => {
  using store = openStore(":memory:");
  const bob = open(store, "bob");
  const most = unknownSenderMessagesMax;
  const messages = stream(texts(most + 5));
  const receive = (from: number, to?: number) =>
    counted(store.incoming.receive(bob, messages.slice(from, to), 1, true));
  assertEquals(receive(0, 3), { stored: 3 });
  assertEquals(receive(0), { duplicate: 3, stored: most - 3, "too-much": 1, gap: 4 });
  assertEquals(receive(most), { "too-much": 1, gap: 4 });
  // Neither another stream nor messages without one begin anew.
  assertEquals(sent(store, bob, ["again"]), { "too-much": 1 });
  const loose = { id: randomId(), sentAtMs: 1, text: "again", position: undefined };
  assertEquals(counted(store.incoming.receive(bob, [loose], 1, true)), { "too-much": 1 });
  // What was taken is a duplicate all the same, and once the sender is known the rest is taken.
  assertEquals(receive(0, most), { duplicate: most });
  assertEquals(counted(store.incoming.receive(bob, messages, 1)), { duplicate: most, stored: 5 });
});

Deno.test("long messages are fewer", () => {
  using store = openStore(":memory:");
  const long = "é".repeat(textBytesMax / 2);
  const fitting = Math.floor(unknownSenderBytesMax / textBytesMax);
  assertEquals(sent(store, open(store, "bob"), Array(fitting + 1).fill(long)), {
    stored: fitting,
    "too-much": 1,
  });
});

Deno.test("one key is one sender, under whatever names", () => {
  using store = openStore(":memory:");
  for (let i = 0; i < unknownSenderMessagesMax; i++) {
    assertEquals(sent(store, open(store, `bob${i}`), ["hello"]), { stored: 1 });
  }
  assertEquals(sent(store, open(store, "another"), ["hello"]), { "too-much": 1 });
  assertEquals(sent(store, open(store, "carol", keyOf(3)), ["hello"]), { stored: 1 });
});

Deno.test("an answer, or being made a contact, begins the count anew", () => {
  using store = openStore(":memory:");
  const most = texts(unknownSenderMessagesMax);
  const [bob, carol] = [open(store, "bob"), open(store, "carol", keyOf(3))];
  for (const id of [bob, carol]) assertEquals(sent(store, id, most), { stored: most.length });
  assertEquals(sent(store, bob, ["more"]), { "too-much": 1 });
  store.outgoing.accept([draft(bob, "what is it?")]);
  assertEquals(sent(store, bob, ["more"]), { stored: 1 });
  store.knownPeers.meet("carol", keyOf(3), 1);
  assertEquals(sent(store, carol, ["more"]), { "too-much": 1 });
  store.knownPeers.addContact("carol", keyOf(3));
  // It does not count among all of them any more.
  const other = open(store, "carol2", keyOf(3));
  assertEquals(sent(store, other, ["more"]), { stored: 1 });
});

Deno.test("those without a key are counted by their conversations, as long as nobody answers", () => {
  using store = openStore(":memory:");
  const id = (name: string) => store.conversations.open({ self: "alice", name, key: undefined }).id;
  const [bob, carol] = [id("bob"), id("carol")];
  const say = (to: number, text: string, unknown: boolean) => {
    const message = { id: randomId(), sentAtMs: 1, text, position: undefined };
    return store.incoming.receive(to, [message], 1, unknown)[0]!.outcome;
  };
  for (const text of texts(unknownSenderMessagesMax)) assertEquals(say(bob, text, true), "stored");
  assertEquals([say(bob, "x", true), say(carol, "x", true)], ["too-much", "stored"]);
  // In a run in which the user has answered, all is taken, and does not count in the next one.
  for (const text of texts(50)) assertEquals(say(bob, text, false), "stored");
  assertEquals(say(bob, "x", true), "stored");
});

Deno.test("all unknown senders together have one bound, and what it leaves is for contacts", () => {
  using file = fileStore();
  const text = "x".repeat(15_000);
  const each = Math.floor(unknownSenderBytesMax / text.length);
  const cost = each * (text.length + unknownSenderMessageBytes);
  const senders = Math.floor(unknownSendersBytesMax / cost);
  const keyOfSender = (i: number) => {
    const bytes = keyBytesOf(9);
    new DataView(bytes.buffer).setUint32(0, i);
    return publicKeyFrom(bytes);
  };
  const receive = (store: Store, i: number) =>
    sent(store, open(store, `s${i}`, keyOfSender(i)), Array(each).fill(text));
  {
    using store = file.open();
    for (let i = 0; i < senders; i++) assertEquals(receive(store, i), { stored: each });
  }
  // Another run does not begin anew.
  using store = file.open();
  let stored = 0;
  for (let i = senders; i < senders + 30; i++) stored += receive(store, i).stored ?? 0;
  assert(stored < each, `${stored}`);
  assertEquals(sent(store, open(store, "late", keyOf(7)), [text]), { "too-much": 1 });
  const [receipt] = store.incoming.receive(open(store, "late", keyOf(7)), stream([text]), 1, true);
  assertEquals(receipt, { outcome: "too-much", why: "of-all", unanswered: 0 });
  const friend = open(store, "friend", keyOf(8));
  assertEquals(counted(store.incoming.receive(friend, stream([text]), 1)), { stored: 1 });
  // Who becomes a contact makes room for others.
  store.knownPeers.meet("s0", keyOfSender(0), 1);
  store.knownPeers.addContact("s0", keyOfSender(0));
  assertEquals(sent(store, open(store, "late", keyOf(7)), [text]), { stored: 1 });
});

Deno.test("what an earlier version has kept of unknown senders is counted in steps", () => {
  using file = fileStore();
  const many = 3_000;
  {
    using store = file.open();
    const { incoming, knownPeers } = store;
    incoming.receive(open(store, "bob"), stream(texts(many)), 1);
    incoming.receive(open(store, "friend", keyOf(3)), stream(texts(many)), 1);
    incoming.receive(open(store, "carol", keyOf(4)), stream(["a", "b"]), 1);
    knownPeers.remember("friend", keyOf(3));
    knownPeers.meet("bob", keyOf(2), 1);
  }
  file.downgrade();
  using store = file.open();
  const total = () =>
    file.query("SELECT messages, looked_at >= earlier AS done FROM unanswered_total");
  assertEquals({ ...total() as object }, { messages: 0, done: 0 });
  const dave = open(store, "dave", keyOf(5));
  for (let i = 0; i < 15; i++) assertEquals(sent(store, dave, ["hello"]), { stored: 1 });
  assertEquals({ ...total() as object }, { messages: many + 2 + 15, done: 1 });
  // Bob has had his share long ago.
  assertEquals(sent(store, open(store, "bob"), ["more"]), { "too-much": 1 });
});
