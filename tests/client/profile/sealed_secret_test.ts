import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { scryptSync } from "node:crypto";
import { isBearable, openSecret, sealSecret } from "../../../client/profile/sealed_secret.ts";
import { primitives } from "../../../shared/crypto/primitives.ts";
import { cheap } from "../../support/profiles.ts";

const secret = new Uint8Array(32).fill(7);
const header = new TextEncoder().encode("header");

Deno.test("a sealed secret opens with its passphrase only, and only unchanged", () => {
  const sealed = sealSecret(secret, header, "correct horse", cheap);
  assertEquals(openSecret(sealed, header, "correct horse"), secret);
  for (const other of ["", "correct", "Correct horse", "correct horse "]) {
    assertEquals(openSecret(sealed, header, other), undefined, other);
  }
  assertEquals(openSecret(sealed, new TextEncoder().encode("Header"), "correct horse"), undefined);
  assertEquals(
    openSecret({ ...sealed, salt: sealed.salt.map((b) => b ^ 1) }, header, "correct horse"),
    undefined,
  );
  fc.assert(fc.property(fc.nat(sealed.ciphertext.length * 8 - 1), (bit) => {
    const ciphertext = sealed.ciphertext.slice();
    ciphertext[bit >> 3]! ^= 1 << (bit & 7);
    assertEquals(openSecret({ ...sealed, ciphertext }, header, "correct horse"), undefined);
  }));
});

Deno.test("the same secret under the same passphrase is sealed differently each time", () => {
  const [one, two] = [
    sealSecret(secret, header, "x", cheap),
    sealSecret(secret, header, "x", cheap),
  ];
  assertNotEquals(one.salt, two.salt);
  assertNotEquals(one.ciphertext, two.ciphertext);
});

Deno.test("a passphrase is the same however a keyboard composes its letters", () => {
  const sealed = sealSecret(secret, header, "caf\u00e9", cheap);
  assertEquals(openSecret(sealed, header, "cafe\u0301"), secret);
});

Deno.test("a secret is sealed with scrypt and ChaCha20-Poly1305, at the strength that is written in it", () => {
  const sealed = sealSecret(secret, header, "correct horse");
  assertEquals(sealed.cost, { N: 131_072, r: 8, p: 1 });
  const key = scryptSync("correct horse", sealed.salt, 32, { ...sealed.cost, maxmem: 2 ** 28 });
  assertEquals(primitives.decrypt(key, 0, header, sealed.ciphertext), secret);
});

Deno.test("a cost is bearable only within limits of memory and time, and if scrypt allows it", () => {
  for (const cost of [cheap, { N: 2 ** 17, r: 8, p: 1 }, { N: 2 ** 18, r: 8, p: 4 }]) {
    assert(isBearable(cost), JSON.stringify(cost));
  }
  const bad: [N: number, r: number, p: number][] = [
    [2 ** 19, 8, 1],
    [2 ** 17, 32, 1],
    [2 ** 14, 8, 5],
    [2 ** 52, 1, 1],
    [2, 2 ** 52, 1],
    [2, 1, 2 ** 31],
    [1, 8, 1],
    [3, 8, 1],
    [0, 8, 1],
    [-2, 8, 1],
    [2, 0, 1],
    [2, 8, 0],
    [2.5, 8, 1],
    [NaN, 8, 1],
    [Infinity, 8, 1],
    [1e300, 8, 1],
  ];
  for (const [N, r, p] of bad) assert(!isBearable({ N, r, p }), `${N} ${r} ${p}`);
});
