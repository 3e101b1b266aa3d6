import { assertEquals } from "@std/assert";
import { openStore, type Store } from "../../../client/store/store.ts";
import { unknownSenderKeysMax } from "../../../shared/protocol/limits.ts";
import { temporaryDirectory } from "../../support/places.ts";
import { keyBytesOf, keyOf } from "../../support/store_fixture.ts";
import { publicKeyFrom } from "../../../shared/crypto/public_key.ts";

const bob = keyOf(1);

/** A certificate for an X25519 key of that number. */
const numbered = (number: number, inMail = true, dateS = number) => ({
  agreement: keyBytesOf(number & 0xff),
  number,
  dateS,
  inMail,
});

function met(): Store {
  const store = openStore(":memory:");
  store.knownPeers.meet("bob", bob, undefined);
  return store;
}

Deno.test("the certificate with the highest number is remembered, in whatever order they come", () => {
  using store = met();
  const { certificates } = store;
  assertEquals(certificates.latest(bob), undefined);
  for (const [number, highest] of [[2, 2], [1, 2], [5, 5], [4, 5], [0xffff_ffff, 0xffff_ffff]]) {
    certificates.note(bob, numbered(number!));
    const { agreement, ...terms } = certificates.latest(bob)!;
    assertEquals(terms, { number: highest!, dateS: highest!, inMail: true });
    assertEquals(new Uint8Array(agreement), keyBytesOf(highest! & 0xff));
  }
  // Its date stays, and so does its key.
  certificates.note(bob, { ...numbered(0xffff_ffff), agreement: keyBytesOf(9), dateS: 0 });
  assertEquals(certificates.latest(bob)!.dateS, 0xffff_ffff);
  assertEquals(new Uint8Array(certificates.latest(bob)!.agreement), keyBytesOf(0xff));
});

Deno.test("whether a peer understands them in mail is as it was said last", () => {
  using store = met();
  const { certificates } = store;
  certificates.noteNotInMail(bob);
  assertEquals(certificates.latest(bob), undefined);
  certificates.note(bob, numbered(2));
  certificates.noteNotInMail(bob);
  assertEquals(certificates.latest(bob), { ...numbered(2), inMail: false });
  certificates.note(bob, numbered(2));
  assertEquals(certificates.latest(bob)!.inMail, true);
});

Deno.test("it is remembered as long as the key is, under any name, and not longer", () => {
  using store = met();
  const { certificates, knownPeers } = store;
  certificates.note(keyOf(2), numbered(1));
  assertEquals(certificates.latest(keyOf(2)), undefined);
  certificates.note(bob, numbered(2));
  knownPeers.meet("bobby", bob, undefined);
  knownPeers.reject("bobby", bob);
  assertEquals(certificates.latest(bob)!.number, 2);
  knownPeers.remember("bob", keyOf(3));
  assertEquals(certificates.latest(bob), undefined);
  certificates.note(keyOf(3), numbered(2));
  knownPeers.reject("bob", keyOf(3));
  assertEquals(certificates.latest(keyOf(3)), undefined);
});

Deno.test("unknown senders without end do not fill the store with them, nor push out a contact's", () => {
  using store = met();
  const { certificates, knownPeers } = store;
  certificates.note(bob, numbered(2));
  const keys = Array.from({ length: unknownSenderKeysMax + 20 }, (_, n) => {
    const bytes = keyBytesOf(7);
    new DataView(bytes.buffer).setUint32(0, n);
    return publicKeyFrom(bytes);
  });
  for (const [n, key] of keys.entries()) {
    knownPeers.meet(`x${n}`, key, n);
    certificates.note(key, numbered(1));
  }
  const kept = keys.filter((key) => certificates.latest(key) !== undefined).length;
  assertEquals(kept, unknownSenderKeysMax);
  assertEquals(certificates.latest(bob)!.number, 2);
});

Deno.test("it is there after a restart", () => {
  using place = temporaryDirectory();
  const path = `${place.path}/store.db`;
  {
    using store = openStore(path);
    store.knownPeers.meet("bob", bob, undefined);
    store.certificates.note(bob, numbered(2));
  }
  using store = openStore(path);
  assertEquals(store.certificates.latest(bob), numbered(2));
});
