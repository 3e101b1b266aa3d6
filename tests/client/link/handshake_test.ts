import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { encryption, Handshake } from "../../../client/link/handshake.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { HandshakeState } from "../../../shared/crypto/noise.ts";
import { type KeyPair, primitives } from "../../../shared/crypto/primitives.ts";
import {
  type PublicKey,
  publicKeyBytes,
  publicKeyFrom,
} from "../../../shared/crypto/public_key.ts";

const utf8 = new TextEncoder();
const nothing = new Uint8Array(0);
const alice = Identity.generate();
const bob = Identity.generate();
const mallory = Identity.generate();
const chat = `CHAT\r\nclientID: alice\r\nVersion: 1\r\nEncryption: ${encryption}\r\n\r\n`;
const chatack = chat.replace("CHAT", "CHATACK").replace("alice", "bob");
const prologue = utf8.encode(chat + chatack);

const calls = (by = prologue) =>
  new Handshake({ role: "initiator", identity: alice, prologue: by });
const isCalled = (by = prologue) =>
  new Handshake({ role: "responder", identity: bob, prologue: by });

type Taken = ReturnType<Handshake["take"]>;

function answerIn(taken: Taken): Uint8Array {
  assert(taken !== undefined && "answer" in taken);
  return taken.answer;
}

function keyIn(taken: Taken): PublicKey {
  assert(taken !== undefined && "peerKey" in taken);
  return taken.peerKey;
}

/** Both sides of a handshake of which so many messages have been taken, and the next one. */
function upTo(messages: 0 | 1 | 2) {
  const initiator = calls();
  const responder = isCalled();
  let next = initiator.begin();
  if (messages > 0) next = answerIn(responder.take(next));
  if (messages > 1) {
    keyIn(initiator.take(next));
    next = initiator.conclude();
  }
  return { initiator, responder, next };
}

/** What somebody with any keys may say in the place of the initiator or the responder. */
function noise(
  role: "initiator" | "responder",
  s: KeyPair,
  e?: KeyPair,
): HandshakeState {
  return new HandshakeState({
    pattern: "XX",
    initiator: role === "initiator",
    prologue,
    s,
    ...e && { e },
  });
}

function proof(key: PublicKey, certificate: Uint8Array, ...more: number[]): Uint8Array {
  return new Uint8Array([...publicKeyBytes(key), ...certificate, ...more]);
}

const proofOf = (identity: Identity) => proof(identity.publicKey, identity.certificate);

/** What the responder makes of an initiator that has these keys and says this last. */
function takesLast(s: KeyPair, payload: Uint8Array): Taken {
  const responder = isCalled();
  const initiator = noise("initiator", s);
  const answer = answerIn(responder.take(initiator.writeMessage(nothing)));
  assert(initiator.readMessage(answer) !== undefined);
  return responder.take(initiator.writeMessage(payload));
}

/** What the initiator makes of a responder that has these keys and answers this. */
function takesAnswer(s: KeyPair, payload: Uint8Array): Taken {
  const initiator = calls();
  const responder = noise("responder", s);
  assert(responder.readMessage(initiator.begin()) !== undefined);
  return initiator.take(responder.writeMessage(payload));
}

Deno.test("both sides learn each other's key, and have one channel and one hash", () => {
  const { initiator, responder, next } = upTo(2);
  assertEquals(keyIn(responder.take(next)), alice.publicKey);
  assertEquals(initiator.hash, responder.hash);
  const [a, b] = [initiator.split(), responder.split()];
  for (const [send, receive] of [[a.send, b.receive], [b.send, a.receive]] as const) {
    const sealed = send.encryptWithAd(nothing, utf8.encode("hello"));
    assertEquals(receive.decryptWithAd(nothing, sealed), utf8.encode("hello"));
  }
});

Deno.test("the initiator learns the other key before it says its own", () => {
  const { initiator, next } = upTo(1);
  assertEquals(keyIn(initiator.take(next)), bob.publicKey);
});

