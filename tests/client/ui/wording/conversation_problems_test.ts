import { assertEquals } from "@std/assert";
import type { ConversationProblem } from "../../../../client/problems/conversation_problem.ts";
import { problemSentence } from "../../../../client/ui/wording/problem_sentences.ts";
import type { AuditProblem, ConnectorProblem } from "../../../../client/user_error.ts";
import { Identity } from "../../../../shared/crypto/identity.ts";
import { assertSentences, type SentenceCases } from "../../../support/problems.ts";

const { fingerprint: presentedFingerprint } = Identity.fromSeed(new Uint8Array(32).fill(1));
const { fingerprint: serverFingerprint } = Identity.fromSeed(new Uint8Array(32).fill(2));
const person = presentedFingerprint;
const address = { host: "127.0.0.1", port: 5557 };
const name = "bob";
const full = "the disk is full";
const detail = { code: "peer-silent" } as const;

const auditCases: SentenceCases<AuditProblem> = {
  "audit-answers-do-not-fit": [[
    { code: "audit-answers-do-not-fit" },
    "Cannot compare: the other side's answers do not fit together; it may have been talking meanwhile, " +
    "or its program is another one; try again",
  ]],
  "nothing-to-compare": [[
    { code: "nothing-to-compare", self: "alice", name },
    "Cannot compare with bob: alice has no conversation with bob",
  ]],
  "not-found-by-server": [[
    { code: "not-found-by-server", name },
    "Cannot compare with bob: the server does not say where bob is",
  ]],
  "peer-does-not-encrypt": [[{ code: "peer-does-not-encrypt", name }, "bob does not encrypt"]],
  "audit-not-possible": [
    [
      { code: "audit-not-possible", name, detail: undefined },
      "Cannot compare with bob: the connection ended",
    ],
    [
      { code: "audit-not-possible", name, detail },
      "Cannot compare with bob: it stopped answering",
    ],
  ],
};

const connectorCases: SentenceCases<ConnectorProblem> = {
  "not-registered": [[
    { code: "not-registered", name },
    "The server knows no bob; /info shows whom it knows",
  ]],
  "look-up-not-possible": [[
    { code: "look-up-not-possible", name, answered: "carol" },
    "The server cannot look up bob: it named carol instead; /chat IP:PORT calls an address",
  ]],
  "too-many-links": [[
    { code: "too-many-links", max: 64 },
    "Cannot call: 64 conversations are open; /close one first",
  ]],
  "leaving": [[{ code: "leaving" }, "Cannot call: this client is about to end"]],
  "not-punched": [
    [{ code: "not-punched", name, why: "no-udp" }, "This machine gives no port of UDP"],
    [
      { code: "not-punched", name, why: "peer-without-udp" },
      `${name} names no address of UDP: they have not answered you yet, or their machine or network has none`,
    ],
    [
      { code: "not-punched", name, why: "no-answer" },
      "Nothing comes through over UDP: one of the routers takes another port for everybody, or lets no UDP " +
      "out; p2pchat doctor says of yours what it does",
    ],
  ],
  "relay-only": [
    [
      { code: "relay-only", name },
      "With --private bob is called over the server alone, if that relays",
    ],
    [
      { code: "relay-only", name: undefined },
      "With --private nobody is called at an address, since that would show yours; /chat NAME calls " +
      "over the server",
    ],
  ],
  "call-refused": [
    [
      { code: "call-refused", name, address, detail },
      "The call to bob was given up: it stopped answering",
    ],
    [
      { code: "call-refused", name: undefined, address, detail: undefined },
      "The call to 127.0.0.1:5557 was given up: it hung up",
    ],
  ],
  "call-ended": [[
    { code: "call-ended", name, address, detail: undefined },
    "The client at 127.0.0.1:5557 ended the call: it hung up",
  ]],
};

type StoreFailed = ConversationProblem & { code: "store-failed" };
const storeFailed = (doing: StoreFailed["doing"], keyed = true): StoreFailed => ({
  code: "store-failed",
  doing,
  name,
  reason: full,
  keyed,
});

