import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { keyOf } from "../../../support/store_fixture.ts";
import type { MessageEvent } from "../../../../client/events.ts";
import { plainText } from "../../../../client/ui/script/script.ts";
import { terminalLines } from "../../../../client/ui/terminal/terminal_lines.ts";
import {
  type Answer,
  errorSentence,
  passphrasePrompt,
  promptText,
  type Shown,
  wordingOf,
} from "../../../../client/ui/wording/wording.ts";
import type { OfType } from "../../../../client/ui/wording/wording_parts.ts";
import { UserError } from "../../../../client/user_error.ts";
import { Identity } from "../../../../shared/crypto/identity.ts";
import type { Fingerprint, PublicKey } from "../../../../shared/crypto/public_key.ts";
import { conversationWith, peer } from "../../../support/fake_client.ts";

const now = new Date(2026, 0, 2, 13, 45);
const sentAtMs = now.getTime();
const address = { host: "127.0.0.1", port: 5557 };

/** What a terminal would obey, or show in another order than it has. */
const unsafe =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb]|\p{Cs}/u;
/** The colours that this program itself sets. */
// deno-lint-ignore no-control-regex
const sgr = /\x1b\[[0-9;]*m/g;

const hostile = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.constantFrom(
    ...["\x1b[2J", "\x1b]52;c;x\x07", "\x9b31m", "\r", "\n", "\r\n", "\t", "\b", "\0", "\x7f"],
    ...["\u202e", "\u2066", "\u200f", "\u061c", "\u2028", "\u2029", "\u0085", "\ud800", "\udc00"],
    ...["bob", "* ", "error: ", "é", "🙂", " "],
  )).map((parts) => parts.join("")),
);
const place = fc.record({ host: hostile, port: fc.nat(65_535) });
const dialect = fc.constantFrom("p2pchat" as const, "raw" as const, "lines" as const);
const security = fc.constantFrom("plaintext" as const, "encrypted" as const, "verified" as const);
const fingerprint = hostile.map((text) => text as Fingerprint);
const key = hostile.map((text) => text as PublicKey);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const known = fc.record({ id: hostile, address: place, fingerprint }, {
  requiredKeys: ["id", "address"],
});
const problem = hostile.map((reason) => ({ code: "unexpected", reason }) as const);
const who = {
  conversation: hostile,
  name: hostile,
  person: maybe(fingerprint),
  device: maybe(key),
};
const words = fc.array(hostile, { minLength: 4, maxLength: 4 });
const verdict = fc.oneof(
  fc.record({
    type: fc.constant("changed" as const),
    presentedFingerprint: fingerprint,
    savedFingerprint: fingerprint,
    verified: fc.boolean(),
    serverFingerprint: maybe(fingerprint),
  }),
  fc.record({
    type: fc.constant("rejected" as const),
    presentedFingerprint: fingerprint,
    serverFingerprint: maybe(fingerprint),
  }),
  fc.record({
    type: fc.constant("contradicted" as const),
    presentedFingerprint: fingerprint,
    serverFingerprint: fingerprint,
  }),
);
const reason = fc.constantFrom(
  ...["you-left", "peer-left", "lost", "silent", "broken", "refused"] as const,
);

const count = fc.integer({ min: 1, max: 9 });
/** The largest number that a peer can send. */
const timeMs = fc.integer({ min: 0, max: 999_999_999_999_999 });
const entry = fc.record({
  row: fc.nat(),
  name: hostile,
  // Two persons, who may have one name.
  key: maybe(fc.constantFrom(keyOf(1), keyOf(2))),
  direction: fc.constantFrom("in" as const, "out" as const),
  id: hostile,
  text: hostile,
  sentAtMs: timeMs,
  atMs: timeMs,
  state: fc.constantFrom(
    ...["waiting", "deposited", "delivered", "read", "sent", "received"] as const,
  ),
  plaintext: fc.boolean(),
});
const entries = fc.array(entry, { maxLength: 4 });
const ids = fc.array(hostile, { maxLength: 12 });
const finding = fc.record({
  direction: fc.constantFrom("sent" as const, "received" as const),
  stream: hostile,
  same: fc.nat(),
  waiting: fc.nat(),
  missingHere: ids,
  missingThere: ids,
  differing: ids,
  complete: fc.boolean(),
});
const receivers = {
  to: fc.record({ person: maybe(fingerprint), device: maybe(key) }),
  have: fc.constant(1),
  of: fc.constant(1),
};
const devices = fc.array(
  fc.record({ device: maybe(key), address: maybe(place), connected: fc.boolean() }),
  { minLength: 1, maxLength: 2 },
);
const named = fc.record({ name: hostile });

