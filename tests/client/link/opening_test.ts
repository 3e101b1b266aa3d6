import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import type { Refusal } from "../../../client/link/link_events.ts";
import { Opening, type OpeningOptions, type Step } from "../../../client/link/opening.ts";
import { problemSentence } from "../../../client/ui/wording/problem_sentences.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { encrypting } from "../../support/encrypted_peer.ts";
import { chat, chatack } from "../../support/link_fixture.ts";

type Role = "initiator" | "responder";

const utf8 = new TextEncoder();
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const identities = { initiator: Identity.generate(), responder: Identity.generate() };
const refusal: Refusal = {
  code: 403,
  reason: "Not you",
  detail: { code: "unexpected", reason: "mine" },
};

function begin(role: Role, options: Partial<OpeningOptions> = {}): Opening {
  return new Opening({
    role,
    self: {
      id: role === "initiator" ? "alice" : "bob",
      address: { host: "127.0.0.1", port: role === "initiator" ? 5556 : 5557 },
      identity: identities[role],
    },
    seenAt: "127.0.0.1",
    now: () => 0,
    ...options,
  });
}

/** One side, and what has happened to it. */
class Side {
  readonly events: string[] = [];
  readonly contents: string[] = [];
  readonly opening: Opening;
  #toSend: Uint8Array[] = [];
  last: Step | undefined;

  constructor(role: Role, options: Partial<OpeningOptions> = {}, readonly refused?: Refusal) {
    this.opening = begin(role, options);
    if (role === "initiator") this.#toSend.push(this.opening.begin());
  }

  /** What it wants to say, once. */
  take(): Uint8Array[] {
    const bytes = this.#toSend;
    this.#toSend = [];
    return bytes;
  }

  /** Does what a step asks for, as a link does. */
  follow(step: Step): void {
    this.last = step;
    this.#toSend.push(...step.send);
    switch (step.type) {
      case "more":
        return;
      case "admit":
        this.events.push(`admit by ${step.by}`);
        return this.follow(
          this.refused ? this.opening.refused(this.refused) : this.opening.admitted(),
        );
      case "open":
        this.events.push(`open ${this.opening.found.dialect}`);
        this.contents.push(...step.contents.map(text));
        return;
      case "end":
        this.events.push(`${step.reason}: ${step.detail && problemSentence(step.detail)}`);
    }
  }

  hear(bytes: Uint8Array): void {
    this.follow(this.opening.take(bytes));
  }
}

/** Lets two sides talk until neither says anything. What goes over the wire passes through `on`. */
function meet(
  initiator: Side,
  responder: Side,
  on: (bytes: Uint8Array, from: Role) => Uint8Array[] = (bytes) => [bytes],
): void {
  for (let quiet = false; !quiet;) {
    quiet = true;
    for (
      const [from, to, role] of [[initiator, responder, "initiator"], [
        responder,
        initiator,
        "responder",
      ]] as const
    ) {
      for (const bytes of from.take()) {
        quiet = false;
        for (const piece of on(bytes, role)) to.hear(piece);
      }
    }
  }
}

Deno.test("two sides that encrypt learn each other's id and keys, and one hash", () => {
  const [initiator, responder] = [new Side("initiator"), new Side("responder")];
  meet(initiator, responder);
  for (
    const [side, role, other] of [[initiator, "responder", responder], [
      responder,
      "initiator",
      initiator,
    ]] as const
  ) {
    const { peerId, peerKey, peerAgreement } = side.opening.found;
    const { peerAddress, handshakeHash, purpose } = side.opening.found;
    assertEquals(side.events, ["admit by key", "open p2pchat"]);
    assertEquals(peerId, role === "initiator" ? "alice" : "bob");
    assertEquals(peerAddress, { host: "127.0.0.1", port: role === "initiator" ? 5556 : 5557 });
    assertEquals(peerKey, identities[role].publicKey);
    assertEquals(peerAgreement?.key, identities[role].agreement.publicKey);
    assertEquals(peerAgreement?.terms?.number, 1);
    assertEquals(handshakeHash, other.opening.found.handshakeHash);
    assertEquals(purpose, "conversation");
  }
  assert(initiator.last?.type === "open" && responder.last?.type === "open");
  const sealed = initiator.last.channel!.seal(utf8.encode("hello"));
  assertEquals(responder.last.channel!.open(sealed).map(text), ["hello"]);
});

/** What goes over the wire: alice's CHAT and bob's CHATACK, the handshake, and a short frame. */
const [chatBytes, chatackBytes, message1Bytes, message2Bytes] = [155, 156, 34, 270];
const [message3Bytes, frameBytes] = [238, 2 + 256 + 16];

