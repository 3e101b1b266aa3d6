import { chacha20 } from "@noble/ciphers/chacha.js";
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { CipherState, noiseMessageBytesMax } from "../../../shared/crypto/cipher_state.ts";
import { HandshakeState, type PatternName } from "../../../shared/crypto/noise.ts";
import { type KeyPair, type Primitives, primitives } from "../../../shared/crypto/primitives.ts";
import { frameBytesMax } from "../../../shared/protocol/limits.ts";
import {
  begin,
  makeChannel,
  none,
  patterns,
  payloads,
  prologue,
  shakeHands,
  type Sides,
  turnOf,
} from "../../support/noise_fixture.ts";

const hex = (text: string) => Uint8Array.fromHex(text);
const patternNames = Object.keys(patterns) as PatternName[];
/** The shortest that XX's messages are, without a payload. */
const leastLengths = [32, 32 + 48 + 16, 48 + 16];

for (const pattern of patternNames) {
  const { messages, initiatorHasKey, knowsResponder } = patterns[pattern];

  Deno.test(`after ${pattern}, both have the same hash, each other's key and one channel`, () => {
    const sides = begin(pattern);
    const { initiator, responder, keys } = sides;
    assertEquals(initiator.remoteStatic, knowsResponder ? keys[1].publicKey : undefined);
    assertEquals(responder.remoteStatic, undefined);
    for (let turn = 0; turn < messages; turn++) {
      assert(!initiator.finished || !responder.finished);
      const [writer, reader] = turnOf(sides, turn);
      assertEquals(reader.readMessage(writer.writeMessage(payloads[turn]!)), payloads[turn]);
    }
    assert(initiator.finished && responder.finished);
    assertEquals(initiator.handshakeHash, responder.handshakeHash);
    assertEquals(initiator.remoteStatic, keys[1].publicKey);
    assertEquals(responder.remoteStatic, initiatorHasKey ? keys[0].publicKey : undefined);
    const [one, other] = [initiator.split(), responder.split()];
    for (let i = 0; i < 3; i++) {
      const text = crypto.getRandomValues(new Uint8Array(50 * i));
      assertEquals(other.receive.decryptWithAd(none, one.send.encryptWithAd(none, text)), text);
      assertEquals(one.receive.decryptWithAd(none, other.send.encryptWithAd(none, text)), text);
    }
  });

  Deno.test(`no handshake of ${pattern} is like another`, () => {
    const keys = { s: primitives.generateKeyPair() };
    const hashes = Array.from({ length: 2 }, () => {
      const sides = begin(pattern, initiatorHasKey ? keys : {}, keys);
      shakeHands(sides);
      return sides.initiator.handshakeHash;
    });
    assertNotEquals(hashes[0], hashes[1]);
  });

  Deno.test(`a byte that is changed in any message is the end of ${pattern}`, () => {
    for (const [changed, length] of messageLengths(pattern).entries()) {
      for (let at = 0; at < length; at++) {
        const sides = begin(pattern);
        const refused = shakeHands(sides, (message, turn) => {
          if (turn !== changed) return message;
          const tampered = message.slice();
          // The topmost bit of a public key, which X25519 ignores, or any other bit.
          tampered[at]! ^= at % 32 === 31 ? 0x80 : 1 << (at % 8);
          return tampered;
        });
        const expected = changed === 0 ? firstRefused(pattern) : changed;
        assertEquals(refused, expected, `byte ${at} of message ${changed}`);
        assertEnded(sides, expected);
      }
    }
  });

  Deno.test(`a message that is cut or longer is the end of ${pattern}`, () => {
    for (const [changed, length] of messageLengths(pattern).entries()) {
      for (let other = 0; other <= length + 33; other++) {
        if (other === length) continue;
        const sides = begin(pattern);
        const refused = shakeHands(sides, (message, turn) => {
          if (turn !== changed) return message;
          const changedMessage = new Uint8Array(other);
          changedMessage.set(message.subarray(0, other));
          return changedMessage;
        });
        const expected = changed > 0 || other < 32 ? changed : firstRefused(pattern);
        assertEquals(refused, expected, `${other} bytes of message ${changed}`);
        assertEnded(sides, expected);
      }
    }
  });

  Deno.test(`if the prologues differ, ${pattern} fails`, () => {
    for (const other of [none, prologue.subarray(1), Uint8Array.of(...prologue, 0)]) {
      const sides = begin(pattern, {}, { prologue: other });
      const refused = shakeHands(sides);
      assertEquals(refused, firstRefused(pattern));
      assertEnded(sides, firstRefused(pattern));
    }
  });
}