/** One of each type to show. Every text in its fields comes from outside and means harm. */
type Arbitraries = {
  [T in Shown["type"]]: fc.Arbitrary<Omit<OfType<Shown, T>, "type">>;
};

const fields: Arbitraries = {
  listening: fc.record({ address: place }),
  "server-lost": fc.record({ problem }),
  "registered-again": fc.record({ server: place }),
  opened: fc.record({
    ...who,
    address: place,
    dialect,
    security,
    cause: fc.constantFrom("chat" as const, "delivery" as const, "call" as const),
    contact: fc.boolean(),
    isCurrent: fc.boolean(),
    waiting: fc.nat(3),
  }),
  message: fc.record({
    ...who,
    id: hostile,
    stream: maybe(hostile),
    seq: maybe(fc.nat()),
    kind: fc.constant("text" as const),
    plaintext: fc.boolean(),
    text: hostile,
    sentAtMs: timeMs,
  }),
  waiting: fc.record({ ...who, count }),
  deposited: fc.record({ ...who, count }),
  "deposit-refused": fc.record({ ...who, why: problem }),
  delivered: fc.record({
    ...who,
    ...receivers,
    id: hostile,
    waiting: fc.nat(3),
    wasWaiting: fc.boolean(),
  }),
  arrived: fc.record({ conversation: hostile, name: hostile, count }),
  read: fc.record({ ...who, ...receivers, id: hostile, count }),
  missed: fc.record({ ...who, count }),
  unconfirmed: fc.record({ ...who, texts: fc.array(hostile, { minLength: 1, maxLength: 3 }) }),
  closed: fc.record({ ...who, reason, detail: maybe(problem) }),
  presence: fc.record({ name: hostile, here: fc.boolean() }),
  "first-contact": fc.record({
    name: hostile,
    fingerprint,
    similarTo: fc.array(fc.record({ name: hostile, verified: fc.boolean() })),
  }),
  "key-changed": fc.record({ name: hostile, verdict }),
  "key-refused": fc.record({ name: hostile, verdict }),
  "server-contradicted": fc.record({
    name: hostile,
    serverFingerprint: fingerprint,
    presentedFingerprint: fingerprint,
    verified: fc.boolean(),
  }),
  "turned-away": fc.record({ why: problem }),
  "verification-asked": fc.record(who),
  "verification-words": fc.record({ name: hostile, words }),
  problem: fc.record({ problem }),
  registered: fc.record({
    id: hostile,
    address: place,
    server: place,
    expiresS: maybe(fc.nat()),
    keyed: fc.boolean(),
  }),
  unregistered: fc.record({ id: hostile }),
  clients: fc.record({
    count: fc.nat(),
    clients: fc.array(known, { maxLength: 4 }),
    selfId: hostile,
  }),
  bridged: fc.record({ found: maybe(known) }),
  calling: fc.record({ name: maybe(hostile), address: place }),
  away: fc.record({ name: hostile, why: maybe(problem) }),
  switched: named,
  trusted: fc.record({ name: hostile, fingerprint }),
  "verification-waits": named,
  verified: fc.record({ name: hostile, fingerprint }),
  "not-verified": named,
  contacts: fc.record({
    contacts: fc.array(
      fc.record({
        name: hostile,
        person: fingerprint,
        devices,
        presence: fc.constantFrom(
          "online" as const,
          "registered" as const,
          "away" as const,
          undefined,
        ),
        connected: fc.boolean(),
        waiting: fc.nat(3),
        lastAtMs: timeMs,
      }),
      { maxLength: 4 },
    ),
  }),
  history: fc.oneof(
    fc.record({ entries }),
    fc.record({ name: hostile, entries }),
    fc.record({ words: hostile, entries }),
  ),
  audited: fc.record({
    name: hostile,
    report: fc.record({ streams: fc.array(finding, { maxLength: 3 }) }),
  }),
  conversations: fc.record({
    conversations: fc.array(
      fc.record({ ...who, devices, dialect, security, waiting: fc.nat(3) }),
      { maxLength: 4 },
    ),
    current: maybe(hostile),
  }),
  help: fc.record({
    rows: fc.array(fc.tuple(hostile, hostile), { minLength: 1, maxLength: 4 }),
  }),
  hint: fc.record({
    hint: fc.constantFrom("local-only" as const, "server-line-not-encrypted" as const),
  }),
  "still-waiting": fc.record({ command: hostile }),
  "lines-dropped": fc.record({ lines: fc.array(hostile, { minLength: 1, maxLength: 3 }) }),
  "lines-refused": fc.record({ lines: fc.array(hostile, { minLength: 1, maxLength: 3 }) }),
  usage: fc.record({ usage: hostile, help: hostile }),
  "unknown-command": fc.record({ name: hostile, closest: hostile }),
  path: fc.record({ path: hostile }),
  "turn-failed": fc.record({ command: hostile }),
  "begun-for-another": fc.record({
    begunFor: maybe(hostile),
    current: hostile,
    asks: fc.boolean(),
  }),
  "not-a-line": fc.record({
    number: fc.nat(),
    why: fc.constantFrom("not-utf8" as const, "too-long" as const),
  }),
  "nobody-current": fc.record({
    command: fc.constantFrom("msg" as const, "close" as const, "audit" as const),
    names: fc.array(hostile, { maxLength: 3 }),
  }),
  "not-a-count": fc.record({ given: hostile, name: hostile }),
  "count-out-of-range": fc.record({ count: fc.nat(), max: fc.nat() }),
  "not-yes-or-no": fc.record({ given: hostile, name: hostile }),
  failed: fc.record({
    error: fc.oneof(
      problem.map((problem) => new UserError(problem)),
      hostile.map((text) => new RangeError(text)),
      hostile.map((text) => new Error(text)),
      hostile,
    ),
  }),
  converting: fc.record({
    to: fc.constantFrom("sealed" as const, "readable" as const),
    done: fc.nat(),
    total: fc.nat(),
  }),
  "identity-exposed": fc.record({ path: hostile, mode: hostile }),
  "identity-made": fc.constant({}),
  identity: fc.record({ key, fingerprint, path: hostile, hasPassphrase: fc.boolean() }),
  "passphrase-changed": fc.record({ before: fc.boolean(), now: fc.boolean() }),
  "identity-exported": fc.record({ path: hostile, plain: fc.boolean() }),
  "identity-imported": fc.record({
    fingerprint,
    wasThere: fc.boolean(),
    replaced: maybe(hostile),
  }),
  "backed-up": fc.record({
    path: hostile,
    messages: fc.nat(),
    protects: fc.constantFrom("nothing" as const, "identity" as const, "all" as const),
  }),
  restored: fc.record({
    fingerprint,
    messages: fc.nat(),
    madeAtMs: fc.nat(),
    keptIn: maybe(hostile),
  }),
};

