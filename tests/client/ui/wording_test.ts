import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { helpRows } from "../../../client/commands.ts";
import type { ChatEvent } from "../../../client/events.ts";
import { isProblem, plainText } from "../../../client/ui/lines.ts";
import { terminalLines } from "../../../client/ui/terminal.ts";
import { wordingOf } from "../../../client/ui/wording.ts";

const now = new Date(2026, 0, 2, 13, 45);
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
const security = fc.constantFrom("plaintext", "encrypted", "verified");
const known = fc.record({ id: hostile, address: place, fingerprint: hostile }, {
  requiredKeys: ["id", "address"],
});
const serverSaid = fc.option(hostile, { nil: undefined });
const words = fc.array(hostile, { minLength: 4, maxLength: 4 });
const verdict = fc.oneof(
  fc.record({
    type: fc.constant("changed"),
    shown: hostile,
    known: hostile,
    verified: fc.boolean(),
    said: serverSaid,
  }),
  fc.record({ type: fc.constant("contradicted"), shown: hostile, said: hostile }),
);
const reason = fc.constantFrom(
  ...["you-left", "peer-left", "lost", "silent", "broken", "refused"] as const,
);

/** An event of each type, of which every text comes from outside and means harm. */
const events: { [T in ChatEvent["type"]]: fc.Arbitrary<Extract<ChatEvent, { type: T }>> } = {
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
  "server-lost": fc.record({ type: fc.constant("server-lost"), problem: hostile }),
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
  }),
  message: fc.record({
    type: fc.constant("message"),
    name: hostile,
    plaintext: fc.boolean(),
    text: hostile,
  }),
  remembered: fc.record({
    type: fc.constant("remembered"),
    name: hostile,
    fingerprint: hostile,
  }),
  "key-refused": fc.record({ type: fc.constant("key-refused"), name: hostile, verdict }),
  "server-contradicted": fc.record({
    type: fc.constant("server-contradicted"),
    name: hostile,
    said: hostile,
    shown: hostile,
    verified: fc.boolean(),
  }),
  "turned-away": fc.record({ type: fc.constant("turned-away"), why: hostile }),
  trusted: fc.record({ type: fc.constant("trusted"), name: hostile, fingerprint: hostile }),
  "verification-asked": fc.record({ type: fc.constant("verification-asked"), name: hostile }),
  "verification-waits": fc.record({ type: fc.constant("verification-waits"), name: hostile }),
  "verification-words": fc.record({
    type: fc.constant("verification-words"),
    name: hostile,
    words,
  }),
  verified: fc.record({ type: fc.constant("verified"), name: hostile, fingerprint: hostile }),
  "not-verified": fc.record({ type: fc.constant("not-verified"), name: hostile }),
  delivered: fc.record({ type: fc.constant("delivered"), name: hostile, id: hostile }),
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
      fc.record({ name: hostile, address: place, dialect, security, current: fc.boolean() }),
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
    fc.assert(fc.property(event as fc.Arbitrary<ChatEvent>, (event) => {
      for (const line of terminalLines(event, now)) {
        assert(!unsafe.test(line.replaceAll(sgr, "")), JSON.stringify(line));
      }
      const printed = plainText(event);
      assert(printed === "" || printed.endsWith("\n"));
      for (const line of printed.split("\n")) assert(!unsafe.test(line), JSON.stringify(line));
    }));
  });
}

Deno.test("a colour that comes from outside does not colour", () => {
  const lines = terminalLines(
    { type: "message", name: "bob", plaintext: false, text: "\x1b[31mred" },
    now,
  );
  assert(lines[0]!.endsWith("␛[31mred"), lines[0]);
});

Deno.test("scripts read one line a message, whatever it holds", () => {
  fc.assert(fc.property(events.message, (event) => {
    assertEquals(plainText(event).match(/\n/g)?.length, 1);
  }));
  assertEquals(
    plainText({ type: "message", name: "bob", plaintext: false, text: "one\ntwo" }),
    "bob: one␊two\n",
  );
  assertEquals(
    plainText({ type: "message", name: "bob", plaintext: true, text: "one\ntwo" }),
    "bob [plaintext]: one␊two\n",
  );
});

Deno.test("people read a line for each of a message's, the further ones set in", () => {
  const lines = terminalLines(
    { type: "message", name: "bob", plaintext: false, text: "one\nalice: two" },
    now,
  ).map((line) => line.replaceAll(sgr, ""));
  assertEquals(lines, ["13:45 bob: one", "      │ alice: two"]);
});

Deno.test("people read of each line that came in plaintext that it did", () => {
  const lines = terminalLines(
    { type: "message", name: "bob", plaintext: true, text: "one\nalice: two" },
    now,
  ).map((line) => line.replaceAll(sgr, ""));
  assertEquals(lines, ["13:45 bob [plaintext]: one", "      │ [plaintext] alice: two"]);
});

Deno.test("no message of a peer's passes for a notice or a problem, or for an encrypted one", () => {
  for (const [plaintext, mark] of [[false, ""], [true, " [plaintext]"]] as const) {
    fc.assert(fc.property(hostile, (text) => {
      const printed = plainText({ type: "message", name: "bob", plaintext, text });
      assert(printed.startsWith(`bob${mark}: `));
      const [first, ...further] = terminalLines(
        { type: "message", name: "bob", plaintext, text },
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
    }));
    assertEquals(columns(wordingOf({ type: "peers", peers })!.lines.slice(1), seconds).size, 1);
  }));
  const help = wordingOf({ type: "help", rows: helpRows })!.lines;
  assertEquals(columns(help, helpRows.map(([, text]) => text)).size, 1);
});

// What is said, word for word where scripts may look for it.
const said: [event: ChatEvent, printed: string][] = [
  [{ type: "listening", address: { host: "::1", port: 1 } }, "* listening on [::1]:1\n"],
  [{ type: "delivered", name: "bob", id: "1" }, "* delivered to bob\n"],
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
        { name: "bob", address, dialect: "p2pchat", security: "verified", current: true },
        { name: "x", address, dialect: "raw", security: "plaintext", current: false },
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
    },
    "* connected to bob (127.0.0.1:5557); nothing is encrypted\n",
  ],
  [
    { type: "message", name: "bob", plaintext: true, text: "Hello" },
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
    assert(plainText(event).startsWith(printed), plainText(event));
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
    const [sample] = fc.sample(event as fc.Arbitrary<ChatEvent>, 1);
    assertEquals(isProblem(sample!), problems.includes(type), type);
  }
});
