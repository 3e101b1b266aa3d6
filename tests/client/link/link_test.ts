import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { UserError } from "../../../client/user_error.ts";
import { Link, type LinkTimes, type Refusal } from "../../../client/link/link.ts";
import { SecureChannel } from "../../../client/link/secure_channel.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import {
  headersMax,
  openingTimeoutMs,
  textBytesMax,
  unacknowledgedMax,
} from "../../../shared/protocol/limits.ts";
import { codePoint } from "../../support/code_point.ts";
import { EncryptedPeer, encrypting } from "../../support/encrypted_peer.ts";
import { Events } from "../../support/events.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { RawPeer } from "../../support/raw_peer.ts";
import {
  chat,
  chatack,
  type LinkEvent,
  LinkUnderTest,
  patient,
  say,
  self,
  told,
} from "../../support/link_fixture.ts";
import { type LinkHandlers, linkOwner } from "../../support/link_owner.ts";
import { MemoryConn } from "../../support/memory_conn.ts";

const utf8 = new TextEncoder();
const msg = (id: string, text: string) => `MSG\r\nId: ${id}\r\nText: ${text}\r\n\r\n`;
/** How a relative of the original opens. */
const relatives = chat.replace("Version: 1\r\n", "");
/** A refusal; `why` is for our own user. */
const refusal = (why: string): Refusal => ({
  code: 426,
  reason: "Encrypt",
  detail: { code: "unexpected", reason: why },
});
const idOf = (message: string) => /^Id: (.*)\r$/m.exec(message)![1]!;

type Open = (
  role?: "initiator" | "responder",
  times?: Partial<LinkTimes>,
) => ReturnType<typeof LinkUnderTest.open>;

/** Runs a test with links that are open in plaintext, and with links that are open and encrypted. */
function testOpen(name: string, test: (open: Open) => Promise<void>): void {
  for (const security of ["plaintext", "encrypted"] as const) {
    const open: Open = (role, times) => LinkUnderTest.open(security, role, times);
    Deno.test(`${security}: ${name}`, () => test(open));
  }
}

/** Runs a test with a link that is open in plaintext: then the link itself keeps account of its texts. */
function testPlaintext(name: string, test: (open: Open) => Promise<void>): void {
  Deno.test(name, () => test((role, times) => LinkUnderTest.open("plaintext", role, times)));
}

// With a peer of this protocol

Deno.test("the initiator opens with CHAT, and the link is open when CHATACK comes", async () => {
  await using t = await LinkUnderTest.make("initiator");
  assertEquals(
    await t.peer.message(),
    "CHAT\r\nclientID: alice\r\nIP: 127.0.0.1\r\nPort: 5556\r\nVersion: 1\r\n" +
      "Encryption: Noise_XX_25519_ChaChaPoly_SHA256\r\nFeatures: tokens, certificates, paths, away\r\n\r\n",
  );
  assertEquals(t.link.dialect, undefined);
  await t.peer.send(chatack);
  assertEquals(await t.events.see("opened"), {
    type: "opened",
    dialect: "p2pchat",
    peerId: "bob",
  });
  assertEquals(t.link.peerAddress, { host: "127.0.0.1", port: 5557 });
});

Deno.test("the responder answers CHAT with CHATACK, and says nothing before", async () => {
  await using t = await LinkUnderTest.make("responder");
  await t.peer.send(chat);
  assertEquals(
    await t.peer.message(),
    "CHATACK\r\nclientID: alice\r\nIP: 127.0.0.1\r\nPort: 5556\r\nVersion: 1\r\n\r\n",
  );
  assertEquals((await t.events.see("opened")).peerId, "bob");
  assertEquals([t.link.peerKey, t.link.handshakeHash], [undefined, undefined]);
});

for (const role of ["initiator", "responder"] as const) {
  Deno.test(`a link whose ${role} encrypts as well is encrypted, and each knows the other's key`, async () => {
    await using t = await LinkUnderTest.make(role);
    const bob = Identity.generate();
    const peer = role === "responder"
      ? await EncryptedPeer.callOver(t.peer, chat, bob)
      : await EncryptedPeer.answerOver(t.peer, chatack, bob);
    assertEquals(
      peer.opening,
      `${role === "responder" ? "CHATACK" : "CHAT"}\r\nclientID: alice\r\nIP: 127.0.0.1\r\n` +
        "Port: 5556\r\nVersion: 1\r\nEncryption: Noise_XX_25519_ChaChaPoly_SHA256\r\n" +
        `${role === "responder" ? "" : "Features: tokens, certificates, paths, away\r\n"}\r\n`,
    );
    assertEquals(await t.events.see("opened"), {
      type: "opened",
      dialect: "p2pchat",
      peerId: "bob",
    });
    assertEquals(t.link.peerAddress, { host: "127.0.0.1", port: 5557 });
    assertEquals(t.link.peerKey, bob.publicKey);
    assertEquals(peer.key, self.identity.publicKey);
  });
}