/** A message from bob. */
function message(text: string, more: Partial<MessageEvent> = {}): MessageEvent {
  const place = { stream: undefined, seq: undefined, kind: "text" } as const;
  const event = { ...peer("bob"), ...place, type: "message", id: "1", plaintext: false } as const;
  return { ...event, text, sentAtMs, ...more };
}

/** Something of each type. */
const arbitraries = Object.entries(fields).map(([type, fields]) =>
  [type as Shown["type"], fields.map((fields: object) => ({ ...fields, type }) as Shown)] as const
);

for (const [type, arbitrary] of arbitraries) {
  Deno.test(`a terminal obeys nothing that comes from outside in ${type}`, () => {
    fc.assert(fc.property(arbitrary, (shown) => {
      for (const line of terminalLines(shown, now)) {
        assert(!unsafe.test(line.replaceAll(sgr, "")), JSON.stringify(line));
      }
      const printed = plainText(shown);
      assert(printed === "" || printed.endsWith("\n"));
      for (const line of printed.split("\n")) assert(!unsafe.test(line), JSON.stringify(line));
    }));
  });
}

Deno.test("a colour that comes from outside has no effect", () => {
  const lines = terminalLines(
    message("\x1b[31mred"),
    now,
  );
  assert(lines[0]!.endsWith("␛[31mred"), lines[0]);
});

Deno.test("a message whose text was changed on the disk is marked as such", () => {
  assertEquals(
    plainText(message("", { unreadable: true })),
    "bob: (this text was changed on the disk, and cannot be read)\n",
  );
});