Deno.test("no two handshakes of the same two have the same messages or hash", () => {
  const made = [upTo(2), upTo(2)];
  for (const { responder, next } of made) keyIn(responder.take(next));
  const [one, other] = made;
  assertNotEquals(one!.next, other!.next);
  assertNotEquals(one!.responder.hash, other!.responder.hash);
});

Deno.test("neither key stands in what goes over the wire", () => {
  const wire = [0, 1, 2].map((messages) => upTo(messages as 0 | 1 | 2).next.toHex()).join("");
  for (const { publicKey, certificate, agreement } of [alice, bob]) {
    for (const secret of [publicKeyBytes(publicKey), certificate, agreement.publicKey]) {
      assert(!wire.includes(secret.toHex()));
    }
  }
});

// What is changed on the way

Deno.test("a first message of which any byte is changed is caught in the second", () => {
  const { length } = upTo(0).next;
  for (let at = 0; at < length; at++) {
    const { initiator, responder, next } = upTo(0);
    next[at]! ^= 1 << at % 8;
    const taken = responder.take(next);
    // A changed ephemeral key is a key all the same.
    if (taken !== undefined) assertEquals(initiator.take(answerIn(taken)), undefined, `byte ${at}`);
  }
});

Deno.test("a bit of a key that X25519 ignores is caught, too", () => {
  const { initiator, responder, next } = upTo(0);
  next[31]! ^= 0x80;
  assertEquals(initiator.take(answerIn(responder.take(next))), undefined);
});

for (const [which, taken] of [["second", 1], ["third", 2]] as const) {
  const side = ({ initiator, responder }: ReturnType<typeof upTo>) =>
    taken === 1 ? initiator : responder;

  Deno.test(`a ${which} message of which any byte is changed is not taken, nor what follows`, () => {
    const { length } = upTo(taken).next;
    for (let at = 0; at < length; at++) {
      const made = upTo(taken);
      const changed = made.next.slice();
      changed[at]! ^= 1 << at % 8;
      assertEquals(side(made).take(changed), undefined, `byte ${at}`);
      assertEquals(side(made).take(made.next), undefined, `byte ${at}`);
    }
  });

  Deno.test(`a ${which} message of another length is not taken`, () => {
    const { length } = upTo(taken).next;
    for (let other = 0; other <= 400; other++) {
      const made = upTo(taken);
      const changed = new Uint8Array(other);
      changed.set(made.next.subarray(0, other));
      if (other !== length) assertEquals(side(made).take(changed), undefined, `${other} bytes`);
    }
  });

  Deno.test(`a ${which} message of another handshake of the same two is not taken`, () => {
    const recorded = upTo(taken).next;
    assertEquals(side(upTo(taken)).take(recorded), undefined);
  });
}

Deno.test("a first message of any length is taken if it begins with a key", () => {
  for (let length = 0; length <= 400; length++) {
    const bytes = crypto.getRandomValues(new Uint8Array(length));
    assertEquals(isCalled().take(bytes) !== undefined, length >= 32, `${length} bytes`);
  }
});

Deno.test("whatever comes in the place of any message, nothing is proven and nothing thrown", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.constantFrom(0, 1, 2), (bytes, messages) => {
      const { initiator, responder } = upTo(messages);
      const taken = (messages === 1 ? initiator : responder).take(bytes);
      assert(taken === undefined || (messages === 0 && "answer" in taken));
    }),
  );
});

Deno.test("a changed byte anywhere in CHAT or CHATACK ends the handshake on either side", () => {
  for (let at = 0; at < prologue.length; at++) {
    const changed = prologue.slice();
    changed[at]! ^= 1;
    const initiator = calls(changed);
    assertEquals(
      initiator.take(answerIn(isCalled().take(initiator.begin()))),
      undefined,
      `byte ${at}`,
    );
    const other = calls();
    const answer = answerIn(isCalled(changed).take(other.begin()));
    assertEquals(other.take(answer), undefined, `byte ${at}`);
  }
  for (const changed of [prologue.subarray(1), prologue.subarray(0, -1), nothing]) {
    const initiator = calls(changed);
    assertEquals(initiator.take(answerIn(isCalled().take(initiator.begin()))), undefined);
  }
});