function messageLengths(pattern: PatternName): number[] {
  const lengths: number[] = [];
  shakeHands(begin(pattern), (message) => {
    lengths.push(message.length);
    return message;
  });
  return lengths;
}

/**
 * The turn at which a change of the first message, or of the prologue, is noticed. In XX that is the second:
 * in the first there is no key, so everything is accepted.
 */
function firstRefused(pattern: PatternName): number {
  return pattern === "XX" ? 1 : 0;
}

/** Asserts that the side that refused a message does not continue the handshake. */
function assertEnded(sides: Sides, refused: number): void {
  const [, reader] = turnOf(sides, refused);
  assert(!reader.finished);
  assertEquals(reader.remoteStatic, undefined);
  assertEquals(reader.readMessage(new Uint8Array(200)), undefined);
  assertThrows(() => reader.writeMessage(none), Error, "the handshake has failed");
  assertThrows(() => reader.split(), Error, "before it is finished");
  assertThrows(() => reader.handshakeHash, Error, "before it is finished");
}

Deno.test("without the secret of the other side, XXpsk3 fails at the third message", () => {
  const sides = begin("XXpsk3", {}, { psks: [new Uint8Array(32)] });
  assertEquals(shakeHands(sides), 2);
  assertEnded(sides, 2);
});

Deno.test("with another key of the responder's than the one that is known, X fails", () => {
  const rs = primitives.generateKeyPair().publicKey;
  assertEquals(shakeHands(begin("X", { rs })), 0);
});

Deno.test("a message of any wrong length is refused, and nothing is thrown", () => {
  const lengths = Array.from({ length: 201 }, (_, length) => length)
    .concat(noiseMessageBytesMax - 1, noiseMessageBytesMax, noiseMessageBytesMax + 1, 100_000);
  for (const length of lengths) {
    for (const bytes of [new Uint8Array(length), randomBytes(length)]) {
      for (let turn = 0; turn < 3; turn++) {
        const sides = begin();
        for (let before = 0; before < turn; before++) {
          const [writer, reader] = turnOf(sides, before);
          reader.readMessage(writer.writeMessage(none));
        }
        const [writer, reader] = turnOf(sides, turn);
        if (turn > 0) writer.writeMessage(none);
        // The first message is any public key, followed by plaintext.
        const isTaken = turn === 0 && length >= 32 && length <= noiseMessageBytesMax &&
          bytes.subarray(0, 32).some((byte) => byte !== 0);
        const payload = reader.readMessage(bytes);
        assertEquals(payload?.length, isTaken ? length - 32 : undefined, `${turn}: ${length}`);
      }
    }
  }
});

function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  return bytes;
}

Deno.test("any bytes instead of a message are refused, and nothing is thrown", () => {
  const bytes = fc.uint8Array({ maxLength: 400 });
  fc.assert(fc.property(fc.constantFrom(...patternNames), bytes, (pattern, bytes) => {
    const sides = begin(pattern);
    const first = sides.responder.readMessage(bytes);
    if (pattern !== "XX") {
      assertEquals(first, undefined);
    } else if (first !== undefined) {
      // Somebody who has sent them without a private key cannot continue.
      sides.responder.writeMessage(none);
      assertEquals(sides.responder.readMessage(bytes), undefined);
    }
    sides.initiator.writeMessage(none);
    if (patterns[pattern].messages > 1) {
      assertEquals(sides.initiator.readMessage(bytes), undefined);
    }
  }));
});