Deno.test("scripts read one line for each message, whatever it contains", () => {
  fc.assert(fc.property(hostile, (text) => {
    assertEquals(plainText(message(text)).match(/\n/g)?.length, 1);
  }));
  assertEquals(
    plainText(message("one\ntwo")),
    "bob: one␊two\n",
  );
  assertEquals(
    plainText(message("one\ntwo", { plaintext: true })),
    "bob [plaintext]: one␊two\n",
  );
});

Deno.test("people read each line of a message, further ones indented", () => {
  const lines = terminalLines(
    message("one\nalice: two"),
    now,
  ).map((line) => line.replaceAll(sgr, ""));
  assertEquals(lines, ["13:45 bob: one", "      │ alice: two"]);
});

Deno.test("people see a mark on each line that came in plaintext", () => {
  const lines = terminalLines(
    message("one\nalice: two", { plaintext: true }),
    now,
  ).map((line) => line.replaceAll(sgr, ""));
  assertEquals(lines, ["13:45 bob [plaintext]: one", "      │ [plaintext] alice: two"]);
});

Deno.test("no message of a peer can pass for a notice, a problem or an encrypted message", () => {
  for (const [plaintext, mark] of [[false, ""], [true, " [plaintext]"]] as const) {
    fc.assert(fc.property(hostile, (text) => {
      const printed = plainText(message(text, { plaintext }));
      assert(printed.startsWith(`bob${mark}: `));
      const [first, ...further] = terminalLines(
        message(text, { plaintext }),
        now,
      ).map((line) => line.replaceAll(sgr, ""));
      assert(first!.startsWith(`13:45 bob${mark}: `));
      for (const line of further) assert(line.startsWith(`      │${mark} `));
    }));
  }
});

Deno.test("a terminal obeys nothing that comes from outside in an error or a prompt", () => {
  fc.assert(fc.property(hostile, (text) => {
    for (
      const error of [new UserError({ code: "unexpected", reason: text }), new Error(text), text]
    ) {
      assert(!unsafe.test(errorSentence(error)));
    }
    assert(!unsafe.test(promptText("alice", { name: text, waiting: 0 })));
    assert(!unsafe.test(passphrasePrompt({ what: "identity", path: text, attempt: 2 })));
    assert(!unsafe.test(promptText("alice", { turningTo: text })));
  }));
});

/** Where the second column of each row begins. */
function columns(lines: readonly string[], seconds: readonly string[]): Set<number> {
  return new Set(seconds.map((second, i) => lines[i]!.indexOf(second)));
}

Deno.test("names of any length are aligned, in lists of clients, of peers and in the help", () => {
  const id = fc.stringMatching(/^[A-Za-z0-9._-]{1,32}$/);
  fc.assert(fc.property(fc.array(id, { minLength: 1, maxLength: 8 }), (ids) => {
    const seconds = ids.map(() => "127.0.0.1:5557");
    const clients = ids.map((id) => ({ id, address }));
    const listed = wordingOf({ type: "clients", count: ids.length, clients, selfId: "" }).lines;
    assertEquals(listed.length, ids.length + 1);
    // An id may itself look like the end of an address: the column starts at the place that all rows share.
    assertEquals(columns(listed.slice(1), seconds).size, 1);
    const conversations = ids.map((name) => conversationWith(name));
    const open = { type: "conversations", conversations, current: undefined } as const;
    assertEquals(columns(wordingOf(open).lines.slice(1), seconds).size, 1);
    const rows = ids.map((id) => [`/${id}`, "help"] as const);
    const { lines } = wordingOf({ type: "help", rows });
    assertEquals(new Set(lines.map((line) => line.lastIndexOf("help"))).size, 1);
  }));
});

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
const unknown = { code: "not-registered", name: "bob" } as const;
const ask =
  "Either bob has a new machine, or somebody else uses that name. Ask bob some other way, such " +
  "as by phone; /trust bob accepts the key shown";

