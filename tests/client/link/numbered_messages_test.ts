// What goes over a link between peers that have keys.

import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UserError } from "../../../client/user_error.ts";
import type { CloseReason } from "../../../client/events.ts";
import { Link, type LinkOptions, type LinkTimes } from "../../../client/link/link.ts";
import { usualTimes } from "../../../client/link/link_times.ts";
import { problemSentence } from "../../../client/ui/wording/problem_sentences.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import {
  type ChatMessage,
  type NumberedMessage,
  writeChatMessage,
} from "../../../shared/protocol/message_stream.ts";
import { replyTimeoutMs, textBytesMax } from "../../../shared/protocol/limits.ts";
import { encode, header, type Message, message } from "../../../shared/protocol/message.ts";
import { framed } from "../../support/frames.ts";
import { EncryptedPeer } from "../../support/encrypted_peer.ts";
import { Events } from "../../support/events.ts";
import { RawListener, RawPeer } from "../../support/raw_peer.ts";
import { chat, chatack, LinkUnderTest, patient, self } from "../../support/link_fixture.ts";
import { FakeClock, settle } from "../../support/fake_clock.ts";
import { type LinkHandlers, linkOwner } from "../../support/link_owner.ts";
import { MemoryConn } from "../../support/memory_conn.ts";
import { rejectsSaying, throwsSaying } from "../../support/problems.ts";

type Told =
  | { readonly type: "opened" }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "messages"; readonly messages: readonly ChatMessage[] }
  | { readonly type: "acknowledged" | "read" | "delivered"; readonly id: string }
  | { readonly type: "reset"; readonly stream: string }
  | { readonly type: "audit"; readonly request: Message }
  | { readonly type: "verification" }
  | { readonly type: "closed"; readonly reason: CloseReason; readonly detail: string | undefined };

function told(events: Events<Told>): Partial<LinkHandlers> {
  return {
    opened: () => events.take({ type: "opened" }),
    text: (text) => events.take({ type: "text", text }),
    messages: (messages) => events.take({ type: "messages", messages }),
    acknowledged: (id) => events.take({ type: "acknowledged", id }),
    read: (id) => events.take({ type: "read", id }),
    delivered: (id) => events.take({ type: "delivered", id }),
    reset: (stream) => events.take({ type: "reset", stream }),
    answerAudit: (request) => {
      events.take({ type: "audit", request });
      return message("AUDITACK", [["Id", header(request, "Id")!], ["Count", "7"]]);
    },
    asked: () => events.take({ type: "verification" }),
    words: () => events.take({ type: "verification" }),
    closed: (reason, detail) =>
      events.take({ type: "closed", reason, detail: detail && problemSentence(detail) }),
  };
}

/** A link that is open with a peer that has a key. */
class KeyedLink implements AsyncDisposable {
  constructor(
    readonly link: Link,
    readonly events: Events<Told>,
    readonly peer: EncryptedPeer,
    readonly bob: Identity,
  ) {}

  static async open(
    options: Partial<LinkOptions> = {},
    listening: Partial<LinkHandlers> = {},
    opening?: string,
  ): Promise<KeyedLink> {
    const { role = "responder" } = options;
    using listener = new RawListener();
    const [{ conn }, raw] = await Promise.all([RawPeer.dial(listener.address), listener.accept()]);
    const events = new Events<Told>();
    const link = new Link({
      conn,
      role,
      self,
      times: patient,
      ...linkOwner({ ...told(events), ...listening }),
      allowPlaintext: false,
      ...options,
    });
    const bob = Identity.generate();
    const peer = role === "responder"
      ? await EncryptedPeer.callOver(raw, opening ?? chat, bob)
      : await EncryptedPeer.answerOver(raw, opening ?? chatack, bob);
    await events.see("opened");
    return new KeyedLink(link, events, peer, bob);
  }

  /** The types of what has happened since the link was open. */
  get types(): string[] {
    return this.events.all.slice(1).map(({ type }) => type);
  }

  /** The texts of the messages that have come. */
  get texts(): string[] {
    return this.events.of("messages").flatMap(({ messages }) => messages.map(({ text }) => text));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.link.leave();
    await this.link.ended;
    this.peer.close();
  }
}