/** The messages of a recorded handshake, and those after it. */
function record(keys: { i: KeyPair; r: KeyPair }, ei: KeyPair, er: KeyPair): Uint8Array[] {
  const sides = begin("XX", { s: keys.i, e: ei }, { s: keys.r, e: er });
  const said: Uint8Array[] = [];
  shakeHands(sides, (message) => {
    said.push(message);
    return message;
  });
  const [one, other] = [sides.initiator.split(), sides.responder.split()];
  said.push(one.send.encryptWithAd(none, payloads[1]!));
  said.push(other.send.encryptWithAd(none, payloads[1]!));
  return said;
}

// The ephemeral keys stay the same, so that a recorded message would be right at its own position.
Deno.test("messages that are left out, repeated, moved or of another handshake are refused", () => {
  const keys = { i: primitives.generateKeyPair(), r: primitives.generateKeyPair() };
  const [ei, er] = [primitives.generateKeyPair(), primitives.generateKeyPair()];
  const [first, second, third, ...rest] = record(keys, ei, er);
  const other = record(keys, primitives.generateKeyPair(), primitives.generateKeyPair());
  const all = [first!, second!, third!, ...rest, ...other];

  for (const answer of all) {
    const { initiator } = begin("XX", { s: keys.i, e: ei });
    assertEquals(initiator.writeMessage(payloads[0]!), first);
    const payload = initiator.readMessage(answer);
    assertEquals(payload, answer === second ? payloads[1] : undefined);
    assertEquals(initiator.finished, false);
  }
  for (const opening of all) {
    for (const end of all) {
      const { responder } = begin("XX", {}, { s: keys.r, e: er });
      // Each is long enough to be taken for a first message: 32 bytes and a payload in the clear.
      assert(responder.readMessage(opening) !== undefined);
      const answer = responder.writeMessage(payloads[1]!);
      assertEquals(answer.toHex() === second!.toHex(), opening === first);
      const isRight = opening === first && end === third;
      assertEquals(responder.readMessage(end), isRight ? payloads[2] : undefined);
      assertEquals(responder.finished, isRight);
    }
  }
});

Deno.test("a handshake that was recorded does not open another", () => {
  const keys = { i: primitives.generateKeyPair(), r: primitives.generateKeyPair() };
  const said = record(keys, primitives.generateKeyPair(), primitives.generateKeyPair());
  const { responder } = begin("XX", {}, { s: keys.r });
  assertEquals(responder.readMessage(said[0]!), none);
  responder.writeMessage(none);
  assertEquals(responder.readMessage(said[2]!), undefined);
});

Deno.test("a side refuses its own messages when they come back", () => {
  for (const turn of [0, 1]) {
    const sides = begin();
    if (turn === 1) sides.responder.readMessage(sides.initiator.writeMessage(none));
    const [writer] = turnOf(sides, turn);
    const message = writer.writeMessage(none);
    assertEquals(writer.readMessage(message), undefined);
  }
});

const lowOrder = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
].flatMap((text) => {
  const topmost = hex(text);
  topmost[31]! |= 0x80;
  return [hex(text), topmost];
});

/** Somebody with such a key, who knows that every secret with it is zero. */
function withLowOrder(publicKey: Uint8Array): { pair: KeyPair; primitives: Primitives } {
  const pair = { publicKey, privateKey: primitives.generateKeyPair().privateKey };
  return {
    pair,
    primitives: {
      ...primitives,
      dh: (own, other) => own === pair ? new Uint8Array(32) : primitives.dh(own, other),
    },
  };
}

Deno.test("a key of low order is refused when it is read, as e and as s", () => {
  for (const publicKey of lowOrder) {
    const { pair, primitives } = withLowOrder(publicKey);
    for (const pattern of patternNames) {
      const { messages, initiatorHasKey } = patterns[pattern];
      // The message in which each side sends its keys.
      const cases: [refused: number, sides: Sides][] = [
        [0, begin(pattern, { e: pair, primitives })],
      ];
      if (initiatorHasKey) {
        cases.push([messages === 3 ? 2 : 0, begin(pattern, { s: pair, primitives })]);
      }
      if (messages > 1) cases.push([1, begin(pattern, {}, { e: pair, primitives })]);
      if (messages === 3) cases.push([1, begin(pattern, {}, { s: pair, primitives })]);
      for (const [refused, sides] of cases) {
        assertEquals(shakeHands(sides), refused, `${pattern}: ${publicKey.toHex()}`);
        assertEnded(sides, refused);
      }
    }
  }
});

