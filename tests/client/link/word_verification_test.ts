import { wordlist } from "@scure/bip39/wordlists/english.js";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { type VerificationStep, WordVerification } from "../../../client/link/word_verification.ts";
import { header, type Message, message } from "../../../shared/protocol/message.ts";
import { type Fault, isFault } from "../../../shared/protocol/status.ts";

type Role = "initiator" | "responder";
const other = { initiator: "responder", responder: "initiator" } as const;

const hash = new Uint8Array(32).fill(7);
const verification = (role: Role, handshakeHash = hash, random?: (count: number) => Uint8Array) =>
  new WordVerification({ role, handshakeHash, ...random && { random } });

function stepOf(taken: VerificationStep | Fault): VerificationStep {
  assert(!isFault(taken));
  return taken;
}

/** A commit and a nonce, as a side sends them that has begun. */
function saidBy(role: Role, handshakeHash = hash): { commit: Message; nonce: Message } {
  const one = verification(role, handshakeHash);
  const helper = verification(other[role], handshakeHash);
  const [commit] = one.begin().send;
  const [nonce] = stepOf(one.take(helper.begin().send[0]!)).send;
  return { commit: commit!, nonce: nonce! };
}

/** Lets both sides begin, and each take what the other has sent, in an order that is given. */
function compared(order: readonly boolean[], sides: Readonly<Record<Role, WordVerification>>) {
  const coming: Record<Role, Message[]> = { initiator: [], responder: [] };
  const toBegin = new Set<Role>(["initiator", "responder"]);
  const step = (role: Role) => {
    const next = coming[role].shift();
    if (next === undefined && !toBegin.delete(role)) return;
    const done = next === undefined ? sides[role].begin() : stepOf(sides[role].take(next));
    coming[other[role]].push(...done.send);
  };
  for (const isCaller of order) step(isCaller ? "initiator" : "responder");
  for (let i = 0; i < 5; i++) for (const role of ["initiator", "responder"] as const) step(role);
  assertEquals([...toBegin, ...coming.initiator, ...coming.responder], []);
}

function wordsOf(handshakeHash = hash): readonly string[] {
  const sides = {
    initiator: verification("initiator", handshakeHash),
    responder: verification("responder", handshakeHash),
  };
  compared([], sides);
  assertEquals(sides.initiator.words, sides.responder.words);
  return sides.initiator.words!;
}

Deno.test("both see the same four words, whichever side begins and however their messages cross", () => {
  fc.assert(fc.property(fc.array(fc.boolean(), { maxLength: 12 }), (order) => {
    const sides = { initiator: verification("initiator"), responder: verification("responder") };
    compared(order, sides);
    assertEquals(sides.initiator.words?.length, 4);
    assertEquals(sides.initiator.words, sides.responder.words);
  }));
});

Deno.test("a side that has not begun is told that the other has, and reveals nothing", () => {
  const [alice, bob] = [verification("initiator"), verification("responder")];
  const [commit] = alice.begin().send;
  assertEquals(bob.asked, false);
  assertEquals(bob.take(commit!), { send: [], asked: true });
  assertEquals(bob.asked, true);
  assertEquals([alice.words, bob.words], [undefined, undefined]);
});

Deno.test("the words and the commitment are what the specification says", async () => {
  const sha256 = async (...parts: (string | Uint8Array)[]) => {
    const bytes = parts.flatMap((part) =>
      typeof part === "string" ? [...new TextEncoder().encode(part)] : [...part]
    );
    return new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes)));
  };
  const [initiators, responders] = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)];
  const initiator = verification("initiator", hash, () => initiators);
  const responder = verification("responder", hash, () => responders);
  const [commit] = initiator.begin().send;
  assertEquals(
    commit,
    message("VERIFY", [
      ["Commit", (await sha256("p2pchat verification 1 caller\0", hash, initiators)).toHex()],
    ]),
  );
  responder.take(commit!);
  const [commit2, nonce] = responder.begin().send;
  assertEquals(
    commit2,
    message("VERIFY", [
      ["Commit", (await sha256("p2pchat verification 1 called\0", hash, responders)).toHex()],
    ]),
  );
  assertEquals(nonce, message("VERIFY", [["Nonce", responders.toHex()]]));
  initiator.take(commit2!);
  initiator.take(nonce!);
  const digest = await sha256("p2pchat verification 1 words\0", hash, initiators, responders);
  const bits = [...digest].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  assertEquals(
    initiator.words,
    [0, 11, 22, 33].map((at) => wordlist[parseInt(bits.slice(at, at + 11), 2)]!),
  );
});

