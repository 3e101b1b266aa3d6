import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UserError } from "../../../client/user_error.ts";
import { openStore } from "../../../client/store/store.ts";
import { Trust } from "../../../client/trust/trust.ts";
import { skeletonOf } from "../../../client/trust/look_alikes.ts";
import { judgeKey } from "../../../client/trust/verdict.ts";
import { keyOf, printOf } from "../../support/store_fixture.ts";
import { sentenceOf, throwsSaying } from "../../support/problems.ts";

/** Trust over a store of its own. */
function made() {
  const store = openStore(":memory:");
  return {
    trust: new Trust(store.knownPeers),
    knownPeers: store.knownPeers,
    [Symbol.dispose]: store[Symbol.dispose],
  };
}

/** What a user is told who tries that. */
const saidOf = (run: () => unknown) => sentenceOf(assertThrows(run, UserError).problem);

// Judging keys

Deno.test("each key is judged by one rule", () => {
  const fingerprint = fc.constantFrom(printOf(1), printOf(2), printOf(3));
  const known = fc.oneof(
    fc.record({ fingerprint, verified: fc.boolean(), provisional: fc.constant(false) }),
    fc.record({ fingerprint, verified: fc.constant(false), provisional: fc.constant(true) }),
  );
  const option = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
  fc.assert(
    fc.property(fingerprint, option(known), option(fingerprint), (shown, known, said) => {
      const verdict = judgeKey(shown, known, said);
      // A peer is talked to only if its key is the one that is saved or, if none is saved, not another than
      // the server names. A provisional one counts as long as the server names no other.
      const trusted = known === undefined
        ? said ?? shown
        : known.provisional
        ? said ?? known.fingerprint
        : known.fingerprint;
      assertEquals(verdict.type === "first" || verdict.type === "known", trusted === shown);
      if (known === undefined) assert(["first", "contradicted"].includes(verdict.type));
      else if (!known.provisional) assert(["known", "changed"].includes(verdict.type));
      assertEquals(verdict.presentedFingerprint, shown);
      switch (verdict.type) {
        case "first":
          assertEquals(verdict.vouched, said === shown);
          assertEquals(verdict.displacedFingerprint, known?.fingerprint);
          break;
        case "known":
          assertEquals(verdict.verified, known!.verified);
          assertEquals(verdict.vouched, said === shown);
          // Only a contradiction is reported.
          assertEquals(verdict.serverFingerprint, said === shown ? undefined : said);
          break;
        case "changed":
          assertEquals(verdict.savedFingerprint, known!.fingerprint);
          assertEquals(verdict.verified, known!.verified);
          assertEquals(verdict.serverFingerprint, said);
          break;
        case "contradicted":
          assertEquals(verdict.serverFingerprint, said!);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("the word of the server does not change the verdict on a key that is saved", () => {
  const [a, b] = [printOf(1), printOf(2)];
  const known = { fingerprint: a, verified: false, provisional: false };
  assertEquals(judgeKey(b, known, b).type, "changed");
  assertEquals(judgeKey(a, known, b), {
    type: "known",
    presentedFingerprint: a,
    verified: false,
    vouched: false,
    serverFingerprint: b,
  });
});

// Refused keys

Deno.test("a key is saved, and another one refused until it is trusted", () => {
  using t = made();
  const { trust } = t;
  assertEquals(trust.judge("bob", keyOf(1), undefined).type, "first");
  assertEquals(trust.knows("bob"), false);
  assert(trust.remember("bob", keyOf(1)));
  assertEquals(trust.knows("bob"), true);
  assertEquals(trust.judge("bob", keyOf(1), undefined).type, "known");
  assertEquals(trust.judge("bob", keyOf(2), undefined), {
    type: "changed",
    presentedFingerprint: printOf(2),
    savedFingerprint: printOf(1),
    verified: false,
    serverFingerprint: undefined,
  });
  assertEquals(trust.judge("bob", keyOf(2), undefined).type, "changed");
  assertEquals(trust.trust("bob", undefined), printOf(2));
  assertEquals(trust.judge("bob", keyOf(2), undefined).type, "known");
  assertEquals(trust.judge("bob", keyOf(1), undefined).type, "changed");
});

Deno.test("a key that the server contradicts can still be trusted", () => {
  using t = made();
  const { trust } = t;
  assertEquals(trust.judge("bob", keyOf(1), printOf(2)), {
    type: "contradicted",
    presentedFingerprint: printOf(1),
    serverFingerprint: printOf(2),
  });
  assertEquals(trust.knows("bob"), false);
  trust.trust("bob", undefined);
  assertEquals(trust.judge("bob", keyOf(1), printOf(2)).type, "known");
});

Deno.test("only a key that was refused can be trusted", () => {
  using t = made();
  const { trust } = t;
  throwsSaying(() => trust.trust("bob", undefined), "/chat bob");
  throwsSaying(() => trust.trust("bob", printOf(1)), "/chat bob");
  trust.judge("bob", keyOf(1), undefined);
  // A key that was not refused cannot be trusted.
  throwsSaying(() => trust.trust("bob", undefined), "No other key");
  trust.remember("bob", keyOf(1));
  trust.judge("bob", keyOf(2), undefined);
  throwsSaying(() => trust.trust("carol", undefined), "carol");
  throwsSaying(() => trust.trust("bob", printOf(3)), printOf(2));
  assertEquals(t.knownPeers.find("bob")?.key, keyOf(1));
});

Deno.test("if several keys were refused for a name, /trust has to say which", () => {
  using t = made();
  const { trust, knownPeers } = t;
  trust.remember("bob", keyOf(1));
  trust.judge("bob", keyOf(2), undefined);
  trust.judge("bob", keyOf(3), undefined);
  // The same key again is not another one.
  trust.judge("bob", keyOf(3), undefined);
  const message = saidOf(() => trust.trust("bob", undefined));
  assert(message.startsWith("2 keys have been shown for bob"), message);
  // None of them is suggested.
  assert(message.includes(`${printOf(2)}, ${printOf(3)}`), message);
  assert(message.endsWith("/trust bob FINGERPRINT"), message);
  assertEquals(knownPeers.find("bob")?.key, keyOf(1));
  assertEquals(trust.trust("bob", printOf(3)), printOf(3));
  assertEquals(knownPeers.find("bob"), { key: keyOf(3), verified: false });
  // The decision stands.
  assertThrows(() => trust.trust("bob", printOf(2)), UserError);
});

Deno.test("the memory for keys is bounded, and the first that were refused stay", () => {
  using t = made();
  const { trust } = t;
  trust.remember("bob", keyOf(0));
  for (let i = 1; i <= 100; i++) trust.judge("bob", keyOf(i), undefined);
  const message = saidOf(() => trust.trust("bob", undefined));
  assert(message.startsWith("8 keys"), message);
  assertThrows(() => trust.trust("bob", printOf(100)), UserError);
  assertEquals(trust.trust("bob", printOf(1)), printOf(1));
});

Deno.test("the memory for names is bounded, and the first that were refused stay", () => {
  using t = made();
  const { trust } = t;
  const names = Array.from({ length: 200 }, (_, i) => `unknown${i}`);
  const kept = names.filter((name) => {
    trust.judge(name, keyOf(1), printOf(2));
    const message = saidOf(() => trust.trust(name, printOf(3)));
    return message.includes(printOf(1));
  });
  assertEquals(kept.length, 64);
  assertEquals(kept.at(-1), "unknown63");
  // A name that has a place may get more keys.
  trust.judge("unknown0", keyOf(5), printOf(2));
  assertEquals(trust.trust("unknown0", printOf(5)), printOf(5));
  // The oldest has made room.
  trust.judge("late", keyOf(1), printOf(2));
  assertEquals(trust.trust("late", undefined), printOf(1));
});

Deno.test("the key of a peer that the user has called takes the place of the oldest", () => {
  using t = made();
  const { trust } = t;
  trust.remember("bob", keyOf(0));
  for (let i = 1; i <= 8; i++) trust.judge("bob", keyOf(i), undefined);
  trust.judge("bob", keyOf(100), undefined, true);
  // A key that is there takes no other's place.
  trust.judge("bob", keyOf(3), undefined, true);
  assertThrows(() => trust.trust("bob", printOf(1)), UserError);
  const message = saidOf(() => trust.trust("bob", undefined));
  for (const i of [2, 3, 8, 100]) assert(message.includes(printOf(i)), `${i}: ${message}`);
  assertEquals(trust.trust("bob", printOf(100)), printOf(100));
});

Deno.test("the name of a peer that the user has called takes the place of the oldest", () => {
  using t = made();
  const { trust } = t;
  for (let i = 0; i < 64; i++) trust.judge(`unknown${i}`, keyOf(1), printOf(2));
  trust.judge("late", keyOf(1), printOf(2));
  throwsSaying(() => trust.trust("late", undefined), "No other key");
  trust.judge("late", keyOf(1), printOf(2), true);
  throwsSaying(() => trust.trust("unknown0", undefined), "No other key");
  assertEquals(trust.trust("unknown1", undefined), printOf(1));
  assertEquals(trust.trust("late", undefined), printOf(1));
});

// Verified

Deno.test("a key is verified until another one is saved for the name", () => {
  using t = made();
  const { trust } = t;
  trust.remember("bob", keyOf(1));
  assertEquals(trust.isVerified("bob", keyOf(1)), false);
  trust.markVerified("bob", keyOf(1));
  assertEquals(trust.isVerified("bob", keyOf(1)), true);
  for (const [name, byte] of [["bob", 2], ["Bob", 1], ["carol", 1]] as const) {
    assertEquals(trust.isVerified(name, keyOf(byte)), false);
  }
  const verdict = trust.judge("bob", keyOf(2), undefined);
  assert(verdict.type === "changed" && verdict.verified);
  trust.trust("bob", undefined);
  assertEquals(trust.isVerified("bob", keyOf(2)), false);
  assertEquals(trust.isVerified("bob", keyOf(1)), false);
});

Deno.test("a key that is not the one that is saved is neither verified nor forgotten", () => {
  using t = made();
  const { trust } = t;
  trust.remember("bob", keyOf(1));
  trust.markVerified("bob", keyOf(2));
  assertEquals(trust.isVerified("bob", keyOf(1)), false);
  trust.reject("bob", keyOf(2));
  assertEquals(trust.knows("bob"), true);
  trust.reject("bob", keyOf(1));
  assertEquals(trust.knows("bob"), false);
});

Deno.test("a key whose words differed is refused for its name alone, until it is trusted", () => {
  using t = made();
  const { trust } = t;
  assertEquals(trust.meet("bob", keyOf(1), true), "remembered");
  trust.reject("bob", keyOf(1));
  assertEquals(trust.knows("bob"), false);
  const shown = printOf(1);
  assertEquals(trust.judge("bob", keyOf(1), undefined), {
    type: "rejected",
    presentedFingerprint: shown,
    serverFingerprint: undefined,
  });
  // It does not help if the server names that key.
  assertEquals(trust.judge("bob", keyOf(1), shown), {
    type: "rejected",
    presentedFingerprint: shown,
    serverFingerprint: shown,
  });
  assertEquals(trust.judge("bob", keyOf(1), printOf(2)).type, "contradicted");
  // Nor does it help if another key is rejected.
  trust.reject("bob", keyOf(3));
  assertEquals(trust.judge("bob", keyOf(1), undefined).type, "rejected");
  assertEquals(trust.judge("bob", keyOf(3), undefined).type, "rejected");
  assertEquals(trust.judge("bob", keyOf(2), undefined).type, "first");
  assertEquals(trust.judge("carol", keyOf(1), undefined).type, "first");
  assertEquals(trust.trust("bob", shown), shown);
  assertEquals(trust.judge("bob", keyOf(1), undefined).type, "known");
  assertEquals(t.knownPeers.isRejected("bob", keyOf(1)), false);
});

// Names that look alike

Deno.test("names that people take for each other have one skeleton", () => {
  const alike = [
    ["bob", "Bob", "BOB", "b0b", "8ob", "b.o-b_", "_bob"],
    ["alice", "a1ice", "aIice", "Alice", "al1ce", "ALICE"],
    ["sam.miller", "sammiller", "5am_miller", "sarnmiller", "SAM-M1LLER"],
    ["zoe", "2oe", "Z0E"],
    ["will", "vvill", "W1LL"],
  ];
  const skeletons = alike.map((names) => [...new Set(names.map(skeletonOf))]);
  assertEquals(skeletons.map(({ length }) => length), alike.map(() => 1));
  const others = ["bo", "bobby", "bob3", "alicia", "sam", "zo", "carol"].map(skeletonOf);
  assertEquals(new Set([...skeletons.flat(), ...others]).size, alike.length + others.length);
});

Deno.test("the skeleton of any name is that of its skeleton", () => {
  const names = fc.stringMatching(/^[A-Za-z0-9._-]{1,32}$/);
  fc.assert(fc.property(names, (name) => {
    assertEquals(skeletonOf(skeletonOf(name)), skeletonOf(name));
    assertEquals(skeletonOf(name.toUpperCase()), skeletonOf(name.toLowerCase()));
  }));
});

Deno.test("those with similar names are found, verified ones first, then contacts, and no more than three", () => {
  using t = made();
  const { trust } = t;
  assertEquals(trust.similarTo("bob"), []);
  for (const [i, name] of ["bob", "BOB", "b0b", "Bob", "carol"].entries()) {
    trust.meet(name, keyOf(i), true);
  }
  trust.meet("b.ob", keyOf(9), false);
  trust.markVerified("bob", keyOf(0));
  const [first, ...more] = trust.similarTo("8ob");
  assertEquals([first, more.length], [{ name: "bob", standing: "verified" }, 2]);
  assert(more.every(({ standing }) => standing === "contact"));
  for (const name of ["BOB", "b0b"]) trust.reject(name, trust.keyOf(name)!);
  // A stranger who came before the one whom they look like.
  assertEquals(trust.similarTo("8ob"), [
    { name: "bob", standing: "verified" },
    { name: "Bob", standing: "contact" },
    { name: "b.ob", standing: "unknown" },
  ]);
  assert(!trust.similarTo("bob").some(({ name }) => name === "bob"));
  assertEquals(trust.similarTo("dave"), []);
});
