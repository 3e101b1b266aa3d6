import { systemClock } from "../../../shared/time/clock.ts";
import { assert, assertEquals } from "@std/assert";
import type { ClientEvent, Dialect } from "../../../client/events.ts";
import {
  type Candidate,
  PeerAdmission,
  type PeerAdmissionOptions,
} from "../../../client/conversations/admission.ts";
import { openStore } from "../../../client/store/store.ts";
import { ranks } from "../../../client/transport/transport.ts";
import { Trust } from "../../../client/trust/trust.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { unknownSenderKeysMax } from "../../../shared/protocol/limits.ts";
import { Events } from "../../support/events.ts";
import { sentenceOf } from "../../support/problems.ts";
import { keyBytesOf, keyOf, printOf } from "../../support/store_fixture.ts";
import type { Fingerprint, PublicKey } from "../../../shared/crypto/public_key.ts";

const identity = Identity.generate();
const place = { host: "192.0.2.7", port: 5557 };

/** Alice's admission, with a clock and a server that the test controls. */
function made(options: Partial<PeerAdmissionOptions> = {}) {
  const store = openStore(":memory:");
  const trust = new Trust(store.knownPeers);
  const events = new Events<ClientEvent>();
  const t = {
    trust,
    events,
    nowMs: 0,
    /** What the server has said already, and what it says when asked. */
    said: new Map<string, Fingerprint>(),
    answers: new Map<string, Fingerprint>(),
    asked: [] as string[],
    introduced: new Map<number, string>(),
    displaced: [] as [name: string, key: PublicKey][],
    [Symbol.dispose]: store[Symbol.dispose],
  };
  const admission = new PeerAdmission({
    self: { id: "alice", identity },
    trust,
    sink: { emit: events.take },
    allowPlaintext: false,
    contactsOnly: false,
    store,
    connector: {
      known: (id) => t.said.get(id),
      idAt: ({ port }) => t.introduced.get(port),
      ask: (id) => {
        t.asked.push(id);
        return Promise.resolve(t.answers.get(id));
      },
    },
    clock: { ...systemClock, now: () => t.nowMs },
    onDisplaced: (...by) => t.displaced.push(by),
    ...options,
  });
  return Object.assign(t, { admission });
}

function candidate(role: "initiator" | "responder", id?: string, key?: number) {
  return {
    role,
    remote: place,
    rank: ranks.direct,
    peerId: id,
    peerKey: key === undefined ? undefined : keyOf(key),
    dialect: "p2pchat" as Dialect,
  };
}

// Peers that do not encrypt

for (const role of ["initiator", "responder"] as const) {
  for (const id of [undefined, "bob"]) {
    Deno.test(`${role}, in plaintext, ${id ?? "without a name"}: refused unless allowed`, () => {
      using strict = made();
      const refusal = strict.admission.admitPlaintext(candidate(role, id), undefined);
      assert(refusal?.code === 426);
      assert(sentenceOf(refusal.detail).startsWith(`${id ?? "192.0.2.7:5557"} cannot encrypt`));
      assert(sentenceOf(refusal.detail).includes("--allow-plaintext"));
      using lenient = made({ allowPlaintext: true });
      assertEquals(lenient.admission.admitPlaintext(candidate(role, id), undefined), undefined);
      assertEquals(lenient.events.all, []);
    });
  }
}

for (const way of ["punched", "relayed"] as const) {
  Deno.test(`a peer that is ${way} has to encrypt, whatever the user allows`, () => {
    using t = made({ allowPlaintext: true });
    const refusal = t.admission.admitPlaintext(
      { ...candidate("responder", "bob"), rank: ranks[way] },
      undefined,
    );
    assertEquals(refusal?.code, 426);
  });
}

const known: readonly (readonly [string, (t: ReturnType<typeof made>) => void])[] = [
  ["remembered", ({ trust }) => trust.remember("bob", keyOf(1))],
  ["named by the server", ({ said }) => said.set("bob", printOf(1))],
];