Deno.test("an address at which a peer cannot be called is replaced by the one it is seen at", async () => {
  await using t = await LinkUnderTest.make("responder");
  await t.peer.send(chat.replace("127.0.0.1", "203.0.113.7"));
  await t.events.see("opened");
  assertEquals(t.link.peerAddress, { host: "127.0.0.1", port: 5557 });
});

for (const [what, was, is] of [["host", "IP: 127.0.0.1", "IP: "], ["port", "5557", "0"]] as const) {
  Deno.test(`a peer without a ${what} has no address to be called at`, async () => {
    await using t = await LinkUnderTest.make("responder");
    await t.peer.send(chat.replace(was, is));
    await t.events.see("opened");
    assertEquals(t.link.peerAddress, undefined);
  });
}

testOpen("MSG is shown, unescaped, and answered with ACK of the same Id", async (open) => {
  await using t = await open();
  await t.peer.send(msg("7", "one\\ntwo\\\\ \\t👋\\u001b[31m"));
  assertEquals(await t.peer.message(), "ACK\r\nId: 7\r\n\r\n");
  assertEquals(t.texts, ["one\ntwo\\ \t👋\x1b[31m"]);
});

testOpen("a text on several Text lines is one", async (open) => {
  await using t = await open();
  await t.peer.send("MSG\r\nId: 7\r\nText: Hel\r\nText: lo\\u0020\r\nText: Bob\r\n\r\n");
  assertEquals(await t.peer.message(), "ACK\r\nId: 7\r\n\r\n");
  assertEquals(t.texts, ["Hello Bob"]);
});

Deno.test("what comes with the opening in one read is not lost", async () => {
  await using t = await LinkUnderTest.make("responder");
  await t.peer.send(chat + msg("1", "a") + msg("2", "b"));
  await t.events.count("text", 2);
  assertEquals(t.texts, ["a", "b"]);
});

testOpen("any text arrives between two links as it was sent", async (open) => {
  await using a = await open("initiator");
  await using b = await open("responder");
  // Each link's peer passes on to the other link what it hears, but for the openings, which were read.
  const unit = fc.oneof(
    fc.string({ unit: codePoint }),
    fc.string({ unit: fc.constantFrom("\n", "\\", " ", "\u2028", "🙂", "\u0085") }),
  );
  let sent = 0;
  await fc.assert(
    fc.asyncProperty(unit, async (text) => {
      const id = await say(a.link, text);
      await b.peer.send(await a.peer.message());
      await a.peer.send(await b.peer.message());
      await a.events.see("delivered", (event) => event.id === id);
      sent++;
      assertEquals(b.texts.at(-1), text);
      assertEquals(b.texts.length, sent);
    }),
    { numRuns: 200 },
  );
});

testOpen("a text longer than a line arrives as it was sent", async (open) => {
  await using a = await open("initiator");
  await using b = await open("responder");
  const text = "  Zeile 🙂\u2028\u2029\n".repeat(500);
  await say(a.link, text);
  await b.peer.send(await a.peer.message());
  await b.events.see("text");
  assertEquals(b.texts, [text]);
});

testPlaintext(
  "a text is sent as MSG with an Id of its own, and ACK says that it has arrived",
  async (open) => {
    await using t = await open();
    const ids = [await t.link.sendText("Hello\nBob!"), await t.link.sendText("again")];
    const first = await t.peer.message();
    assertEquals(first, msg(ids[0]!, "Hello\\nBob!"));
    assertEquals(idOf(await t.peer.message()), ids[1]);
    assertNotEquals(ids[0], ids[1]);
    assertEquals(t.link.unacknowledged, ["Hello\nBob!", "again"]);
    await t.peer.send(`ACK\r\nId: ${ids[0]}\r\n\r\n`);
    assertEquals(await t.events.see("delivered"), { type: "delivered", id: ids[0]! });
    assertEquals(t.link.unacknowledged, ["again"]);
  },
);

testPlaintext("an ACK of nothing that was sent, or a second one, tells nothing", async (open) => {
  await using t = await open();
  const id = await t.link.sendText("Hello");
  const ack = `ACK\r\nId: ${id}\r\n\r\n`;
  await t.peer.send("ACK\r\nId: unknown\r\n\r\n" + ack + ack + msg("1", "after them"));
  await t.events.see("text");
  assertEquals(t.events.of("delivered"), [{ type: "delivered", id: id! }]);
});

testPlaintext("allDelivered waits for the last ACK", async (open) => {
  await using t = await open();
  const ids = [await t.link.sendText("one"), await t.link.sendText("two")];
  let done = false;
  const delivered = t.link.allDelivered().then(() => done = true);
  await t.peer.send(`ACK\r\nId: ${ids[0]}\r\n\r\n`);
  await t.events.count("delivered", 1);
  assertEquals(done, false);
  await t.peer.send(`ACK\r\nId: ${ids[1]}\r\n\r\n`);
  await delivered;
});