Deno.test("however the bytes are cut, both sides say the same with the same result", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(sizes, fc.constantFrom<Role>("initiator", "responder"), fc.boolean(), (
      sizes,
      cut,
      isEncrypted,
    ) => {
      const [initiator, responder] = [
        new Side("initiator", { isEncrypted }),
        new Side("responder"),
      ];
      const said: Record<Role, number> = { initiator: 0, responder: 0 };
      let i = 0;
      meet(initiator, responder, (bytes, from) => {
        said[from] += bytes.length;
        if (from !== cut) return [bytes];
        const pieces = [];
        for (let at = 0; at < bytes.length;) {
          pieces.push(bytes.slice(at, at += sizes[i++ % sizes.length]!));
        }
        return pieces;
      });
      assertEquals(initiator.events, ["admit by key", "open p2pchat"]);
      assertEquals(responder.events, ["admit by key", "open p2pchat"]);
      assertEquals(said, {
        initiator: chatBytes + message1Bytes + message3Bytes,
        responder: chatackBytes + message2Bytes + frameBytes,
      });
    }),
    { numRuns: 60 },
  );
});

Deno.test("an initiator whose peer is known to encrypt is let in one time there and back sooner", () => {
  for (const [isEncrypted, turns] of [[false, 3], [true, 2]] as const) {
    const [initiator, responder] = [
      new Side("initiator", { isEncrypted }),
      new Side("responder"),
    ];
    let said = 0;
    while (initiator.last?.type !== "open") {
      said++;
      for (const bytes of initiator.take()) responder.hear(bytes);
      for (const bytes of responder.take()) initiator.hear(bytes);
    }
    assertEquals(said, turns);
    assert(responder.last?.type === "open");
    const sealed = initiator.last.channel!.seal(utf8.encode("hello"));
    assertEquals(responder.last.channel!.open(sealed).map(text), ["hello"]);
  }
});

Deno.test("what comes behind the opening in one read is passed on", () => {
  const responder = new Side("responder");
  responder.hear(utf8.encode(chat + "MSG and more"));
  assertEquals(responder.events, ["admit by plaintext", "open p2pchat"]);
  assertEquals(responder.contents, ["MSG and more"]);
  assertEquals(responder.take().map(text), [chatack]);
});

for (
  const [said, dialect, id] of [
    ["Hello", "raw", undefined],
    [chat.replace("Version: 1\r\n", "") + "Hi\r\n", "lines", "bob"],
  ] as const
) {
  Deno.test(`an initiator that begins with ${JSON.stringify(said)} speaks ${dialect}`, () => {
    const responder = new Side("responder");
    responder.hear(utf8.encode(said));
    assertEquals(responder.events, ["admit by plaintext", `open ${dialect}`]);
    assertEquals(responder.contents, [said]);
    assertEquals(responder.opening.found.peerId, id);
    assertEquals(responder.take(), []);
  });
}

Deno.test("when time is up, the dialect is told from what has come", () => {
  const silent = new Side("initiator");
  silent.take();
  assertEquals([silent.opening.undecided, silent.opening.pending], [true, false]);
  silent.follow(silent.opening.timeIsUp());
  assertEquals(silent.events, ["admit by plaintext", "open raw"]);
  const half = new Side("responder");
  half.hear(utf8.encode(chat.slice(0, -4)));
  assertEquals([half.opening.undecided, half.opening.pending], [true, true]);
  half.follow(half.opening.timeIsUp());
  assertEquals(half.events, ["admit by plaintext", "open lines"]);
  assertEquals([half.opening.undecided, half.opening.pending], [false, false]);
});

Deno.test("a responder that says something else than CHATACK may refuse with that", () => {
  const said = ["invalid\r\n", "bye"];
  const [stays, hangsUp, isFirm] = [true, true, false].map((allowPlaintext) =>
    new Side("initiator", { allowPlaintext })
  );
  for (const side of [stays!, hangsUp!, isFirm!]) {
    for (const read of said) side.hear(utf8.encode(read));
  }
  assertEquals([stays!.events, hangsUp!.events], [[], []]);
  assertEquals(isFirm!.events, ["admit by plaintext", "open raw"]);
  stays!.follow(stays!.opening.timeIsUp());
  assertEquals([stays!.events, stays!.contents], [["admit by plaintext", "open raw"], said]);
  hangsUp!.follow(hangsUp!.opening.hungUp());
  assertEquals(hangsUp!.events, ["peer-left: “invalid bye”"]);
});