for (const [how, know] of known) {
  for (const role of ["initiator", "responder"] as const) {
    Deno.test(`${role}: a peer with the id of one whose key is ${how} has to encrypt in any case`, () => {
      for (const allowPlaintext of [false, true]) {
        using t = made({ allowPlaintext });
        know(t);
        const refusal = t.admission.admitPlaintext(candidate(role, "bob"), undefined);
        assert(refusal?.code === 426);
        assert(sentenceOf(refusal.detail).includes("though bob has a key"));
        assert(!sentenceOf(refusal.detail).includes("--allow-plaintext"));
      }
    });
  }

  Deno.test(`a peer that answers a call to one whose key is ${how} has to encrypt, under any id`, () => {
    using t = made({ allowPlaintext: true });
    know(t);
    for (const id of [undefined, "carol"]) {
      const refusal = t.admission.admitPlaintext(candidate("initiator", id), "bob");
      assert(sentenceOf(refusal!.detail).includes("bob"));
    }
    assertEquals(t.admission.admitPlaintext(candidate("initiator"), "dave"), undefined);
  });
}

Deno.test("plaintext is refused from an address that the server gave for a client with a key", () => {
  using t = made({ allowPlaintext: true });
  t.introduced.set(place.port, "bob");
  t.said.set("bob", printOf(1));
  assertEquals(t.admission.admitPlaintext(candidate("initiator"), undefined)?.code, 426);
  // A caller's port is not the one that it listens on.
  assertEquals(t.admission.admitPlaintext(candidate("responder"), undefined), undefined);
});

Deno.test("a refused caller is reported once a minute for each host", () => {
  using t = made();
  const calls = (host: string) =>
    t.admission.admitPlaintext({ ...candidate("responder"), remote: { host, port: 1 } }, undefined);
  for (let i = 0; i < 5; i++) calls("192.0.2.1");
  calls("192.0.2.2");
  assertEquals(t.events.of("turned-away").length, 2);
  t.nowMs += 59_999;
  calls("192.0.2.1");
  assertEquals(t.events.of("turned-away").length, 2);
  t.nowMs += 1;
  calls("192.0.2.1");
  assertEquals(t.events.of("turned-away").length, 3);
  // If we called, the failed call reports it.
  t.admission.admitPlaintext(candidate("initiator"), undefined);
  assertEquals(t.events.all.length, 3);
});

Deno.test("in plaintext, too, the peer that answers has to be the one that was called", () => {
  using t = made({ allowPlaintext: true });
  const refusal = t.admission.admitPlaintext(candidate("initiator", "carol"), "bob");
  assert(refusal?.code === 403);
  assertEquals(refusal.reason, "This call was for bob, but carol answered");
  assert(sentenceOf(refusal.detail).startsWith("you called bob, and carol answers there"));
  assertEquals(t.admission.admitPlaintext(candidate("initiator", "bob"), "bob"), undefined);
});

Deno.test("if the responder has said nothing, only that is reported", () => {
  using t = made();
  const silent = { ...candidate("initiator"), saidNothing: true };
  const ofUnknown = t.admission.admitPlaintext(silent, undefined)!;
  assert(
    sentenceOf(ofUnknown.detail).startsWith(
      "192.0.2.7:5557 does not answer as a client that encrypts does: it is slow, or cannot encrypt.",
    ),
  );
  assert(sentenceOf(ofUnknown.detail).includes("--allow-plaintext"));
  // Plaintext is not suggested for a peer that has a key.
  t.trust.remember("bob", keyOf(1));
  const ofBob = t.admission.admitPlaintext(silent, "bob")!;
  assertEquals(
    sentenceOf(ofBob.detail),
    "bob does not answer as a client that encrypts does: it is slow, or cannot encrypt. Try again",
  );
  assertEquals([ofUnknown.code, ofBob.code], [426, 426]);
  const spoke = { ...silent, saidNothing: false };
  const detail = sentenceOf(t.admission.admitPlaintext(spoke, undefined)!.detail);
  assert(detail.startsWith("192.0.2.7:5557 cannot encrypt: "), detail);
});

// Peers that have proven a key

Deno.test("a new peer's key is saved, which is reported the first time only", async () => {
  for (const role of ["initiator", "responder"] as const) {
    using t = made();
    assertEquals(await t.admission.admitKey(candidate(role, "bob", 1), undefined), undefined);
    const event = {
      type: "first-contact",
      name: "bob",
      fingerprint: printOf(1),
      vouched: false,
    } as const;
    assertEquals(t.events.all, [role === "responder" ? { ...event, unasked: true } : event]);
    assertEquals(await t.admission.admitKey(candidate(role, "bob", 1), undefined), undefined);
    assertEquals(t.events.all.length, 1);
  }
});