const stream = "0123456789abcdef".repeat(2);
const idOf = (n: number) => n.toString(16).padStart(32, "0");

/** The n-th message of a stream. */
function chatMessage(n: number, text = `text ${n}`): NumberedMessage {
  const position = { stream, seq: n, floor: n - 1, prev: idOf(0xabc) };
  return { id: idOf(n), sentAtMs: 1_700_000_000_000 + n, text, position };
}

const written = (chatMessage: ChatMessage) => encode(writeChatMessage(chatMessage));
const three = [chatMessage(1), chatMessage(2), chatMessage(3)];
const threeWritten = three.map(written).join("");

// Messages that come

Deno.test("the messages of one read come together, as they were sent, and nothing is answered", async () => {
  await using t = await KeyedLink.open();
  await t.peer.send(threeWritten);
  assertEquals((await t.events.see("messages")).messages, three);
  await t.peer.send("PING\r\n\r\n");
  assertEquals(await t.peer.message(), "PONG\r\n\r\n");
  assertEquals(t.types, ["messages"]);
});

Deno.test("a message without a position is taken as written when it came", async () => {
  const clock = new FakeClock();
  await using t = await KeyedLink.open({ clock });
  await t.peer.send("MSG\r\nId: 7\r\nText: from 0.2\r\n\r\n");
  assertEquals((await t.events.see("messages")).messages, [
    { id: "7", sentAtMs: clock.timeOfDay(), text: "from 0.2", position: undefined },
  ]);
});

Deno.test("both of a peer's keys are known", async () => {
  await using t = await KeyedLink.open();
  assertEquals(t.link.peerKey, t.bob.publicKey);
  assertEquals(t.link.peerAgreement?.key, t.bob.agreement.publicKey);
  assertEquals(t.link.purpose, "conversation");
});

const right = written(chatMessage(5));
const replaced = (name: string, value: string | undefined) =>
  right.replace(
    new RegExp(`^${name}: .*\r\n`, "m"),
    value === undefined ? "" : `${name}: ${value}\r\n`,
  );

const malformedPlaces: readonly (readonly [string, string | undefined])[] = [
  ["Seq", "0"],
  ["Seq", "4"],
  ["Seq", "-5"],
  ["Seq", "05"],
  ["Seq", "5.0"],
  ["Seq", "5e3"],
  ["Seq", "0x5"],
  ["Seq", "five"],
  ["Seq", "٥"],
  ["Seq", ""],
  ["Seq", "9007199254740993"],
  ["Seq", "9".repeat(100)],
  ["Seq", undefined],
  ["Floor", "5"],
  ["Floor", "6"],
  ["Floor", "-1"],
  ["Floor", ""],
  ["Floor", undefined],
  ["Sent", "yesterday"],
  ["Sent", "-1"],
  ["Sent", undefined],
  ["Prev", ""],
  ["Prev", "0"],
  ["Prev", idOf(1).toUpperCase().replace("1", "A")],
  ["Prev", idOf(1) + "0"],
  ["Prev", "g".repeat(32)],
  ["Prev", undefined],
  ["Stream", ""],
  ["Stream", stream.toUpperCase()],
  ["Stream", stream.slice(1)],
  ["Stream", stream + "0"],
  ["Id", "5"],
  ["Id", idOf(5) + "0"],
  ["Id", ""],
];

Deno.test("a message with a malformed position is answered with ERROR 400, and the others are taken", async () => {
  await using t = await KeyedLink.open();
  let n = 0;
  for (const [name, value] of malformedPlaces) {
    const wrong = replaced(name, value);
    assert(wrong !== right);
    const [before, after] = [chatMessage(++n), chatMessage(++n)];
    await t.peer.send(written(before) + wrong + written(after));
    assertMatch(await t.peer.message(), /^ERROR\r\nCode: 400\r\nReason: /, `${name}: ${value}`);
    await t.events.until(() => t.texts.length >= n, "the messages around it");
    assertEquals(t.texts.slice(-2), [before.text, after.text], `${name}: ${value}`);
  }
  assert(t.types.every((type) => type === "messages"));
});

Deno.test("a position may have numbers as large as they can be", async () => {
  await using t = await KeyedLink.open();
  const most = 999_999_999_999_999;
  const far = {
    ...chatMessage(1),
    position: { stream, seq: most, floor: most - 1, prev: idOf(1) },
  };
  await t.peer.send(written(far));
  assertEquals((await t.events.see("messages")).messages, [far]);
});

