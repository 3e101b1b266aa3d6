// Encrypted links over real connections, with peers that stall and with attackers in the middle.

import { TextLineStream } from "@std/streams/text-line-stream";
import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { UserError } from "../../../client/user_error.ts";
import { Link, type LinkTimes, type Refusal } from "../../../client/link/link.ts";
import { wordingOf } from "../../../client/ui/wording/wording.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { HandshakeState } from "../../../shared/crypto/noise.ts";
import { type KeyPair, primitives } from "../../../shared/crypto/primitives.ts";
import { systemClock, type TimerClock } from "../../../shared/time/clock.ts";
import { nowhere, Person } from "../../support/client_fixture.ts";
import { encrypting } from "../../support/encrypted_peer.ts";
import { Events, until } from "../../support/events.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { RawListener, RawPeer } from "../../support/raw_peer.ts";
import { type Tamper, TamperingProxy } from "../../support/tampering_proxy.ts";
import {
  chat,
  chatack,
  type LinkEvent,
  patient,
  say,
  self,
  told,
} from "../../support/link_fixture.ts";
import { publicKeyBytes } from "../../../shared/crypto/public_key.ts";
import { type LinkHandlers, linkOwner } from "../../support/link_owner.ts";
import { framed } from "../../support/frames.ts";
import { refusalOf, sentenceOf } from "../../support/problems.ts";

type Role = "initiator" | "responder";

const refusal: Refusal = {
  code: 426,
  reason: "No plaintext here",
  detail: { code: "unexpected", reason: "no plaintext" },
};

/** Talks only to peers that encrypt. */
const strict = (events: Events<LinkEvent>): Partial<LinkHandlers> => ({
  ...told(events),
  admitPlaintext: () => refusal,
});

/** One link, as a client makes it that talks only over encrypted connections. */
class StrictLink implements AsyncDisposable {
  readonly events = new Events<LinkEvent>();
  readonly link: Link;

  constructor(
    role: Role,
    conn: Deno.TcpConn,
    { times = {}, identity = self.identity, listening = {}, clock = systemClock }: {
      times?: Partial<LinkTimes>;
      identity?: Identity;
      listening?: Partial<LinkHandlers>;
      clock?: TimerClock;
    } = {},
  ) {
    conn.setNoDelay(true);
    this.link = new Link({
      conn,
      role,
      self: { ...self, id: role === "initiator" ? "alice" : "bob", identity },
      times: { ...patient, ...times },
      ...linkOwner({ ...strict(this.events), ...listening }),
      allowPlaintext: false,
      clock,
    });
  }

