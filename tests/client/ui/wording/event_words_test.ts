// What is said of each event, word for word.

import { assertEquals } from "@std/assert";
import { terminalLines } from "../../../../client/ui/terminal/terminal_lines.ts";
import { Identity } from "../../../../shared/crypto/identity.ts";
import { peer } from "../../../support/fake_client.ts";
import { message, now, testWords } from "../../../support/shown_lines.ts";

const address = { host: "127.0.0.1", port: 5557 };

const { fingerprint: person } = Identity.fromSeed(new Uint8Array(32).fill(1));
const { fingerprint: another } = Identity.fromSeed(new Uint8Array(32).fill(2));
const bob = peer("bob");
const connection = {
  address,
  dialect: "p2pchat",
  security: "encrypted",
  contact: true,
} as const;
const receiver = { to: { person: bob.person, device: bob.device }, have: 1, of: 1, id: "1" };
const full = { code: "deposit-refused", status: "507", said: "the mailbox is full" } as const;
const back = { name: "bob", isNews: true, isAgain: true, hasCalled: false, isCurrent: false };
const unknown = { code: "not-registered", name: "bob" } as const;
const ask =
  "Either bob has a new machine, or somebody else uses that name. Ask bob some other way, such " +
  "as by phone; /trust bob accepts the key shown";