const fatal: readonly (readonly [string, (peer: EncryptedPeer) => Uint8Array, string])[] = [
  ["BYE", (peer) => peer.seal(utf8("BYE\r\nReason: supper\r\n\r\n")), "peer-left: “supper”"],
  ["a frame that is garbage", () => framed(new Uint8Array(300).fill(7)), "broken: what came was"],
  ["a frame that is too short", () => new Uint8Array([0, 3, 1, 2, 3]), "broken: what came was"],
  [
    "a frame that was sent before",
    (peer) => {
      const frame = peer.seal(utf8("PING\r\n\r\n"));
      return new Uint8Array([...frame, ...frame]);
    },
    "broken: what came was",
  ],
  [
    "a message that is no UTF-8",
    (peer) => peer.seal(new Uint8Array([...utf8("MSG\r\nId: 1\r\nText: "), 0xff, 10, 10])),
    "broken: A message is not valid UTF-8",
  ],
  [
    "a line that is too long",
    (peer) => peer.seal(utf8("x".repeat(5_000))),
    "broken: A line has at most 4096 bytes",
  ],
  [
    "a VERIFY out of turn",
    (peer) => peer.seal(utf8(`VERIFY\r\nNonce: ${"00".repeat(16)}\r\n\r\n${right}`)),
    "broken: A VERIFY came out of turn",
  ],
];

for (const [what, end, found] of fatal) {
  for (const inOneFrame of [true, false]) {
    const where = inOneFrame ? "one frame" : "frames of their own";
    Deno.test(`messages in ${where} before ${what} in one read are handed over before the end`, async () => {
      await using t = await KeyedLink.open();
      const messages = inOneFrame
        ? [t.peer.seal(utf8(threeWritten))]
        : three.map((chatMessage) => t.peer.seal(utf8(written(chatMessage))));
      await t.peer.raw.send(
        new Uint8Array([...messages, end(t.peer)].flatMap((part) => [...part])),
      );
      const { reason, detail } = await t.events.see("closed");
      assert(`${reason}: ${detail}`.startsWith(found), `${reason}: ${detail}`);
      assertEquals(t.texts, three.map(({ text }) => text));
      assertEquals(t.types.filter((type) => type !== "messages"), ["closed"]);
      assertEquals(t.types.at(-1), "closed");
    });
  }
}

Deno.test("messages before a frame that is never sent completely are not lost with the link", async () => {
  await using t = await KeyedLink.open();
  const whole = t.peer.seal(utf8(threeWritten));
  const half = t.peer.seal(utf8(written(chatMessage(4)))).subarray(0, 100);
  await t.peer.raw.send(new Uint8Array([...whole, ...half]));
  t.peer.close();
  assertEquals((await t.events.see("closed")).reason, "lost");
  assertEquals(t.texts, three.map(({ text }) => text));
});

Deno.test("what asks for an answer comes after the messages that stood before it", async () => {
  await using t = await KeyedLink.open();
  const commit = `VERIFY\r\nCommit: ${"00".repeat(32)}\r\n\r\n`;
  const audit = "AUDIT\r\nId: q\r\n\r\n";
  await t.peer.send(
    written(chatMessage(1)) + audit + written(chatMessage(2)) + written(chatMessage(3)) + commit +
      written(chatMessage(4)) + "BYE\r\n\r\n",
  );
  await t.events.see("closed");
  assertEquals(t.types, ["messages", "audit", "messages", "verification", "messages", "closed"]);
  assertEquals(t.texts, [1, 2, 3, 4].map((n) => `text ${n}`));
});

Deno.test("what asks for nothing does not separate the messages of one read", async () => {
  await using t = await KeyedLink.open();
  const others = `ACK\r\nId: x\r\n\r\nREAD\r\nId: y\r\n\r\nRESET\r\nStream: ${stream}\r\n\r\n` +
    "PING\r\n\r\nPONG\r\n\r\nERROR\r\nCode: 400\r\nReason: what?\r\n\r\n";
  await t.peer.send(three.map((chatMessage) => written(chatMessage) + others).join(""));
  await t.events.see("messages");
  assertEquals(t.events.of("messages").map(({ messages }) => messages), [three]);
  assertEquals(t.events.of("acknowledged").map(({ id }) => id), ["x", "x", "x"]);
  assertEquals(t.events.of("read").map(({ id }) => id), ["y", "y", "y"]);
  assertEquals(t.events.of("reset").map((event) => event.stream), [stream, stream, stream]);
});