testPlaintext("texts without ACK are known when the link is lost, oldest first", async (open) => {
  await using t = await open();
  const ids = [];
  for (const text of ["one", "two", "three"]) ids.push(await t.link.sendText(text));
  await t.peer.send(`ACK\r\nId: ${ids[1]}\r\n\r\n`);
  await t.events.see("delivered");
  t.peer.close();
  await t.link.allDelivered();
  assertEquals((await t.events.see("closed")).reason, "lost");
  assertEquals(t.link.unacknowledged, ["one", "three"]);
  await assertRejects(() => t.link.sendText("four"), UserError);
});

testPlaintext(
  "only so many texts wait for ACK; the sender of the next one has to wait",
  async (open) => {
    await using t = await open();
    const ids = [];
    for (let i = 0; i < unacknowledgedMax; i++) ids.push(await t.link.sendText("x"));
    let sent = false;
    const next = t.link.sendText("one more").then(() => sent = true);
    for (let i = 0; i < unacknowledgedMax; i++) await t.peer.message();
    assertEquals(sent, false);
    await t.peer.send(`ACK\r\nId: ${ids[0]}\r\n\r\n`);
    assertMatch(await t.peer.message(), /one more/);
    await next;
  },
);

testPlaintext("a sender that waits gets an error when the link closes", async (open) => {
  await using t = await open();
  for (let i = 0; i < unacknowledgedMax; i++) await t.link.sendText("x");
  const next = assertRejects(() => t.link.sendText("one more"), UserError);
  t.peer.close();
  await next;
});

testPlaintext(
  "a text that is too long is refused with its size, and nothing is sent of it",
  async (open) => {
    await using t = await open();
    await assertRejects(
      () => t.link.sendText("x".repeat(textBytesMax + 1)),
      RangeError,
      "in parts",
    );
    assertEquals(t.link.unacknowledged, []);
    await t.link.sendText("x".repeat(textBytesMax));
    assertMatch(await t.peer.message(), /^MSG\r\n/);
  },
);

Deno.test("a text is refused before the link is open", async () => {
  await using t = await LinkUnderTest.make("responder");
  await assertRejects(() => t.link.sendText("early"), UserError);
});

testOpen("leaving says BYE, and closes", async (open) => {
  await using t = await open();
  await t.link.leave();
  assertEquals(await t.peer.rest(), "BYE\r\n\r\n");
  assertEquals(t.events.of("closed"), [{ type: "closed", reason: "you-left", detail: undefined }]);
});

testOpen("leaving twice says BYE once", async (open) => {
  await using t = await open();
  await Promise.all([t.link.leave(), t.link.leave()]);
  assertEquals(await t.peer.rest(), "BYE\r\n\r\n");
  assertEquals(t.events.of("closed"), [{ type: "closed", reason: "you-left", detail: undefined }]);
});

testOpen("BYE ends it, with the peer's reason", async (open) => {
  await using t = await open();
  await t.peer.send("BYE\r\nReason: supper\r\n\r\n");
  assertEquals(await t.events.see("closed"), {
    type: "closed",
    reason: "peer-left",
    detail: "“supper”",
  });
  assertEquals(await t.peer.rest(), "");
});

for (
  const [said, shown] of [
    ["x".repeat(200), "x".repeat(200)],
    ["x".repeat(201), "x".repeat(199) + "…"],
    ["🙂".repeat(201), "🙂".repeat(199) + "…"],
  ] as const
) {
  testOpen(
    `of a reason of ${said.length} units so much is shown: ${shown.length}`,
    async (open) => {
      await using t = await open();
      await t.peer.send(`BYE\r\nReason: ${said}\r\n\r\n`);
      assertEquals((await t.events.see("closed")).detail, `“${shown}”`);
    },
  );
}

testOpen("a reason that is empty is none", async (open) => {
  await using t = await open();
  await t.peer.send("BYE\r\nReason: \r\n\r\n");
  assertEquals((await t.events.see("closed")).detail, undefined);
});

Deno.test("memory for frames is used again, write after write", async () => {
  const { seal } = SecureChannel.prototype;
  const rooms: ArrayBufferLike[] = [];
  SecureChannel.prototype.seal = function (content, target) {
    const frames = seal.call(this, content, target);
    if (content.length > 0) rooms.push(frames.buffer);
    return frames;
  };
  try {
    await using t = await LinkUnderTest.open("encrypted");
    for (const text of ["long,".repeat(100), "short", "another"]) {
      await say(t.link, text);
      const message = await t.peer.message();
      assertMatch(message, new RegExp(`^Text: ${text}`, "m"));
      await t.link.allDelivered();
    }
    assertEquals(rooms.length, 3);
    assertEquals(new Set(rooms).size, 1);
  } finally {
    SecureChannel.prototype.seal = seal;
  }
});

