import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { helpRows } from "../../../../client/ui/commands/commands.ts";
import type { ChatEvent } from "../../../../client/events.ts";
import { isProblem, plainText } from "../../../../client/ui/script/script.ts";
import { promptText, terminalLines } from "../../../../client/ui/terminal/terminal.ts";
import { type ShownEvent, wordingOf } from "../../../../client/ui/wording/wording.ts";
import type { Fingerprint } from "../../../../shared/crypto/public_key.ts";

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
const hostileProblem = fc.oneof(
  fc.record({ code: fc.constant("text" as const), text: hostile }),
  fc.record({
    code: fc.constant("server-refused" as const),
    status: hostile,
    said: hostile,
    retryAfterS: fc.constantFrom(undefined, 17),
  }),
);
const fingerprint = hostile.map((text) => text as Fingerprint);
const place = fc.record({ host: hostile, port: fc.nat(65_535) });
const dialect = fc.constantFrom("p2pchat" as const, "raw" as const, "lines" as const);
const security = fc.constantFrom("plaintext", "encrypted", "verified");
const known = fc.record({ id: hostile, address: place, fingerprint }, {
  requiredKeys: ["id", "address"],
});
const serverSaid = fc.option(fingerprint, { nil: undefined });
const words = fc.array(hostile, { minLength: 4, maxLength: 4 });
const verdict = fc.oneof(
  fc.record({
    type: fc.constant("changed"),
    presentedFingerprint: fingerprint,
    savedFingerprint: fingerprint,
    verified: fc.boolean(),
    serverFingerprint: serverSaid,
  }),
  fc.record({
    type: fc.constant("contradicted"),
    presentedFingerprint: fingerprint,
    serverFingerprint: fingerprint,
  }),
);
const reason = fc.constantFrom(
  ...["you-left", "peer-left", "lost", "silent", "broken", "refused"] as const,
);