Deno.test("a link that its owner leaves while it takes messages ends once, and takes nothing more", async () => {
  let left: Promise<void> | undefined;
  const events = new Events<Told>();
  await using t = await KeyedLink.open({}, {
    messages: (messages) => {
      events.take({ type: "messages", messages });
      left ??= t.link.leave();
    },
  });
  await t.peer.send(threeWritten + "AUDIT\r\nId: q\r\n\r\n" + written(chatMessage(4)));
  await t.events.see("closed");
  await left;
  assertEquals(t.events.of("closed").length, 1);
  assert(events.all.length <= 2);
  assertEquals(await t.peer.message().then((said) => /BYE|AUDITACK/.test(said)), true);
});

for (const stream of ["", "0", "x".repeat(32), "A".repeat(32), "0".repeat(33)]) {
  Deno.test(`RESET of '${stream}' is answered with ERROR 400`, async () => {
    await using t = await KeyedLink.open();
    await t.peer.send(`RESET\r\nStream: ${stream}\r\n\r\n`);
    assertMatch(await t.peer.message(), /^ERROR\r\nCode: 400\r\n/);
    assertEquals(t.types, []);
  });
}

Deno.test("messages come in order and once, however they are cut into frames and reads", async () => {
  await using t = await KeyedLink.open();
  let n = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 4_000 }), { minLength: 1, maxLength: 6 }),
      fc.array(fc.constantFrom("x", "é🙂\n", "y".repeat(2_000)), { minLength: 1, maxLength: 8 }),
      async (sizes, texts) => {
        const messages = texts.map((text) => chatMessage(++n, text));
        const bytes = utf8(messages.map(written).join(""));
        let at = 0;
        for (let i = 0; at < bytes.length; i++) {
          await t.peer.send(bytes.subarray(at, at += sizes[i % sizes.length]!));
        }
        await t.events.until(() => t.texts.length >= n, "all messages");
        const came = t.events.of("messages").flatMap(({ messages }) => messages);
        assertEquals(came.slice(-messages.length), messages);
        assertEquals(came.length, n);
      },
    ),
    { numRuns: 25 },
  );
});

// Messages that go

Deno.test("messages go out as they are, in their order", async () => {
  await using t = await KeyedLink.open();
  t.link.transmit(three);
  t.link.transmit([]);
  t.link.transmit([{ ...chatMessage(4), position: undefined }]);
  let said = "";
  for (let i = 0; i < 4; i++) said += await t.peer.message();
  assertEquals(said, threeWritten + `MSG\r\nId: ${idOf(4)}\r\nText: text 4\r\n\r\n`);
  assertEquals(t.link.unacknowledged, []);
});

Deno.test("what the owner says of messages goes out, and what the peer says of them comes in", async () => {
  await using t = await KeyedLink.open();
  t.link.say(message("ACK", [["Id", "a"]]));
  t.link.read("b");
  t.link.say(message("RESET", [["Stream", stream]]));
  t.link.say(message("PING", [["Id", "c"]]));
  assertEquals(await t.peer.message(), "ACK\r\nId: a\r\n\r\n");
  assertEquals(await t.peer.message(), "READ\r\nId: b\r\n\r\n");
  assertEquals(await t.peer.message(), `RESET\r\nStream: ${stream}\r\n\r\n`);
  assertEquals(await t.peer.message(), "PING\r\nId: c\r\n\r\n");
  // Only the inbox knows that no message with such an id was ever sent.
  await t.peer.send("ACK\r\nId: never sent\r\n\r\nREAD\r\nId: never sent\r\n\r\n");
  await t.events.see("read");
  assertEquals(t.types, ["acknowledged", "read"]);
});