// It is sealed correctly, but that does not make its sender trustworthy.
Deno.test("a static key that is too short is refused, and nothing is thrown", () => {
  for (const length of [0, 1, 31]) {
    const { privateKey } = primitives.generateKeyPair();
    const sides = begin("XX", {}, { s: { publicKey: new Uint8Array(length).fill(9), privateKey } });
    // Without the payload after it, whose first bytes would be taken for the missing ones.
    const cut = 32 + length + 16;
    assertEquals(
      shakeHands(sides, (message, turn) => turn === 1 ? message.slice(0, cut) : message),
      1,
    );
    assertEnded(sides, 1);
  }
});

Deno.test("the key of the responder cannot be of low order", () => {
  for (const rs of lowOrder) {
    const { initiator } = begin("X", { rs });
    assertThrows(() => initiator.writeMessage(none), Error, "low order");
    assertThrows(() => initiator.writeMessage(none), Error, "has failed");
  }
});

Deno.test("a handshake takes exactly the keys of its pattern", () => {
  const s = primitives.generateKeyPair();
  const rs = s.publicKey;
  const psk = new Uint8Array(32);
  const make = (options: Partial<ConstructorParameters<typeof HandshakeState>[0]>) => () =>
    new HandshakeState({ pattern: "XX", initiator: true, prologue, ...options });
  assertThrows(make({}), TypeError, "The initiator of XX takes a static key pair");
  assertThrows(make({ initiator: false }), TypeError, "The responder of XX takes a static key");
  assertThrows(make({ s, rs }), TypeError, "The initiator of XX takes no remote static key");
  assertThrows(make({ pattern: "X", s }), TypeError, "of X takes a remote static key");
  assertThrows(make({ pattern: "X", initiator: false }), TypeError, "takes a static key pair");
  assertThrows(make({ pattern: "X", s, rs: rs.subarray(1) }), TypeError, "32 bytes, not 31");
  assertThrows(make({ s, psks: [psk] }), TypeError, "takes 0 pre-shared secrets");
  assertThrows(make({ pattern: "XXpsk3", s }), TypeError, "takes 1 pre-shared secrets");
  assertThrows(make({ pattern: "XXpsk3", s, psks: [psk.subarray(1)] }), TypeError, "32 bytes");
});

Deno.test("a side that speaks out of turn gets an error, and loses nothing", () => {
  const sides = begin();
  const { initiator, responder } = sides;
  assertThrows(() => responder.writeMessage(none), Error, "the turn of the other side");
  assertThrows(() => initiator.readMessage(none), Error, "the turn of the own side");
  assertThrows(() => initiator.split(), Error, "before it is finished");
  assertThrows(() => initiator.handshakeHash, Error, "before it is finished");
  assertEquals(shakeHands(sides), undefined);
  assertThrows(() => responder.writeMessage(none), Error, "the handshake is finished");
  assertThrows(() => responder.readMessage(none), Error, "the handshake is finished");
  responder.split();
  assertThrows(() => responder.split(), Error, "twice");
  assertEquals(responder.handshakeHash, initiator.handshakeHash);
});

Deno.test("a frame takes the longest message", () => {
  assertEquals(frameBytesMax, noiseMessageBytesMax);
});

Deno.test("a message may have 65535 bytes, and a payload that makes it longer is an error", () => {
  for (let turn = 0; turn < 3; turn++) {
    for (const excess of [0, 1]) {
      const sides = begin();
      for (let before = 0; before < turn; before++) {
        const [writer, reader] = turnOf(sides, before);
        reader.readMessage(writer.writeMessage(none));
      }
      const [writer, reader] = turnOf(sides, turn);
      const payload = new Uint8Array(noiseMessageBytesMax - leastLengths[turn]! + excess);
      if (excess === 0) {
        const message = writer.writeMessage(payload);
        assertEquals(message.length, noiseMessageBytesMax);
        assertEquals(reader.readMessage(message)?.length, payload.length);
      } else {
        assertThrows(() => writer.writeMessage(payload), RangeError, "65535 at most");
        assertThrows(() => writer.writeMessage(none), Error, "has failed");
      }
    }
  }
});