for (const [allowPlaintext, waitsMs] of [[false, 5_000], [true, 1_500]] as const) {
  const allowed = allowPlaintext ? "allowed" : "not allowed";
  Deno.test(`with plaintext ${allowed} the responder has ${waitsMs} ms to answer`, async () => {
    const clock = new FakeClock();
    const events = new Events<LinkEvent>();
    let saidNothing: boolean | undefined;
    const conn = new ScriptedConn([]);
    const link = new Link({
      conn,
      clock,
      role: "initiator",
      self,
      ...linkOwner({
        ...told(events),
        admitPlaintext: (peer) => {
          saidNothing = peer.saidNothing;
          return refusal("it said nothing");
        },
      }),
      allowPlaintext,
    });
    await clock.settle();
    // Beside the time for the whole of the opening.
    assertEquals(clock.waits, [openingTimeoutMs, waitsMs]);
    clock.drop(openingTimeoutMs);
    await clock.passNext();
    assertEquals(saidNothing, true);
    await link.ended;
    assertEquals(events.all, [{ type: "closed", reason: "refused", detail: "it said nothing" }]);
  });
}

testOpen("PING is answered by PONG with the same Id, however its name is written", async (open) => {
  await using t = await open();
  await t.peer.send("PING\r\nId: 9\r\n\r\n");
  assertEquals(await t.peer.message(), "PONG\r\nId: 9\r\n\r\n");
  await t.peer.send("PING\r\n\r\n");
  assertEquals(await t.peer.message(), "PONG\r\n\r\n");
  await t.peer.send("PING\r\nID: 9\r\n\r\n");
  assertMatch(await t.peer.message(), /^PONG\r\nId: 9\r\n\r\n$/i);
});

testOpen(
  "a peer that falls silent is pinged, and the link ends if it does not answer",
  async (open) => {
    await using t = await open("responder", { pingMs: 20, pongMs: 20 });
    assertEquals(await t.peer.message(), "PING\r\n\r\n");
    assertEquals((await t.events.see("closed")).reason, "silent");
  },
);

testOpen("a silent peer that answers PING stays", async (open) => {
  await using t = await open("responder", { pingMs: 5, pongMs: 400 });
  for (let i = 0; i < 2; i++) {
    assertEquals(await t.peer.message(), "PING\r\n\r\n");
    await t.peer.send("PONG\r\n\r\n");
  }
  assertEquals(await t.peer.message(), "PING\r\n\r\n");
  assertEquals(t.events.of("closed"), []);
});

testOpen("the peer's ERROR does not end an open link", async (open) => {
  await using t = await open();
  await t.peer.send("ERROR\r\nCode: 400\r\nReason: what?\r\n\r\n" + msg("1", "still here"));
  assertEquals(await t.peer.message(), "ACK\r\nId: 1\r\n\r\n");
});

// What is malformed, after which the link goes on.
const malformed = [
  "MSG\r\nText: without an Id\r\n\r\n",
  "MSG\r\nId: 1\r\n\r\n",
  msg("1", "bad \\escape"),
  msg("1", "bad \\u12"),
  msg("1", "at the end \\"),
  msg("1", "a \x1b control"),
  "MSG\r\nId: 1\r\nText: x\r\na bare line\r\n\r\n",
  "CHAT\r\nclientID: bob\r\n\r\n",
  "NONSENSE\r\n\r\n",
  "no verb at all\r\n\r\n",
];

for (const wrong of malformed) {
  testOpen(`ERROR 400 answers ${JSON.stringify(wrong)}, and the link goes on`, async (open) => {
    await using t = await open();
    await t.peer.send(wrong);
    assertMatch(await t.peer.message(), /^ERROR\r\nCode: 400\r\nReason: [^\r\n]+\r\n\r\n$/);
    await t.peer.send(msg("2", "well"));
    assertEquals(await t.peer.message(), "ACK\r\nId: 2\r\n\r\n");
    assertEquals(t.texts, ["well"]);
  });
}

const tooLarge = [
  ["a line", msg("1", "x".repeat(5_000)), 413],
  ["a message", `MSG\r\n${("Text: " + "x".repeat(4_000) + "\r\n").repeat(5)}\r\n`, 413],
  ["a head", `MSG\r\n${"X: y\r\n".repeat(headersMax + 1)}\r\n`, 413],
] as const;

for (const [what, wrong, code] of tooLarge) {
  testOpen(`${what} that is too large is told so with ${code}, and the link ends`, async (open) => {
    await using t = await open();
    await t.peer.send(wrong);
    assertMatch(await t.peer.message(), new RegExp(`^ERROR\r\nCode: ${code}\r\n`));
    assertEquals((await t.events.see("closed")).reason, "broken");
    assertEquals(t.texts, []);
  });
}

testOpen("bytes that are no UTF-8 are told so with 400, and the link ends", async (open) => {
  await using t = await open();
  await t.peer.send(new Uint8Array([...utf8.encode("MSG\r\nId: 1\r\nText: "), 0xff, 0x0a, 0x0a]));
  assertMatch(await t.peer.message(), /^ERROR\r\nCode: 400\r\n/);
  assertEquals((await t.events.see("closed")).reason, "broken");
});

