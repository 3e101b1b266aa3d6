import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  decodeIdentity,
  encodeIdentity,
  type IdentityFile,
  plainIdentity,
  sealIdentity,
  unsealIdentity,
} from "../../../client/profile/identity_file.ts";
import { IdentityFailure } from "../../../client/profile/identity_failure.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { codePoint } from "../../support/code_point.ts";
import { sentenceOf } from "../../support/problems.ts";
import { cheap } from "../../support/profiles.ts";

const identity = Identity.fromSeed(new Uint8Array(32).fill(1));
const other = Identity.fromSeed(new Uint8Array(32).fill(2));
const plain = encodeIdentity(plainIdentity(identity));
const sealed = encodeIdentity(sealIdentity(identity, "correct horse", cheap));

function unseal(file: IdentityFile, passphrase: string): Identity | undefined {
  assert("sealed" in file);
  return unsealIdentity(file, passphrase);
}

/** A file's text with some of it changed. */
function changed(text: string, change: Record<string, unknown>): string {
  return JSON.stringify({ ...JSON.parse(text), ...change });
}

/** What a user is told about it, behind the file's name. */
function faultWords({ fault }: IdentityFailure): string {
  const said = sentenceOf({ code: "identity-unusable", action: "make", path: "x", fault });
  return said.slice("Cannot make an identity in 'x': ".length);
}

function problem(text: string): string {
  const error = assertThrows(() => decodeIdentity(text), IdentityFailure);
  // Not even a part of the secret may get into the words of an error.
  const seed = JSON.parse(plain).seed as string;
  assert(!`${error.message} ${error.cause}`.includes(seed.slice(0, 8)));
  return faultWords(error);
}

Deno.test("an identity's file without a passphrase is JSON with the key and the seed", () => {
  assertEquals(JSON.parse(plain), {
    version: 1,
    publicKey: "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w",
    seed: "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE",
  });
  const file = decodeIdentity(plain);
  assert("identity" in file);
  assertEquals(file.identity.seed, identity.seed);
  assertEquals(file.publicKey, identity.publicKey);
});

Deno.test("an identity's file under a passphrase shows the key, and gives the seed to the passphrase", () => {
  const { version, publicKey, sealed: { kdf, cipher } } = JSON.parse(sealed);
  assertEquals([version, publicKey], [1, identity.publicKey]);
  assertEquals([{ ...kdf, salt: "" }, cipher], [
    { name: "scrypt", ...cheap, salt: "" },
    "ChaCha20-Poly1305",
  ]);
  assert(!sealed.includes(JSON.parse(plain).seed));
  const file = decodeIdentity(sealed);
  assertEquals(file.publicKey, identity.publicKey);
  assertEquals(unseal(file, "correct horse")?.seed, identity.seed);
  assertEquals(unseal(file, "wrong"), undefined);
  assertEquals(encodeIdentity(file), sealed);
});

Deno.test("the key beside a sealed seed cannot be replaced", () => {
  const file = decodeIdentity(changed(sealed, { publicKey: other.publicKey }));
  assertEquals(unseal(file, "correct horse"), undefined);
  // Nor can somebody who makes a file seal another seed with it.
  const forged = sealIdentity(
    Object.defineProperty(Identity.fromSeed(other.seed), "publicKey", {
      value: identity.publicKey,
    }),
    "x",
    cheap,
  );
  const error = assertThrows(() => unseal(forged, "x"), IdentityFailure);
  assertEquals(error.fault, { is: "other-key" });
});

Deno.test("a file without an identity, or with a damaged one, is refused", () => {
  const { seed, publicKey } = JSON.parse(plain);
  const { sealed: inner } = JSON.parse(sealed);
  const cases = [
    "",
    "{",
    "null",
    "1",
    "[]",
    "{}",
    plain.slice(0, -3),
    sealed.slice(0, 100),
    changed(plain, { version: 0 }),
    changed(plain, { version: "1" }),
    changed(plain, { version: undefined }),
    changed(plain, { publicKey: undefined }),
    changed(plain, { publicKey: publicKey.slice(1) }),
    changed(plain, { publicKey: [publicKey] }),
    changed(plain, { seed: undefined }),
    changed(plain, { seed: seed.slice(1) }),
    changed(plain, { seed: seed + "A" }),
    changed(plain, { seed: seed + "=" }),
    changed(plain, { seed: seed.slice(0, -1) + "F" }), // what is left of a letter is not zero
    changed(plain, { seed: 7 }),
    changed(sealed, { sealed: null }),
    changed(sealed, { sealed: { ...inner, cipher: "none" } }),
    changed(sealed, { sealed: { ...inner, seed: inner.seed.slice(4) } }),
    changed(sealed, { sealed: { ...inner, kdf: { ...inner.kdf, name: "md5" } } }),
    changed(sealed, { sealed: { ...inner, kdf: { ...inner.kdf, salt: "" } } }),
    changed(sealed, { sealed: { ...inner, kdf: undefined } }),
  ];
  for (const text of cases) {
    assertEquals([text, problem(text)], [text, "it holds no identity, or a damaged one"]);
  }
  assertEquals(
    problem(changed(plain, { publicKey: other.publicKey })),
    "its public key belongs to another seed, so one of the two is damaged",
  );
  assertEquals(
    problem(changed(plain, { version: 2 })),
    "it is of version 2, and this program knows version 1; use the newer program",
  );
});

Deno.test("a file cannot make its reader take all memory, or a whole day", () => {
  const { sealed: inner } = JSON.parse(sealed);
  const cases = [{ N: 2 ** 30 }, { N: 2 ** 20, r: 2 ** 20 }, { p: 1e9 }, { N: "\x1b[2J" }, {
    N: null,
  }];
  for (const change of cases) {
    const text = changed(sealed, { sealed: { ...inner, kdf: { ...inner.kdf, ...change } } });
    const words = problem(text);
    assert(words.startsWith("its passphrase would take too much memory or time: scrypt with N "));
    assert(!words.includes("\x1b"));
  }
});

Deno.test("any text gives an identity or a fault", () => {
  const texts = fc.oneof(
    fc.json(),
    fc.string({ unit: codePoint }),
    fc.tuple(fc.constantFrom(plain, sealed), fc.nat(600), fc.string({ maxLength: 3 })).map(
      ([text, at, put]) => text.slice(0, at) + put + text.slice(at + put.length),
    ),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        const file = decodeIdentity(text);
        if ("identity" in file) assertEquals(file.identity.publicKey, file.publicKey);
      } catch (error) {
        assertInstanceOf(error, IdentityFailure);
      }
    }),
    { numRuns: 2_000 },
  );
});
