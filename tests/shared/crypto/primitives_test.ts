import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { createHash, createHmac } from "node:crypto";
import { primitives } from "../../../shared/crypto/primitives.ts";

const hex = (text: string) => Uint8Array.fromHex(text);
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

/** X25519 of a scalar, given as its bytes. */
function x25519(scalar: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined {
  return primitives.dh(primitives.keyPairOf(scalar), publicKey);
}

Deno.test("dh is X25519 (RFC 7748 section 5.2)", () => {
  for (
    const [scalar, u, output] of [
      [
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
      ],
      [
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
        "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
      ],
    ] as const
  ) {
    assertEquals(x25519(hex(scalar), hex(u)), hex(output));
  }
});

Deno.test("a thousand rounds of dh give the value of RFC 7748", () => {
  let u = new Uint8Array(32).fill(9, 0, 1);
  let k = u;
  for (let i = 1; i <= 1_000; i++) {
    [k, u] = [new Uint8Array(x25519(k, u)!), k];
    if (i === 1) {
      assertEquals(k.toHex(), "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
    }
  }
  assertEquals(k.toHex(), "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
});

Deno.test("two key pairs agree on one secret (RFC 7748 section 6.1)", () => {
  const alice = primitives.keyPairOf(
    hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"),
  );
  const bob = primitives.keyPairOf(
    hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"),
  );
  assertEquals(
    alice.publicKey,
    hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"),
  );
  assertEquals(
    bob.publicKey,
    hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"),
  );
  const secret = hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
  assertEquals(primitives.dh(alice, bob.publicKey), secret);
  assertEquals(primitives.dh(bob, alice.publicKey), secret);
});

Deno.test("a key pair is made anew each time, and its parts fit", () => {
  const [one, other] = [primitives.generateKeyPair(), primitives.generateKeyPair()];
  assertNotEquals(one.publicKey, other.publicKey);
  assertEquals(primitives.dh(one, other.publicKey), primitives.dh(other, one.publicKey));
});

// These are from the draft of CPace for X25519; it aborts with the first seven.
Deno.test("dh with a public key of low order gives nothing, and with its neighbours what it should", () => {
  const scalar = hex("af46e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449aff");
  for (
    const [u, output] of [
      ["0000000000000000000000000000000000000000000000000000000000000000", undefined],
      ["0100000000000000000000000000000000000000000000000000000000000000", undefined],
      ["ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", undefined],
      ["e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800", undefined],
      ["5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157", undefined],
      ["edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", undefined],
      ["eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", undefined],
      [
        "daffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "d8e2c776bbacd510d09fd9278b7edcd25fc5ae9adfba3b6e040e8d3b71b21806",
      ],
      [
        "dbffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "c85c655ebe8be44ba9c0ffde69f2fe10194458d137f09bbff725ce58803cdb38",
      ],
      [
        "d9ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "db64dafa9b8fdd136914e61461935fe92aa372cb056314e1231bc4ec12417456",
      ],
      [
        "cdeb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880",
        "e062dcd5376d58297be2618c7498f55baa07d7e03184e8aada20bca28888bf7a",
      ],
      [
        "4c9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7",
        "993c6ad11c4c29da9a56f7691fd0ff8d732e49de6250b6c2e80003ff4629a175",
      ],
    ] as const
  ) {
    assertEquals(x25519(scalar, hex(u)), output === undefined ? undefined : hex(output));
  }
});

Deno.test("dh ignores the topmost bit of a public key", () => {
  fc.assert(fc.property(bytes(32), bytes(32), (scalar, publicKey) => {
    const other = publicKey.slice();
    other[31]! ^= 0x80;
    assertEquals(x25519(scalar, publicKey), x25519(scalar, other));
  }));
});

Deno.test("a key of another length is a TypeError", () => {
  const own = primitives.generateKeyPair();
  for (const length of [0, 31, 33, 64]) {
    assertThrows(() => primitives.dh(own, new Uint8Array(length)), TypeError);
    assertThrows(() => primitives.keyPairOf(new Uint8Array(length)), TypeError);
  }
});

Deno.test("hash is SHA-256 of the parts, joined in order", () => {
  assertEquals(
    primitives.hash(new TextEncoder().encode("abc")),
    hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
  );
  fc.assert(fc.property(fc.array(fc.uint8Array()), (parts) => {
    const whole = Uint8Array.from(parts.flatMap((part) => [...part]));
    assertEquals(
      primitives.hash(...parts),
      new Uint8Array(createHash("sha256").update(whole).digest()),
    );
  }));
});

// Section 4.3 of the Noise specification, step by step.
Deno.test("hkdf is made of HMAC as Noise says", () => {
  const hmac = (key: Uint8Array, ...parts: Uint8Array[]) => {
    const hmac = createHmac("sha256", key);
    for (const part of parts) hmac.update(part);
    return new Uint8Array(hmac.digest());
  };
  const materials = fc.oneof(fc.constant(new Uint8Array(0)), bytes(32), fc.uint8Array());
  fc.assert(fc.property(bytes(32), materials, (chainingKey, material) => {
    const temporary = hmac(chainingKey, material);
    const first = hmac(temporary, Uint8Array.of(1));
    const second = hmac(temporary, first, Uint8Array.of(2));
    const third = hmac(temporary, second, Uint8Array.of(3));
    assertEquals(primitives.hkdf(chainingKey, material, 2), [first, second]);
    assertEquals(primitives.hkdf(chainingKey, material, 3), [first, second, third]);
  }));
});

Deno.test("the functions read views into larger buffers correctly", () => {
  const buffer = crypto.getRandomValues(new Uint8Array(96));
  const [a, b] = [buffer.subarray(1, 33), buffer.subarray(40, 72)];
  assertEquals(primitives.hash(a, b), primitives.hash(a.slice(), b.slice()));
  assertEquals(primitives.hkdf(a, b, 2), primitives.hkdf(a.slice(), b.slice(), 2));
  assertEquals(x25519(a, b), x25519(a.slice(), b.slice()));
  assertEquals(
    primitives.decrypt(a, 1, b, primitives.encrypt(a.slice(), 1, b.slice(), buffer)),
    buffer,
  );
});