for (
  const [what, change] of [
    ["without an id", (opening) => opening.replace("clientID: bob\r\n", "")],
    ["with an id that is none", (opening) => opening.replace("clientID: bob", "clientID: b b")],
    [
      "that encrypts and is without an id",
      (opening) => encrypting(opening.replace("clientID: bob\r\n", "")),
    ],
  ] as [what: string, change: (opening: string) => string][]
) {
  Deno.test(`an opening ${what} is refused, and never opens`, async () => {
    await using t = await LinkUnderTest.make("responder");
    await t.peer.send(change(chat));
    assertMatch(await t.peer.rest(), /^ERROR\r\nCode: 400\r\n/);
    assertEquals((await t.events.see("closed")).reason, "broken");
    assertEquals(t.events.of("opened"), []);
  });

  Deno.test(`an answer ${what} is refused, and never opens`, async () => {
    await using t = await LinkUnderTest.make("initiator");
    await t.peer.message();
    await t.peer.send(change(chatack));
    assertEquals((await t.events.see("closed")).reason, "broken");
    assertEquals(t.events.of("opened"), []);
  });
}

Deno.test("what follows an opening that is refused is not taken for another dialect", async () => {
  // The refusal is still being written when more is read.
  const conn = new ScriptedConn([utf8.encode(chat.replace("bob", "b b")), utf8.encode("Hello")]);
  conn.writable = conn.drained;
  const events = new Events<LinkEvent>();
  await linkOver(conn, "responder", events).ended;
  assertEquals(events.types, ["closed"]);
});

Deno.test("what follows a fault that ends an open link is not taken", async () => {
  await using t = await LinkUnderTest.open("encrypted");
  // There is no commitment that this nonce could belong to.
  await t.peer.send(`VERIFY\r\nNonce: ${"00".repeat(16)}\r\n\r\n` + msg("1", "Hello"));
  assertMatch(await t.peer.rest(), /^ERROR\r\nCode: 400\r\nReason: [^\r\n]+\r\n\r\n$/);
  assertEquals(t.events.types, ["opened", "closed"]);
});

for (const said of ["Hello", relatives + "Hel", chat + msg("1", "Hello")]) {
  Deno.test(`${JSON.stringify(said)} of a peer that is refused and hangs up is answered with the refusal`, async () => {
    const events = new Events<LinkEvent>();
    const conn = new ScriptedConn([utf8.encode(said)]);
    // It hangs up before it has been told.
    const written = Promise.withResolvers<void>();
    conn.writable = written.promise;
    conn.hangUp();
    const link = linkOver(conn, "responder", events, {
      admitPlaintext: () => refusal("bob cannot encrypt"),
    });
    await link.ended;
    assertEquals(events.all, [{ type: "closed", reason: "refused", detail: "bob cannot encrypt" }]);
    written.resolve();
    await link.allDelivered();
  });
}

Deno.test("a peer that is refused is told so, though the user leaves at the same time", async () => {
  const events = new Events<LinkEvent>();
  const conn = new ScriptedConn([utf8.encode(chat)]);
  const gate = Promise.withResolvers<void>();
  conn.writable = gate.promise;
  const link = linkOver(conn, "responder", events, { admitPlaintext: () => refusal("not you") });
  await conn.drained;
  const left = link.leave();
  gate.resolve();
  await Promise.all([left, link.ended]);
  assertEquals(conn.writes, ["ERROR\r\nCode: 426\r\nReason: Encrypt\r\n\r\n"]);
  assertEquals(events.all, [{ type: "closed", reason: "refused", detail: "not you" }]);
});

Deno.test("a link that is left while it opens is closed for good", async () => {
  // After so many turns. One of them is between the arrival of the opening and the end of its reading.
  for (let turns = 0; turns < 20; turns++) {
    const events = new Events<LinkEvent>();
    const link = linkOver(new ScriptedConn([utf8.encode(chat)]), "responder", events);
    for (let i = 0; i < turns; i++) await undefined;
    await link.leave();
    await link.ended;
    assertEquals(events.all.at(-1)?.type, "closed", `left after ${turns} turns`);
  }
});

Deno.test("two links of which one is left while they open are closed for good", async () => {
  let opened = 0;
  for (let turns = 0; opened < 2; turns++) {
    const [a, b] = MemoryConn.pair();
    const [ofA, ofB] = [new Events<LinkEvent>(), new Events<LinkEvent>()];
    const initiator = linkOver(a, "initiator", ofA);
    const responder = linkOver(b, "responder", ofB);
    for (let i = 0; i < turns; i++) await undefined;
    const left = turns % 2 === 0 ? initiator : responder;
    await left.leave();
    await Promise.all([initiator.ended, responder.ended]);
    for (const { all } of [ofA, ofB]) {
      const types = all.map(({ type }) => type);
      assertEquals(types, ["opened", "closed"].slice(-types.length), `left after ${turns} turns`);
    }
    // Until both of them were open before.
    opened = ofA.of("opened").length + ofB.of("opened").length;
  }
});

Deno.test("the responder's ERROR refuses the call, with its reason", async () => {
  await using t = await LinkUnderTest.make("initiator");
  await t.peer.send("ERROR\r\nCode: 503\r\nReason: too many conversations\r\n\r\n");
  assertEquals(t.events.all, []);
  assertEquals(await t.events.see("closed"), {
    type: "closed",
    reason: "broken",
    detail: "“too many conversations”",
  });
});

