import { assert, assertEquals, assertThrows } from "@std/assert";
import { diffieHellman, verify } from "node:crypto";
import {
  type Algorithm,
  isLowOrder,
  privateKeyObject,
  publicKeyObject,
  rawPublicKey,
} from "../../../shared/crypto/raw_keys.ts";

const hex = (text: string) => Uint8Array.fromHex(text);
const algorithms: readonly Algorithm[] = ["X25519", "Ed25519"];
const prime = 2n ** 255n - 19n;

/** A field element as it is sent. */
function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number(value >> BigInt(8 * i) & 0xffn));
}

Deno.test("a public key's bytes are a key again", () => {
  // The base points.
  for (
    const [algorithm, bytes] of [
      ["X25519", hex("09" + "00".repeat(31))],
      ["Ed25519", hex("58" + "66".repeat(31))],
    ] as const
  ) {
    assertEquals(rawPublicKey(publicKeyObject(algorithm, bytes)), bytes);
  }
});

Deno.test("bytes of another length than 32 are a TypeError", () => {
  for (const algorithm of algorithms) {
    for (const length of [0, 1, 31, 33, 48, 64]) {
      const bytes = new Uint8Array(length);
      assertThrows(() => publicKeyObject(algorithm, bytes), TypeError, `not ${length}`);
      assertThrows(() => privateKeyObject(algorithm, bytes), TypeError, `not ${length}`);
    }
  }
});

/** Whether the platform refuses a public key, or gives zero for it. */
function givesNothing(publicKey: Uint8Array): boolean {
  const privateKey = privateKeyObject("X25519", new Uint8Array(32).fill(0x5a));
  try {
    return diffieHellman({ privateKey, publicKey: publicKeyObject("X25519", publicKey) })
      .every((byte) => byte === 0);
  } catch {
    return true;
  }
}

Deno.test("the public keys of low order are those for which X25519 gives zero", () => {
  const candidates: bigint[] = [];
  for (let i = 0n; i < 40n; i++) candidates.push(i, prime - i);
  // All other encodings of a field element.
  for (let u = prime; u < 2n ** 255n; u++) candidates.push(u);
  const bytes = candidates.map(littleEndian).concat(
    [
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    ].map(hex),
  );
  let found = 0;
  for (const key of bytes) {
    for (const topmost of [0, 0x80]) {
      const publicKey = key.slice();
      publicKey[31]! |= topmost;
      const low = isLowOrder("X25519", publicKey);
      assertEquals(low, givesNothing(publicKey), publicKey.toHex());
      if (low) found++;
    }
  }
  // Zero, one and minus one, zero and one plus the prime, two of order eight. The prime is twice here.
  assertEquals(found, 2 * (7 + 1));
});

// https://cr.yp.to/ecdh.html lists these for implementations that do not ignore the topmost bit.
Deno.test("a key that is of low order only with its topmost bit is not of low order", () => {
  for (
    const publicKey of [
      "cdeb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880",
      "4c9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7",
      "d9ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
      "daffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
      "dbffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ].map(hex)
  ) {
    assert(!isLowOrder("X25519", publicKey));
    assert(!givesNothing(publicKey));
  }
});

/** Whether the platform accepts a signature that nobody made: the neutral element, and zero. */
function takesForgery(publicKey: Uint8Array): boolean {
  const signature = new Uint8Array(64).fill(1, 0, 1);
  for (let i = 0; i < 64; i++) {
    try {
      const key = publicKeyObject("Ed25519", publicKey);
      if (verify(null, Uint8Array.of(i), key, signature)) return true;
    } catch {
      return false;
    }
  }
  return false;
}

Deno.test("every Ed25519 key for which the platform accepts a forgery is of low order", () => {
  const candidates: bigint[] = [];
  for (let i = 0n; i < 20n; i++) candidates.push(i, prime - i, prime + (i < 19n ? i : 0n));
  const bytes = candidates.map(littleEndian).concat(
    [
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    ].map(hex),
  );
  let taken = 0;
  for (const key of bytes) {
    for (const sign of [0, 0x80]) {
      const publicKey = key.slice();
      publicKey[31]! |= sign;
      if (!takesForgery(publicKey)) continue;
      taken++;
      assert(isLowOrder("Ed25519", publicKey), publicKey.toHex());
    }
  }
  // Of order one, two, four twice, eight four times, however few other encodings are accepted.
  assert(taken >= 8, `only ${taken}`);
});