// All sentences, word for word.
const said: {
  [T in Shown["type"]]?: [shown: Omit<OfType<Shown, T>, "type">, string][];
} = {
  listening: [[{ address: { host: "::1", port: 1 } }, "* listening on [::1]:1"]],
  "server-lost": [[
    { problem: { code: "unexpected", reason: "It is gone" } },
    "error: It is gone. Trying again; conversations go on",
  ]],
  "registered-again": [[{ server: address }, "* registered again with the server 127.0.0.1:5557"]],
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
  missed: [
    [
      { ...bob, count: 1 },
      "* a message from bob is missing here: it went to another copy of your profile",
    ],
    [
      { ...bob, count: 2 },
      "* 2 messages from bob are missing here: they went to another copy of your profile",
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
    [{ ...bob, reason: "silent", detail: undefined }, "* the connection to bob is dead"],
    [{ ...bob, reason: "broken", detail: undefined }, "* the conversation with bob broke"],
    [{ ...bob, reason: "refused", detail: undefined }, "* bob was turned away"],
  ],
  presence: [
    [{ name: "bob", here: true }, "* bob is here"],
    [{ name: "bob", here: false }, "* bob has gone"],
  ],
  "first-contact": [
    [
      { name: "bob", fingerprint: person },
      `* First contact with bob. Key ${person} saved; run /verify bob to confirm it`,
    ],
    [
      {
        name: "Bob",
        fingerprint: person,
        similarTo: [{ name: "bob", verified: true }, { name: "b0b", verified: false }],
      },
      `* First contact with Bob. Key ${person} saved; run /verify Bob to confirm it\n` +
      "* Bob is NOT bob, whom you have verified: the two names only look alike\n" +
      "* Bob is NOT b0b, whom you know: the two names only look alike",
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
  "verification-words": [[
    { name: "bob", words: ["one", "two", "three", "four"] },
    "* bob sees the same four words if nobody is in the middle:\n" +
    "*     one  two  three  four\n" +
    "* compare them by voice, then /verify bob yes, or /verify bob no if they differ",
  ]],
  problem: [[{ problem: unknown }, "error: The server knows no bob; /info shows whom it knows"]],
  registered: [
    [
      { id: "alice", address, server: { ...address, tls: {} }, expiresS: 300, keyed: true },
      "* registered as alice at 127.0.0.1:5557 with the server tls://127.0.0.1:5557, refreshed while " +
      "this runs",
    ],
    [
      { id: "alice", address, server: address, expiresS: undefined, keyed: false },
      "* registered as alice at 127.0.0.1:5557 with the server 127.0.0.1:5557; it does not reserve " +
      "the name for your key",
    ],
  ],
  unregistered: [[{ id: "alice" }, "* unregistered: the server has forgotten alice"]],
  clients: [
    [
      { count: 3, clients: [{ id: "bob", address }], selfId: "bob" },
      "3 clients are registered:\n  bob  127.0.0.1:5557  (you)\n  and 2 more",
    ],
    [
      { count: 1, clients: [{ id: "bob", address }], selfId: "alice" },
      "1 client is registered:\n  bob  127.0.0.1:5557",
    ],
    [{ count: 0, clients: [], selfId: "bob" }, "nobody is registered"],
  ],
  bridged: [
    [
      { found: { id: "bob", address } },
      "* bob is at 127.0.0.1:5557; /chat bob opens a conversation",
    ],
    [
      { found: { id: "", address } },
      "* the server names a client at 127.0.0.1:5557; /chat 127.0.0.1:5557 opens a conversation",
    ],
    [{ found: undefined }, "* nobody else is registered yet; try /bridge again later"],
  ],
  calling: [
    [{ name: "bob", address }, "* calling bob at 127.0.0.1:5557"],
    [{ name: undefined, address }, "* calling 127.0.0.1:5557"],
  ],
  away: [
    [
      { name: "bob", why: unknown },
      "* talking to bob, who cannot be reached; what you write waits. The server knows no bob; " +
      "/info shows whom it knows",
    ],
    [
      { name: "bob", why: undefined },
      "* talking to bob, who cannot be reached; what you write waits",
    ],
  ],
  switched: [[{ name: "bob" }, "* talking to bob"]],
  trusted: [[
    { name: "bob", fingerprint: person },
    `* bob's key is ${person} from now on; /chat bob calls again`,
  ]],
  "verification-waits": [[{ name: "bob" }, "* waiting for bob to run /verify as well"]],
  verified: [[
    { name: "bob", fingerprint: person },
    `* bob is verified: the key ${person} is theirs`,
  ]],
  "not-verified": [[
    { name: "bob" },
    "error: The words differ, so somebody is between you and bob and has read what was said. The key " +
    "is forgotten and the conversation ended",
  ]],
  conversations: [
    [{ conversations: [], current: undefined }, "no conversation is open; /chat opens one"],
    [
      { conversations: [conversationWith("bob")], current: undefined },
      "1 conversation is open:\n  bob  127.0.0.1:5557  encrypted",
    ],
    [
      {
        conversations: [
          { ...conversationWith("bob"), security: "verified" },
          { ...conversationWith("x"), dialect: "raw", security: "plaintext" },
        ],
        current: bob.conversation,
      },
      "2 conversations are open:\n  bob  127.0.0.1:5557  verified  (current)\n" +
      "  x    127.0.0.1:5557  plaintext, raw",
    ],
    [
      {
        conversations: [
          conversationWith("bob", { connected: false, waiting: 2 }),
          conversationWith("carol"),
        ],
        current: peer("carol").conversation,
      },
      "2 conversations are open:\n  bob    away            encrypted, 2 waiting\n" +
      "  carol  127.0.0.1:5557  encrypted  (current)",
    ],
  ],
  help: [[{ rows: [["/a", "one"], ["/long", "two"]] }, "  /a     one\n  /long  two"]],
  hint: [
    [
      { hint: "local-only" },
      "* only this machine can call you; start with --host 0.0.0.0 to let others",
    ],
    [
      { hint: "server-line-not-encrypted" },
      "* the connection to the server is not encrypted: anyone on the way can see whom you look for " +
      "and change what the server says; put tls:// before its address if the server supports it",
    ],
  ],
  "still-waiting": [[{ command: "/info" }, "* still waiting for /info …"]],
  "lines-dropped": [
    [{ lines: ["one"] }, "* dropped the line that was still to be done: “one”"],
    [
      { lines: ["one", "two"] },
      "* dropped 2 lines that were still to be done; the first is “one”",
    ],
  ],
  "lines-refused": [
    [{ lines: ["one"] }, "* “one” was not sent; the up arrow brings it back"],
    [
      { lines: ["one", "two"] },
      "* 2 more lines were not sent; the up arrow brings them back; the first is “one”",
    ],
  ],
  "unknown-command": [[
    { name: "tmp", closest: "msg" },
    "error: There is no /tmp; did you mean /msg? /help shows all commands, and // begins a message " +
    "with a slash",
  ]],
  path: [[
    { path: "etc/passwd" },
    "error: not sent: there is no command /etc/passwd; // begins a message with a slash: " +
    "//etc/passwd",
  ]],
  "turn-failed": [
    [{ command: "/chat dave" }, "error: not sent: /chat dave failed"],
    [{ command: "x".repeat(100) }, `error: not sent: ${"x".repeat(79)}… failed`],
  ],
  "begun-for-another": [
    [
      { begunFor: "bob", current: "carol", asks: true },
      "error: not sent: this line was begun for bob, and you now talk to carol: Enter sends it to " +
      "carol, Ctrl+U drops it",
    ],
    [
      { begunFor: undefined, current: "carol", asks: false },
      "error: not sent: this line was begun for nobody, and you now talk to carol",
    ],
  ],
  "not-a-line": [
    [{ number: 3, why: "not-utf8" }, "error: Line 3 is not UTF-8: it was not sent"],
    [
      { number: 3, why: "too-long" },
      "error: Line 3 is longer than a message can be: it was not sent",
    ],
  ],
  failed: [
    [
      { error: new UserError(unknown) },
      "error: The server knows no bob; /info shows whom it knows",
    ],
    [{ error: new RangeError("too long") }, "error: too long"],
    [{ error: new TypeError("x") }, "error: Something failed: TypeError: x"],
  ],
};

for (const [type, cases] of Object.entries(said)) {
  for (const [shown, printed] of cases as [object, string][]) {
    Deno.test(`${type} reads '${printed}'`, () => {
      assertEquals(plainText({ ...shown, type } as Shown, now), printed + "\n");
    });
  }
}

Deno.test("what went wrong is a problem, and nothing else is", () => {
  const problems: Shown["type"][] = ["server-lost", "unconfirmed", "problem", "failed", "usage"];
  problems.push("key-changed", "key-refused", "server-contradicted", "not-verified");
  problems.push("unknown-command", "nobody-current", "not-a-count", "count-out-of-range");
  problems.push("not-yes-or-no", "path", "turn-failed", "begun-for-another", "not-a-line");
  for (const [type, arbitrary] of arbitraries) {
    // This one depends on what was found.
    if (type === "audited") continue;
    const [sample] = fc.sample(arbitrary, 1);
    assertEquals(wordingOf(sample!).tone === "problem", problems.includes(type), type);
  }
});

Deno.test("a delivery that nobody waits for has no line in a terminal", () => {
  const delivered = { type: "delivered", ...bob, ...receiver, waiting: 0 } as const;
  assertEquals(terminalLines({ ...delivered, wasWaiting: false }, now), []);
  assertEquals(terminalLines({ ...delivered, wasWaiting: true }, now), []);
});

Deno.test("the prompt says who a line goes to, and how many messages they lack", () => {
  assertEquals(promptText("alice", undefined), "alice> ");
  assertEquals(promptText("alice", { name: "bob", waiting: 0 }), "alice → bob> ");
  assertEquals(promptText("alice", { name: "bob", waiting: 2 }), "alice → bob (2 waiting)> ");
  assertEquals(promptText("alice", { turningTo: "bob" }), "alice → bob …> ");
  assertEquals(promptText("alice", { turningTo: undefined }), "alice …> ");
});

type Contact = Extract<Answer, { type: "contacts" }>["contacts"][number];

const yesterday = new Date(2026, 0, 1, 23, 5).getTime();

Deno.test("a message of another day has its date with the time, in local time", () => {
  const [first, second] = terminalLines(
    message("one\ntwo", { sentAtMs: yesterday }),
    now,
  ).map((line) => line.replaceAll(sgr, ""));
  assertEquals(first, "2026-01-01 23:05 bob: one");
  assertEquals(second, "                 │ two");
});

Deno.test("/who is a table: who is here, when they last wrote, and what waits", () => {
  const contact = (name: string, more: Partial<Contact>) => {
    const { person, devices } = conversationWith(name);
    const state = { name, person, devices, presence: undefined, connected: false, waiting: 0 };
    return { ...state, lastAtMs: yesterday, ...more };
  };
  assertEquals(
    plainText({
      type: "contacts",
      contacts: [
        contact("bob", { presence: "online", connected: true, lastAtMs: sentAtMs }),
        contact("carol", { presence: "online" }),
        contact("dave", { presence: "away", waiting: 12 }),
        contact("e", { presence: "registered" }),
        contact("f", { waiting: 1 }),
        contact("g", { person: undefined, connected: true, lastAtMs: 0 }),
      ],
    }, now).split("\n"),
    [
      "you talk to 6 people:",
      "  bob    here, connected  13:45",
      "  carol  here             2026-01-01 23:05",
      "  dave   not here         2026-01-01 23:05  12 waiting",
      "  e      registered       2026-01-01 23:05",
      "  f      unknown          2026-01-01 23:05  1 waiting",
      "  g      here, plaintext",
      "",
    ],
  );
  assertEquals(
    plainText({ type: "contacts", contacts: [] }),
    "you have talked to nobody yet; /chat opens a conversation\n",
  );
});

const base = { row: 1, key: undefined, id: "0".repeat(32), atMs: sentAtMs, plaintext: false };
const kept = [
  { ...base, name: "bob", direction: "in", text: "Hi", sentAtMs: yesterday, state: "received" },
  { ...base, name: "bob", direction: "out", text: "a\nb", sentAtMs, state: "deposited" },
  { ...base, name: "carol", direction: "out", text: "c", sentAtMs, state: "read" },
  {
    ...base,
    name: "x",
    direction: "in",
    text: "→ bob  read\n13:45  bob  d",
    sentAtMs,
    state: "received",
    plaintext: true,
  },
] as const;

Deno.test("people read a history as a table, and no text in it passes for a row", () => {
  assertEquals(
    terminalLines({ type: "history", entries: kept }, now).map((line) => line.replaceAll(sgr, "")),
    [
      "the last 4 messages:",
      "  2026-01-01 23:05  bob                      Hi",
      "             13:45  → bob    at the mailbox  a",
      "                    │                        b",
      "             13:45  → carol  read            c",
      "             13:45  x        [plaintext]     → bob  read",
      "                    │        [plaintext]     13:45  bob  d",
    ],
  );
});

Deno.test("scripts read a line for each message of a history", () => {
  assertEquals(plainText({ type: "history", name: "bob", entries: kept }, now).split("\n"), [
    "the last 4 messages with bob:",
    "  2026-01-01 23:05  bob                      Hi",
    "             13:45  → bob    at the mailbox  a␊b",
    "             13:45  → carol  read            c",
    "             13:45  x        [plaintext]     → bob  read␊13:45  bob  d",
    "",
  ]);
  fc.assert(fc.property(entries, (entries) => {
    // Of one person.
    const printed = plainText({
      type: "history",
      entries: entries.map((entry) => ({ ...entry, key: keyOf(1) })),
    });
    assertEquals(printed.match(/\n/g)?.length, 1 + entries.length);
  }));
});

Deno.test("a history of received messages only has no column for states", () => {
  assertEquals(
    plainText({ type: "history", name: "bob", entries: [kept[0]] }, new Date(yesterday)),
    "the last message with bob:\n  23:05  bob  Hi\n",
  );
});

Deno.test("a list of messages has a title", () => {
  const entry = kept[0];
  const titles: [shown: Omit<Answer & { type: "history" }, "type">, title: string][] = [
    [{ entries: [] }, "no message yet"],
    [{ name: "bob", entries: [] }, "no message with bob yet"],
    [{ entries: [entry, entry] }, "the last 2 messages:"],
    [{ words: "supper", entries: [] }, "no message has “supper”"],
    [{ words: "supper", entries: [entry] }, "1 message has “supper”:"],
    [{ words: "x".repeat(99), entries: kept }, `4 messages have “${"x".repeat(59)}…”:`],
  ];
  for (const [shown, title] of titles) {
    assertEquals(plainText({ type: "history", ...shown }).split("\n")[0], title);
  }
});

const whole = {
  stream: "s",
  same: 5_012,
  waiting: 0,
  missingHere: [],
  missingThere: [],
  differing: [],
  complete: true,
};

Deno.test("an audit that finds everything alike says so, for each direction", () => {
  const audited = (...streams: (Answer & { type: "audited" })["report"]["streams"]) =>
    ({ type: "audited", name: "bob", report: { streams } }) as const;
  assertEquals(plainText(audited()), "nothing has been said with bob yet\n");
  assertEquals(
    plainText(audited(
      { ...whole, direction: "sent", waiting: 2 },
      { ...whole, direction: "received", same: 1 },
      { ...whole, direction: "sent", same: 0 },
    )),
    "sent to bob: 5,012 messages, all there, in order; 2 still wait\n" +
      "received from bob: 1 message, all here, in order\n",
  );
  assertEquals(
    plainText(audited({ ...whole, direction: "sent", same: 0, waiting: 1 })),
    "sent to bob: no message yet; 1 still waits\nreceived from bob: no message yet\n",
  );
});

Deno.test("an audit that finds a difference is a problem: it names messages, and what to do", () => {
  const missing = Array.from({ length: 12 }, (_, i) => `id${i}`);
  const event = {
    type: "audited",
    name: "bob",
    report: {
      streams: [
        { ...whole, direction: "sent", missingThere: missing },
        { ...whole, direction: "received", differing: ["x"], complete: false },
      ],
    },
  } as const;
  assertEquals(wordingOf(event).tone, "problem");
  const lines = plainText(event).trimEnd().split("\n");
  assertEquals(lines.slice(0, 4), [
    "error: sent to bob: 5,012 messages alike, but",
    "error:   12 confirmed by bob but not there:",
    "error:     id0",
    "error:     id1",
  ]);
  assertEquals(lines[12], "error:     and 2 more");
  assertMatch(lines[13]!, /send again what matters$/);
  assertEquals(lines.slice(14, 17), [
    "error: received from bob: 5,012 messages alike, but",
    "error:   1 differ or are in another place:",
    "error:     x",
  ]);
  assertMatch(lines[17]!, /p2pchat history export bob/);
  assertMatch(lines[18]!, /not compared/);
  for (const difference of ["missingHere", "missingThere", "differing"] as const) {
    for (const direction of ["sent", "received"] as const) {
      const streams = [{ ...whole, direction, [difference]: ["x"] }];
      const { tone } = wordingOf({ type: "audited", name: "bob", report: { streams } });
      assertEquals(tone, "problem");
    }
  }
});