const count = fc.integer({ min: 1, max: 9 });
/** As far as numbers go that a peer can send. */
const timeMs = fc.integer({ min: 0, max: 999_999_999_999_999 });
const entry = fc.record({
  row: fc.nat(),
  name: hostile,
  key: fc.constant(undefined),
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

/** An event of each type, of which every text comes from outside and means harm. */
const events: { [T in ShownEvent["type"]]: fc.Arbitrary<Extract<ShownEvent, { type: T }>> } = {
  listening: fc.record({ type: fc.constant("listening"), address: place }),
  registered: fc.record({
    type: fc.constant("registered"),
    id: hostile,
    address: place,
    server: place,
    expiresS: fc.option(fc.nat(), { nil: undefined }),
    keyed: fc.boolean(),
  }),
  unregistered: fc.record({ type: fc.constant("unregistered"), id: hostile }),
  "server-lost": fc.record({ type: fc.constant("server-lost"), problem: hostileProblem }),
  "registered-again": fc.record({ type: fc.constant("registered-again"), server: place }),
  clients: fc.record({
    type: fc.constant("clients"),
    count: fc.nat(),
    clients: fc.array(known, { maxLength: 4 }),
    selfId: hostile,
  }),
  bridged: fc.record({
    type: fc.constant("bridged"),
    found: fc.option(known, { nil: undefined }),
  }),
  calling: fc.record({
    type: fc.constant("calling"),
    name: fc.option(hostile, { nil: undefined }),
    address: place,
  }),
  opened: fc.record({
    type: fc.constant("opened"),
    name: hostile,
    address: place,
    dialect,
    security,
    called: fc.constantFrom("by-us", "by-them"),
    current: fc.boolean(),
    waiting: fc.nat(3),
  }),
  message: fc.record({
    type: fc.constant("message"),
    name: hostile,
    plaintext: fc.boolean(),
    text: hostile,
    sentAtMs: timeMs,
  }),
  remembered: fc.record({
    type: fc.constant("remembered"),
    name: hostile,
    fingerprint,
  }),
  "key-refused": fc.record({ type: fc.constant("key-refused"), name: hostile, verdict }),
  "server-contradicted": fc.record({
    type: fc.constant("server-contradicted"),
    name: hostile,
    said: fingerprint,
    shown: fingerprint,
    verified: fc.boolean(),
  }),
  "turned-away": fc.record({ type: fc.constant("turned-away"), why: hostile }),
  trusted: fc.record({ type: fc.constant("trusted"), name: hostile, fingerprint }),
  "verification-asked": fc.record({ type: fc.constant("verification-asked"), name: hostile }),
  "verification-waits": fc.record({ type: fc.constant("verification-waits"), name: hostile }),
  "verification-words": fc.record({
    type: fc.constant("verification-words"),
    name: hostile,
    words,
  }),
  verified: fc.record({ type: fc.constant("verified"), name: hostile, fingerprint }),
  "not-verified": fc.record({ type: fc.constant("not-verified"), name: hostile }),
  away: fc.record({ type: fc.constant("away"), name: hostile, why: hostileProblem }),
  kept: fc.record({ type: fc.constant("kept"), name: hostile, count }),
  deposited: fc.record({ type: fc.constant("deposited"), name: hostile, count }),
  "not-deposited": fc.record({
    type: fc.constant("not-deposited"),
    name: hostile,
    why: hostileProblem,
  }),
  delivered: fc.record({
    type: fc.constant("delivered"),
    name: hostile,
    id: hostile,
    late: fc.boolean(),
  }),
  arrived: fc.record({ type: fc.constant("arrived"), name: hostile, count }),
  read: fc.record({ type: fc.constant("read"), name: hostile, count }),
  missed: fc.record({ type: fc.constant("missed"), name: hostile, count }),
  presence: fc.record({ type: fc.constant("presence"), name: hostile, here: fc.boolean() }),
  who: fc.record({
    type: fc.constant("who"),
    people: fc.array(
      fc.record({
        name: hostile,
        presence: fc.constantFrom("online", "registered", "away", undefined),
        connected: fc.boolean(),
        waiting: fc.nat(3),
        lastAtMs: timeMs,
      }),
      { maxLength: 4 },
    ),
  }),
  history: fc.oneof(
    fc.record({ type: fc.constant("history" as const), entries }),
    fc.record({ type: fc.constant("history" as const), name: hostile, entries }),
    fc.record({ type: fc.constant("history" as const), words: hostile, entries }),
  ),
  audited: fc.record({
    type: fc.constant("audited"),
    name: hostile,
    report: fc.record({ streams: fc.array(finding, { maxLength: 3 }) }),
  }),
  undelivered: fc.record({
    type: fc.constant("undelivered"),
    name: hostile,
    texts: fc.array(hostile, { minLength: 1, maxLength: 3 }),
  }),
  closed: fc.record({
    type: fc.constant("closed"),
    name: hostile,
    reason,
    detail: fc.option(hostile, { nil: undefined }),
  }),
  switched: fc.record({ type: fc.constant("switched"), name: hostile }),
  peers: fc.record({
    type: fc.constant("peers"),
    peers: fc.array(
      fc.record({
        name: hostile,
        address: fc.option(place, { nil: undefined }),
        dialect,
        security,
        current: fc.boolean(),
        waiting: fc.nat(3),
      }),
      { maxLength: 4 },
    ),
  }),
  help: fc.record({
    type: fc.constant("help"),
    rows: fc.array(fc.tuple(hostile, hostile), { minLength: 1, maxLength: 4 }),
  }),
  hint: fc.record({ type: fc.constant("hint"), hint: hostile }),
  waiting: fc.record({ type: fc.constant("waiting"), command: hostile }),
  problem: fc.record({ type: fc.constant("problem"), problem: hostile }),
};

for (const [type, event] of Object.entries(events)) {
  Deno.test(`a terminal obeys nothing that comes from outside in ${type}`, () => {
    fc.assert(fc.property(event as fc.Arbitrary<ShownEvent>, (event) => {
      for (const line of terminalLines(event, now)) {
        assert(!unsafe.test(line.replaceAll(sgr, "")), JSON.stringify(line));
      }
      // Scripts are told of each arrival.
      if (event.type === "arrived") return;
      const printed = plainText(event);
      assert(printed === "" || printed.endsWith("\n"));
      for (const line of printed.split("\n")) assert(!unsafe.test(line), JSON.stringify(line));
    }));
  });
}

Deno.test("a colour that comes from outside does not colour", () => {
  const lines = terminalLines(
    { type: "message", name: "bob", plaintext: false, text: "\x1b[31mred", sentAtMs },
    now,
  );
  assert(lines[0]!.endsWith("␛[31mred"), lines[0]);
});

Deno.test("scripts read one line a message, whatever it holds", () => {
  fc.assert(fc.property(events.message, (event) => {
    assertEquals(plainText(event).match(/\n/g)?.length, 1);
  }));
  assertEquals(
    plainText({ type: "message", name: "bob", plaintext: false, text: "one\ntwo", sentAtMs }),
    "bob: one␊two\n",
  );
  assertEquals(
    plainText({ type: "message", name: "bob", plaintext: true, text: "one\ntwo", sentAtMs }),
    "bob [plaintext]: one␊two\n",
  );
});

Deno.test("people read a line for each of a message's, the further ones set in", () => {
  const lines = terminalLines(
    { type: "message", name: "bob", plaintext: false, text: "one\nalice: two", sentAtMs },
    now,
  ).map((line) => line.replaceAll(sgr, ""));
  assertEquals(lines, ["13:45 bob: one", "      │ alice: two"]);
});

Deno.test("people read of each line that came in plaintext that it did", () => {
  const lines = terminalLines(
    { type: "message", name: "bob", plaintext: true, text: "one\nalice: two", sentAtMs },
    now,
  ).map((line) => line.replaceAll(sgr, ""));
  assertEquals(lines, ["13:45 bob [plaintext]: one", "      │ [plaintext] alice: two"]);
});

Deno.test("no message of a peer's passes for a notice or a problem, or for an encrypted one", () => {
  for (const [plaintext, mark] of [[false, ""], [true, " [plaintext]"]] as const) {
    fc.assert(fc.property(hostile, (text) => {
      const printed = plainText({ type: "message", name: "bob", plaintext, text, sentAtMs });
      assert(printed.startsWith(`bob${mark}: `));
      const [first, ...further] = terminalLines(
        { type: "message", name: "bob", plaintext, text, sentAtMs },
        now,
      ).map((line) => line.replaceAll(sgr, ""));
      assert(first!.startsWith(`13:45 bob${mark}: `));
      for (const line of further) assert(line.startsWith(`      │${mark} `));
    }));
  }
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
    const listed = wordingOf({ type: "clients", count: ids.length, clients, selfId: "" })!.lines;
    assertEquals(listed.length, ids.length + 1);
    // An id may itself look like an address's end: the column is where all have it.
    assertEquals(columns(listed.slice(1), seconds).size, 1);
    const peers = ids.map((name) => ({
      name,
      address,
      dialect: "p2pchat" as const,
      security: "encrypted" as const,
      current: false,
      waiting: 0,
    }));
    assertEquals(columns(wordingOf({ type: "peers", peers })!.lines.slice(1), seconds).size, 1);
  }));
  const help = wordingOf({ type: "help", rows: helpRows })!.lines;
  assertEquals(columns(help, helpRows.map(([, text]) => text)).size, 1);
});