Deno.test("a handshake does not depend on what its user does with the bytes later", () => {
  for (const pattern of patternNames) {
    const sides = begin(pattern);
    // Like a program that reads all messages into the same memory.
    const memory = new Uint8Array(1_000);
    for (let turn = 0; turn < patterns[pattern].messages; turn++) {
      const [writer, reader] = turnOf(sides, turn);
      const message = writer.writeMessage(payloads[1]!);
      memory.set(message);
      const payload = reader.readMessage(memory.subarray(0, message.length));
      memory.fill(0);
      message.fill(0);
      assertEquals(payload, payloads[1]);
    }
    const { initiator, responder } = sides;
    assertEquals(initiator.remoteStatic, sides.keys[1].publicKey);
    initiator.handshakeHash.fill(0);
    assertEquals(initiator.handshakeHash, responder.handshakeHash);
  }
});

Deno.test("a handshake does not depend on the bytes that it was made with later", () => {
  const responderKey = primitives.generateKeyPair();
  const rs = responderKey.publicKey.slice();
  const ofBoth = prologue.slice();
  const sides = begin("X", { rs, prologue: ofBoth }, { s: responderKey });
  rs.fill(0);
  ofBoth.fill(0);
  assertEquals(shakeHands(sides), undefined);
});

Deno.test("a channel accepts only the next message, whatever else comes before it", () => {
  const { send, receive, back } = makeChannel();
  const texts = Array.from({ length: 6 }, (_, i) => new Uint8Array(20 * i).fill(i));
  const sealed = texts.map((text) => send.encryptWithAd(none, text));
  const foreign = makeChannel();
  const others = [
    foreign.send.encryptWithAd(none, texts[0]!),
    // What was sent to the other side does not come from it.
    back.encryptWithAd(none, texts[0]!),
    none,
    new Uint8Array(16),
    new Uint8Array(noiseMessageBytesMax + 1),
  ];
  for (const [next, text] of texts.entries()) {
    assertEquals(receive.nonce, next);
    for (const [i, message] of sealed.entries()) {
      if (i !== next) assertEquals(receive.decryptWithAd(none, message), undefined);
    }
    for (const message of others) assertEquals(receive.decryptWithAd(none, message), undefined);
    const right = sealed[next]!;
    for (let at = 0; at < right.length; at++) {
      const changed = right.slice();
      changed[at]! ^= 1 << (at % 8);
      assertEquals(receive.decryptWithAd(none, changed), undefined);
      assertEquals(receive.decryptWithAd(none, right.subarray(0, at)), undefined);
    }
    assertEquals(receive.decryptWithAd(none, Uint8Array.of(...right, 0)), undefined);
    assertEquals(receive.decryptWithAd(Uint8Array.of(0), right), undefined);
    // After all that the right message is still accepted.
    assertEquals(receive.decryptWithAd(none, right), text);
  }
});

Deno.test("a channel in which messages are lost, repeated and moved accepts those in order", () => {
  const deliveries = fc.array(fc.nat(7), { maxLength: 60 });
  fc.assert(
    fc.property(deliveries, (deliveries) => {
      const { send, receive } = makeChannel();
      const sealed = Array.from(
        { length: 8 },
        (_, i) => send.encryptWithAd(none, Uint8Array.of(i)),
      );
      let next = 0;
      for (const i of deliveries) {
        const expected = i === next ? Uint8Array.of(next++) : undefined;
        assertEquals(receive.decryptWithAd(none, sealed[i]!), expected);
      }
    }),
    { numRuns: 50 },
  );
});

Deno.test("a channel's message has 65519 bytes at most", () => {
  const { send, receive } = makeChannel();
  assertThrows(() => send.encryptWithAd(none, new Uint8Array(65_520)), RangeError, "at most");
  const sealed = send.encryptWithAd(none, new Uint8Array(65_519));
  assertEquals(sealed.length, 65_535);
  assertEquals(receive.decryptWithAd(none, sealed)?.length, 65_519);

  const key = new Uint8Array(32).fill(4);
  const state = new CipherState(primitives);
  state.initializeKey(key);
  const longer = primitives.encrypt(key, 0, none, new Uint8Array(65_520));
  assertEquals(state.decryptWithAd(none, longer), undefined);
});