Deno.test("a responder that goes on and on is not doubted for ever", () => {
  const side = new Side("initiator", { allowPlaintext: true });
  const read = utf8.encode("x".repeat(1_024));
  for (let reads = 1; side.events.length === 0; reads++) {
    assert(reads <= 17, "it is still doubted");
    side.hear(read);
  }
  assertEquals(side.events, ["admit by plaintext", "open raw"]);
  assertEquals(side.contents.join("").length, 16 * 1_024);
});

Deno.test("once the dialect is known, time being up changes nothing", () => {
  const [initiator, responder] = [new Side("initiator"), new Side("responder")];
  meet(initiator, responder, (bytes) => {
    for (const { opening } of [initiator, responder]) {
      if (!opening.undecided) assertEquals(opening.timeIsUp(), { type: "more", send: [] });
    }
    return [bytes];
  });
  for (const { opening } of [initiator, responder]) {
    assertEquals(opening.timeIsUp(), { type: "more", send: [] });
  }
});

// Peers that are not let in

const nobody = { initiator: undefined, responder: undefined };

for (
  const [who, refused, told, ends] of [
    ["the responder", { ...nobody, initiator: refusal }, [], ["refused: mine"]],
    ["the initiator", { ...nobody, responder: refusal }, ["“Not you”"], ["refused: mine"]],
  ] as const
) {
  Deno.test(`${who} that is not let in is told only what it may know`, () => {
    const initiator = new Side("initiator", {}, refused.initiator);
    const responder = new Side("responder", {}, refused.responder);
    let bytesOfCaller = 0;
    meet(initiator, responder, (bytes, from) => {
      if (from === "initiator") bytesOfCaller += bytes.length;
      return [bytes];
    });
    const [refusing, other] = refused.initiator ? [initiator, responder] : [responder, initiator];
    assertEquals(refusing.events, ["admit by key", ...ends]);
    assertEquals(other.events.filter((event) => event.startsWith("open")), []);
    // The initiator keeps its key to itself.
    const third = refused.initiator ? 0 : message3Bytes;
    assertEquals(bytesOfCaller, chatBytes + message1Bytes + third);
    assertEquals(other.opening.found.peerKey === undefined, refused.initiator !== undefined);
    assertEquals(
      other.events.filter((event) => event.startsWith("broken")),
      told.map((reason) => `broken: ${reason}`),
    );
  });
}

for (
  const [said, answer] of [
    ["Hello", "Not you\r\n"],
    [chat, "ERROR\r\nCode: 403\r\nReason: Not you\r\n\r\n"],
    [chat.replace("Version: 1\r\n", ""), "Not you\r\n"],
  ] as const
) {
  Deno.test(`a peer that is not let in after ${JSON.stringify(said)} is told ${JSON.stringify(answer)}`, () => {
    const responder = new Side("responder", {}, refusal);
    responder.hear(utf8.encode(said));
    assertEquals(responder.events, ["admit by plaintext", "refused: mine"]);
    assertEquals(responder.take().map(text).join(""), answer);
  });
}

Deno.test("what comes while the owner decides is not lost", () => {
  const initiator = new Side("initiator");
  const opening = begin("responder");
  let step = opening.take(initiator.take()[0]!);
  initiator.hear(step.send[0]!);
  step = opening.take(initiator.take()[0]!);
  initiator.hear(step.send[0]!);
  const [third] = initiator.take();
  assertEquals((opening.take(third!)).type, "admit");
  // The first byte of the initiator's next frame.
  assertEquals(opening.take(new Uint8Array([frameBytes - 2 >> 8])), {
    type: "more",
    send: [],
  });
  step = opening.admitted();
  assert(step.type === "open");
  initiator.hear(step.send[0]!);
  assert(initiator.last?.type === "open");
  const sealed = initiator.last.channel!.seal(utf8.encode("early"));
  assertEquals(step.channel!.open(sealed.subarray(1)).map(text), ["early"]);
});

// What a call is for

const purposeless = (bytes: Uint8Array) =>
  utf8.encode(text(bytes).replace("Purpose: audit\r\n", ""));
const isChat = (bytes: Uint8Array) => text(bytes.subarray(0, 4)) === "CHAT";

Deno.test("both sides know what a call is for", () => {
  const [initiator, responder] = [
    new Side("initiator", { purpose: "audit" }),
    new Side("responder"),
  ];
  const openings: string[] = [];
  meet(initiator, responder, (bytes) => {
    if (isChat(bytes)) openings.push(text(bytes));
    return [bytes];
  });
  assertEquals(openings.map((opening) => opening.match(/^Purpose: .*$/gm)), [
    ["Purpose: audit"],
    ["Purpose: audit"],
  ]);
  for (const side of [initiator, responder]) {
    assertEquals(side.opening.found.purpose, "audit");
    assertEquals(side.events, ["admit by key", "open p2pchat"]);
  }
});

