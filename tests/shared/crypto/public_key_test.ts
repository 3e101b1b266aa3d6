import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Identity } from "../../../shared/crypto/identity.ts";
import { primitives } from "../../../shared/crypto/primitives.ts";
import {
  fingerprintOf,
  isFingerprint,
  parsePublicKey,
  publicKeyBytes,
  publicKeyFrom,
} from "../../../shared/crypto/public_key.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

Deno.test("keys are the same if all of their bytes are", () => {
  const key = fc.uint8Array({ minLength: 32, maxLength: 32, max: 1 });
  fc.assert(fc.property(key, fc.nat(255), (a, bit) => {
    const b = a.with(bit >> 3, a[bit >> 3]! ^ 1 << (bit & 7));
    assert(publicKeyFrom(a) === publicKeyFrom(a.slice()));
    assert(publicKeyFrom(a) !== publicKeyFrom(b));
  }));
});

Deno.test("bytes of another length than 32 are a TypeError", () => {
  for (const length of [0, 31, 33, 64, 100]) {
    assertThrows(() => publicKeyFrom(new Uint8Array(length)), TypeError, `not ${length}`);
  }
});

Deno.test("a fingerprint is 160 bits of SHA-256 in base32, in eight groups of four", () => {
  fc.assert(fc.property(bytes(32), (publicKey) => {
    const fingerprint = fingerprintOf(publicKeyFrom(publicKey));
    assertEquals(fingerprint.length, 39);
    assert(isFingerprint(fingerprint));
    const digits = fingerprint.replaceAll("-", "");
    let bits = 0n;
    for (const digit of digits) {
      bits = bits << 5n | BigInt("abcdefghijklmnopqrstuvwxyz234567".indexOf(digit));
    }
    assertEquals(
      bits.toString(16).padStart(40, "0"),
      primitives.hash(publicKey).subarray(0, 20).toHex(),
    );
  }));
});

Deno.test("a text of another form is not a fingerprint", () => {
  const fingerprint: string = Identity.generate().fingerprint;
  assert(isFingerprint(fingerprint));
  for (
    const text of [
      "",
      fingerprint.toUpperCase(),
      fingerprint.replaceAll("-", ""),
      fingerprint + "\n",
      " " + fingerprint,
      fingerprint.slice(1),
      fingerprint + "-aaaa",
      "0" + fingerprint.slice(1),
      "1" + fingerprint.slice(1),
      fingerprint.replace("-", " "),
    ]
  ) {
    assert(!isFingerprint(text), JSON.stringify(text));
  }
});

Deno.test("the bytes of a key give the key back", () => {
  fc.assert(fc.property(bytes(32), (key) => {
    const text = publicKeyFrom(key);
    assert(/^[A-Za-z0-9_-]{43}$/.test(text));
    assertEquals(parsePublicKey(text), text);
    assertEquals(publicKeyBytes(text), key);
  }));
  assertEquals<string>(publicKeyFrom(new Uint8Array(32).fill(0xff)), "_".repeat(42) + "8");
});

Deno.test("no other text is a key", () => {
  const text = publicKeyFrom(new Uint8Array(32).fill(0xff));
  for (
    const other of [
      "",
      text + "=",
      text.slice(1),
      text + "A",
      text.replaceAll("_", "/"),
      // The last character has two bits that belong to no byte.
      text.slice(0, 42) + "9",
      text.slice(0, 42) + "_",
      " " + text.slice(1),
      text.slice(0, 42) + "\n",
      text.slice(0, 42) + "=",
      text.slice(0, 5) + "=" + text.slice(6),
      "é" + text.slice(1),
    ]
  ) {
    assertEquals(parsePublicKey(other), undefined, JSON.stringify(other));
  }
  const anyText = fc.string({ unit: fc.constantFrom("A", "_", "-", "8", "9", "=", "+", "é") });
  fc.assert(fc.property(anyText, (text) => {
    const key = parsePublicKey(text);
    assert(key === undefined || publicKeyFrom(publicKeyBytes(key)) === text);
  }));
});