Deno.test("a new name that looks like another one is pointed out, whichever came first", async () => {
  using t = made();
  await t.admission.admitKey(candidate("initiator", "bob", 1), undefined);
  t.trust.markVerified("bob", keyOf(1));
  await t.admission.admitKey(candidate("initiator", "b0b", 2), undefined);
  await t.admission.admitKey(candidate("responder", "bo_b", 3), undefined);
  t.events.all.length = 0;
  await t.admission.admitKey(candidate("responder", "Bob", 4), undefined);
  await t.admission.admitKey(candidate("responder", "carol", 5), undefined);
  assertEquals(t.events.all, [
    {
      type: "first-contact",
      name: "Bob",
      fingerprint: printOf(4),
      unasked: true,
      vouched: false,
      similarTo: [
        { name: "bob", standing: "verified" },
        { name: "b0b", standing: "contact" },
        { name: "bo_b", standing: "unknown" },
      ],
    },
    {
      type: "first-contact",
      name: "carol",
      fingerprint: printOf(5),
      vouched: false,
      unasked: true,
    },
  ]);
});

Deno.test("the server is asked about a new peer, and not about a known one", async () => {
  using t = made();
  const call = (id: string, key: number, role: "initiator" | "responder" = "responder") =>
    t.admission.admitKey(candidate(role, id, key), undefined);
  // As long as she is an unknown sender for whom it does not vouch, it may know by now whose name that is.
  for (const key of [1, 1, 2]) await call("bob", key);
  assertEquals(t.asked.splice(0), ["bob", "bob", "bob"]);
  t.trust.addContact("bob", keyOf(1));
  for (const key of [1, 2]) await call("bob", key);
  assertEquals(t.asked, []);
  t.answers.set("carol", printOf(3));
  for (const key of [3, 3, 4]) await call("carol", key);
  assertEquals(t.asked.splice(0), ["carol"]);
  for (const key of [5, 5, 6]) await call("dave", key, "initiator");
  assertEquals(t.asked, ["dave"]);
});

Deno.test("a first key is marked by whether the server vouches for it", async () => {
  for (const role of ["initiator", "responder"] as const) {
    using t = made();
    t.answers.set("bob", printOf(1));
    await t.admission.admitKey(candidate(role, "bob", 1), undefined);
    await t.admission.admitKey(candidate(role, "carol", 2), undefined);
    assertEquals(t.events.of("first-contact").map(({ name, vouched }) => [name, vouched]), [
      ["bob", true],
      ["carol", false],
    ]);
  }
});

Deno.test("a key that the server vouches for displaces that of an unknown sender for which it did not", async () => {
  for (const role of ["initiator", "responder"] as const) {
    using t = made();
    await t.admission.admitKey(candidate("responder", "bob", 2), undefined);
    t.answers.set("bob", printOf(1));
    assertEquals(await t.admission.admitKey(candidate(role, "bob", 1), undefined), undefined);
    assertEquals(t.events.of("first-contact").at(-1), {
      type: "first-contact",
      name: "bob",
      fingerprint: printOf(1),
      vouched: true,
      ...role === "responder" && { unasked: true },
      displaced: printOf(2),
    });
    assertEquals(t.trust.keyOf("bob"), keyOf(1));
    assertEquals(t.trust.isContact("bob", keyOf(1)), role === "initiator");
    assertEquals(t.displaced, [["bob", keyOf(1)]]);
    // The other one is a stranger with a wrong key from now on.
    const refusal = await t.admission.admitKey(candidate("responder", "bob", 2), undefined);
    assertEquals(refusal?.code, 403);
  }
});

Deno.test("an unknown sender whose key the server did not know is refused once it names another", async () => {
  using t = made();
  await t.admission.admitKey(candidate("responder", "bob", 2), undefined);
  t.answers.set("bob", printOf(1));
  const refusal = await t.admission.admitKey(candidate("responder", "bob", 2), undefined);
  assertEquals(refusal?.code, 403);
  assertEquals(t.events.of("key-refused").map(({ verdict }) => verdict), [{
    type: "contradicted",
    presentedFingerprint: printOf(2),
    serverFingerprint: printOf(1),
  }]);
  // The user can accept them all the same.
  t.trust.trust("bob", undefined);
  assertEquals(
    await t.admission.admitKey(candidate("responder", "bob", 2), undefined),
    undefined,
  );
});

