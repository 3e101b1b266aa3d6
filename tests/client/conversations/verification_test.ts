import { assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../../client/user_error.ts";
import type { Conversation } from "../../../client/conversations/conversation.ts";
import type { ChatEvent } from "../../../client/events.ts";
import type { Link } from "../../../client/link/link.ts";
import type { VerificationState } from "../../../client/link/peer_session.ts";
import { openStore } from "../../../client/store/store.ts";
import { Trust } from "../../../client/trust/trust.ts";
import { VerificationFlow } from "../../../client/conversations/verification.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import type { PublicKey } from "../../../shared/crypto/public_key.ts";

const bob = Identity.generate();

/** A link to bob, of which a test says what is to be compared on it. */
class FakeLink {
  readonly peerId = "bob";
  readonly peerKey = bob.publicKey;
  readonly handshakeHash: Uint8Array;
  words: readonly string[] | undefined;
  begun = 0;

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
  const events: ChatEvent[] = [];
  const verifying = new VerificationFlow({ trust, emit: (event) => events.push(event) });
  const conversation = {
    name: "bob",
    key: key ?? undefined,
    links: links as unknown as Link[],
  } as Conversation;
  return {
    trust,
    events,
    verifying,
    conversation,
    [Symbol.dispose]: () => store[Symbol.dispose](),
  };
}

Deno.test("of several links both sides take the same one, in whatever order they have them", () => {
  const [low, high] = [new FakeLink(1, { state: "coming" }), new FakeLink(2, { state: "coming" })];
  for (const links of [[low, high], [high, low]]) {
    using there = scene(links);
    there.verifying.begin(there.conversation);
    assertEquals(there.events, []);
  }
  assertEquals([low.begun, high.begun], [2, 0]);
});

Deno.test("the words are shown, or that the peer is to begin", () => {
  {
    using there = scene([new FakeLink(1, { state: "words", words: ["a", "b"] })]);
    there.verifying.begin(there.conversation);
    assertEquals(there.events, [{ type: "verification-words", name: "bob", words: ["a", "b"] }]);
  }
  using there = scene([new FakeLink(1, { state: "peer-must-begin" })]);
  there.verifying.begin(there.conversation);
  assertEquals(there.events, [{ type: "verification-waits", name: "bob" }]);
});

Deno.test("the same words verify the key for good, also one that was not remembered", () => {
  const link = new FakeLink(1, { state: "words", words: ["a"] });
  using there = scene([link]);
  there.verifying.begin(there.conversation);
  assertEquals(there.verifying.conclude(there.conversation, true), bob.fingerprint);
  assertEquals(there.trust.isVerified("bob", bob.publicKey), true);
  assertEquals(there.events.at(-1), {
    type: "verified",
    name: "bob",
    fingerprint: bob.fingerprint,
  });
  // The words have been compared: they are not there to be compared twice.
  assertThrows(() => there.verifying.conclude(there.conversation, true), UserError, "no words");
});

Deno.test("other words have the key forgotten and refused", () => {
  using there = scene([new FakeLink(1, { state: "words", words: ["a"] })]);
  there.trust.remember("bob", bob.publicKey);
  there.verifying.begin(there.conversation);
  assertEquals(there.verifying.conclude(there.conversation, false), undefined);
  assertEquals(there.trust.knows("bob"), false);
  assertEquals(there.trust.judge("bob", bob.publicKey, undefined).type, "rejected");
  assertEquals(there.events.at(-1), { type: "not-verified", name: "bob" });
});

Deno.test("nothing is concluded before there are words", () => {
  using there = scene([new FakeLink(1, { state: "coming" })]);
  const { verifying, conversation } = there;
  for (const same of [true, false]) {
    assertThrows(() => verifying.conclude(conversation, same), UserError, "/verify bob shows them");
  }
  assertEquals([there.events, there.trust.knows("bob")], [[], false]);
});

Deno.test("without a link, or a key, there is nothing to compare", () => {
  using away = scene([]);
  using plain = scene([], null);
  assertThrows(() => away.verifying.begin(away.conversation), UserError, "/chat bob before");
  assertThrows(() => plain.verifying.begin(plain.conversation), UserError, "plaintext");
});
