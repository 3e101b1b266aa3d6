import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  CertificateOrder,
  type ShownCertificate,
} from "../../../client/conversations/certificate_order.ts";
import { openStore } from "../../../client/store/store.ts";
import { keyBytesOf, keyOf } from "../../support/store_fixture.ts";

const bob = keyOf(1);
const [today, inAHundredYears] = [1_700_000_000, 4_900_000_000];

function made() {
  const store = openStore(":memory:");
  store.knownPeers.meet("bob", bob, undefined);
  const order = new CertificateOrder(store.certificates);
  return {
    store,
    order,
    /** Whether a peer is let in; what it has shown is remembered then. */
    lets(shown: ShownCertificate): boolean {
      if (order.refusalOf(shown) !== undefined) return false;
      order.note(shown);
      return true;
    },
    [Symbol.dispose]: store[Symbol.dispose],
  };
}

/** What a peer shows on a link: an X25519 key, and the number of its certificate if it has one. */
function shows(agreement: number, number?: number, dateS = today): ShownCertificate {
  return {
    peerId: "bob",
    peerKey: bob,
    peerAgreement: {
      key: keyBytesOf(agreement),
      terms: number === undefined ? undefined : { number, dateS },
    },
    features: number === undefined ? [] : ["certificates"],
  };
}

Deno.test("as long as no certificate has a number, any X25519 key is taken", () => {
  using t = made();
  for (const key of [1, 2, 1]) assert(t.lets(shows(key)));
});

Deno.test("a later certificate takes the place of an earlier one, and not the other way round", () => {
  using t = made();
  for (const [key, number] of [[1, 1], [1, 1], [2, 2], [3, 9]] as const) {
    assert(t.lets(shows(key, number)));
  }
  for (const [key, number] of [[1, 1], [2, 2], [3, 8], [4, 9]] as const) {
    assert(!t.lets(shows(key, number)), `${key} ${number}`);
  }
  assert(t.lets(shows(3, 9)));
  const { detail } = t.order.refusalOf(shows(2, 2))!;
  assertEquals<unknown>(detail, {
    code: "replaced-key",
    name: "bob",
    shown: { number: 2, dateS: today },
    latest: { number: 9, dateS: today },
  });
});

Deno.test("a certificate without a number is taken for the latest X25519 key only", () => {
  using t = made();
  assert(t.lets(shows(1)));
  assert(t.lets(shows(2, 2)));
  assert(t.lets(shows(2)));
  assert(!t.lets(shows(1)));
  assert(!t.lets(shows(3)));
});

Deno.test("numbers decide, and not dates: a clock that was wrong shuts nobody out", () => {
  using t = made();
  assert(t.lets(shows(1, 1, inAHundredYears)));
  assert(t.lets(shows(2, 2, today)));
  assert(t.lets(shows(3, 3, 0)));
  assert(!t.lets(shows(4, 2, inAHundredYears)));
});

Deno.test("what one has shown says nothing of others", () => {
  using t = made();
  t.store.knownPeers.meet("carol", keyOf(2), undefined);
  assert(t.lets(shows(2, 2)));
  assert(t.lets({ ...shows(1, 1), peerId: "carol", peerKey: keyOf(2) }));
  // And the name of somebody makes no difference.
  assert(!t.lets({ ...shows(1, 1), peerId: "robert" }));
});

Deno.test("mail is written with a number to those who have said that they take it", () => {
  using t = made();
  const inMail = () => t.store.certificates.latest(bob)?.inMail;
  t.lets(shows(1));
  assertEquals(inMail(), undefined);
  t.lets(shows(1, 1));
  assertEquals(inMail(), true);
  // In a mail nobody names anything.
  const { features: _, ...mail } = shows(1);
  t.lets(mail);
  assertEquals(inMail(), true);
  t.lets(shows(1));
  assertEquals(inMail(), false);
  // A mail may come late, or a second time.
  const { peerAgreement } = shows(1, 1);
  const numberedMail = { ...mail, peerAgreement };
  t.lets(numberedMail);
  assertEquals(inMail(), false);
  t.lets(shows(1, 1));
  assertEquals(inMail(), true);
  // If it is the first that is heard of somebody it counts.
  t.store.knownPeers.meet("carol", keyOf(2), undefined);
  t.lets({ ...numberedMail, peerId: "carol", peerKey: keyOf(2) });
  assertEquals(t.store.certificates.latest(keyOf(2))?.inMail, true);
});

Deno.test("whatever comes in whatever order, no key is taken after one of a higher number", () => {
  // Each number has one key, as of one owner.
  const step = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.boolean());
  fc.assert(fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
    using t = made();
    let highest = 0;
    for (const [number, hasNumber] of steps) {
      const isTaken = t.lets(shows(number, hasNumber ? number : undefined));
      const isOld = hasNumber ? number < highest : highest > 0 && number !== highest;
      assertEquals(isTaken, !isOld);
      if (hasNumber) highest = Math.max(highest, number);
    }
  }));
});
