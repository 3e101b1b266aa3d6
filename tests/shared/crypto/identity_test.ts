import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { hkdfSync } from "node:crypto";
import {
  Identity,
  verifyCertificate,
  verifyNumberedCertificate,
  verifySignature,
} from "../../../shared/crypto/identity.ts";
import { toBase64url } from "../../../shared/bytes/base64url.ts";
import { primitives } from "../../../shared/crypto/primitives.ts";
import { publicKeyBytes, publicKeyFrom } from "../../../shared/crypto/public_key.ts";

const hex = (text: string) => Uint8Array.fromHex(text);
const utf8 = new TextEncoder();
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

/** RFC 8032 section 7.1, tests 1 to 3. */
const vectors = [
  {
    seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    message: "",
    signature: "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155" +
      "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  },
  {
    seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    message: "72",
    signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  },
  {
    seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    message: "af82",
    signature: "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac" +
      "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  },
];

Deno.test("an identity signs as RFC 8032 says", () => {
  for (const { seed, publicKey, message, signature } of vectors) {
    const identity = Identity.fromSeed(hex(seed));
    assertEquals(publicKeyBytes(identity.publicKey), hex(publicKey));
    assertEquals(identity.sign(hex(message)), hex(signature));
    assert(verifySignature(publicKeyFrom(hex(publicKey)), hex(message), hex(signature)));
  }
});

Deno.test("the same seed is the same identity in all its parts", () => {
  fc.assert(fc.property(bytes(32), (seed) => {
    const [one, other] = [Identity.fromSeed(seed), Identity.fromSeed(seed)];
    assertEquals(one.seed, seed);
    assertEquals(one.publicKey, other.publicKey);
    assertEquals(one.fingerprint, other.fingerprint);
    assertEquals(one.agreement.publicKey, other.agreement.publicKey);
    assertEquals(one.certificate, other.certificate);
  }));
});

Deno.test("an identity keeps its seed to itself", () => {
  const seed = crypto.getRandomValues(new Uint8Array(32));
  const copy = seed.slice();
  const identity = Identity.fromSeed(seed);
  seed.fill(0);
  identity.seed.fill(0);
  assertEquals(identity.seed, copy);
  assertEquals(identity.agreement.publicKey, Identity.fromSeed(copy).agreement.publicKey);
  assert(!Deno.inspect(identity, { depth: 9 }).includes(copy.toHex()));
  assert(!JSON.stringify(identity).includes(toBase64url(copy)));
});

Deno.test("a seed of another length is a TypeError", () => {
  for (const length of [0, 31, 33, 64]) {
    assertThrows(() => Identity.fromSeed(new Uint8Array(length)), TypeError, `not ${length}`);
  }
});

Deno.test("a new identity is another each time", () => {
  const [one, other] = [Identity.generate(), Identity.generate()];
  assertNotEquals(one.seed, other.seed);
  assertNotEquals(one.fingerprint, other.fingerprint);
  assertEquals(Identity.fromSeed(one.seed).publicKey, one.publicKey);
});

Deno.test("a signature is for one key and one message", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), (message, at) => {
    const [identity, other] = [Identity.generate(), Identity.generate()];
    const signature = identity.sign(message);
    assert(verifySignature(identity.publicKey, message, signature));
    assert(!verifySignature(other.publicKey, message, signature));
    const otherMessage = message.slice();
    otherMessage[at % message.length]! ^= 1 << (at % 8);
    assert(!verifySignature(identity.publicKey, otherMessage, signature));
    const otherSignature = signature.slice();
    otherSignature[at % 64]! ^= 1 << (at % 8);
    assert(!verifySignature(identity.publicKey, message, otherSignature));
  }));
});

Deno.test("verifySignature answers for any bytes, and never takes them", () => {
  const { publicKey } = Identity.generate();
  const anyKey = fc.oneof(bytes(32).map(publicKeyFrom), fc.constant(publicKey));
  const anySignature = fc.oneof(bytes(64), fc.uint8Array({ maxLength: 200 }));
  fc.assert(
    fc.property(anyKey, fc.uint8Array(), anySignature, (key, message, signature) => {
      assertEquals(verifySignature(key, message, signature), false);
      assertEquals(verifyCertificate(key, message, signature), false);
    }),
    { numRuns: 500 },
  );
});