Deno.test("each of the four words has all of its eleven bits, and none depends on another", () => {
  assertEquals(wordlist.length, 2_048);
  const count = 4_096;
  const seen = Array.from({ length: count }, () => wordsOf().map((word) => wordlist.indexOf(word)));
  // Each bit is set in half of them: so many that 7 standard deviations fit between the bounds.
  const bitAt = (words: number[], bit: number) => words[Math.floor(bit / 11)]! >> bit % 11 & 1;
  for (let bit = 0; bit < 44; bit++) {
    const set = seen.filter((words) => bitAt(words, bit) === 1).length;
    assert(Math.abs(set - count / 2) < 225, `bit ${bit} is set ${set} times of ${count}`);
    for (let second = 0; second < bit; second++) {
      const equal = seen.filter((words) => bitAt(words, bit) === bitAt(words, second)).length;
      assert(Math.abs(equal - count / 2) < 225, `bits ${bit} and ${second} agree ${equal} times`);
    }
  }
});

// Attackers in the middle

Deno.test("an attacker between two honest handshakes is noticed: the words differ", () => {
  const [left, right] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const alice = verification("initiator", left);
  const bob = verification("responder", right);
  compared([], { initiator: alice, responder: verification("responder", left) });
  compared([], { initiator: verification("initiator", right), responder: bob });
  assertNotEquals(alice.words, bob.words);
});

Deno.test("an attacker that passes on what two sides say over two handshakes is noticed", () => {
  const [left, right] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const alice = verification("initiator", left);
  const bob = verification("responder", right);
  const [aliceCommits] = alice.begin().send;
  stepOf(bob.take(aliceCommits!));
  const [bobCommits, bobShows] = bob.begin().send;
  const [aliceShows] = stepOf(alice.take(bobCommits!)).send;
  for (const taken of [alice.take(bobShows!), bob.take(aliceShows!)]) {
    assert(isFault(taken) && taken.fatal);
    assertEquals(taken.code, 403);
  }
  assertEquals([alice.words, bob.words], [undefined, undefined]);
});

Deno.test("an attacker that passes on the nonces, with commits that fit, gets other words on each side", () => {
  // With the same nonces the two handshakes alone make the difference.
  const random = () => new Uint8Array(16).fill(5);
  const [left, right] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const words = [left, right].map((hash) => {
    const sides = {
      initiator: verification("initiator", hash, random),
      responder: verification("responder", hash, random),
    };
    compared([], sides);
    return sides.initiator.words;
  });
  assertNotEquals(words[0], words[1]);
});

Deno.test("no side reveals its nonce before the other is committed to one", () => {
  for (const role of ["initiator", "responder"] as const) {
    const one = verification(role);
    assertEquals(one.begin().send.map((said) => header(said, "Nonce")), [undefined]);
    const asked = verification(role);
    assertEquals(stepOf(asked.take(saidBy(other[role]).commit)).send, []);
  }
});

Deno.test("one's own commitment, sent back, commits nobody", () => {
  const alice = verification("initiator");
  const [commit] = alice.begin().send;
  const [nonce] = stepOf(alice.take(commit!)).send;
  const taken = alice.take(nonce!);
  assert(isFault(taken) && taken.fatal);
  assertEquals(alice.words, undefined);
});

Deno.test("a commitment of the other role commits nobody", () => {
  const { commit, nonce } = saidBy("initiator");
  const alice = verification("initiator");
  alice.begin();
  alice.take(commit);
  assert(isFault(alice.take(nonce)));
});

Deno.test("a nonce or a commitment with any changed bit is noticed", () => {
  const { commit, nonce } = saidBy("responder");
  const changed = (said: Message, name: string, bit: number) => {
    const bytes = Uint8Array.fromHex(header(said, name)!);
    bytes[bit >> 3]! ^= 1 << bit % 8;
    return message("VERIFY", [[name, bytes.toHex()]]);
  };
  const wrong = [
    ...Array.from({ length: 128 }, (_, bit) => [commit, changed(nonce, "Nonce", bit)] as const),
    ...Array.from({ length: 256 }, (_, bit) => [changed(commit, "Commit", bit), nonce] as const),
  ];
  for (const [commit, nonce] of wrong) {
    const alice = verification("initiator");
    alice.begin();
    stepOf(alice.take(commit));
    const taken = alice.take(nonce);
    assert(isFault(taken) && taken.fatal);
    assertEquals(alice.words, undefined);
  }
});