/** A cipher state and the keys that it uses, as they are at that moment and later. */
function watchedState(key: Uint8Array, nonce?: number) {
  const used: { then: Uint8Array; now: Uint8Array; nonce: number }[] = [];
  const state = new CipherState({
    ...primitives,
    encrypt(key, nonce, ...rest) {
      used.push({ then: key.slice(), now: key, nonce });
      return primitives.encrypt(key, nonce, ...rest);
    },
  });
  state.initializeKey(key, nonce);
  return { state, used };
}

// Sections 4.2 and 11.3, over ChaCha20 itself: the plaintext of the cipher starts with its block 1.
Deno.test("rekey takes the key that REKEY makes, wipes the old one and leaves the nonce", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (key) => {
    const { state, used } = watchedState(key);
    state.encryptWithAd(none, none);
    let expected = key;
    for (let i = 1; i <= 3; i++) {
      state.rekey();
      expected = chacha20(
        expected,
        hex("00000000ffffffffffffffff"),
        new Uint8Array(32),
        undefined,
        1,
      );
      state.encryptWithAd(none, none);
      assertEquals([used[i]!.then, used[i]!.nonce], [expected, i]);
    }
    assertEquals(used[0]!.then, key);
    assert(used.every(({ now }) => now.toHex() === expected.toHex()));
  }));
});

Deno.test("a channel continues after a rekey of both sides, and not of one", () => {
  const { send, receive } = makeChannel();
  const text = Uint8Array.of(1, 2, 3);
  assertEquals(receive.decryptWithAd(none, send.encryptWithAd(none, text)), text);
  send.rekey();
  const sealed = send.encryptWithAd(none, text);
  assertEquals(receive.decryptWithAd(none, sealed), undefined);
  receive.rekey();
  assertEquals(receive.decryptWithAd(none, sealed), text);
  assertEquals([send.nonce, receive.nonce], [2, 2]);
});

Deno.test("a cipher state whose nonces are used up encrypts and decrypts no more", () => {
  const key = new Uint8Array(32).fill(3);
  const { state, used } = watchedState(key, Number.MAX_SAFE_INTEGER);
  const { state: reader } = watchedState(key, Number.MAX_SAFE_INTEGER);
  const last = state.encryptWithAd(none, key);
  assertEquals(used[0]!.nonce, Number.MAX_SAFE_INTEGER);
  assertEquals(reader.decryptWithAd(none, last), key);
  for (let i = 0; i < 3; i++) {
    assertThrows(() => state.encryptWithAd(none, key), RangeError, "as a nonce");
    assertThrows(() => reader.decryptWithAd(none, last), RangeError, "as a nonce");
    // A new key does not make nonces available again.
    state.rekey();
    reader.rekey();
  }
});

Deno.test("a cipher state without a key encrypts nothing and has nothing to rekey", () => {
  const state = new CipherState(primitives);
  assertEquals(state.encryptWithAd(none, prologue), prologue);
  assertEquals(state.decryptWithAd(none, prologue), prologue);
  assertEquals(state.nonce, 0);
  assertThrows(() => state.rekey(), Error, "no key");
});

Deno.test("a split handshake does not keep what the keys of its channels are derived from", () => {
  const chainingKeys: Uint8Array[] = [];
  const watched: Primitives = {
    ...primitives,
    hkdf(chainingKey, ...rest) {
      chainingKeys.push(chainingKey);
      return primitives.hkdf(chainingKey, ...rest);
    },
  };
  const sides = begin("XX", { primitives: watched });
  shakeHands(sides);
  const { send } = sides.initiator.split();
  assert(chainingKeys.at(-1)!.every((byte) => byte === 0));
  // The channels still work.
  const { receive } = sides.responder.split();
  assertEquals(receive.decryptWithAd(none, send.encryptWithAd(none, prologue)), prologue);
});