// RFC 8032 section 5.1.7: S is less than the order, or every signature would have a second form.
Deno.test("a signature has one form", () => {
  const identity = Identity.generate();
  const signature = identity.sign(utf8.encode("message"));
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  let s = order;
  for (let i = 0; i < 32; i++) s += BigInt(signature[32 + i]!) << BigInt(8 * i);
  const second = signature.slice();
  for (let i = 0; i < 32; i++) second[32 + i] = Number(s >> BigInt(8 * i) & 0xffn);
  assert(!verifySignature(identity.publicKey, utf8.encode("message"), second));
});

// Under such a key, the neutral element and zero are a signature of every eighth message, or of all.
Deno.test("nothing is signed with a key of low order", () => {
  const signature = new Uint8Array(64).fill(1, 0, 1);
  const certificate = new Uint8Array(64).fill(1, 0, 1);
  for (
    const key of [
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    ].map(hex)
  ) {
    for (const sign of [0, 0x80]) {
      const point = key.slice();
      point[31]! |= sign;
      const publicKey = publicKeyFrom(point);
      for (let i = 0; i < 64; i++) {
        assert(!verifySignature(publicKey, Uint8Array.of(i), signature));
        assert(!verifyCertificate(publicKey, new Uint8Array(32).fill(i), certificate));
      }
    }
  }
});

Deno.test("the agreement key is HKDF of the seed, and works", () => {
  const [alice, bob] = [Identity.generate(), Identity.generate()];
  const derived = hkdfSync("sha256", alice.seed, "", utf8.encode("p2pchat X25519 1"), 32);
  assertEquals(
    alice.agreement.publicKey,
    primitives.keyPairOf(new Uint8Array(derived)).publicKey,
  );
  assertEquals(
    primitives.dh(alice.agreement, bob.agreement.publicKey),
    primitives.dh(bob.agreement, alice.agreement.publicKey),
  );
  assertNotEquals(alice.agreement.publicKey, publicKeyBytes(alice.publicKey));
});

// What is kept on disks and in other people's lists of known keys must not change with a version.
Deno.test("what comes of a seed stays what it is", () => {
  const identity = Identity.fromSeed(hex(vectors[0]!.seed));
  assertEquals(identity.fingerprint, "eh7d-dx5b-ksrg-cytl-7bka-i36s-e4nx-x3kl");
  assertEquals(
    identity.agreement.publicKey,
    hex("7f8ca29056f62c4e94b16a9376fa2a11e71b5e9d9b0c15ee5c844400b332d248"),
  );
  assertEquals(
    identity.certificate,
    hex(
      "4a7bf558944699f3477ebf36f63992ff06b5c490febdf25d8b95ae643cbdbd3b" +
        "45f988eaca57c67b222bbbdf78ef4b5e59ada07943c579d92c3b087099701d0f",
    ),
  );
});

Deno.test("a certificate says whose an agreement key is, and nothing else does", () => {
  const [alice, bob] = [Identity.generate(), Identity.generate()];
  const { publicKey, agreement, certificate } = alice;
  assertEquals(certificate.length, 64);
  assert(verifyCertificate(publicKey, agreement.publicKey, certificate));
  assert(!verifyCertificate(bob.publicKey, agreement.publicKey, certificate));
  assert(!verifyCertificate(publicKey, bob.agreement.publicKey, certificate));
  assert(!verifyCertificate(publicKey, agreement.publicKey, bob.certificate));
  assert(!verifyCertificate(publicKey, agreement.publicKey, alice.sign(agreement.publicKey)));
  assert(
    verifySignature(
      publicKey,
      Uint8Array.of(...utf8.encode("p2pchat X25519 certificate 1\0"), ...agreement.publicKey),
      certificate,
    ),
  );
  for (let i = 0; i < 64; i++) {
    const changed = certificate.slice();
    changed[i]! ^= 1;
    assert(!verifyCertificate(publicKey, agreement.publicKey, changed));
    assert(!verifyCertificate(publicKey, agreement.publicKey, certificate.subarray(0, i)));
  }
  const longer = Uint8Array.of(...agreement.publicKey, 0);
  const overlong = alice.sign(
    Uint8Array.of(...utf8.encode("p2pchat X25519 certificate 1\0"), ...longer),
  );
  assert(!verifyCertificate(publicKey, longer, overlong));
});

// Certificates with a number

/** A time of day for identities, in seconds. */
const at = (seconds: number) => ({ clock: { timeOfDay: () => seconds * 1_000 } });