// What is said, word for word where scripts may look for it.
const said: [event: ChatEvent, printed: string][] = [
  [{ type: "listening", address: { host: "::1", port: 1 } }, "* listening on [::1]:1\n"],
  [{ type: "delivered", name: "bob", id: "1", late: false }, "* delivered to bob\n"],
  [{ type: "delivered", name: "bob", id: "1", late: true }, "* delivered to bob\n"],
  [
    { type: "away", name: "bob", why: { code: "text", text: "The server knows no bob" } },
    "* talking to bob, who cannot be reached; what you write waits. The server knows no bob\n",
  ],
  [{ type: "kept", name: "bob", count: 1 }, "* waiting for bob\n"],
  [{ type: "kept", name: "bob", count: 3 }, "* 3 messages wait for bob\n"],
  [{ type: "deposited", name: "bob", count: 1 }, "* at the server's mailbox for bob\n"],
  [
    { type: "deposited", name: "bob", count: 3 },
    "* at the server's mailbox for bob: 3 messages\n",
  ],
  [
    {
      type: "not-deposited",
      name: "bob",
      why: { code: "deposit-refused", status: "507", said: "the mailbox is full" },
    },
    "* what waits for bob stays on this machine: the mailbox is full\n",
  ],
  [{ type: "read", name: "bob", count: 1 }, "* read by bob\n"],
  [{ type: "read", name: "bob", count: 2 }, "* read by bob: 2 messages\n"],
  [{ type: "missed", name: "bob", count: 1 }, "* a message of bob's is not here: "],
  [{ type: "missed", name: "bob", count: 2 }, "* 2 messages of bob's are not here: "],
  [{ type: "presence", name: "bob", here: true }, "* bob is here\n"],
  [{ type: "presence", name: "bob", here: false }, "* bob has gone\n"],
  [{ type: "bridged", found: { id: "bob", address } }, "* bob is at 127.0.0.1:5557;"],
  [{ type: "bridged", found: undefined }, "* nobody else is registered yet;"],
  [
    { type: "clients", count: 3, clients: [{ id: "bob", address }], selfId: "bob" },
    "3 clients are registered:\n  bob  127.0.0.1:5557  (you)\n  and 2 more\n",
  ],
  [{ type: "clients", count: 0, clients: [], selfId: "bob" }, "nobody is registered\n"],
  [{ type: "peers", peers: [] }, "no conversation is open;"],
  [
    {
      type: "peers",
      peers: [
        {
          name: "bob",
          address,
          dialect: "p2pchat",
          security: "verified",
          current: true,
          waiting: 0,
        },
        { name: "x", address, dialect: "raw", security: "plaintext", current: false, waiting: 0 },
      ],
    },
    "2 conversations are open:\n  bob  127.0.0.1:5557  verified  (current)\n" +
    "  x    127.0.0.1:5557  plaintext, raw\n",
  ],
  [
    {
      type: "opened",
      name: "bob",
      address,
      dialect: "p2pchat",
      security: "encrypted",
      called: "by-them",
      current: false,
      waiting: 0,
    },
    "* bob (127.0.0.1:5557) has called, encrypted; /switch bob to answer\n",
  ],
  [
    {
      type: "opened",
      name: "bob",
      address,
      dialect: "p2pchat",
      security: "plaintext",
      called: "by-us",
      current: true,
      waiting: 0,
    },
    "* connected to bob (127.0.0.1:5557); nothing is encrypted\n",
  ],
  [
    { type: "message", name: "bob", plaintext: true, text: "Hello", sentAtMs },
    "bob [plaintext]: Hello\n",
  ],
  [
    { type: "closed", name: "bob", reason: "peer-left", detail: "supper" },
    "* bob has left: supper\n",
  ],
  [{ type: "problem", problem: "Nobody is there" }, "error: Nobody is there\n"],
];

