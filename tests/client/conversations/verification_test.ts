import { assertEquals } from "@std/assert";
import type { Conversation } from "../../../client/conversations/conversation.ts";
import type { Link, VerificationState } from "../../../client/link/link.ts";
import { openStore } from "../../../client/store/store.ts";
import { Trust } from "../../../client/trust/trust.ts";
import { VerificationFlow } from "../../../client/conversations/verification.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import type { PublicKey } from "../../../shared/crypto/public_key.ts";
import { throwsSaying } from "../../support/problems.ts";

const bob = Identity.generate();

/** A link to bob, with the words that a test gives it. */
class FakeLink {
  readonly peerId = "bob";
  readonly peerKey = bob.publicKey;
  readonly handshakeHash: Uint8Array;
  words: readonly string[] | undefined;
  begun = 0;
  readonly comparison = this;

  constructor(hash: number, readonly then: VerificationState) {
    this.handshakeHash = new Uint8Array(32).fill(hash);
  }

  verify() {
    this.begun++;
    if (this.then.state === "words") this.words = this.then.words;
    return this.then;
  }

  endVerification(): void {
    this.words = undefined;
  }
}

function scene(links: readonly FakeLink[], key: PublicKey | null = bob.publicKey) {
  const store = openStore(":memory:");
  const trust = new Trust(store.knownPeers);
  const verifying = new VerificationFlow(trust);
  const conversation = {
    name: "bob",
    key: key ?? undefined,
    links: links as unknown as Link[],
  } as Conversation;
  return {
    trust,
    verifying,
    conversation,
    [Symbol.dispose]: () => store[Symbol.dispose](),
  };
}

Deno.test("both sides choose the same one of several links, in whichever order they have them", () => {
  const [low, high] = [new FakeLink(1, { state: "coming" }), new FakeLink(2, { state: "coming" })];
  for (const links of [[low, high], [high, low]]) {
    using there = scene(links);
    assertEquals(there.verifying.begin(there.conversation), { state: "coming" });
  }
  assertEquals([low.begun, high.begun], [2, 0]);
});

Deno.test("the answer is the words, or that the peer has to begin", () => {
  {
    using there = scene([new FakeLink(1, { state: "words", words: ["a", "b"] })]);
    assertEquals(there.verifying.begin(there.conversation), {
      state: "words",
      words: ["a", "b"],
    });
  }
  using there = scene([new FakeLink(1, { state: "peer-must-begin" })]);
  assertEquals(there.verifying.begin(there.conversation), { state: "peer-must-begin" });
});

Deno.test("equal words verify the key for good, even one that was not saved", () => {
  const link = new FakeLink(1, { state: "words", words: ["a"] });
  using there = scene([link]);
  there.verifying.begin(there.conversation);
  assertEquals(there.verifying.confirm(there.conversation, true), bob.fingerprint);
  assertEquals(there.trust.isVerified("bob", bob.publicKey), true);
  // The words have been compared, and cannot be compared twice.
  throwsSaying(() => there.verifying.confirm(there.conversation, true), "no words");
});

Deno.test("if the words differ, the key is forgotten and refused", () => {
  using there = scene([new FakeLink(1, { state: "words", words: ["a"] })]);
  there.trust.remember("bob", bob.publicKey);
  there.verifying.begin(there.conversation);
  assertEquals(there.verifying.confirm(there.conversation, false), undefined);
  assertEquals(there.trust.knows("bob"), false);
  assertEquals(there.trust.judge("bob", bob.publicKey, undefined).type, "rejected");
});

Deno.test("nothing can be confirmed before there are words", () => {
  using there = scene([new FakeLink(1, { state: "coming" })]);
  const { verifying, conversation } = there;
  for (const same of [true, false]) {
    throwsSaying(() => verifying.confirm(conversation, same), "/verify bob shows them");
  }
  assertEquals(there.trust.knows("bob"), false);
});

Deno.test("without a link, or a key, there is nothing to compare", () => {
  using away = scene([]);
  using plain = scene([], null);
  throwsSaying(
    () => away.verifying.begin(away.conversation),
    "bob is not connected; /chat bob first",
  );
  throwsSaying(() => plain.verifying.begin(plain.conversation), "plaintext");
});