Deno.test("a peer that hangs up before it answers has left", async () => {
  await using t = await LinkUnderTest.make("initiator");
  await t.peer.message();
  t.peer.close();
  assertEquals((await t.events.see("closed")).reason, "peer-left");
});

Deno.test("an initiator that says nothing can be left, and is told nothing", async () => {
  await using t = await LinkUnderTest.make("responder");
  await t.link.leave();
  assertEquals(await t.peer.rest(), "");
  assertEquals((await t.events.see("closed")).reason, "you-left");
});

// With the original

Deno.test("a peer that does not answer CHATACK in time gets each text byte for byte", async () => {
  await using t = await LinkUnderTest.make("initiator", { chatackMs: 10 });
  await t.peer.message();
  assertEquals(await t.events.see("opened"), {
    type: "opened",
    dialect: "raw",
    peerId: undefined,
  });
  assertEquals(await t.link.sendText("Hello Bob! \\ é🙂\nsecond line"), undefined);
  assertEquals(await t.link.sendText(" more "), undefined);
  await t.link.leave();
  assertEquals(await t.peer.rest(), "Hello Bob! \\ é🙂\nsecond line more ");
});

Deno.test("a called peer that answers with raw text is understood at once", async () => {
  await using t = await LinkUnderTest.make("initiator");
  await t.peer.message();
  await t.peer.send("Hi Alice");
  assertEquals((await t.events.see("opened")).dialect, "raw");
  await t.events.see("text");
  assertEquals(t.texts, ["Hi Alice"]);
  await t.link.sendText("Hi");
  await t.link.leave();
  assertEquals(await t.peer.rest(), "Hi");
});

Deno.test("half an answer, then silence, is raw text", async () => {
  await using t = await LinkUnderTest.make("initiator", { chatackMs: 50 });
  await t.peer.send("CHATACK\r\nclientID: bo");
  assertEquals((await t.events.see("opened")).dialect, "raw");
  await t.events.see("text");
  assertEquals(t.texts, ["CHATACK\r\nclientID: bo"]);
});

Deno.test("each read from a raw caller is one message", async () => {
  await using t = await LinkUnderTest.make("responder");
  for (const [i, text] of ["Hello", "two\nlines", "CHAT with me", "👋"].entries()) {
    await t.peer.send(text);
    await t.events.count("text", i + 1);
    assertEquals(t.texts.at(-1), text);
  }
  assertEquals(t.events.of("opened"), [{ type: "opened", dialect: "raw", peerId: undefined }]);
});

Deno.test("a raw caller's character that is cut between reads is one character", async () => {
  await using t = await LinkUnderTest.make("responder");
  await t.peer.send("first");
  await t.events.count("text", 1);
  const bytes = utf8.encode("a🙂b");
  // The first part has a whole character, so that its arrival is seen.
  await t.peer.send(bytes.subarray(0, 3));
  await t.events.count("text", 2);
  await t.peer.send(bytes.subarray(3));
  await t.events.count("text", 3);
  assertEquals(t.texts, ["first", "a", "🙂b"]);
});

Deno.test("a raw caller's first character may be cut, too", async () => {
  await using t = await LinkUnderTest.make("responder");
  const bytes = utf8.encode("🙂");
  await t.peer.send(bytes.subarray(0, 2));
  await t.events.see("opened");
  await t.peer.send(bytes.subarray(2));
  await t.events.see("text");
  assertEquals(t.texts, ["🙂"]);
});

Deno.test("a raw caller that hangs up at once is heard, and has left", async () => {
  await using t = await LinkUnderTest.make("responder");
  await t.peer.send("C");
  t.peer.close();
  assertEquals((await t.events.see("closed")).reason, "peer-left");
  assertEquals(t.texts, ["C"]);
});

Deno.test("what could become an opening and does not is raw text after a while", async () => {
  await using t = await LinkUnderTest.make("responder");
  await t.peer.send("CHA");
  await t.events.see("text");
  assertEquals(t.events.of("opened")[0]?.dialect, "raw");
  assertEquals(t.texts, ["CHA"]);
});

Deno.test("a raw peer that ends its lines gets lines that end in CRLF", async () => {
  await using t = await LinkUnderTest.make("responder");
  await t.peer.send("Hello\n");
  await t.events.see("text");
  assertEquals(t.texts, ["Hello"]);
  await t.link.sendText("two\nlines");
  await t.link.leave();
  assertEquals(await t.peer.rest(), "two lines\r\n");
});

Deno.test("two raw texts that are sent at once go out in writes of their own", async () => {
  // There one read is one message, and what is written together is surely read together.
  const conn = new ScriptedConn([utf8.encode("Hello")]);
  const events = new Events<LinkEvent>();
  const link = linkOver(conn, "responder", events);
  await events.see("text");
  await Promise.all([link.sendText("one"), link.sendText("two")]);
  await link.leave();
  await link.ended;
  assertEquals(conn.writes, ["one", "two"]);
});

// With its relatives