Deno.test("an initiator hangs up on a responder that knows no Purpose before that takes the call for another", () => {
  const [initiator, responder] = [
    new Side("initiator", { purpose: "audit" }),
    new Side("responder"),
  ];
  meet(initiator, responder, (bytes) => [isChat(bytes) ? purposeless(bytes) : bytes]);
  assertEquals(initiator.events, ["broken: its program does not know what the call is for"]);
  assertEquals(responder.events, []);
});

Deno.test("taking the Purpose out of CHAT and putting it into CHATACK breaks the handshake", () => {
  const [initiator, responder] = [
    new Side("initiator", { purpose: "audit" }),
    new Side("responder"),
  ];
  meet(initiator, responder, (bytes, from) => {
    if (!isChat(bytes)) return [bytes];
    return from === "initiator"
      ? [purposeless(bytes)]
      : [utf8.encode(text(bytes).replace(/\r\n$/, "Purpose: audit\r\n\r\n"))];
  });
  assertEquals(initiator.events, ["broken: what came was not what it sent"]);
  assertEquals(responder.events, []);
});

const withHeader = (opening: string, line: string) => opening.replace(/\r\n$/, `${line}\r\n\r\n`);

Deno.test("an unknown Purpose is refused, and so is an audit in plaintext", () => {
  for (
    const [opening, code] of [
      [encrypting(withHeader(chat, "Purpose: files")), 400],
      [encrypting(withHeader(chat, "Purpose: ")), 400],
      [encrypting(withHeader(chat, "Purpose: Audit")), 400],
      [withHeader(chat, "Purpose: audit"), 426],
    ] as const
  ) {
    const responder = new Side("responder");
    responder.hear(utf8.encode(opening));
    assertMatch(responder.events.join(), /^broken: /);
    assertMatch(responder.take().map(text).join(""), new RegExp(`^ERROR\r\nCode: ${code}\r\n`));
  }
});

for (
  const [answer, found] of [
    ["Hello", "broken: it cannot compare messages"],
    [withHeader(chatack, "Purpose: audit"), "broken: An audit needs an encrypted link"],
    [chatack, "broken: its program does not know what the call is for"],
    [
      encrypting(withHeader(chatack, "Purpose: x")),
      "broken: The Purpose of a CHAT is audit or is left out",
    ],
  ] as const
) {
  Deno.test(`an initiator that calls for an audit hangs up on ${JSON.stringify(answer)}`, () => {
    const initiator = new Side("initiator", { purpose: "audit" });
    initiator.hear(utf8.encode(answer));
    assertEquals(initiator.events, [found]);
  });
}

Deno.test("an initiator that calls for a conversation hangs up if it is answered with an audit", () => {
  const initiator = new Side("initiator");
  initiator.hear(utf8.encode(encrypting(withHeader(chatack, "Purpose: audit"))));
  assertEquals(initiator.events, ["broken: its program does not know what the call is for"]);
});

// Whatever comes

Deno.test("any bytes, in any pieces and with time up at any point, come to one end at most", () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom(
      chat,
      chatack,
      encrypting(chat),
      encrypting(chatack),
      encrypting(withHeader(chat, "Purpose: audit")),
      "CHAT\r\nclientID: x\r\n",
      "ERROR\r\nCode: 400\r\nReason: no\r\n\r\n",
      "x".repeat(5_000),
    ).map((said) => utf8.encode(said)),
    fc.uint8Array({ minLength: 32, maxLength: 32 }).map((key) => new Uint8Array([0, 32, ...key])),
    fc.constant("time" as const),
  );
  fc.assert(
    fc.property(
      fc.constantFrom<Role>("initiator", "responder"),
      fc.constantFrom("audit", "conversation"),
      fc.array(piece, { maxLength: 8 }),
      fc.boolean(),
      (role, purpose, pieces, refuses) => {
        const side = new Side(role, { purpose }, refuses ? refusal : undefined);
        for (const piece of pieces) {
          if (piece === "time") side.follow(side.opening.timeIsUp());
          else side.hear(piece);
        }
        const ends = side.events.filter((event) => !event.startsWith("admit"));
        assert(ends.length <= 1, side.events.join());
        assert(side.events.length - ends.length <= 1, side.events.join());
      },
    ),
    { numRuns: 500 },
  );
});
