import { chacha20 } from "@noble/ciphers/chacha.js";
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  type Aead,
  type Cipher,
  nativeCipherExists,
  nobleAead,
  nobleCipher,
  nodeAead,
  nodeCipher,
} from "../../../shared/crypto/chacha20_poly1305.ts";
import { primitives } from "../../../shared/crypto/primitives.ts";

const hex = (text: string) => Uint8Array.fromHex(text);
const utf8 = new TextEncoder();
const none = new Uint8Array(0);

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const nonce = fc.oneof(
  fc.nat(),
  fc.maxSafeNat(),
  fc.constantFrom(2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER),
);
const ad = fc.uint8Array({ maxLength: 80 });
const plaintext = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.nat(65_519).map((length) => crypto.getRandomValues(new Uint8Array(length))),
);

interface Kind {
  readonly name: string;
  readonly ignore: boolean;
  readonly aead: Aead;
  readonly cipher: Cipher;
}

const kinds: readonly Kind[] = [
  { name: "noble's cipher", ignore: false, aead: nobleAead, cipher: nobleCipher },
  { name: "the native cipher", ignore: !nativeCipherExists, aead: nodeAead, cipher: nodeCipher },
];

for (const { name, ignore, aead, cipher } of kinds) {
  Deno.test({
    name: `${name} is RFC 8439's AEAD (section 2.8.2)`,
    ignore,
    fn() {
      const key = hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
      const nonce = hex("070000004041424344454647");
      const ad = hex("50515253c0c1c2c3c4c5c6c7");
      const plaintext = utf8.encode(
        "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, " +
          "sunscreen would be it.",
      );
      const sealed = hex(
        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6" +
          "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36" +
          "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc" +
          "3ff4def08e4b7a9de576d26586cec64b6116" +
          "1ae10b594f09e26a7e902ecbd0600691",
      );
      assertEquals(aead.seal(key, nonce, ad, plaintext), sealed);
      assertEquals(aead.open(key, nonce, ad, sealed), plaintext);
    },
  });

  Deno.test({
    name: `${name} has Noise's nonce: 32 zero bits, then the counter, little-endian`,
    ignore,
    fn() {
      const key = new Uint8Array(32).fill(7);
      for (
        const [counter, nonce] of [
          [0, "000000000000000000000000"],
          [1, "000000000100000000000000"],
          [0xff, "00000000ff00000000000000"],
          [2 ** 32 - 1, "00000000ffffffff00000000"],
          [2 ** 32, "000000000000000001000000"],
          [0x1234_5678_9abc, "00000000bc9a785634120000"],
          [Number.MAX_SAFE_INTEGER, "00000000ffffffffffff1f00"],
        ] as const
      ) {
        assertEquals(
          cipher.encrypt(key, counter, key, key),
          aead.seal(key, hex(nonce), key, key),
        );
      }
    },
  });

  Deno.test({
    name: `${name} gives back what it encrypted, but only with the same key, nonce and data`,
    ignore,
    fn() {
      fc.assert(fc.property(key, nonce, ad, plaintext, (key, nonce, ad, plaintext) => {
        const sealed = cipher.encrypt(key, nonce, ad, plaintext);
        assertEquals(sealed.length, plaintext.length + 16);
        assertSame(cipher.decrypt(key, nonce, ad, sealed), plaintext);
        const otherKey = key.slice();
        otherKey[nonce % 32]! ^= 1 << (nonce % 8);
        assertEquals(cipher.decrypt(otherKey, nonce, ad, sealed), undefined);
        const otherNonce = nonce > 0 ? nonce - 1 : nonce + 1;
        assertEquals(cipher.decrypt(key, otherNonce, ad, sealed), undefined);
        assertEquals(cipher.decrypt(key, nonce, Uint8Array.of(...ad, 0), sealed), undefined);
      }));
    },
  });

  Deno.test({
    name: `${name} refuses a ciphertext that is changed, cut or longer`,
    ignore,
    fn() {
      const key = new Uint8Array(32).fill(1);
      for (const length of [0, 1, 15, 16, 17, 64, 100]) {
        const sealed = cipher.encrypt(key, 3, key, new Uint8Array(length));
        for (let i = 0; i < sealed.length; i++) {
          for (const bit of [1, 0x80]) {
            const changed = sealed.slice();
            changed[i]! ^= bit;
            assertEquals(cipher.decrypt(key, 3, key, changed), undefined);
          }
          assertEquals(cipher.decrypt(key, 3, key, sealed.subarray(0, i)), undefined);
        }
        assertEquals(cipher.decrypt(key, 3, key, Uint8Array.of(...sealed, 0)), undefined);
      }
    },
  });

  Deno.test({
    name: `${name} does not change its inputs, and gives bytes of its own`,
    ignore,
    fn() {
      const key = crypto.getRandomValues(new Uint8Array(32));
      const plaintext = crypto.getRandomValues(new Uint8Array(100));
      const copies = [key.slice(), plaintext.slice()];
      const sealed = cipher.encrypt(key, 0, key, plaintext);
      const sealedCopy = sealed.slice();
      const opened = cipher.decrypt(key, 0, key, sealed)!;
      assertEquals([key, plaintext, sealed], [...copies, sealedCopy]);
      opened.fill(0);
      cipher.decrypt(key, 0, key, sealed)!.fill(0);
      sealed.fill(0);
      assertEquals([key, plaintext], copies);
    },
  });

  Deno.test({
    name: `${name} refuses a nonce that is not a safe integer, and a key of another length`,
    ignore,
    fn() {
      const key = new Uint8Array(32);
      for (const nonce of [Number.MAX_SAFE_INTEGER + 1, 2 ** 64, -1, 0.5, NaN, Infinity]) {
        assertThrows(() => cipher.encrypt(key, nonce, none, none), RangeError, "as a nonce");
        assertThrows(() => cipher.decrypt(key, nonce, none, key), RangeError, "as a nonce");
      }
      for (const length of [0, 16, 31, 33]) {
        const key = new Uint8Array(length);
        assertThrows(() => cipher.encrypt(key, 0, none, none), TypeError, "32 bytes");
        assertThrows(() => cipher.decrypt(key, 0, none, none), TypeError, "32 bytes");
        assertThrows(() => cipher.rekey(key), TypeError, "32 bytes");
      }
    },
  });

  // The cipher's plaintext begins with ChaCha20's block 1 (RFC 8439 section 2.8), so that REKEY is this.
  Deno.test({
    name: `${name}'s next key is ChaCha20 of zeros with the nonce 2^64-1`,
    ignore,
    fn() {
      fc.assert(fc.property(key, (key) => {
        const stream = chacha20(
          key,
          hex("00000000ffffffffffffffff"),
          new Uint8Array(32),
          undefined,
          1,
        );
        assertEquals(cipher.rekey(key), stream);
      }));
    },
  });
}

Deno.test({
  name: "the native cipher and noble's give the same bytes, and each opens the other's",
  ignore: !nativeCipherExists,
  fn() {
    fc.assert(fc.property(key, nonce, ad, plaintext, (key, nonce, ad, plaintext) => {
      const native = nodeCipher.encrypt(key, nonce, ad, plaintext);
      assertSame(native, nobleCipher.encrypt(key, nonce, ad, plaintext));
      assertSame(nobleCipher.decrypt(key, nonce, ad, native), plaintext);
      assertSame(nodeCipher.decrypt(key, nonce, ad, native), plaintext);
      assertEquals(nodeCipher.rekey(key), nobleCipher.rekey(key));
    }));
  },
});

Deno.test("the cipher of the platform is used if there is one", () => {
  assertEquals(primitives.encrypt, (nativeCipherExists ? nodeCipher : nobleCipher).encrypt);
});

/** Not assertEquals: its report of two long arrays takes long. */
function assertSame(actual: Uint8Array | undefined, expected: Uint8Array): void {
  assert(actual?.constructor === Uint8Array);
  assert(actual.length === expected.length && actual.every((byte, i) => byte === expected[i]));
}