for (const [event, printed] of said) {
  Deno.test(`${JSON.stringify(event).slice(0, 60)} reads '${printed.trim()}'`, () => {
    assert(plainText(event, now).startsWith(printed), plainText(event, now));
  });
}

Deno.test("texts that were not confirmed are named, long ones shortened", () => {
  const one = plainText({ type: "undelivered", name: "bob", texts: ["Hello"] });
  assertMatch(one, /^error: bob did not confirm .*“Hello”\n$/);
  const long = plainText({ type: "undelivered", name: "bob", texts: ["🙂".repeat(99), "x"] });
  assertMatch(long, /2 messages.*“(🙂){59}…”\n$/u);
});

Deno.test("what went wrong is a problem, and nothing else is", () => {
  const problems = ["server-lost", "undelivered", "problem"]
    .concat("key-refused", "server-contradicted", "not-verified");
  for (const [type, event] of Object.entries(events)) {
    // Of these it depends on what was found.
    if (type === "audited" || type === "arrived") continue;
    const [sample] = fc.sample(event as fc.Arbitrary<ChatEvent>, 1);
    assertEquals(isProblem(sample!), problems.includes(type), type);
  }
});

Deno.test("what waits for a peer is said where it goes out, and in the list of conversations", () => {
  const opened = (waiting: number, current: boolean) =>
    plainText({
      type: "opened",
      name: "bob",
      address,
      dialect: "p2pchat",
      security: "encrypted",
      called: "by-us",
      current,
      waiting,
    });
  const connected = "* connected to bob (127.0.0.1:5557), encrypted";
  assertEquals(opened(0, true), `${connected}\n`);
  assertEquals(opened(1, true), `${connected}; sending the message that waited\n`);
  assertEquals(
    opened(2, false),
    `${connected}; sending the 2 messages that waited; /switch bob to answer\n`,
  );
  const peer = { dialect: "p2pchat", security: "encrypted", current: false } as const;
  assertEquals(
    plainText({
      type: "peers",
      peers: [
        { ...peer, name: "bob", address: undefined, waiting: 2 },
        { ...peer, name: "carol", address, waiting: 0, current: true },
      ],
    }),
    "2 conversations are open:\n  bob    away            encrypted, 2 waiting\n" +
      "  carol  127.0.0.1:5557  encrypted  (current)\n",
  );
});