const conversationCases: SentenceCases<ConversationProblem> = {
  "not-an-id": [[
    { code: "not-an-id", id: "b b" },
    "The id 'b b' is not 1 to 32 letters of A-Z, a-z, digits, dots, underscores and hyphens",
  ]],
  "not-a-peer": [[
    { code: "not-a-peer", to: "b b" },
    "'b b' is neither an address such as 127.0.0.1:5557 nor the id of a client",
  ]],
  "that-is-yourself": [[
    { code: "that-is-yourself" },
    "That is yourself; /chat takes somebody else",
  ]],
  "no-conversation": [
    [
      { code: "no-conversation", to: name, open: [] },
      "No conversation is called bob: none is open; /chat opens one",
    ],
    [
      { code: "no-conversation", to: name, open: ["carol", "dave"] },
      "No conversation is called bob: there is carol, dave",
    ],
  ],
  "not-connected": [
    [
      { code: "not-connected", name },
      "bob is not connected; /chat bob first",
    ],
    [
      { code: "not-connected", name: "127.0.0.1:50000", plaintext: true },
      "127.0.0.1:50000 is not connected; /chat IP:PORT calls a program of the original kind where " +
      "it listens",
    ],
  ],
  "caller-contradicted": [[
    { code: "caller-contradicted", name, presentedFingerprint, serverFingerprint },
    `Somebody has called as bob with the key ${presentedFingerprint}, and the server names ` +
    `${serverFingerprint}: one of them is wrong. /switch bob answers all the same; to call the other ` +
    "one, /close bob first",
  ]],
  "call-not-taken": [[
    { code: "call-not-taken", reason: "out of memory" },
    "Cannot take a call: out of memory",
  ]],
  "cannot-begin": [[
    { code: "cannot-begin", name, reason: full },
    "Cannot begin a conversation with bob: the disk is full",
  ]],
  "wrong-peer": [[
    { code: "wrong-peer", expected: "bob", answered: "carol" },
    "you called bob, and carol answers there: bob has left that address, or the server is wrong. " +
    "Nothing was sent; /chat carol if you mean carol",
  ]],
  "own-key": [[{ code: "own-key" }, "that is yourself, by your name and by your key"]],
  "namesake": [[
    { code: "namesake", name: "alice" },
    "somebody with another key than yours goes by your name, alice",
  ]],
  "other-key": [[{ code: "other-key", name }, "bob has another key than expected"]],
  "replaced-key": [
    [
      {
        code: "replaced-key",
        name,
        shown: { number: 1, dateS: 1_700_000_000 },
        latest: { number: 2, dateS: 253_402_300_799 },
      },
      "bob shows an encryption key that bob has replaced: its certificate is number 1, dated " +
      "2023-11-14, and another key's is number 2, dated 9999-12-31. Either that is an old copy of " +
      "their profile, or somebody has stolen the old key",
    ],
    [
      { code: "replaced-key", name, shown: undefined, latest: { number: 2, dateS: 0 } },
      "bob shows an encryption key that bob has replaced: its certificate has no number, and another " +
      "key's is number 2, dated 1970-01-01. Either that is an old copy of their profile, or somebody " +
      "has stolen the old key",
    ],
  ],
  "certificate-not-saved": [[
    { code: "certificate-not-saved", name, reason: "the disk is full" },
    "Cannot save which encryption key bob uses now: the disk is full. One that came before it may be " +
    "taken again",
  ]],
  "audit-by-unknown": [[
    { code: "audit-by-unknown", name },
    "bob wants to compare messages and is no contact",
  ]],
  blocked: [[{ code: "blocked", name }, "bob is blocked; /unblock bob first"]],
  "no-key-to-block": [[
    { code: "no-key-to-block", who: "bob" },
    "No key of bob is known. /block takes somebody who encrypts, or the fingerprint of a key",
  ]],
  "too-many-blocked": [[
    { code: "too-many-blocked", who: "bob" },
    "Cannot block bob: so many keys are blocked that no more can be; --contacts-only refuses all whom you " +
    "do not know",
  ]],
  "no-key-to-ignore": [[
    { code: "no-key-to-ignore", who: "bob" },
    "No key of bob is known. /ignore takes somebody who encrypts, or the fingerprint of a key",
  ]],
  "too-many-ignored": [[
    { code: "too-many-ignored", who: "bob" },
    "Cannot ignore bob: so many keys are ignored that no more can be; /unignore one first",
  ]],
  "not-ignored": [
    [{ code: "not-ignored", who: "bob", ignored: [] }, "bob is not ignored: nobody is"],
    [
      { code: "not-ignored", who: "bob", ignored: [{ name: "carol", fingerprint: person }] },
      "bob is not ignored: there is carol",
    ],
  ],
  "away-too-long": [[
    { code: "away-too-long", max: 240 },
    "What you say of your absence is too long: at most 240 bytes are passed on",
  ]],
  "no-key-to-nick": [[
    { code: "no-key-to-nick", who: "bob" },
    "No key of bob is known, and a local name is that of a key: /nick takes somebody who encrypts",
  ]],
  "not-a-local-name": [[
    { code: "not-a-local-name", localName: "my bro" },
    "“my bro” can be no local name: such a name has 1 to 32 letters of A-Z, a-z, digits, dots, " +
    "underscores and hyphens",
  ]],
  "local-name-alike": [[
    { code: "local-name-alike", localName: "c4rol", similarTo: "carol" },
    "“c4rol” looks like carol, which is somebody else: choose another local name",
  ]],
  "too-many-local-names": [[
    { code: "too-many-local-names", who: "bob" },
    "Cannot give bob a local name: so many people have one that no more can; /nick NAME takes one away",
  ]],
  "no-local-name": [[
    { code: "no-local-name", who: "bob" },
    "bob has no local name; /nick shows who has one",
  ]],
  "not-blocked": [
    [{ code: "not-blocked", who: "bob", blocked: [] }, "bob is not blocked: nobody is"],
    [
      {
        code: "not-blocked",
        who: "bob",
        blocked: [{ name: "carol", fingerprint: person }, { name: undefined, fingerprint: person }],
      },
      `bob is not blocked: there is carol, ${person}`,
    ],
  ],
  "no-contact": [
    [
      { code: "no-contact", name, address, person },
      `bob, with the key ${person}, is no contact, and you let in contacts only`,
    ],
    [
      { code: "no-contact", name: undefined, address, person: undefined },
      "127.0.0.1:5557 is no contact, and you let in contacts only",
    ],
  ],
  "too-many-links-of-one-host": [[
    { code: "too-many-links-of-one-host", max: 4 },
    "more than 4 links with people at one host whom you do not know",
  ]],
  "too-many-links-of-one-peer": [[
    { code: "too-many-links-of-one-peer", max: 4 },
    "more than 4 links with one peer",
  ]],
  "not-encrypted": [
    [
      { code: "not-encrypted", name: undefined, address, known: undefined },
      "127.0.0.1:5557 cannot encrypt: what is said could be read and changed on the way. Start the " +
      "client with --allow-plaintext to talk to such programs all the same",
    ],
    [
      { code: "not-encrypted", name, address, known: "bob" },
      "bob at 127.0.0.1:5557 did not encrypt, though bob has a key: either that is somebody else, or " +
      "somebody in the middle has taken the encryption away",
    ],
  ],
  "no-answer-as-encrypted": [
    [
      { code: "no-answer-as-encrypted", name, address, known: undefined },
      "bob does not answer as a client that encrypts does: it is slow, or cannot encrypt. Try again, " +
      "or start the client with --allow-plaintext to talk to programs that cannot",
    ],
    [
      { code: "no-answer-as-encrypted", name: undefined, address, known: "bob" },
      "127.0.0.1:5557 does not answer as a client that encrypts does: it is slow, or cannot encrypt. " +
      "Try again",
    ],
  ],
  "cannot-look-up-key": [[
    { code: "cannot-look-up-key", name, reason: full },
    "Cannot look up the key of bob: the disk is full",
  ]],
  "key-not-saved": [[
    { code: "key-not-saved", name, reason: full },
    "Cannot save the key of bob: the disk is full. Next time it will be new again",
  ]],
  "cannot-note-contact": [[
    { code: "cannot-note-contact", name, reason: full },
    "Cannot save that you know bob: the disk is full",
  ]],
  "no-words-yet": [[
    { code: "no-words-yet", name },
    "There are no words to compare yet: /verify bob shows them once both of you have typed it",
  ]],
  "no-key-to-verify": [[
    { code: "no-key-to-verify", name },
    "bob talks in plaintext: there is no key to verify",
  ]],
  "not-kept": [[
    { code: "not-kept", reason: full },
    "Cannot save the message: the disk is full. It was not sent",
  ]],
  "sent-not-kept": [[
    { code: "sent-not-kept", name, reason: full },
    "What was sent to bob is not in the history: the disk is full",
  ]],
  "shown-not-noted": [[
    { code: "shown-not-noted", reason: full },
    "the disk is full; what was shown will be shown again at the next start",
  ]],
  "store-failed": [
    [
      storeFailed("receive"),
      "Cannot save what came from bob: the disk is full; it will be sent again",
    ],
    [storeFailed("receive", false), "Cannot save what came from bob: the disk is full"],
    [
      storeFailed("mark-shown"),
      "Cannot save what was shown from bob: the disk is full; it will be shown again at the next start",
    ],
    [storeFailed("mark-delivered"), "Cannot save what was delivered to bob: the disk is full"],
    [storeFailed("mark-read"), "Cannot save what was read by bob: the disk is full"],
    [storeFailed("renumber"), "Cannot send again what waits for bob: the disk is full"],
    [storeFailed("deliver"), "Cannot deliver what waits for bob: the disk is full"],
    [storeFailed("confirm"), "Cannot confirm what came from bob: the disk is full"],
  ],
  "contacts-not-listed": [[
    { code: "contacts-not-listed", reason: full },
    "Cannot tell the server who your contacts are: the disk is full",
  ]],
  "cannot-watch": [[
    { code: "cannot-watch", reason: full },
    "Cannot look up whose presence to ask for: the disk is full",
  ]],
  "mail-not-kept": [[
    { code: "mail-not-kept", name, reason: full },
    "Cannot save what came from bob by mail: the disk is full",
  ]],
  "too-many-unanswered": [[
    { code: "too-many-unanswered", name, count: 100 },
    "bob has sent 100 messages that you have not answered; no more are accepted until you /accept bob",
  ]],
  "too-many-unanswered-of-all": [[
    { code: "too-many-unanswered-of-all", name },
    "People whom you do not know have sent as much as is kept for all of them, so what bob sends is not " +
    "accepted until you /accept bob",
  ]],
};

Deno.test("what goes wrong with calls, conversations and their comparison has a sentence", () => {
  assertSentences(auditCases);
  assertSentences(connectorCases);
  assertSentences(conversationCases);
});

Deno.test("what nobody expected is said in the words of the error", () => {
  assertEquals(problemSentence({ code: "unexpected", reason: "x is undefined" }), "x is undefined");
});