Deno.test("a relative opens with CHAT, sends lines, and ends with QUIT; it gets lines", async () => {
  await using t = await LinkUnderTest.make("responder");
  await t.peer.send(relatives);
  assertEquals(await t.events.see("opened"), { type: "opened", dialect: "lines", peerId: "bob" });
  await t.peer.send("Hello Alice\r\nhow are you?\r\n");
  await t.events.count("text", 2);
  assertEquals(t.texts, ["Hello Alice", "how are you?"]);
  await t.link.sendText("well\nthank you");
  assertEquals(await t.peer.upTo("\r\n"), "well thank you\r\n");
  await t.peer.send("QUIT\r\n\r\n");
  assertEquals((await t.events.see("closed")).reason, "peer-left");
  // No CHATACK, no ACK: whatever came would have been shown to its user.
  assertEquals(await t.peer.rest(), "");
});

Deno.test("a relative that sends each text as a CHAT is heard", async () => {
  await using t = await LinkUnderTest.make("responder");
  for (const [i, text] of ["Hello", "again"].entries()) {
    await t.peer.send(`CHAT\r\nclientID: x\r\n${text}\r\n\r\n`);
    await t.events.count("text", i + 1);
  }
  assertEquals(t.texts, ["Hello", "again"]);
  assertEquals(t.events.of("opened"), [{ type: "opened", dialect: "lines", peerId: "x" }]);
  await t.link.sendText("Hi");
  assertEquals(await t.peer.upTo("\r\n\r\n"), "CHAT\r\nclientID: alice\r\nHi\r\n\r\n");
});

Deno.test("a relative that ends neither line nor opening is heard after a while", async () => {
  await using t = await LinkUnderTest.make("responder");
  await t.peer.send("CHAT\r\nclientID: x\r\nHello");
  await t.events.see("text");
  assertEquals(t.texts, ["Hello"]);
  assertEquals(t.events.of("opened"), [{ type: "opened", dialect: "lines", peerId: "x" }]);
});

Deno.test("half an opening and then silence opens what it is so far", async () => {
  await using t = await LinkUnderTest.make("responder");
  await t.peer.send(chat.slice(0, -4));
  assertEquals((await t.events.see("opened")).dialect, "lines");
});

Deno.test("a relative is left with QUIT and an empty line", async () => {
  await using t = await LinkUnderTest.make("responder");
  await t.peer.send(relatives);
  await t.events.see("opened");
  await t.link.leave();
  assertEquals(await t.peer.rest(), "QUIT\r\n\r\n");
});

for (const quit of ["QUIT\r\n", "QUIT"]) {
  Deno.test(`${JSON.stringify(quit)} that nothing follows ends it after a while`, async () => {
    await using t = await LinkUnderTest.make("responder");
    await t.peer.send(relatives);
    await t.events.see("opened");
    await t.peer.send(quit);
    assertEquals((await t.events.see("closed")).reason, "peer-left");
  });
}

Deno.test("a relative that hangs up in a line is heard to the end, and has left", async () => {
  await using t = await LinkUnderTest.make("responder");
  await t.peer.send(relatives + "bye");
  t.peer.close();
  assertEquals((await t.events.see("closed")).reason, "peer-left");
  assertEquals(t.texts, ["bye"]);
});

// Whatever happens

Deno.test("a link copes with a peer that is lost at any byte", async () => {
  const said = msg("1", "Hello") + "PING\r\n\r\n" + msg("2", "é🙂") + "BYE\r\n\r\n";
  const recordings = [["responder", chat + said], ["initiator", chatack + said]] as const;
  for (const [role, recording] of recordings) {
    const bytes = utf8.encode(recording);
    for (let cut = 0; cut <= bytes.length; cut++) {
      await using t = await LinkUnderTest.make(role);
      await t.peer.send(bytes.subarray(0, cut));
      t.peer.close();
      await t.link.ended;
      const open = cut >= recording.indexOf("MSG");
      const whole = [1, 2].filter((id) => {
        const at = said.indexOf("\r\n\r\n", said.indexOf(`Id: ${id}`)) + 4;
        return cut >=
          utf8.encode(recording.slice(0, recording.indexOf(said)) + said.slice(0, at)).length;
      });
      if (open) assertEquals(t.texts, ["Hello", "é🙂"].slice(0, whole.length), `${role} ${cut}`);
      assertEquals(t.events.of("closed").length, 1, `${role} ${cut}`);
      assertEquals(t.events.all.at(-1)?.type, "closed", `${role} ${cut}`);
      if (open) assertEquals(t.events.of("opened")[0]?.dialect, "p2pchat", `${role} ${cut}`);
    }
  }
});