// Peers with other keys than they say

/** Every point of small order, in every encoding of 32 bytes, the ignored bit set or not. */
const lowOrder = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
].flatMap((hex) => {
  const point = Uint8Array.fromHex(hex);
  const other = point.slice();
  other[31]! ^= 0x80;
  return [point, other];
});

Deno.test("a point of low order is no ephemeral key", () => {
  for (const point of lowOrder) {
    assertEquals(isCalled().take(point), undefined, point.toHex());
    const { privateKey } = primitives.generateKeyPair();
    const initiator = calls();
    const responder = noise("responder", bob.agreement, { publicKey: point, privateKey });
    assert(responder.readMessage(initiator.begin()) !== undefined);
    assertEquals(initiator.take(responder.writeMessage(proofOf(bob))), undefined, point.toHex());
  }
});

Deno.test("a point of low order is no static key, though its certificate is good", () => {
  for (const publicKey of lowOrder) {
    const label = utf8.encode("p2pchat X25519 certificate 1\0");
    const certificate = mallory.sign(new Uint8Array([...label, ...publicKey]));
    const { privateKey } = mallory.agreement;
    const payload = proof(mallory.publicKey, certificate);
    assertEquals(takesAnswer({ publicKey, privateKey }, payload), undefined, publicKey.toHex());
    assertEquals(takesLast({ publicKey, privateKey }, payload), undefined, publicKey.toHex());
  }
});

const lies: readonly (readonly [what: string, payload: Uint8Array])[] = [
  ["somebody else's key with one's own certificate", proof(bob.publicKey, mallory.certificate)],
  ["somebody else's key and certificate", proofOf(bob)],
  ["one's own key with somebody else's certificate", proof(mallory.publicKey, bob.certificate)],
  [
    "a certificate that is for another X25519 key",
    proof(mallory.publicKey, mallory.sign(bob.agreement.publicKey)),
  ],
  [
    "a certificate with a number in the place of the one without",
    proof(mallory.publicKey, mallory.numberedCertificate),
  ],
  [
    "a signature without its label",
    proof(mallory.publicKey, mallory.sign(mallory.agreement.publicKey)),
  ],
  ["a key that is none", proof(publicKeyFrom(new Uint8Array(32).fill(0xff)), mallory.certificate)],
  ["zeros", new Uint8Array(96)],
  ["nothing", nothing],
  ["a key alone", publicKeyBytes(mallory.publicKey)],
  ["a certificate that lacks a byte", proofOf(mallory).subarray(0, -1)],
];

for (const [what, payload] of lies) {
  Deno.test(`a peer that proves itself with ${what} is not believed`, () => {
    assertEquals(takesAnswer(mallory.agreement, payload), undefined);
    assertEquals(takesLast(mallory.agreement, payload), undefined);
  });
}

Deno.test("one's own proof, shown from elsewhere, is not believed", () => {
  assertEquals(takesAnswer(mallory.agreement, proofOf(alice)), undefined);
  assertEquals(takesLast(mallory.agreement, proofOf(bob)), undefined);
});

Deno.test("what follows the proof is for later versions, and so is what the first message says", () => {
  const more = proof(mallory.publicKey, mallory.certificate, 1, 2, 3);
  assertEquals(keyIn(takesAnswer(mallory.agreement, more)), mallory.publicKey);
  assertEquals(keyIn(takesLast(mallory.agreement, more)), mallory.publicKey);
  const responder = isCalled();
  const initiator = noise("initiator", mallory.agreement);
  const answer = answerIn(responder.take(initiator.writeMessage(utf8.encode("something new"))));
  assertEquals(initiator.readMessage(answer), proofOf(bob));
  assertEquals(
    keyIn(responder.take(initiator.writeMessage(proofOf(mallory)))),
    mallory.publicKey,
  );
});