Deno.test("no server displaces a key that the user has accepted, or that a server has vouched for", async () => {
  const settle: readonly ((t: ReturnType<typeof made>) => unknown)[] = [
    (t) => t.trust.addContact("bob", keyOf(2)),
    (t) => t.trust.remember("bob", keyOf(2)),
    async (t) => {
      t.answers.set("bob", printOf(2));
      await t.admission.admitKey(candidate("responder", "bob", 2), undefined);
    },
  ];
  for (const settled of settle) {
    using t = made();
    await t.admission.admitKey(candidate("responder", "bob", 2), undefined);
    await settled(t);
    for (const words of [t.answers, t.said]) words.set("bob", printOf(1));
    const refusal = await t.admission.admitKey(candidate("responder", "bob", 1), undefined);
    assertEquals(refusal?.code, 403);
    assertEquals(t.events.of("key-changed").length, 1);
    assertEquals(
      await t.admission.admitKey(candidate("responder", "bob", 2), undefined),
      undefined,
    );
    assertEquals(t.trust.keyOf("bob"), keyOf(2));
    assertEquals(t.displaced, []);
  }
});

Deno.test("if the store cannot be written, a vouched key is let in and the other one is left", async () => {
  using t = made();
  await t.admission.admitKey(candidate("responder", "bob", 2), undefined);
  t.answers.set("bob", printOf(1));
  t.trust.meet = () => {
    throw new Error("disk full");
  };
  assertEquals(await t.admission.admitKey(candidate("responder", "bob", 1), undefined), undefined);
  assertEquals(t.events.of("problem").map(({ problem }) => problem.code), ["key-not-saved"]);
  assertEquals(t.displaced, [["bob", keyOf(1)]]);
  t.trust.markVouched = () => {
    throw new Error("disk full");
  };
  t.answers.set("bob", printOf(2));
  assertEquals(await t.admission.admitKey(candidate("responder", "bob", 2), undefined), undefined);
  assertEquals(t.events.of("problem").length, 1);
});

Deno.test("a new peer is admitted if it has the key that the server names, and refused if it has another", async () => {
  using t = made();
  t.answers.set("bob", printOf(1));
  const refusal = await t.admission.admitKey(candidate("initiator", "bob", 2), "bob");
  assertEquals(refusal?.code, 403);
  assertEquals(t.events.all, [{
    type: "key-refused",
    name: "bob",
    verdict: {
      type: "contradicted",
      presentedFingerprint: printOf(2),
      serverFingerprint: printOf(1),
    },
  }]);
  assertEquals(t.trust.knows("bob"), false);
  assertEquals(await t.admission.admitKey(candidate("initiator", "bob", 1), "bob"), undefined);
  assertEquals(t.trust.knows("bob"), true);
});

Deno.test("a known peer is admitted even if the server names another key, which is reported", async () => {
  using t = made();
  t.trust.remember("bob", keyOf(1));
  t.trust.markVerified("bob", keyOf(1));
  t.said.set("bob", printOf(2));
  assertEquals(await t.admission.admitKey(candidate("initiator", "bob", 1), "bob"), undefined);
  assertEquals(t.events.all, [{
    type: "server-contradicted",
    name: "bob",
    serverFingerprint: printOf(2),
    presentedFingerprint: printOf(1),
    verified: true,
  }]);
});

Deno.test("another key than the known one is refused, whichever the server names", async () => {
  for (const said of [undefined, 1, 2, 3]) {
    using t = made();
    t.trust.remember("bob", keyOf(1));
    if (said !== undefined) t.said.set("bob", printOf(said));
    const refusal = await t.admission.admitKey(candidate("initiator", "bob", 2), undefined);
    assertEquals(refusal?.code, 403);
    assertEquals(t.events.all, [{
      type: "key-changed",
      name: "bob",
      verdict: {
        type: "changed",
        presentedFingerprint: printOf(2),
        savedFingerprint: printOf(1),
        verified: false,
        serverFingerprint: said === undefined ? undefined : printOf(said),
      },
    }]);
    assertEquals(
      await t.admission.admitKey(candidate("initiator", "bob", 1), undefined),
      undefined,
    );
  }
});

Deno.test("a call by name has to be answered by that peer, and nobody else's key is saved", async () => {
  using t = made();
  const refusal = await t.admission.admitKey(candidate("initiator", "carol", 1), "bob");
  assert(refusal?.code === 403);
  assertEquals(refusal.reason, "This call was for bob, but carol answered");
  assert(sentenceOf(refusal.detail).startsWith("you called bob, and carol answers there"));
  assertEquals([t.trust.knows("bob"), t.trust.knows("carol")], [false, false]);
  assertEquals(t.asked, []);
});