Deno.test("what another verification on the same link has said does not fit", () => {
  const [first, second] = [saidBy("responder"), saidBy("responder")];
  const alice = verification("initiator");
  alice.begin();
  alice.take(second.commit);
  assert(isFault(alice.take(first.nonce)));
});

// Out of turn

const { commit, nonce } = saidBy("responder");
const begun = () => {
  const one = verification("initiator");
  one.begin();
  return one;
};
const committed = () => {
  const one = begun();
  one.take(commit);
  return one;
};
const done = () => {
  const one = committed();
  one.take(nonce);
  return one;
};
const asked = () => {
  const one = verification("initiator");
  one.take(commit);
  return one;
};

for (
  const [what, one, said] of [
    ["a nonce before anything", verification("initiator"), nonce],
    ["a nonce before its commitment", begun(), nonce],
    ["a nonce before ours", asked(), nonce],
    ["a second commitment", committed(), saidBy("responder").commit],
    ["the same commitment again", committed(), commit],
    ["a second commitment to one who has not begun", asked(), saidBy("responder").commit],
    ["a commitment once there are words", done(), saidBy("responder").commit],
    ["the nonce again", done(), nonce],
    ["neither", begun(), message("VERIFY", [])],
    ["neither to one who is committed to", committed(), message("VERIFY", [])],
    ["an empty commitment", begun(), message("VERIFY", [["Commit", ""]])],
    ["a short commitment", begun(), message("VERIFY", [["Commit", "00".repeat(31)]])],
    ["a long commitment", begun(), message("VERIFY", [["Commit", "00".repeat(33)]])],
    ["a commitment that is no number", begun(), message("VERIFY", [["Commit", "0g".repeat(32)]])],
    [
      "a commitment in capitals",
      begun(),
      message("VERIFY", [["Commit", header(commit, "Commit")!.toUpperCase()]]),
    ],
    [
      "a nonce in capitals",
      committed(),
      message("VERIFY", [["Nonce", header(nonce, "Nonce")!.toUpperCase()]]),
    ],
    [
      "a nonce that goes on",
      committed(),
      message("VERIFY", [["Nonce", header(nonce, "Nonce") + "00"]]),
    ],
  ] as const
) {
  Deno.test(`${what} is out of turn, and changes nothing`, () => {
    const before = one.words;
    const taken = one.take(said);
    assert(isFault(taken) && taken.fatal);
    assertEquals(taken.code, 400);
    assertEquals(one.words, before);
  });
}

Deno.test("beginning again sends nothing more", () => {
  for (const one of [begun(), committed(), done()]) assertEquals(one.begin(), { send: [] });
});

Deno.test("no nonce is ever used for two verifications", () => {
  const count = 200;
  const nonces = Array.from({ length: count }, () => header(saidBy("initiator").nonce, "Nonce"));
  assertEquals(new Set(nonces).size, count);
});

Deno.test("whatever comes, nothing is thrown, and only the right nonce gives words", () => {
  const said = fc.oneof(
    fc.constantFrom(commit, nonce, saidBy("responder").commit, saidBy("responder").nonce),
    fc.tuple(fc.constantFrom("Commit", "Nonce", "Id"), fc.string()).map(([name, value]) =>
      message("VERIFY", [[name, value.replaceAll(/\p{Cc}/gu, "")]])
    ),
  );
  const allSaid = fc.oneof(fc.constant([commit, nonce]), fc.array(said, { maxLength: 6 }));
  fc.assert(fc.property(allSaid, fc.nat(6), (all, beginsAt) => {
    const one = verification("initiator");
    let faulty = false;
    all.forEach((said, i) => {
      if (i === beginsAt) one.begin();
      if (!faulty) faulty = isFault(one.take(said));
    });
    const right = !faulty && all.length === 2 && all[0] === commit && all[1] === nonce &&
      beginsAt < 2;
    assertEquals(one.words !== undefined && !faulty, right);
  }));
});