Deno.test("the prompt says whom a line goes to, and how much they do not have yet", () => {
  const id = "alice";
  assertEquals(promptText({ id, current: undefined, waiting: 0 }), "alice> ");
  assertEquals(promptText({ id, current: "bob", waiting: 0 }), "alice → bob> ");
  assertEquals(promptText({ id, current: "bob", waiting: 2 }), "alice → bob (2 waiting)> ");
});

const yesterday = new Date(2026, 0, 1, 23, 5).getTime();

Deno.test("a message of another day has its date with the time, in people's time", () => {
  const [first, second] = terminalLines(
    { type: "message", name: "bob", plaintext: false, text: "one\ntwo", sentAtMs: yesterday },
    now,
  ).map((line) => line.replaceAll(sgr, ""));
  assertEquals(first, "2026-01-01 23:05 bob: one");
  assertEquals(second, "                 │ two");
});

Deno.test("who is here is a table: where they are, when it was, and what waits", () => {
  const lastAtMs = yesterday;
  assertEquals(
    plainText({
      type: "who",
      people: [
        { name: "bob", presence: "online", connected: true, waiting: 0, lastAtMs: sentAtMs },
        { name: "carol", presence: "online", connected: false, waiting: 0, lastAtMs },
        { name: "dave", presence: "away", connected: false, waiting: 12, lastAtMs },
        { name: "e", presence: "registered", connected: false, waiting: 0, lastAtMs },
        { name: "f", presence: undefined, connected: false, waiting: 1, lastAtMs },
      ],
    }, now).split("\n"),
    [
      "you talk to 5 people:",
      "  bob    here, connected  13:45",
      "  carol  here             2026-01-01 23:05",
      "  dave   not here         2026-01-01 23:05  12 waiting",
      "  e      registered       2026-01-01 23:05",
      "  f      not known        2026-01-01 23:05  1 waiting",
      "",
    ],
  );
  assertEquals(
    plainText({ type: "who", people: [] }),
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
  fc.assert(fc.property(events.history, (event) => {
    assertEquals(plainText(event).match(/\n/g)?.length, 1 + event.entries.length);
  }));
});

Deno.test("where all that is shown came from a peer, no column is left for what became of it", () => {
  assertEquals(
    plainText({ type: "history", name: "bob", entries: [kept[0]] }, new Date(yesterday)),
    "the last message with bob:\n  23:05  bob  Hi\n",
  );
});

Deno.test("a list of messages says what it is a list of", () => {
  const entry = kept[0];
  const titles: [shown: Omit<ChatEvent & { type: "history" }, "type">, title: string][] = [
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
  const audited = (...streams: (ChatEvent & { type: "audited" })["report"]["streams"]) =>
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
  assert(isProblem(event));
  const lines = plainText(event).trimEnd().split("\n");
  assertEquals(lines.slice(0, 4), [
    "error: sent to bob: 5,012 messages alike, but",
    "error:   12 confirmed by bob and not there:",
    "error:     id0",
    "error:     id1",
  ]);
  assertEquals(lines[12], "error:     and 2 more");
  assertMatch(lines[13]!, /send again what matters$/);
  assertEquals(lines.slice(14, 17), [
    "error: received from bob: 5,012 messages alike, but",
    "error:   1 differ, or stand in another place:",
    "error:     x",
  ]);
  assertMatch(lines[17]!, /p2pchat history export bob/);
  assertMatch(lines[18]!, /not compared/);
  for (const difference of ["missingHere", "missingThere", "differing"] as const) {
    for (const direction of ["sent", "received"] as const) {
      const streams = [{ ...whole, direction, [difference]: ["x"] }];
      assert(isProblem({ type: "audited", name: "bob", report: { streams } }));
    }
  }
});
