import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  envelopeContentBytesMax,
  openEnvelope,
  type Recipient,
  sealEnvelope,
} from "../../../client/mailbox/envelope.ts";
import { concat } from "@std/bytes/concat";
import { Identity } from "../../../shared/crypto/identity.ts";
import { HandshakeState } from "../../../shared/crypto/noise.ts";
import { frameBytesMax, mailBytesMax } from "../../../shared/protocol/limits.ts";
import { publicKeyBytes, publicKeyFrom } from "../../../shared/crypto/public_key.ts";

const [alice, bob, mallory] = [Identity.generate(), Identity.generate(), Identity.generate()];
const utf8 = new TextEncoder();
const hello = utf8.encode("hello");

const to = (identity: Identity, name = "bob"): Recipient => ({
  name,
  key: identity.publicKey,
  agreement: identity.agreement.publicKey,
});

const opened = (content: Uint8Array, sender = alice) => ({
  key: sender.publicKey,
  agreement: sender.agreement.publicKey,
  content,
});

/** Seals any payload, as another program might. */
function sealRaw(payload: Uint8Array, { sender = alice, prologue = prologueOf() } = {}) {
  const noise = new HandshakeState({
    pattern: "X",
    initiator: true,
    prologue,
    s: sender.agreement,
    rs: bob.agreement.publicKey,
  });
  return noise.writeMessage(payload);
}

function prologueOf(label = "p2pchat mail 1\0bob\0", key = bob.publicKey): Uint8Array {
  return concat([utf8.encode(label), publicKeyBytes(key)]);
}

/** A payload; parts that are not given are valid. */
function payload(
  { key = alice.publicKey, certificate = alice.certificate, length = 5, bytes = 256, pad = 0 } = {},
): Uint8Array {
  const all = new Uint8Array(bytes).fill(pad);
  all.set(
    concat([
      publicKeyBytes(key),
      certificate,
      Uint8Array.of(0, 0, length >> 8, length & 255),
      hello,
    ]),
  );
  return all;
}

Deno.test("a sealed content is opened, and names its sender", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000, size: "max" }), (content) => {
      const envelope = sealEnvelope(alice, to(bob), content);
      assertEquals(openEnvelope(bob, "bob", envelope), opened(content));
      // Its length reveals little.
      assertEquals((envelope.length - 96) % 256, 0);
      assert(envelope.length - 96 - 100 - content.length < 256);
    }),
    { numRuns: 50 },
  );
});

Deno.test("an envelope has the form of the specification", () => {
  assertEquals(openEnvelope(bob, "bob", sealRaw(payload())), opened(hello));
});

const second: Recipient = { ...to(bob), version: 2 };
const secondPrologue = prologueOf("p2pchat mail 2\0bob\0");

Deno.test("one of version 2 says which of its sender's X25519 keys has sealed it", () => {
  const clock = { timeOfDay: () => 86_400_000 };
  const seven = Identity.generate({ number: 7, clock });
  const envelope = sealEnvelope(seven, second, hello);
  const certificate = { number: 7, dateS: 86_400 };
  assertEquals(openEnvelope(bob, "bob", envelope), { ...opened(hello, seven), certificate });
  // It has the form of the specification.
  const all = payload({ key: seven.publicKey, certificate: seven.numberedCertificate });
  const raw = sealRaw(all, { sender: seven, prologue: secondPrologue });
  assertEquals(openEnvelope(bob, "bob", raw), { ...opened(hello, seven), certificate });
});

Deno.test("neither version is taken for the other, nor a certificate of the one in the other", () => {
  const [first, numbered] = [alice.certificate, alice.numberedCertificate];
  for (
    const [certificate, prologue] of [
      [first, secondPrologue],
      [numbered, prologueOf()],
      [bob.numberedCertificate, secondPrologue],
      [concat([numbered.subarray(0, 12), first]), secondPrologue],
    ] as const
  ) {
    assertEquals(
      openEnvelope(bob, "bob", sealRaw(payload({ certificate }), { prologue })),
      undefined,
    );
  }
});

Deno.test("of a content as long as can be, each version takes as much as it has room for", () => {
  for (const [version, head] of [[1, 100], [2, 112]] as const) {
    const bytesMax = envelopeContentBytesMax(mailBytesMax, version);
    assertEquals((bytesMax + head) % 256, 0);
    const content = new Uint8Array(bytesMax).fill(7);
    const envelope = sealEnvelope(alice, { ...second, version }, content);
    assert(envelope.length <= mailBytesMax);
    assertEquals(openEnvelope(bob, "bob", envelope)?.content, content);
    const longer = new Uint8Array(envelopeContentBytesMax(frameBytesMax, version) + 1);
    assertThrows(() => sealEnvelope(alice, { ...second, version }, longer), RangeError);
  }
});

Deno.test("the longest content fits, and a longer one does not", () => {
  for (const bytesMax of [frameBytesMax, mailBytesMax]) {
    const content = new Uint8Array(envelopeContentBytesMax(bytesMax)).fill(7);
    const envelope = sealEnvelope(alice, to(bob), content);
    assert(envelope.length <= Math.min(bytesMax, 65_535), `${envelope.length}`);
    assertEquals(openEnvelope(bob, "bob", envelope)?.content, content);
    assertThrows(
      () => sealEnvelope(alice, to(bob), new Uint8Array(content.length + 1)),
      RangeError,
    );
  }
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3_000 }), (bytesMax) => {
      const contentMax = envelopeContentBytesMax(bytesMax);
      if (contentMax < 0) return;
      assert(sealEnvelope(alice, to(bob), new Uint8Array(contentMax)).length <= bytesMax);
      assert(sealEnvelope(alice, to(bob), new Uint8Array(contentMax + 1)).length > bytesMax);
    }),
    { numRuns: 30 },
  );
  assert(envelopeContentBytesMax(351) < 0);
});