// Out of turn

Deno.test("the responder takes two messages, and the initiator one", () => {
  const { initiator, responder, next } = upTo(2);
  assertEquals(initiator.take(next), undefined);
  keyIn(responder.take(next));
  assertEquals(responder.take(next), undefined);
  assertEquals(responder.take(nothing), undefined);
});

Deno.test("a message in the place of another is not taken", () => {
  const { next: first } = upTo(0);
  const { next: second } = upTo(1);
  const { next: third } = upTo(2);
  for (const message of [first, third]) assertEquals(upTo(1).initiator.take(message), undefined);
  for (const message of [first, second]) assertEquals(upTo(2).responder.take(message), undefined);
});

Deno.test("what an initiator has sent is not an answer to it", () => {
  const initiator = calls();
  assertEquals(initiator.take(initiator.begin()), undefined);
});

Deno.test("a handshake that has failed or is not over gives no channel", () => {
  const { initiator, next } = upTo(1);
  next[40]! ^= 1;
  assertEquals(initiator.take(next), undefined);
  assertThrows(() => initiator.conclude());
  assertThrows(() => initiator.split());
  assertThrows(() => initiator.hash);
  const { responder } = upTo(1);
  assertThrows(() => responder.split());
  assertThrows(() => responder.conclude());
});

// Certificates with a number

/** What alice and bob learn of each other's certificates. */
function certificatesOf(numbered: boolean, initiator = alice, responder = bob) {
  const [a, b] = [
    new Handshake({ role: "initiator", identity: initiator, prologue, numbered }),
    new Handshake({ role: "responder", identity: responder, prologue, numbered }),
  ];
  const answered = a.take(answerIn(b.take(a.begin())));
  const concluded = b.take(a.conclude());
  return [answered, concluded].map((taken) => {
    assert(taken !== undefined && "peerKey" in taken);
    return taken.peerAgreement.terms;
  });
}

Deno.test("if both have named it, each learns the number of the other's X25519 key, and the date", () => {
  const clock = { timeOfDay: () => 86_400_000 };
  const seven = Identity.generate({ number: 7, clock });
  const eight = Identity.generate({ number: 8, clock });
  assertEquals(certificatesOf(true, seven, eight), [
    { number: 8, dateS: 86_400 },
    { number: 7, dateS: 86_400 },
  ]);
  assertEquals(certificatesOf(false, seven, eight), [undefined, undefined]);
});

Deno.test("if both have named it, a proof without a good certificate with a number is not believed", () => {
  const head = proofOf(mallory);
  const good = mallory.numberedCertificate;
  const changed = good.slice();
  changed[3]! ^= 2;
  const believes = (payload: Uint8Array) => {
    const responder = new Handshake({ role: "responder", identity: bob, prologue, numbered: true });
    const initiator = noise("initiator", mallory.agreement);
    const answer = answerIn(responder.take(initiator.writeMessage(nothing)));
    assert(initiator.readMessage(answer) !== undefined);
    return responder.take(initiator.writeMessage(payload)) !== undefined;
  };
  assert(believes(new Uint8Array([...head, ...good])));
  // What follows is of a later version still.
  assert(believes(new Uint8Array([...head, ...good, 1, 2, 3])));
  for (const bad of [nothing, good.subarray(1), good.subarray(0, -1), changed]) {
    assert(!believes(new Uint8Array([...head, ...bad])), bad.toHex());
  }
  for (const other of [alice, bob]) {
    assert(!believes(new Uint8Array([...head, ...other.numberedCertificate])));
    // It says all that the one without a number does, which is left unread then.
    assert(believes(proof(mallory.publicKey, other.certificate, ...good)));
  }
});