Deno.test("before a link is open and when it is over nothing is transmitted or said", async () => {
  const [conn] = MemoryConn.pair();
  const events = new Events<Told>();
  const link = new Link({
    conn,
    role: "responder",
    self,
    times: patient,
    ...linkOwner(told(events)),
    allowPlaintext: false,
  });
  for (const over of [false, true]) {
    if (over) await link.leave();
    throwsSaying(() => link.transmit(three), "The connection is not open");
    throwsSaying(() => link.verify(), "The connection is not open");
    await rejectsSaying(() => link.ask(message("AUDIT", [["Id", "q"]])), UserError, "not open");
    link.say(message("ACK", [["Id", "a"]]));
    link.read("a");
    link.say(message("RESET", [["Stream", stream]]));
    link.say(message("PING"));
    await link.drained();
  }
  await link.ended;
  assertEquals(conn.writes, []);
});

Deno.test("a peer with a key gets only messages, and one without a key only texts", async () => {
  await using keyed = await KeyedLink.open();
  await assertRejects(() => keyed.link.sendText("text"), TypeError);
  await using plain = await LinkUnderTest.open("plaintext");
  assertThrows(() => plain.link.transmit(three), TypeError);
});

Deno.test("a message that is too long is the owner's fault, and affects no other", async () => {
  await using t = await KeyedLink.open();
  const long = chatMessage(2, "x".repeat(textBytesMax + 1));
  assertThrows(
    () => t.link.transmit([chatMessage(1), long, chatMessage(3)]),
    RangeError,
    "in parts",
  );
  t.link.transmit([chatMessage(3)]);
  assertEquals(
    await t.peer.message() + await t.peer.message(),
    written(three[0]!) + written(three[2]!),
  );
});

/** Two links over a connection in memory, both with keys. */
async function linked(
  options: Partial<LinkOptions> = {},
  listening: (events: Events<Told>) => Partial<LinkHandlers> = () => ({}),
  timesOf: (role: "initiator" | "responder") => LinkTimes = () => patient,
) {
  const conns = MemoryConn.pair();
  const sides = conns.map((conn, i) => {
    const events = new Events<Told>();
    const role = i === 0 ? "initiator" : "responder";
    const link = new Link({
      conn,
      role,
      self: { ...self, id: i === 0 ? "alice" : "bob", identity: Identity.generate() },
      times: timesOf(role),
      ...linkOwner({ ...told(events), ...listening(events) }),
      allowPlaintext: false,
      ...options,
    });
    return { conn, link, events };
  });
  const [a, b] = sides as [typeof sides[0], typeof sides[0]];
  await Promise.all([a.events.see("opened"), b.events.see("opened")]);
  return {
    a,
    b,
    async [Symbol.asyncDispose]() {
      conns[0].close();
      await Promise.all([a.link.ended, b.link.ended]);
    },
  };
}

Deno.test("a burst of 1,000 messages takes few writes, few frames and few events", async () => {
  await using t = await linked();
  const before = t.a.conn.writes.length;
  const messages = Array.from({ length: 1_000 }, (_, i) => chatMessage(i + 1));
  t.a.link.transmit(messages);
  const came = () => t.b.events.of("messages").flatMap(({ messages }) => messages);
  await t.b.events.until(() => came().length === messages.length, "all messages");
  assertEquals(came(), messages);
  assertEquals(t.a.conn.writes.length - before, 1);
  assert(t.b.events.of("messages").length <= 6, `${t.b.events.of("messages").length} events`);
  // One ACK is enough for all of them.
  t.b.link.say(message("ACK", [["Id", messages.at(-1)!.id]]));
  await t.a.events.see("acknowledged");
  assertEquals(t.a.events.of("acknowledged").length, 1);
});

Deno.test("a sender that fills a link waits for room, and no longer than the link lasts", async () => {
  for (const ends of [false, true]) {
    await using t = await linked();
    const gate = Promise.withResolvers<void>();
    t.a.conn.writable = gate.promise;
    t.a.link.transmit([chatMessage(1)]);
    await settle();
    t.a.link.transmit([chatMessage(2)]);
    await t.a.link.drained();
    t.a.link.transmit(Array.from({ length: 400 }, (_, i) => chatMessage(3 + i, "x".repeat(1_000))));
    let waited = false;
    const room = t.a.link.drained().then(() => waited = true);
    await settle();
    assertEquals(waited, false);
    if (ends) t.a.conn.close();
    gate.resolve();
    await room;
    if (ends) continue;
    const came = () => t.b.events.of("messages").flatMap(({ messages }) => messages).length;
    await t.b.events.until(() => came() === 402, "all messages");
  }
});