  get texts(): string[] {
    return this.events.of("text").map(({ text }) => text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.link.leave();
    await this.link.ended;
  }
}

type StrictOptions = ConstructorParameters<typeof StrictLink>[2];

/** A link and the other end of its connection. */
async function linkWith(role: Role, options?: StrictOptions) {
  using listener = new RawListener();
  const [{ conn }, peer] = await Promise.all([RawPeer.dial(listener.address), listener.accept()]);
  const link = new StrictLink(role, conn, options);
  return {
    link,
    peer,
    async [Symbol.asyncDispose]() {
      await link[Symbol.asyncDispose]();
      peer.close();
    },
  };
}

/** Two links, and an attacker between them. */
async function linksThrough(tamper: Tamper, clock?: TimerClock) {
  using listener = new RawListener();
  const proxy = new TamperingProxy(listener.address, tamper);
  const [{ conn }, { conn: calledConn }] = await Promise.all([
    RawPeer.dial(proxy.address),
    listener.accept(),
  ]);
  const made = (role: Role, conn: Deno.TcpConn) =>
    new StrictLink(role, conn, { identity: Identity.generate(), ...clock && { clock } });
  const [initiator, responder] = [made("initiator", conn), made("responder", calledConn)];
  return {
    initiator,
    responder,
    proxy,
    async [Symbol.asyncDispose]() {
      await Promise.all([initiator[Symbol.asyncDispose](), responder[Symbol.asyncDispose]()]);
      await proxy[Symbol.asyncDispose]();
    },
  };
}

const honest: Tamper = (_, __, unit) => unit;

const nothing = new Uint8Array(0);

// Both sides together

Deno.test("two links learn each other's keys and one hash, and texts go both ways", async () => {
  await using t = await linksThrough(honest);
  const { initiator, responder } = t;
  await Promise.all([initiator.events.see("opened"), responder.events.see("opened")]);
  assertNotEquals(initiator.link.peerKey, responder.link.peerKey);
  assertEquals([initiator.link.peerId, responder.link.peerId], ["bob", "alice"]);
  assertEquals(initiator.link.handshakeHash, responder.link.handshakeHash);
  const long = "long ".repeat(3_000);
  await say(initiator.link, "from the initiator");
  await say(responder.link, long);
  await Promise.all([initiator.events.see("delivered"), responder.events.see("delivered")]);
  assertEquals([responder.texts, initiator.texts], [["from the initiator"], [long]]);
});

Deno.test("both sides know that words were compared on a link, also once that is over", async () => {
  await using t = await linksThrough(honest);
  const links = [t.initiator.link, t.responder.link];
  await Promise.all([t.initiator.events.see("opened"), t.responder.events.see("opened")]);
  const begun = () => links.map(({ comparison }) => comparison!.hasBegun);
  assertEquals(begun(), [false, false]);
  for (const link of links) link.verify();
  await until(() => links.every(({ comparison }) => comparison!.words !== undefined));
  for (const { comparison } of links) comparison!.endVerification();
  assertEquals(begun(), [true, true]);
});

Deno.test("neither what is said nor the keys go over the wire in the clear", async () => {
  const wire: Uint8Array[] = [];
  const secret = "a word that nobody else is to read";
  await using t = await linksThrough((_, __, unit) => {
    wire.push(unit);
    return unit;
  });
  const { initiator, responder } = t;
  await Promise.all([initiator.events.see("opened"), responder.events.see("opened")]);
  await say(initiator.link, secret);
  await say(responder.link, secret);
  await Promise.all([initiator.events.see("delivered"), responder.events.see("delivered")]);
  const all = wire.map((unit) => unit.toHex()).join("");
  for (
    const hidden of [
      new TextEncoder().encode(secret),
      new TextEncoder().encode("MSG"),
      publicKeyBytes(initiator.link.peerKey!),
      publicKeyBytes(responder.link.peerKey!),
    ]
  ) assert(!all.includes(hidden.toHex()));
  assert(all.includes(new TextEncoder().encode("clientID: alice").toHex()));
});

// Peers that stall

const chatBytes = encrypting(chat);
const chatackBytes = encrypting(chatack);
const proofOf = ({ publicKey, certificate }: Identity) =>
  new Uint8Array([...publicKeyBytes(publicKey), ...certificate]);

/** The peer's handshake with a link, step by step. */
class Steps {
  readonly identity = Identity.generate();
  #state: HandshakeState | undefined;

  constructor(readonly peer: RawPeer, readonly role: Role) {}

