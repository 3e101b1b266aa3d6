import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Identity } from "../../../shared/crypto/identity.ts";
import {
  formatAgreement,
  isSameAgreement,
  parseAgreement,
} from "../../../shared/protocol/agreement_record.ts";

const dayMs = 24 * 60 * 60_000;
const seed = new Uint8Array(32).fill(1);
const alice = (number = 1, days = 20_000) =>
  Identity.fromSeed(seed, { number, clock: { timeOfDay: () => days * dayMs } });
const mallory = Identity.fromSeed(new Uint8Array(32).fill(2));

Deno.test("an X25519 key and its certificate are read as they were written", () => {
  const text = formatAgreement(alice(3));
  assertEquals(text.length, 144);
  assertEquals(parseAgreement(alice().publicKey, text), {
    agreement: alice(3).agreement.publicKey,
    terms: { number: 3, dateS: 20_000 * 24 * 60 * 60 },
  });
});

Deno.test("one that its owner has not signed is none, whatever is changed of it", () => {
  const text = formatAgreement(alice());
  assertEquals(parseAgreement(mallory.publicKey, text), undefined);
  // Mallory's own key, with the certificate of another.
  const { agreement } = mallory;
  const forged = formatAgreement({ agreement, numberedCertificate: alice().numberedCertificate });
  assertEquals(parseAgreement(alice().publicKey, forged), undefined);
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  fc.assert(fc.property(fc.nat(143), fc.constantFrom(...alphabet), (at, character) => {
    fc.pre(text[at] !== character);
    const altered = text.slice(0, at) + character + text.slice(at + 1);
    assertEquals(parseAgreement(alice().publicKey, altered), undefined);
  }));
  for (const malformed of ["", text.slice(1), `${text}A`, `${text} `, text.replace(/^./, " ")]) {
    assertEquals(parseAgreement(alice().publicKey, malformed), undefined);
  }
});

Deno.test("only the day may differ between two of the same key", () => {
  const text = formatAgreement(alice());
  assertEquals(isSameAgreement(text, formatAgreement(alice(1, 20_001))), true);
  assertEquals(isSameAgreement(text, formatAgreement(alice(2))), false);
  assertEquals(isSameAgreement(text, formatAgreement(mallory)), false);
});