Deno.test("a certificate with a number stays what it is, too", () => {
  const options = { number: 2, ...at(1_700_000_000) };
  const identity = Identity.fromSeed(hex(vectors[0]!.seed), options);
  const derived = hkdfSync(
    "sha256",
    identity.seed,
    "",
    Uint8Array.of(...utf8.encode("p2pchat X25519 1"), 0, 0, 0, 1),
    32,
  );
  const { publicKey } = primitives.keyPairOf(new Uint8Array(derived));
  assertEquals(identity.agreement.publicKey, publicKey);
  // The day begins at 1,699,920,000 s.
  const terms = hex("00000002" + "000000006552b880");
  const label = utf8.encode("p2pchat X25519 certificate 2\0");
  const signed = Uint8Array.of(...label, ...publicKey, ...terms);
  assertEquals(
    identity.numberedCertificate,
    Uint8Array.of(...terms, ...identity.sign(signed)),
  );
  assertEquals(
    verifyNumberedCertificate(identity.publicKey, publicKey, identity.numberedCertificate),
    { number: 2, dateS: 0x6552b880 },
  );
});

Deno.test("the first X25519 key is that of version 0.3.0, and each number has one of its own", () => {
  const { seed, agreement } = Identity.generate();
  const keys = [1, 2, 3, 257, 0xffff_ffff].map((number) =>
    Identity.fromSeed(seed, { number }).agreement.publicKey.toHex()
  );
  assertEquals(keys[0], agreement.publicKey.toHex());
  assertEquals(new Set(keys).size, keys.length);
  for (const number of [0, -1, 1.5, NaN, 2 ** 32]) {
    assertThrows(() => Identity.fromSeed(seed, { number }), RangeError);
  }
});

Deno.test("a certificate has the date of the day, whatever the clock says", () => {
  let seconds = 0;
  const identity = Identity.generate({ clock: { timeOfDay: () => seconds * 1_000 } });
  const { publicKey, agreement } = identity;
  for (
    const [now, dateS] of [
      [86_399, 0],
      [86_400, 86_400],
      [0, 0],
      [-1, 0],
      [Number.MAX_SAFE_INTEGER / 1_000, 253_402_300_799],
    ] as const
  ) {
    seconds = now;
    const certificate = identity.numberedCertificate;
    assertEquals(
      verifyNumberedCertificate(publicKey, agreement.publicKey, certificate),
      { number: 1, dateS },
    );
  }
});

Deno.test("a certificate with a number says nothing of another key, number or date", () => {
  const [alice, bob] = [Identity.generate(), Identity.generate()];
  const { publicKey, agreement, numberedCertificate: certificate } = alice;
  const verify = (key = publicKey, agreed = agreement.publicKey, shown = certificate) =>
    verifyNumberedCertificate(key, agreed, shown);
  assertEquals(verify()?.number, 1);
  assertEquals(verify(bob.publicKey), undefined);
  assertEquals(verify(publicKey, bob.agreement.publicKey), undefined);
  assertEquals(verify(publicKey, agreement.publicKey, bob.numberedCertificate), undefined);
  for (let i = 0; i < certificate.length; i++) {
    const changed = certificate.slice();
    changed[i]! ^= 1;
    assertEquals(verify(publicKey, agreement.publicKey, changed), undefined, `byte ${i}`);
    assertEquals(verify(publicKey, agreement.publicKey, certificate.subarray(0, i)), undefined);
  }
  const longer = Uint8Array.of(...certificate, 0);
  assertEquals(verify(publicKey, agreement.publicKey, longer), undefined);
  // Neither form stands for the other one.
  assert(!verifyCertificate(publicKey, agreement.publicKey, certificate.subarray(12)));
  const unnumbered = Uint8Array.of(...certificate.subarray(0, 12), ...alice.certificate);
  assertEquals(verify(publicKey, agreement.publicKey, unnumbered), undefined);
});

Deno.test("a number of zero and a date after the year 9999 are not valid, though they are signed", () => {
  const identity = Identity.generate();
  const { publicKey, agreement } = identity;
  const label = utf8.encode("p2pchat X25519 certificate 2\0");
  for (
    const [terms, isValid] of [
      ["00000001" + "0000003afff4417f", true],
      ["00000001" + "0000003afff44180", false],
      ["00000001" + "ffffffffffffffff", false],
      ["00000000" + "0000000000000000", false],
      ["ffffffff" + "0000000000000000", true],
    ] as const
  ) {
    const signed = Uint8Array.of(...label, ...agreement.publicKey, ...hex(terms));
    const signature = identity.sign(signed);
    const certificate = Uint8Array.of(...hex(terms), ...signature);
    const read = verifyNumberedCertificate(publicKey, agreement.publicKey, certificate);
    assertEquals(read !== undefined, isValid, terms);
  }
});