Deno.test("the same content is never sealed the same way twice", () => {
  const [one, other] = [sealEnvelope(alice, to(bob), hello), sealEnvelope(alice, to(bob), hello)];
  assertNotEquals(one, other);
  for (let at = 0; at + 16 <= one.length; at += 16) {
    assertNotEquals(one.subarray(at, at + 16), other.subarray(at, at + 16));
  }
});

Deno.test("an envelope with one bit changed does not open", () => {
  const envelope = sealEnvelope(alice, to(bob), hello);
  for (let bit = 0; bit < envelope.length * 8; bit++) {
    // X25519 takes no notice of the highest bit of a key; Noise does, which hashes it.
    envelope[bit >> 3]! ^= 1 << (bit & 7);
    assertEquals(openEnvelope(bob, "bob", envelope), undefined, `bit ${bit}`);
    envelope[bit >> 3]! ^= 1 << (bit & 7);
  }
  assertEquals(openEnvelope(bob, "bob", envelope), opened(hello));
});

Deno.test("an envelope that is cut short or too long does not open", () => {
  const envelope = sealEnvelope(alice, to(bob), hello);
  for (let length = 0; length < envelope.length; length++) {
    assertEquals(openEnvelope(bob, "bob", envelope.subarray(0, length)), undefined, `${length}`);
  }
  for (const more of [1, 16, 256, 65_536]) {
    const longer = concat([envelope, new Uint8Array(more)]);
    assertEquals(openEnvelope(bob, "bob", longer), undefined);
  }
});

Deno.test("random bytes do not open", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1_000, size: "max" }), (bytes) => {
      assertEquals(openEnvelope(bob, "bob", bytes), undefined);
    }),
  );
});

Deno.test("an envelope opens for its recipient only", () => {
  const envelope = sealEnvelope(alice, to(bob), hello);
  assertEquals(openEnvelope(mallory, "bob", envelope), undefined);
  assertEquals(openEnvelope(alice, "bob", envelope), undefined);
  for (const name of ["bobby", "bo", "", "Bob"]) {
    assertEquals(openEnvelope(bob, name, envelope), undefined, name);
  }
});

Deno.test("certifying somebody else's key as one's own does not open mail for it", () => {
  // Alice believes that bob's X25519 key is mallory's, and writes to mallory.
  const envelope = sealEnvelope(alice, { ...to(bob), key: mallory.publicKey }, hello);
  assertEquals(openEnvelope(bob, "bob", envelope), undefined);
});

Deno.test("nobody is taken for another sender", () => {
  for (
    const wrong of [
      payload({ key: mallory.publicKey }),
      payload({ certificate: mallory.certificate }),
      // Alice's certificate for her key, used by somebody who does not have the key.
      payload({ key: mallory.publicKey, certificate: mallory.certificate }),
      payload({ key: publicKeyFrom(new Uint8Array(32)) }),
      payload({ certificate: new Uint8Array(64) }),
    ]
  ) assertEquals(openEnvelope(bob, "bob", sealRaw(wrong)), undefined);
  assertEquals(openEnvelope(bob, "bob", sealRaw(payload(), { sender: mallory })), undefined);
});

Deno.test("a malformed payload is refused", () => {
  for (
    const wrong of [
      new Uint8Array(0),
      new Uint8Array(99),
      payload().subarray(0, 96),
      payload().subarray(0, 99),
      payload().subarray(0, 100),
      payload().subarray(0, 105),
      payload().subarray(0, 255),
      payload({ bytes: 257 }),
      payload({ bytes: 512 }),
      payload({ pad: 1 }),
      payload({ length: 157 }),
      payload({ length: 65_535 }),
      payload({ length: 4 }),
    ]
  ) assertEquals(openEnvelope(bob, "bob", sealRaw(wrong)), undefined);
  const last = payload();
  last[255] = 1;
  assertEquals(openEnvelope(bob, "bob", sealRaw(last)), undefined);
  const huge = payload();
  huge.set([0xff, 0xff, 0xff, 0xff], 96);
  assertEquals(openEnvelope(bob, "bob", sealRaw(huge)), undefined);
});

Deno.test("a message that was sealed for another purpose is refused", () => {
  for (const label of ["p2pchat mail 2\0bob\0", "p2pchat mail 1\0bob", "bob\0", ""]) {
    const prologue = prologueOf(label);
    assertEquals(openEnvelope(bob, "bob", sealRaw(payload(), { prologue })), undefined, label);
  }
});

Deno.test("with a key of low order nothing is sealed or opened", () => {
  const agreement = new Uint8Array(32);
  assertThrows(() => sealEnvelope(alice, { ...to(bob), agreement }, hello), Error, "low order");
  const envelope = sealEnvelope(alice, to(bob), hello);
  for (const first of [0, 1]) {
    const lowOrder = new Uint8Array(32);
    lowOrder[0] = first;
    assertEquals(openEnvelope(bob, "bob", concat([lowOrder, envelope.subarray(32)])), undefined);
  }
});