testWords({
  listening: [[{ address: { host: "::1", port: 1 } }, "* listening on [::1]:1"]],
  "server-lost": [[
    { problem: { code: "unexpected", reason: "It is gone" } },
    "error: It is gone. Trying again; conversations go on",
  ], [
    { problem: { code: "name-taken", id: "bob" } },
    "error: The name bob is taken: it belongs to another key. If it is you: p2pchat identity import " +
    "FILE brings your key here. Else choose another name: p2pchat client NAME",
  ]],
  "registered-again": [[{ server: address }, "* registered again with the server 127.0.0.1:5557"]],
  displaced: [[
    { id: "alice" },
    "error: Another p2pchat of yours, perhaps on another machine, has registered as alice: others " +
    "reach that one now, and it gets the mail. Open conversations go on here; /register takes the " +
    "name back",
  ]],
  opened: [
    [
      { ...bob, ...connection, contact: false, cause: "call", isCurrent: false, waiting: 0 },
      "* bob (127.0.0.1:5557) calls, encrypted; /chat bob answers",
    ],
    [
      { ...bob, ...connection, cause: "call", isCurrent: false, waiting: 0 },
      "* bob (127.0.0.1:5557) has called, encrypted; /switch bob to answer",
    ],
    [
      { ...bob, ...connection, security: "plaintext", cause: "chat", isCurrent: true, waiting: 0 },
      "* connected to bob (127.0.0.1:5557); nothing is encrypted",
    ],
    [
      {
        ...bob,
        ...connection,
        security: "plaintext",
        cause: "chat",
        isCurrent: true,
        waiting: 0,
        similarTo: [{ name: "Bob", standing: "verified" }],
      },
      "* connected to bob (127.0.0.1:5557); nothing is encrypted\n" +
      "* bob is NOT Bob, whom you have verified: the two names only look alike",
    ],
    [
      { ...bob, ...connection, security: "verified", cause: "chat", isCurrent: true, waiting: 1 },
      "* connected to bob (127.0.0.1:5557), verified; sending the message that waited",
    ],
    [
      { ...bob, ...connection, cause: "delivery", isCurrent: false, waiting: 2 },
      "* connected to bob (127.0.0.1:5557), encrypted; sending the 2 messages that waited; " +
      "/switch bob to answer",
    ],
    [
      {
        ...peer("127.0.0.1:5557"),
        address,
        dialect: "raw",
        security: "plaintext",
        cause: "call",
        contact: false,
        isCurrent: true,
        waiting: 0,
      },
      "* 127.0.0.1:5557 has called, who sends raw text: messages are not confirmed, and names are " +
      "not sent; nothing is encrypted",
    ],
    [
      {
        ...bob,
        address,
        dialect: "lines",
        security: "plaintext",
        cause: "chat",
        contact: false,
        isCurrent: true,
        waiting: 0,
      },
      "* connected to bob (127.0.0.1:5557), who sends lines of text: messages are not confirmed; " +
      "nothing is encrypted",
    ],
  ],
  message: [
    [message("Hello"), "bob: Hello"],
    [message("Hello", { plaintext: true }), "bob [plaintext]: Hello"],
  ],
  waiting: [
    [{ ...bob, count: 1 }, "* waiting for bob"],
    [{ ...bob, count: 3 }, "* 3 messages wait for bob"],
  ],
  deposited: [
    [{ ...bob, count: 1 }, "* at the server's mailbox for bob"],
    [{ ...bob, count: 3 }, "* at the server's mailbox for bob: 3 messages"],
  ],
  "deposit-refused": [[
    { ...bob, why: full },
    "* what waits for bob stays on this machine: the mailbox is full",
  ]],
  delivered: [
    [{ ...bob, ...receiver, waiting: 0, wasWaiting: false }, "* delivered to bob"],
    [{ ...bob, ...receiver, waiting: 1, wasWaiting: true }, "* delivered to bob"],
  ],
  arrived: [
    [{ ...bob, count: 1 }, "* delivered to bob: the message that waited"],
    [{ ...bob, count: 9 }, "* delivered to bob: 9 messages that waited"],
  ],
  read: [
    [{ ...bob, ...receiver, count: 1 }, "* read by bob"],
    [{ ...bob, ...receiver, count: 2 }, "* read by bob: 2 messages"],
  ],
  absent: [
    [{ ...bob, text: "back at eight" }, "* bob is away: “back at eight”"],
    [{ ...bob, text: "" }, "* bob is away"],
    // It is one line, whatever it says.
    [
      { ...bob, text: "\r\n* carol is away\u202e" },
      "* bob is away: “␍␊* carol is away<U+202E>”",
    ],
    [{ ...bob, text: "x".repeat(240) }, `* bob is away: “${"x".repeat(119)}…”`],
  ],
  missed: [
    [
      { ...bob, count: 1 },
      "* a message from bob is missing here: bob says that it went to another copy of your profile",
    ],
    [
      { ...bob, count: 2 },
      "* 2 messages from bob are missing here: bob says that they went to another copy of your profile",
    ],
    [
      { ...bob, count: 99_999_999_999_997 },
      "* more than 100,000 messages from bob are missing here: bob says that they went to another copy of your profile",
    ],
  ],
  unconfirmed: [
    [
      { ...bob, texts: ["Hello"] },
      "error: bob did not confirm your last message, so it may not have arrived: “Hello”",
    ],
    [
      { ...bob, texts: ["🙂".repeat(99), "x"] },
      "error: bob did not confirm your last 2 messages, so they may not have arrived; the first is " +
      `“${"🙂".repeat(59)}…”`,
    ],
  ],
  closed: [
    [{ ...bob, reason: "you-left", detail: undefined }, "* you left bob"],
    [{ ...bob, reason: "peer-left", detail: undefined }, "* bob has left"],
    [
      { ...bob, reason: "peer-left", detail: { code: "unexpected", reason: "supper" } },
      "* bob has left: supper",
    ],
    [
      { ...bob, reason: "lost", detail: undefined },
      "* the connection to bob is lost; /chat bob calls again",
    ],
    [
      { ...bob, person: undefined, device: undefined, reason: "lost", detail: undefined },
      "* the connection to bob is lost",
    ],
    [{ ...bob, reason: "silent", detail: undefined }, "* the connection to bob is dead"],
    [{ ...bob, reason: "broken", detail: undefined }, "* the conversation with bob broke"],
    [{ ...bob, reason: "refused", detail: undefined }, "* bob was turned away"],
  ],
  presence: [
    [{ name: "bob", here: true }, "* bob is here"],
    [{ name: "bob", here: false }, "* bob has gone"],
  ],
  returned: [
    [{ ...back, delivered: 3, waiting: 0 }, "* bob is here again: 3 messages delivered"],
    [{ ...back, isAgain: false, delivered: 1, waiting: 0 }, "* bob is here: 1 message delivered"],
    [{ ...back, delivered: 2, waiting: 9 }, "* bob is here again: 2 of 11 messages delivered"],
    [
      { ...back, delivered: 0, waiting: 2 },
      "* bob is here again; sending the 2 messages that waited",
    ],
    [
      { ...back, isNews: false, delivered: 0, waiting: 1 },
      "* connected to bob; sending the message that waited",
    ],
    [
      { ...back, isNews: false, delivered: 2, waiting: 0 },
      "* connected to bob: 2 messages delivered",
    ],
    [
      { ...back, hasCalled: true, isCurrent: true, delivered: 2, waiting: 0 },
      "* bob is here again: 2 messages delivered",
    ],
    [
      { ...back, hasCalled: true, isCurrent: true, delivered: 0, waiting: 0 },
      "* bob is here again and has called",
    ],
    [
      { ...back, hasCalled: true, delivered: 0, waiting: 0 },
      "* bob is here again and has called; /switch bob to answer",
    ],
    [
      { ...back, isNews: false, hasCalled: true, delivered: 1, waiting: 0 },
      "* bob has called: 1 message delivered",
    ],
  ],
  "first-contact": [
    [
      { name: "bob", fingerprint: person, vouched: true },
      `* first contact with bob, key ${person}; /verify bob confirms it`,
    ],
    [
      { name: "bob", fingerprint: person, vouched: false },
      `* first contact with bob, key ${person}, for which no server vouches; /verify bob confirms it`,
    ],
    [
      { name: "bob", fingerprint: person, vouched: true, keyFromServer: true },
      `* first contact with bob, who is away. The key ${person} is the server's word: what you write is ` +
      "sealed for whoever has it, until bob comes and shows that it is theirs",
    ],
    [
      { name: "bob", fingerprint: person, vouched: true, displaced: another },
      `* first contact with bob, whose key ${person} the server vouches for. Whoever has called as bob ` +
      `before had another one, ${another}, which is forgotten; run /verify bob to confirm the new one`,
    ],
    [
      {
        name: "Bob",
        fingerprint: person,
        vouched: true,
        similarTo: [
          { name: "bob", standing: "verified" },
          { name: "b0b", standing: "contact" },
          { name: "8ob", standing: "unknown" },
        ],
      },
      `* first contact with Bob, key ${person}; /verify Bob confirms it\n` +
      "* Bob is NOT bob, whom you have verified: the two names only look alike\n" +
      "* Bob is NOT b0b, whom you know: the two names only look alike\n" +
      "* Bob is NOT 8ob, who has called you before: the two names only look alike",
    ],
  ],
  "key-changed": [
    [
      {
        name: "bob",
        verdict: {
          type: "changed",
          presentedFingerprint: person,
          savedFingerprint: another,
          verified: true,
          serverFingerprint: undefined,
        },
      },
      "error: bob has ANOTHER KEY than before and was refused:\n" +
      `error: verified  ${another}\nerror: shown  ${person}\nerror: ${ask}`,
    ],
    [
      {
        name: "bob",
        verdict: {
          type: "changed",
          presentedFingerprint: person,
          savedFingerprint: another,
          verified: false,
          serverFingerprint: person,
        },
      },
      "error: bob has ANOTHER KEY than before and was refused:\n" +
      `error: known  ${another}\nerror: shown  ${person}\n` +
      `error: The server names the key shown\nerror: ${ask}`,
    ],
  ],
  "key-refused": [
    [
      {
        name: "bob",
        verdict: { type: "contradicted", presentedFingerprint: person, serverFingerprint: another },
      },
      "error: bob does not show the key that the server names and was refused:\n" +
      `error: shown  ${person}\nerror: The server names ${another}\nerror: ${ask}`,
    ],
    [
      {
        name: "bob",
        verdict: { type: "rejected", presentedFingerprint: person, serverFingerprint: undefined },
      },
      "error: bob shows the key whose words differed from yours and was refused:\n" +
      `error: shown  ${person}\nerror: ${ask}`,
    ],
  ],
  "server-contradicted": [true, false].map((verified) => [
    { name: "bob", serverFingerprint: another, presentedFingerprint: person, verified },
    `error: The server names a different key for bob, ${another}; bob has proven to have ${person}, ` +
    `the one ${verified ? "you verified" : "you know"}. The server is wrong or lying`,
  ]),
  "turned-away": [[
    { why: { code: "namesake", name: "alice" } },
    "* turned a call away: somebody with another key than yours goes by your name, alice",
  ]],
  "verification-asked": [[
    bob,
    "* bob wants to make sure that nobody is in the middle: run /verify bob",
  ]],
  "verification-cut": [[
    bob,
    "error: The comparison of words with bob was cut off before there were any; if that happens again, somebody may be between you, and try until the words fit",
  ]],
  "verification-words": [[
    { name: "bob", words: ["one", "two", "three", "four"] },
    "* bob sees the same four words if nobody is in the middle:\n" +
    "*     one  two  three  four\n" +
    "* compare them by voice, then /verify bob yes, or /verify bob no if they differ",
  ]],
  problem: [[{ problem: unknown }, "error: The server knows no bob; /info shows whom it knows"]],
});

Deno.test("a delivery that nobody waits for has no line in a terminal", () => {
  const delivered = { type: "delivered", ...bob, ...receiver, waiting: 0 } as const;
  assertEquals(terminalLines({ ...delivered, wasWaiting: false }, now), []);
  assertEquals(terminalLines({ ...delivered, wasWaiting: true }, now), []);
});