// The end

Deno.test("leaving waits for what the owner waits for, and then says goodbye", async () => {
  const clock = new FakeClock();
  await using t = await linked({ clock });
  const settled = Promise.withResolvers<void>();
  t.a.link.transmit([chatMessage(1)]);
  const left = t.a.link.leave(settled.promise);
  await clock.pass(900);
  assertEquals(t.b.events.of("closed"), []);
  t.a.link.transmit([chatMessage(2)]);
  settled.resolve();
  await left;
  assertEquals((await t.b.events.see("closed")).reason, "peer-left");
  assertEquals((await t.a.events.see("closed")).reason, "you-left");
});

Deno.test("leaving does not wait for long, nor for a link that has ended", async () => {
  const clock = new FakeClock();
  const never = new Promise(() => {});
  await using t = await linked({ clock });
  const left = t.a.link.leave(never);
  await clock.pass(999);
  assertEquals(t.a.events.of("closed"), []);
  await clock.pass(1);
  await left;
  assertEquals((await t.a.events.see("closed")).reason, "you-left");
  await using u = await linked({ clock });
  const alsoLeft = u.a.link.leave(never);
  u.a.conn.close();
  await alsoLeft;
  assertEquals((await u.a.events.see("closed")).reason, "lost");
});

Deno.test("what the peer says while our goodbye is on its way is still taken", async () => {
  await using t = await linked();
  const gate = Promise.withResolvers<void>();
  t.a.conn.writable = gate.promise;
  const left = t.a.link.leave();
  t.b.link.transmit(three);
  await t.a.events.see("messages");
  assertEquals(t.a.events.of("closed"), []);
  throwsSaying(() => t.a.link.transmit(three), "The connection is not open");
  gate.resolve();
  await left;
  assertEquals(t.a.events.of("messages").map(({ messages }) => messages), [three]);
  assertEquals((await t.a.events.see("closed")).reason, "you-left");
  assertEquals((await t.b.events.see("closed")).reason, "peer-left");
});

// Dead connections

const usual = { openingMs: 10_000, chatackMs: 5_000, pingMs: 15_000, pongMs: 10_000 };

for (const speaks of [false, true]) {
  const who = speaks ? "that is spoken to all the time" : "that is not spoken to";
  Deno.test(`a peer ${who} and is cut off without a word is given up within 25 s`, async () => {
    const clock = new FakeClock();
    await using t = await linked({ clock, times: usual });
    await clock.pass(7_000);
    t.b.link.say(message("PONG"));
    await clock.pass(0);
    for (const { conn } of [t.a, t.b]) conn.cut = true;
    for (let s = 0; s < 24; s++) {
      await clock.pass(1_000);
      if (speaks) t.a.link.transmit([chatMessage(s + 1)]);
    }
    await clock.pass(999);
    assertEquals(t.a.events.of("closed"), []);
    await clock.pass(1);
    assertEquals(t.a.events.of("closed"), [
      { type: "closed", reason: "silent", detail: "it stopped answering" },
    ]);
  });
}

Deno.test("of two sides that say nothing one asks, and so each sends one packet in 15 s", async () => {
  const clock = new FakeClock();
  await using t = await linked({ clock }, undefined, (role) => usualTimes(false, role));
  for (const { conn } of [t.a, t.b]) {
    // What is sent takes its time, in which the other side may send something, too.
    const later = () => new Promise<void>((resolve) => void clock.after(10, resolve));
    Object.defineProperty(conn, "writable", { get: later });
  }
  await clock.pass(20_000);
  const before = [t.a, t.b].map(({ conn }) => conn.writes.length);
  await clock.pass(600_000);
  assertEquals([t.a, t.b].map(({ conn }, i) => conn.writes.length - before[i]!), [40, 40]);
});

Deno.test("a peer that acknowledges nothing but answers PING is not given up", async () => {
  const clock = new FakeClock();
  await using t = await linked({ clock, times: usual });
  t.a.link.transmit([chatMessage(1)]);
  await clock.pass(3_600_000);
  assertEquals([t.a, t.b].flatMap(({ events }) => events.of("closed")), []);
  assertEquals(t.a.events.of("acknowledged"), []);
});