  /** Sends the opening, and with it a first message if its key is given, and reads the other one. */
  async open(e?: KeyPair): Promise<void> {
    const ours = this.role === "initiator" ? chatBytes : chatackBytes;
    let theirs = this.role === "responder" ? await this.peer.message() : "";
    const more = e === undefined ? nothing : framed(e.publicKey);
    await this.peer.send(new Uint8Array([...new TextEncoder().encode(ours), ...more]));
    if (this.role === "initiator") theirs = await this.peer.message();
    this.#state = new HandshakeState({
      pattern: "XX",
      initiator: this.role === "initiator",
      prologue: new TextEncoder().encode(this.role === "initiator" ? ours + theirs : theirs + ours),
      s: this.identity.agreement,
      ...e && { e },
    });
  }

  /** The next message of ours, with its length. */
  next(payload = proofOf(this.identity)): Uint8Array {
    return framed(this.#state!.writeMessage(payload));
  }

  /** Reads the next message of theirs. */
  async read(): Promise<void> {
    const [high = 0, low = 0] = await this.peer.bytes(2);
    const message = await this.peer.bytes(high << 8 | low);
    assert(this.#state!.readMessage(message) !== undefined);
  }

  /** The first frame, which lets an initiator in if it says nothing. */
  first(content = ""): Uint8Array {
    const plaintext = new Uint8Array(256);
    plaintext[2] = content.length;
    new TextEncoder().encodeInto(content, plaintext.subarray(3));
    return framed(this.#state!.split().send.encryptWithAd(nothing, plaintext));
  }
}

const half = (bytes: Uint8Array) => bytes.subarray(0, bytes.length >> 1);

const stalls: readonly (readonly [string, Role, (steps: Steps) => Promise<void>])[] = [
  ["an initiator that says nothing", "responder", () => Promise.resolve()],
  [
    "an initiator that says half of CHAT",
    "responder",
    ({ peer }) => peer.send(chatBytes.slice(0, 30)),
  ],
  ["an initiator that does not begin the handshake", "responder", (steps) => steps.open()],
  ["an initiator that says half of message 1", "responder", async (steps) => {
    await steps.open();
    await steps.peer.send(half(steps.next(nothing)));
  }],
  ["an initiator that stops behind message 1", "responder", async (steps) => {
    await steps.open();
    await steps.peer.send(steps.next(nothing));
    await steps.read();
  }],
  ["an initiator that says half of message 3", "responder", async (steps) => {
    await steps.open();
    await steps.peer.send(steps.next(nothing));
    await steps.read();
    await steps.peer.send(half(steps.next()));
  }],
  ["a responder that says nothing", "initiator", () => Promise.resolve()],
  [
    "a responder that says half of CHATACK",
    "initiator",
    ({ peer }) => peer.send(chatackBytes.slice(0, 30)),
  ],
  ["a responder that does not answer message 1", "initiator", async (steps) => {
    await steps.open();
    await steps.read();
  }],
  ["a responder that says half of message 2", "initiator", async (steps) => {
    await steps.open();
    await steps.read();
    await steps.peer.send(half(steps.next()));
  }],
  ["a responder that says nothing behind message 3", "initiator", async (steps) => {
    await steps.open();
    await steps.read();
    await steps.peer.send(steps.next());
    await steps.read();
  }],
  ["a responder that says half of its first frame", "initiator", async (steps) => {
    await steps.open();
    await steps.read();
    await steps.peer.send(steps.next());
    await steps.read();
    await steps.peer.send(half(steps.first()));
  }],
];

for (const [who, role, plays] of stalls) {
  Deno.test(`${who} is given up, and the link never opens`, async () => {
    const clock = new FakeClock();
    await using t = await linkWith(role, { clock, times: { openingMs: 5_000 } });
    await plays(new Steps(t.peer, role === "initiator" ? "responder" : "initiator"));
    await clock.pass(4_999);
    assertEquals(t.link.events.all, []);
    await clock.pass(1);
    assertEquals(await t.link.events.see("closed"), {
      type: "closed",
      reason: "silent",
      detail: "it took too long to open the conversation",
    });
    assertEquals(t.link.events.all.length, 1);
    await t.peer.rest().catch(() => {});
  });
}

Deno.test("the steps at which others stall do lead to an open link", async () => {
  await using initiator = await linkWith("initiator");
  const responder = new Steps(initiator.peer, "responder");
  await responder.open();
  await responder.read();
  await initiator.peer.send(responder.next());
  await responder.read();
  assertEquals(initiator.link.events.all, []);
  await initiator.peer.send(responder.first());
  await initiator.link.events.see("opened");
  assertEquals(initiator.link.link.peerKey, responder.identity.publicKey);
  await using other = await linkWith("responder");
  const calls = new Steps(other.peer, "initiator");
  await calls.open();
  await other.peer.send(calls.next(nothing));
  await calls.read();
  assertEquals(other.link.events.all, []);
  await other.peer.send(calls.next());
  await other.link.events.see("opened");
  assertEquals(other.link.link.peerKey, calls.identity.publicKey);
});

Deno.test("an initiator that begins the handshake before CHATACK comes is answered in order", async () => {
  await using t = await linkWith("responder");
  const steps = new Steps(t.peer, "initiator");
  const e = primitives.generateKeyPair();
  await steps.open(e);
  assertEquals(steps.next(nothing), framed(e.publicKey));
  await steps.read();
  await t.peer.send(steps.next());
  await t.link.events.see("opened");
});

Deno.test("an initiator that is turned away is told why, and its link never opens", async () => {
  await using t = await linkWith("initiator");
  const steps = new Steps(t.peer, "responder");
  await steps.open();
  await steps.read();
  await t.peer.send(steps.next());
  await steps.read();
  await t.peer.send(steps.first("ERROR\r\nCode: 403\r\nReason: Not you\r\n\r\n"));
  await t.link.events.see("closed");
  assertEquals(t.link.events.all, [{ type: "closed", reason: "broken", detail: "“Not you”" }]);
});

Deno.test("what is in the first frame is taken once the link is open", async () => {
  await using t = await linkWith("initiator");
  const steps = new Steps(t.peer, "responder");
  await steps.open();
  await steps.read();
  await t.peer.send(steps.next());
  await steps.read();
  await t.peer.send(steps.first("MSG\r\nId: 1\r\nText: hello\r\n\r\n"));
  await t.link.events.see("text");
  assertEquals(t.link.events.types, ["opened", "text"]);
});

Deno.test("the time limit of the opening counts only until the link is open, and no other counts before", async () => {
  const clock = new FakeClock();
  await using t = await linkWith("responder", {
    clock,
    times: { openingMs: 12_345, pingMs: 23_456 },
  });
  const steps = new Steps(t.peer, "initiator");
  await steps.open();
  // Without the times of writes.
  const ours = () => clock.waits.filter((ms) => ms !== 10_000);
  assertEquals(ours(), [12_345]);
  await t.peer.send(steps.next(nothing));
  await steps.read();
  assertEquals(ours(), [12_345]);
  await t.peer.send(steps.next());
  await t.link.events.see("opened");
  assertEquals(ours().map((ms) => Math.round(ms / 1_000)), [23]);
});

const admission = () => Promise.withResolvers<Refusal | undefined>();

/** Brings a link to the point at which its owner is asked whether to talk to the peer. */
async function asked(role: Role, answer: Promise<Refusal | undefined>, more: StrictOptions = {}) {
  const asking = Promise.withResolvers<void>();
  const admitKey = () => {
    asking.resolve();
    return answer;
  };
  const t = await linkWith(role, { ...more, listening: { admitKey } });
  const steps = new Steps(t.peer, role === "initiator" ? "responder" : "initiator");
  await steps.open();
  if (role === "responder") await t.peer.send(steps.next(nothing));
  await steps.read();
  await t.peer.send(steps.next());
  await asking.promise;
  return t;
}

for (const role of ["initiator", "responder"] as const) {
  Deno.test(`${role}: a peer that is admitted too late stays out`, async () => {
    const { promise, resolve } = admission();
    const clock = new FakeClock();
    await using t = await asked(role, promise, { clock, times: { openingMs: 5_000 } });
    await clock.pass(5_000);
    assertEquals((await t.link.events.see("closed")).reason, "silent");
    resolve(undefined);
    await t.link.link.ended;
    assertEquals(t.link.events.all.length, 1);
  });

  Deno.test(`${role}: a peer that is admitted after the user has left stays out`, async () => {
    const { promise, resolve } = admission();
    await using t = await asked(role, promise);
    await t.link.link.leave();
    resolve(undefined);
    await t.link.link.ended;
    assertEquals(t.link.events.all, [{ type: "closed", reason: "you-left", detail: undefined }]);
  });

  Deno.test(`${role}: a peer that is refused after the user has left is told nothing`, async () => {
    const { promise, resolve } = admission();
    await using t = await asked(role, promise);
    await t.link.link.leave();
    resolve(refusal);
    await t.link.link.ended;
    assertEquals(t.link.events.all, [{ type: "closed", reason: "you-left", detail: undefined }]);
  });

  Deno.test(`${role}: a peer that hangs up while the owner decides is not talked to`, async () => {
    const { promise, resolve } = admission();
    await using t = await asked(role, promise);
    t.peer.close();
    resolve(undefined);
    await t.link.events.see("closed");
    assertEquals(t.link.texts, []);
    await assertRejects(() => say(t.link.link, "hello"), UserError);
  });

  Deno.test(`${role}: if the owner fails to decide, the link ends`, async () => {
    const { promise, reject } = admission();
    await using t = await asked(role, promise);
    reject(new Error("database disk image is malformed"));
    await t.link.events.see("closed");
    assertEquals(t.link.events.of("opened"), []);
    await t.link.link.ended;
  });

  Deno.test(`${role}: a peer that is refused is told no more than it has to know`, async () => {
    await using t = await asked(
      role,
      Promise.resolve({
        code: 403,
        reason: "Not you",
        detail: { code: "unexpected", reason: "mine" },
      }),
    );
    assertEquals(await t.link.events.see("closed"), {
      type: "closed",
      reason: "refused",
      detail: "mine",
    });
    // The initiator has not said who it is; the responder's reason is encrypted.
    const rest = await t.peer.rest();
    assert(!rest.includes("Not you") && !rest.includes("mine"));
    assertEquals(rest.length === 0, role === "initiator");
  });
}

// Attackers in the middle

/** Which of the initiator's units carries its first text. */
const firstText = 3;

/** The positions of bytes that are changed: in the length, at both ends, and some between. */
function placesIn(length: number): number[] {
  return [...new Set([0, 1, 2, 3, length >> 2, length >> 1, length - 20, length - 2, length - 1])]
    .filter((at) => at >= 0 && at < length);
}

const what = {
  "to-responder": ["CHAT", "message 1", "message 3", "a frame of the initiator"],
  "to-initiator": ["CHATACK", "message 2", "the first frame", "a frame of the responder"],
};

/** Lets time pass, with turns for the network between, until something is done. */
async function passUntilDone(clock: FakeClock, something: Promise<unknown>): Promise<void> {
  let done = false;
  const finished = () => {
    done = true;
  };
  something.then(finished, finished);
  while (!done) {
    await clock.pass(1_000);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await something;
}

for (const direction of ["to-responder", "to-initiator"] as const) {
  for (const index of [0, 1, 2, 3]) {
    Deno.test(`${what[direction][index]}, if a byte of it is changed, brings no text and ends the link`, async () => {
      let length = Infinity;
      const changeAt = async (at: number, bit: number) => {
        const clock = new FakeClock();
        await using t = await linksThrough((way, number, unit) => {
          if (way !== direction || number !== index) return unit;
          length = unit.length;
          const changed = unit.slice();
          changed[at]! ^= 1 << bit;
          return changed;
        }, clock);
        const { initiator, responder, proxy } = t;
        const [sender, reader] = direction === "to-responder"
          ? [initiator, responder]
          : [responder, initiator];
        // A side that is open speaks at once; then one of them notices a change that was made before.
        const bothSpeak = Promise.all([initiator, responder].map(async ({ link, events }) => {
          await events.until(() => events.all.length > 0, "anything");
          await say(link, "a text").catch(() => {});
        }));
        const finder = direction === "to-responder" && index === 1 ? initiator : reader;
        // A change of anything but a length is noticed by what it breaks, however little time passes.
        const isFound = index > 0 && at > 1;
        if (isFound) await finder.events.see("closed");
        // Any other may make a side wait for something that never comes.
        await until(() => proxy.seen[direction] > index);
        const closed = [initiator, responder].map(({ events }) => events.see("closed"));
        await passUntilDone(clock, Promise.all(closed));
        await bothSpeak;
        const where = `byte ${at} of ${length}: ${
          JSON.stringify([reader, sender].map(({ events }) => events.all))
        }`;
        assertEquals(reader.texts, [], where);
        // Before the handshake is over neither side has let the other in.
        if (index < (direction === "to-responder" ? firstText : 2)) {
          assertEquals(
            [initiator, responder].flatMap(({ events }) => events.of("opened")),
            [],
            where,
          );
        }
        if (isFound) {
          const { reason, detail } = finder.events.of("closed")[0]!;
          assertEquals([reason, detail], ["broken", "what came was not what it sent"], where);
        }
        // Neither side takes it for a farewell of the other.
        for (const { events } of [initiator, responder]) {
          if (events.of("opened").length === 0) continue;
          assertNotEquals(events.of("closed")[0]!.reason, "peer-left", where);
        }
      };
      await changeAt(0, 0);
      await Promise.all(placesIn(length).map((at, i) => changeAt(at, i % 8)));
    });
  }
}

/** Two open links whose frames pass through a test's hands. */
async function openThrough(tamper: Tamper) {
  const t = await linksThrough(tamper);
  const { initiator, responder } = t;
  await Promise.all([initiator.events.see("opened"), responder.events.see("opened")]);
  return t;
}

/** Makes the initiator say some words, each in a frame of its own. */
async function says(
  { initiator, proxy }: Awaited<ReturnType<typeof linksThrough>>,
  ...words: string[]
): Promise<void> {
  for (const word of words) {
    const seen = proxy.seen["to-responder"];
    await say(initiator.link, word).catch(() => {});
    await until(() =>
      proxy.seen["to-responder"] > seen || initiator.events.of("closed").length > 0
    );
  }
}

const manipulations: readonly (readonly [string, Tamper, readonly string[]])[] = [
  [
    "is left out",
    (way, index, unit) => way === "to-responder" && index === firstText + 1 ? [] : unit,
    ["one"],
  ],
  [
    "comes twice",
    (way, index, unit) => way === "to-responder" && index === firstText ? [unit, unit] : unit,
    ["one"],
  ],
];

for (const [how, tamper, heard] of manipulations) {
  Deno.test(`a frame that ${how} ends the link, and nothing behind it is taken`, async () => {
    await using t = await openThrough(tamper);
    await says(t, "one", "two", "three");
    const { reason, detail } = await t.responder.events.see("closed");
    assertEquals([reason, detail], ["broken", "what came was not what it sent"]);
    // What stood before it in the same read may not be taken either.
    assert(t.responder.texts.every((text, i) => text === heard[i]), t.responder.texts.join());
    await t.initiator.events.see("closed");
  });
}

Deno.test("frames that change places end the link, and none of them is taken", async () => {
  let held: Uint8Array | undefined;
  await using t = await openThrough((way, index, unit) => {
    if (way !== "to-responder" || index < firstText) return unit;
    if (held === undefined) {
      held = unit;
      return [];
    }
    return [unit, held];
  });
  await says(t, "one", "two");
  assertEquals((await t.responder.events.see("closed")).reason, "broken");
  assertEquals(t.responder.texts, []);
});

Deno.test("what was said on one link cannot be replayed on another", async () => {
  const recorded: Uint8Array[] = [];
  {
    await using t = await openThrough((way, index, unit) => {
      if (way === "to-responder" && index === firstText) recorded.push(unit);
      return unit;
    });
    await says(t, "pay 100");
    await t.responder.events.see("text");
  }
  await using t = await openThrough((way, index, unit) =>
    way === "to-responder" && index === firstText ? recorded : unit
  );
  await says(t, "anything");
  assertEquals((await t.responder.events.see("closed")).reason, "broken");
  assertEquals(t.responder.texts, []);
});

Deno.test("what a side has said cannot be played back to it as the other's", async () => {
  let said: Uint8Array | undefined;
  await using t = await openThrough((way, index, unit) => {
    if (way === "to-responder" && index === firstText) {
      said = unit;
      return [];
    }
    return way === "to-initiator" && said !== undefined ? said : unit;
  });
  await says(t, "mine");
  await say(t.responder.link, "theirs");
  assertEquals((await t.initiator.events.see("closed")).reason, "broken");
  assertEquals(t.initiator.texts, []);
});

for (
  const [where, cut] of [
    ["behind a frame", (unit: Uint8Array) => unit],
    ["in the middle of a frame", half],
    ["in the middle of a length", (unit: Uint8Array) => unit.subarray(0, 1)],
    ["before a frame", () => nothing],
  ] as const
) {
  Deno.test(`a link that is cut ${where} is lost, and does not count as left`, async () => {
    await using t = await openThrough((way, index, unit) =>
      way === "to-responder" && index === firstText ? { cut: cut(unit) } : unit
    );
    await says(t, "one");
    assertEquals(await t.responder.events.see("closed"), {
      type: "closed",
      reason: "lost",
      detail: undefined,
    });
    assertEquals(t.responder.texts, where === "behind a frame" ? ["one"] : []);
    assertEquals((await t.initiator.events.see("closed")).reason, "lost");
  });
}

Deno.test("a peer has left only if it has said so", async () => {
  await using t = await openThrough(honest);
  await t.initiator.link.leave();
  assertEquals((await t.responder.events.see("closed")).reason, "peer-left");
});

for (
  const [what, tamper, seen] of [
    ["changes a frame", (unit: Uint8Array) => unit.map((byte, i) => i === 99 ? byte ^ 1 : byte), [
      "the conversation with alice broke: what came was not what it sent",
    ]],
    ["cuts a frame off", (unit: Uint8Array) => ({ cut: half(unit) }), [
      "the connection to alice is lost; /chat alice calls again",
    ]],
  ] as const
) {
  Deno.test(`two clients say so when somebody ${what}, and the message comes by another link`, async () => {
    await using alice = new Person("alice", nowhere);
    await using bob = new Person("bob", nowhere);
    let isTampered = false;
    await using proxy = new TamperingProxy(bob.client.address, (way, index, unit) => {
      if (isTampered || way !== "to-responder" || index !== firstText) return unit;
      isTampered = true;
      return tamper(unit);
    });
    await alice.chat(proxy.place);
    await bob.events.see("opened");
    await alice.send("a text");
    assertEquals(wordingOf(await bob.events.see("closed"))?.lines, seen);
    assertEquals(wordingOf(await alice.events.see("closed"))?.lines, [
      "the connection to bob is lost; /chat bob calls again",
    ]);
    assertEquals(bob.heard, []);
    assertEquals((await alice.events.see("waiting")).count, 1);
    await alice.events.see("delivered");
    assertEquals(bob.heard, ["alice: a text"]);
    assertEquals(bob.events.of("opened").length, 2);
  });
}

// The offer of encryption is taken away

const without = (unit: Uint8Array) =>
  new TextEncoder().encode(
    new TextDecoder().decode(unit).replace(/Encryption: .*\r\n/, ""),
  );

for (
  const [direction, opening] of [["to-responder", "CHAT"], ["to-initiator", "CHATACK"]] as const
) {
  const stripping: Tamper = (way, index, unit) =>
    way === direction && index === 0 ? without(unit) : unit;

  Deno.test(`taking the encryption out of ${opening} makes both sides refuse, with a reason`, async () => {
    await using alice = new Person("alice", nowhere);
    await using bob = new Person("bob", nowhere);
    await using proxy = new TamperingProxy(bob.client.address, stripping);
    const message = await refusalOf(() => alice.chat(proxy.place));
    if (direction === "to-initiator") {
      // Here it is alice to whom bob seems not to encrypt.
      assertMatch(
        message,
        /^The call to 127.* was given up: bob cannot encrypt: .*--allow-plaintext/,
      );
      await until(() => bob.names.length === 0);
    } else {
      assertMatch(
        message,
        /ended the call: “This client talks only over encrypted connections, unless its user starts it with the option allow-plaintext”$/,
      );
      const { why } = await bob.events.see("turned-away");
      assertMatch(
        sentenceOf(why),
        /^alice cannot encrypt: what is said could be read and changed on the way/,
      );
    }
    for (const { events } of [alice, bob]) assertEquals(events.of("opened"), []);
  });

  Deno.test(`taking it out of ${opening} leads to no plaintext if the peer's key is known`, async () => {
    await using alice = new Person("alice", nowhere, { allowPlaintext: true });
    await using bob = new Person("bob", nowhere, { allowPlaintext: true });
    await alice.chat(bob.place);
    await alice.close();
    await bob.events.see("closed");
    await using proxy = new TamperingProxy(bob.client.address, stripping);
    const message = await refusalOf(() => alice.chat(proxy.place));
    if (direction === "to-initiator") {
      assertMatch(message, /did not encrypt, though bob has a key: .*taken the encryption away/);
    } else {
      assertMatch(message, /This client talks to alice only over encrypted connections/);
      const { why } = await bob.events.see("turned-away");
      assertMatch(sentenceOf(why), /did not encrypt, though alice has a key/);
    }
    for (const { events } of [alice, bob]) {
      assertEquals(events.of("opened").map(({ security }) => security), ["encrypted"]);
    }
  });

  Deno.test(`if plaintext is allowed and nothing is known, ${opening} without it is accepted, and marked`, async () => {
    await using alice = new Person("alice", nowhere, { allowPlaintext: true });
    await using bob = new Person("bob", nowhere, { allowPlaintext: true });
    // The proxy passes on bytes, as there are no frames.
    await using proxy = new TamperingProxy(bob.client.address, stripping, "bytes");
    const opens = alice.chat(proxy.place);
    if (direction === "to-initiator") {
      // Alice thinks that bob cannot encrypt, and what she then says is no handshake to bob.
      await opens.catch(() => {});
      assertEquals(bob.events.of("opened"), []);
      assertEquals(bob.heard, []);
      return;
    }
    await opens;
    await alice.send("hello");
    const { plaintext, text } = await bob.events.see("message");
    assertEquals([plaintext, text], [true, "hello"]);
    assertEquals((await bob.events.see("opened")).security, "plaintext");
    assertEquals((await alice.events.see("opened")).security, "plaintext");
  });
}

// Handshakes that never end

/** A client in a process of its own, which reports on itself. */
function measuredClient() {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--v8-flags=--expose-gc",
      "--allow-net",
      `--config=${new URL("../../../deno.json", import.meta.url).pathname}`,
      new URL("../../support/measured_client.ts", import.meta.url).pathname,
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream()).getReader();
  const input = child.stdin.getWriter();
  const next = async () => (await lines.read()).value!;
  return {
    next,
    async measure() {
      await input.write(new TextEncoder().encode("\n"));
      const [bytes, ...events] = (await next()).split(" ");
      return { bytes: Number(bytes), events };
    },
    async [Symbol.asyncDispose]() {
      await input.close();
      await lines.cancel();
      await child.status;
    },
  };
}

Deno.test("ten thousand handshakes that are never finished take no memory, and keep no other peer out", async () => {
  await using bob = measuredClient();
  await using alice = new Person("alice", nowhere);
  const hostname = "127.0.0.1";
  const port = Number(await bob.next());
  const begun = new Uint8Array([...new TextEncoder().encode(chatBytes), 0, 32]);
  const open: Deno.TcpConn[] = [];
  let answered = 0;
  const halfOpen = async (count: number) => {
    for (let i = 0; i < count; i += 50) {
      const batch = await Promise.all(Array.from({ length: 50 }, async () => {
        const conn = await Deno.connect({ hostname, port });
        const ephemeral = crypto.getRandomValues(new Uint8Array(32));
        await conn.write(new Uint8Array([...begun, ...ephemeral]));
        if (await conn.read(new Uint8Array(512)) !== null) answered++;
        return conn;
      }));
      // The last ones stay open, more than there is room for.
      open.push(...batch);
      for (const conn of open.splice(0, open.length - 100)) conn.close();
    }
    return await bob.measure();
  };
  try {
    const before = await halfOpen(2_000);
    const after = await halfOpen(8_000);
    // Most make room for the next before they are answered: they are of one host.
    assert(answered > 100, `${answered} answered`);
    assert(
      after.bytes - before.bytes < 4 * 1024 * 1024,
      `${after.bytes - before.bytes} bytes more`,
    );
    await alice.chat(`${hostname}:${port}`);
    await alice.send("through");
    await alice.events.see("delivered");
    // Nothing was heard of the others.
    const { events } = await bob.measure();
    assertEquals(events, ["listening", "first-contact", "opened", "message"]);
  } finally {
    for (const conn of open) conn.close();
  }
});