Deno.test("a peer with our own name is refused, with another key and with ours", async () => {
  for (const role of ["initiator", "responder"] as const) {
    for (
      const [peerKey, why] of [
        [keyOf(1), "somebody with another key than yours goes by your name, alice"],
        // As if somebody sent back to us what we say.
        [identity.publicKey, "that is yourself, by your name and by your key"],
      ] as const
    ) {
      using t = made();
      const refusal = await t.admission.admitKey(
        { ...candidate(role, "alice"), peerKey },
        undefined,
      );
      assert(refusal !== undefined);
      const { code, reason, detail } = refusal;
      assertEquals([code, reason, sentenceOf(detail)], [
        403,
        "This client itself goes by the name alice",
        why,
      ]);
      assertEquals(
        t.events.all,
        role === "responder" ? [{ type: "turned-away", why: detail }] : [],
      );
      assertEquals(t.trust.knows("alice"), false);
      assertEquals(t.asked, []);
    }
  }
});

Deno.test("a caller with another key is reported once a minute, and a call of ours each time", async () => {
  using t = made();
  t.trust.remember("bob", keyOf(1));
  for (let i = 0; i < 3; i++) {
    await t.admission.admitKey(candidate("responder", "bob", 2), undefined);
  }
  assertEquals(t.events.of("key-changed").length, 1);
  for (let i = 0; i < 3; i++) {
    await t.admission.admitKey(candidate("initiator", "bob", 2), undefined);
  }
  assertEquals(t.events.of("key-changed").length, 4);
  t.nowMs += 60_000;
  await t.admission.admitKey(candidate("responder", "bob", 2), undefined);
  assertEquals(t.events.of("key-changed").length, 5);
});

Deno.test("callers from more hosts than are remembered are each reported", () => {
  using t = made();
  const hosts = 1_000;
  for (let i = 0; i < hosts; i++) {
    const remote = { host: `2001:db8::${i.toString(16)}`, port: 1 };
    t.admission.admitPlaintext({ ...candidate("responder"), remote }, undefined);
  }
  assertEquals(t.events.of("turned-away").length, hosts);
});

Deno.test("the key of a peer that we call can be trusted, however many keys callers have shown before", async () => {
  using t = made();
  t.trust.remember("bob", keyOf(0));
  for (let i = 1; i <= 20; i++) {
    await t.admission.admitKey(candidate("responder", "bob", i), undefined);
  }
  await t.admission.admitKey(candidate("initiator", "bob", 21), "bob");
  assertEquals(t.trust.trust("bob", printOf(21)), printOf(21));
});

// If another process meets a peer of that name at the same moment

for (const [whose, byte] of [["another", 2], ["the same", 1]] as const) {
  Deno.test(`if another process has just saved ${whose} key, that one counts`, async () => {
    const store = openStore(":memory:");
    const { knownPeers } = store;
    const meet = knownPeers.meet.bind(knownPeers);
    knownPeers.meet = (...them) => {
      knownPeers.remember("bob", keyOf(byte));
      return meet(...them);
    };
    using t = made({ trust: new Trust(knownPeers) });
    const refusal = await t.admission.admitKey(candidate("initiator", "bob", 1), undefined);
    assertEquals(knownPeers.find("bob"), { key: keyOf(byte), verified: false });
    if (byte === 1) {
      assertEquals([refusal, t.events.all], [undefined, []]);
    } else {
      assertEquals(refusal?.code, 403);
      assertEquals(t.events.all, [{
        type: "key-changed",
        name: "bob",
        verdict: {
          type: "changed",
          presentedFingerprint: printOf(1),
          savedFingerprint: printOf(2),
          verified: false,
          serverFingerprint: undefined,
        },
      }]);
    }
    store[Symbol.dispose]();
  });
}

Deno.test("a peer that called is saved as an unknown sender, and one that was called as a contact", async () => {
  const store = openStore(":memory:");
  const { knownPeers } = store;
  using t = made({ trust: new Trust(knownPeers) });
  await t.admission.admitKey(candidate("responder", "initiator", 1), undefined);
  await t.admission.admitKey(candidate("initiator", "responder", 2), undefined);
  for (let i = 0; i < unknownSenderKeysMax; i++) {
    knownPeers.meet(`unknown${i}`, keyOf(i), Number.MAX_SAFE_INTEGER);
  }
  assertEquals(knownPeers.find("initiator"), undefined);
  assertEquals(knownPeers.find("responder")?.key, keyOf(2));
  store[Symbol.dispose]();
});