Deno.test("a side that does not read for an hour is not given up, and does not give up the other", async () => {
  const clock = new FakeClock();
  const looks = Promise.withResolvers<void>();
  let busy = false;
  await using t = await linked({ clock, times: usual }, () => ({
    room: () => busy ? looks.promise : undefined,
  }));
  busy = true;
  t.a.link.transmit([chatMessage(1)]);
  t.b.link.transmit([chatMessage(1)]);
  await clock.pass(3_600_000);
  assertEquals([t.a, t.b].flatMap(({ events }) => events.of("closed")), []);
  busy = false;
  looks.resolve();
  t.a.link.transmit([chatMessage(2)]);
  await clock.pass(60_000);
  assertEquals(t.b.events.of("messages").map(({ messages }) => messages.map(({ text }) => text)), [
    ["text 1"],
    ["text 2"],
  ]);
  assertEquals([t.a, t.b].flatMap(({ events }) => events.of("closed")), []);
});

// Comparing

const auditChat = chat.replace(/\r\n$/, "Purpose: audit\r\n\r\n");
const auditChatack = auditChat.replace("CHAT", "CHATACK");
const question = (id: string) => message("AUDIT", [["Id", id]]);

Deno.test("AUDIT is answered by the receiver, and by ERROR if that has no answer", async () => {
  await using t = await KeyedLink.open();
  await t.peer.send(`AUDIT\r\nId: q\r\nStream: ${stream}\r\nFrom: 1\r\nTo: 9\r\n\r\n`);
  assertEquals(await t.peer.message(), "AUDITACK\r\nId: q\r\nCount: 7\r\n\r\n");
  const { request } = await t.events.see("audit");
  assertEquals(["Stream", "From", "To"].map((name) => header(request, name)), [stream, "1", "9"]);
  await using silent = await KeyedLink.open({}, { answerAudit: () => undefined });
  await silent.peer.send("AUDIT\r\nId: q\r\n\r\n" + threeWritten);
  assertMatch(await silent.peer.message(), /^ERROR\r\nCode: 403\r\n/);
  await silent.events.see("messages");
});

Deno.test("AUDITs are answered one in a turn, and a ninth that waits ends the link", async () => {
  const clock = new FakeClock();
  await using t = await KeyedLink.open({ clock });
  const audits = (count: number) => "AUDIT\r\nId: q\r\n\r\n".repeat(count);
  await t.peer.send(audits(9));
  await t.events.count("audit", 1);
  await settle();
  assertEquals(t.events.of("audit").length, 1);
  await clock.pass(0);
  assertEquals(t.events.of("audit").length, 9);
  for (let i = 0; i < 9; i++) assertMatch(await t.peer.message(), /^AUDITACK/);
  await t.peer.send(audits(10));
  assertMatch(await t.peer.message(), /^AUDITACK/);
  assertMatch(await t.peer.message(), /^ERROR\r\nCode: 429\r\nReason: At most 8 AUDITs/);
  assertEquals((await t.events.see("closed")).reason, "broken");
  await clock.pass(60_000);
  assertEquals(t.events.of("audit").length, 10);
});

Deno.test("a peer whose time is used up gets its answers later", async () => {
  const clock = new FakeClock();
  let pauseMs = 5_000;
  await using t = await KeyedLink.open({ clock }, { auditPauseMs: () => pauseMs });
  await t.peer.send("AUDIT\r\nId: q\r\n\r\nPING\r\n\r\n");
  assertMatch(await t.peer.message(), /^PONG/);
  await clock.pass(4_999);
  assertEquals(t.events.of("audit"), []);
  pauseMs = 0;
  await clock.pass(1);
  assertMatch(await t.peer.message(), /^AUDITACK/);
});

Deno.test("what one read brings is taken in turns", async () => {
  const clock = new FakeClock();
  let looks = 0;
  // Each look at the clock takes a millisecond.
  await using t = await KeyedLink.open({
    clock: {
      now: () => clock.now() + looks++,
      timeOfDay: () => clock.timeOfDay(),
      after: (ms, then) => clock.after(ms, then),
    },
  });
  await t.peer.send("PING\r\n\r\n".repeat(1_000) + "ACK\r\nId: x\r\n\r\n");
  await t.peer.message();
  await settle();
  assertEquals(t.events.of("acknowledged"), []);
  assert(clock.waits.includes(0), `${clock.waits}`);
  await clock.pass(0);
  await t.events.see("acknowledged");
});