Deno.test("an encrypted link copes with a peer that is lost anywhere behind its opening", async () => {
  const said = msg("1", "Hello") + msg("2", "again");
  for (const [role, opening] of [["responder", chat], ["initiator", chatack]] as const) {
    let heard: string[] = [];
    // Steps that fall into lengths, handshake messages and frames.
    for (let cut = encrypting(opening).length; heard.length < 2; cut += 17) {
      await using t = await LinkUnderTest.make(role);
      const raw = new CutPeer(t.peer, cut);
      try {
        const peer = role === "responder"
          ? await EncryptedPeer.callOver(raw, opening)
          : await EncryptedPeer.answerOver(raw, opening);
        for (const message of said.split(/(?<=\r\n\r\n)/)) await peer.send(message);
        raw.close();
      } catch {
        // It was cut off before.
      }
      await t.link.ended;
      const types = t.events.types;
      assertEquals(types.filter((type) => type === "closed").length, 1, `${role} ${cut}`);
      assertEquals(types, ["opened", "text", "text"].slice(0, types.length - 1).concat("closed"));
      assert(t.texts.length >= heard.length, `${role} ${cut}`);
      heard = t.texts;
    }
    assertEquals(heard, ["Hello", "again"]);
  }
});

/** A peer that is lost after so many bytes. */
class CutPeer extends RawPeer {
  constructor(private readonly whole: RawPeer, private left: number) {
    super(whole.conn);
  }

  override async send(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? utf8.encode(data) : data;
    const part = bytes.subarray(0, this.left);
    this.left -= part.length;
    await super.send(part);
    if (part.length < bytes.length) this.close();
  }

  override close(): void {
    this.whole.close();
  }
}

/** A connection whose reads bring given chunks and then the end, and whose writes are kept. */
class ScriptedConn {
  readonly localAddr = { hostname: "127.0.0.1" };
  readonly remoteAddr = { hostname: "127.0.0.1", port: 50_000 };
  readonly writes: string[] = [];
  closes = 0;
  readonly #chunks: Uint8Array[];
  readonly #closed = Promise.withResolvers<null>();
  readonly #drained = Promise.withResolvers<void>();
  /** Done when all chunks have been taken and another is asked for. */
  readonly drained = this.#drained.promise;
  /** What writes wait for. */
  writable = Promise.resolve();

  constructor(chunks: Uint8Array[]) {
    this.#chunks = [...chunks];
  }

  read(buffer: Uint8Array): Promise<number | null> {
    const chunk = this.#chunks.shift();
    if (chunk === undefined) {
      this.#drained.resolve();
      return this.#closed.promise;
    }
    buffer.set(chunk);
    return Promise.resolve(chunk.length);
  }

  async write(bytes: Uint8Array): Promise<number> {
    await this.writable;
    if (this.closes > 0) throw new Deno.errors.BadResource("closed");
    this.writes.push(new TextDecoder().decode(bytes));
    return bytes.length;
  }

  /** Ends what there is to read. */
  hangUp(): void {
    this.#closed.resolve(null);
  }

  close(): void {
    this.closes++;
    this.#closed.resolve(null);
  }
}

function linkOver(
  conn: ScriptedConn | MemoryConn,
  role: "initiator" | "responder",
  events: Events<LinkEvent>,
  other: Partial<LinkHandlers> = {},
): Link {
  return new Link({
    conn,
    role,
    self,
    times: patient,
    ...linkOwner({ ...told(events), ...other }),
    allowPlaintext: true,
  });
}

Deno.test("no bytes in any chunks make a link throw, open twice or stay open", async () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 24 }),
    fc.constantFrom(
      chat,
      chatack,
      encrypting(chat),
      encrypting(chatack),
      relatives,
      msg("1", "Hello"),
      msg("1", "\\"),
      "CHAT\r\n",
      "PING\r\nId: 1\r\n\r\n",
      "ACK\r\nId: 1\r\n\r\n",
      "ERROR\r\nCode: 400\r\nReason: no\r\n\r\n",
      "BYE\r\n\r\n",
      "QUIT\r\n\r\n",
      "\r\n",
      "x".repeat(5_000),
    ).map((text) => utf8.encode(text)),
    // A first message of a handshake: the length of a key, and a key.
    fc.uint8Array({ minLength: 32, maxLength: 32 }).map((key) => new Uint8Array([0, 32, ...key])),
  );
  const bytes = fc.array(piece, { maxLength: 8 })
    .map((pieces) => new Uint8Array(pieces.flatMap((piece) => [...piece])));
  const role = fc.constantFrom("initiator", "responder");
  await fc.assert(
    fc.asyncProperty(role, bytes, fc.array(fc.nat(200)), async (role, bytes, sizes) => {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length;) {
        const size = 1 + (sizes[chunks.length] ?? bytes.length);
        chunks.push(bytes.subarray(at, at += size));
      }
      const conn = new ScriptedConn(chunks);
      const events = new Events<LinkEvent>();
      const link = linkOver(conn, role, events);
      conn.hangUp();
      await link.ended;
      await link.allDelivered();
      assertEquals(conn.closes, 1);
      const types = events.types;
      assertEquals(types.filter((type) => type === "closed").length, 1);
      assertEquals(types.at(-1), "closed");
      assert(types.filter((type) => type === "opened").length <= 1);
      if (types.length > 1) assertEquals(types[0], "opened");
    }),
    { numRuns: 400 },
  );
});