// If nothing can be looked up

for (const failing of ["knows", "judge"] as const) {
  Deno.test(`if ${failing} fails, that is reported and nobody is admitted`, async () => {
    using t = made({ allowPlaintext: true });
    t.trust[failing] = () => {
      throw new Error("database disk image is malformed");
    };
    const problem = {
      code: "cannot-look-up-key",
      name: "bob",
      reason: "database disk image is malformed",
    } as const;
    const reason = "This client cannot look up keys at the moment";
    const refusal = { code: 500, reason, fatal: false, detail: problem } as const;
    for (const role of ["initiator", "responder"] as const) {
      assertEquals<unknown>(
        await t.admission.admitKey(candidate(role, "bob", 1), undefined),
        refusal,
      );
    }
    assertEquals(t.events.all, [{ type: "problem", problem }, { type: "problem", problem }]);
    if (failing === "judge") return;
    assertEquals<unknown>(
      t.admission.admitPlaintext(candidate("responder", "bob"), undefined),
      refusal,
    );
    assertEquals<unknown>(t.admission.admitPlaintext(candidate("initiator"), "bob"), refusal);
    assertEquals(t.events.all.length, 4);
  });
}

// If nothing can be saved

Deno.test("if a key cannot be saved, that is reported and the peer is admitted", async () => {
  const store = openStore(":memory:");
  const trust = new Trust(
    {
      find: () => undefined,
      isRejected: () => false,
      meet: () => {
        throw new Error("database or disk is full");
      },
    } as unknown as typeof store.knownPeers,
  );
  store[Symbol.dispose]();
  using t = made({ trust });
  assertEquals(await t.admission.admitKey(candidate("responder", "bob", 1), undefined), undefined);
  const problem = sentenceOf((await t.events.see("problem")).problem);
  assert(problem.startsWith("Cannot save the key of bob: database or disk is full"), problem);
  assertEquals(t.events.all.length, 1);
});

Deno.test("if there is no room for another key, that is reported and the peer is admitted", async () => {
  using t = made({
    trust: Object.assign(Object.create(Trust.prototype), {
      knows: () => false,
      judge: () => ({ type: "first", shown: printOf(1) }),
      meet: () => "full",
    }),
  });
  assertEquals(await t.admission.admitKey(candidate("responder", "bob", 1), undefined), undefined);
  assertEquals(t.events.all, [
    { type: "problem", problem: { code: "no-room-for-key", name: "bob" } },
  ]);
});

Deno.test("if the number of a certificate cannot be saved, that is reported and the peer is admitted", async () => {
  using store = openStore(":memory:");
  const certificates = {
    ...store.certificates,
    latest: () => undefined,
    note: () => {
      throw new Error("database or disk is full");
    },
  } as unknown as typeof store.certificates;
  using t = made({ store: { blockedKeys: store.blockedKeys, certificates } });
  const peer: Candidate = {
    ...candidate("responder", "bob", 1),
    peerAgreement: { key: keyBytesOf(1), terms: { number: 1, dateS: 0 } },
    features: ["certificates"],
  };
  assertEquals(await t.admission.admitKey(peer, undefined), undefined);
  const problem = sentenceOf((await t.events.see("problem")).problem);
  assert(problem.startsWith("Cannot save which encryption key bob uses now: "), problem);
  assertEquals(t.events.of("problem").length, 1);
});

Deno.test("of a key that was replaced the user is told once a minute, and by no name it comes in", async () => {
  using t = made();
  const peer = (id: string, number: number): Candidate => ({
    ...candidate("responder", id, 1),
    peerAgreement: { key: keyBytesOf(number), terms: { number, dateS: 0 } },
    features: ["certificates"],
  });
  assertEquals(await t.admission.admitKey(peer("bob", 2), undefined), undefined);
  for (let n = 0; n < 20; n++) {
    const refusal = await t.admission.admitKey(peer(`bob${n}`, 1), undefined);
    assertEquals(refusal?.detail.code, "replaced-key");
    assert(t.admission.refusesEver(peer(`bob${n}`, 1)));
    assertEquals(t.trust.keyOf(`bob${n}`), undefined);
  }
  assertEquals(t.events.of("turned-away").length, 1);
  t.nowMs += 60_000;
  await t.admission.admitKey(peer("bob", 1), undefined);
  assertEquals(t.events.of("turned-away").length, 2);
});