Deno.test("a link for comparing carries only AUDIT", async () => {
  await using t = await KeyedLink.open({}, {}, auditChat);
  assertEquals(t.link.purpose, "audit");
  assertMatch(t.peer.opening, /^Purpose: audit\r$/m);
  const misused = [
    written(chatMessage(1)),
    "MSG\r\nId: 1\r\nText: x\r\n\r\n",
    `ACK\r\nId: ${idOf(1)}\r\n\r\n`,
    `READ\r\nId: ${idOf(1)}\r\n\r\n`,
    `RESET\r\nStream: ${stream}\r\n\r\n`,
    `VERIFY\r\nCommit: ${"00".repeat(32)}\r\n\r\n`,
  ];
  for (const wrong of misused) {
    await t.peer.send(wrong);
    assertEquals(
      await t.peer.message(),
      "ERROR\r\nCode: 400\r\nReason: This link is for AUDIT only\r\n\r\n",
    );
  }
  await t.peer.send("AUDIT\r\nId: q\r\n\r\nPING\r\n\r\n");
  assertMatch(await t.peer.message(), /^AUDITACK\r\n/);
  assertMatch(await t.peer.message(), /^PONG\r\n/);
  await t.peer.send("BYE\r\n\r\n");
  await t.events.see("closed");
  assertEquals(t.types, ["audit", "closed"]);
});

Deno.test("a client that calls to compare asks, and leaves with BYE", async () => {
  await using t = await KeyedLink.open({ role: "initiator", purpose: "audit" }, {}, auditChatack);
  assertEquals(t.link.purpose, "audit");
  assertMatch(t.peer.opening, /^Purpose: audit\r$/m);
  const answered = t.link.ask(question("q"));
  assertEquals(await t.peer.message(), "AUDIT\r\nId: q\r\n\r\n");
  await t.peer.send("AUDITACK\r\nId: q\r\nCount: 3\r\n\r\n");
  assertEquals(header(await answered, "Count"), "3");
  await t.link.leave();
  assertEquals(await t.peer.message(), "BYE\r\n\r\n");
});

Deno.test("a request is given up when no answer comes, when the peer refuses and when the link ends", async () => {
  const clock = new FakeClock();
  await using t = await KeyedLink.open({ clock });
  const late = rejectsSaying(() => t.link.ask(question("a")), UserError, "in 10 s");
  await clock.pass(replyTimeoutMs);
  await late;
  const refused = rejectsSaying(() => t.link.ask(question("b")), UserError, "“what?”");
  await t.peer.send("ERROR\r\nCode: 400\r\nReason: what?\r\n\r\n");
  await refused;
  const over = rejectsSaying(() => t.link.ask(question("c")), UserError, "The connection ended");
  t.peer.close();
  await over;
  await rejectsSaying(() => t.link.ask(question("d")), UserError, "not open");
});

Deno.test("in plaintext AUDIT is refused, and RESET and READ are ignored", async () => {
  await using t = await LinkUnderTest.open("plaintext");
  await t.peer.send(
    `READ\r\nId: 1\r\n\r\nRESET\r\nStream: ${stream}\r\n\r\nACK\r\nId: 1\r\n\r\nAUDIT\r\nId: q\r\n\r\n`,
  );
  assertMatch(await t.peer.message(), /^ERROR\r\nCode: 426\r\n/);
  assertEquals(t.events.types, ["opened"]);
});

Deno.test("a message with a position from a peer without a key is a text, acknowledged as one", async () => {
  await using t = await LinkUnderTest.open("plaintext");
  await t.peer.send(right);
  assertEquals(await t.peer.message(), `ACK\r\nId: ${idOf(5)}\r\n\r\n`);
  assertEquals(t.texts, ["text 5"]);
  await t.peer.send(replaced("Seq", "0"));
  assertMatch(await t.peer.message(), /^ERROR\r\nCode: 400\r\n/);
  assertEquals(t.texts, ["text 5"]);
});

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
