import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import type { Registered } from "../../../../client/rendezvous/rendezvous.ts";
import { UserError } from "../../../../client/user_error.ts";
import {
  complete,
  holdsText,
  isMessage,
  type LineOutcome,
  messageLine,
  runLine,
  turnOf,
} from "../../../../client/ui/commands/commands.ts";
import { parseLine } from "../../../../client/ui/commands/parsed_line.ts";
import type { Answer, Shown } from "../../../../client/ui/wording/wording.ts";
import { plainText } from "../../../../client/ui/script/script.ts";
import { codePoint } from "../../../support/code_point.ts";
import {
  type Call,
  conversationWith,
  FakeSession,
  peer,
  registered,
} from "../../../support/fake_client.ts";
import type { Address } from "../../../../shared/net/address.ts";
import { keyOf } from "../../../support/store_fixture.ts";
import { Identity } from "../../../../shared/crypto/identity.ts";
import { FakeClock } from "../../../support/fake_clock.ts";

const carol = peer("carol").conversation;

/** A session for lines, without anybody to talk to or with somebody who is the current one. */
function sitting(current?: string) {
  const t = new FakeSession();
  if (current !== undefined) t.turnTo(current);
  const clock = new FakeClock();
  const { session, fake, shown } = t;
  const types = (line: string) => runLine(line, { session, show: shown.take, clock });
  return { fake, shown, clock, session, types, turnTo: (name: string) => t.turnTo(name) };
}

/** Runs a line. */
async function run(line: string, { error, current }: { error?: Error; current?: string } = {}) {
  const t = sitting(current);
  t.fake.error = error;
  const outcome = await t.types(line);
  const problems = t.shown.all.filter(isProblem).map(sentenceOf);
  const answers = t.shown.all.filter(isAnswer);
  return { calls: t.fake.calls, outcome, quits: outcome === "quit", problems, answers };
}

function isProblem(shown: Shown): boolean {
  return plainText(shown).startsWith("error: ");
}

function isAnswer(shown: Shown): boolean {
  return !isProblem(shown);
}

function sentenceOf(shown: Shown): string {
  return plainText(shown).replace(/^error: /, "").trimEnd();
}

const lines: [line: string, ...call: Call][] = [
  ["/register", "register"],
  ["/unregister", "unregister"],
  ["/info", "info"],
  ["/info  ", "info"],
  ["/bridge", "bridge", undefined],
  ["/bridge bob", "bridge", "bob"],
  ["/bridge   bob  ", "bridge", "bob"],
  ["/chat 127.0.0.1:5557", "chat", "127.0.0.1:5557"],
  ["/chat [::1]:5557", "chat", "[::1]:5557"],
  ["/chat bob", "chat", "bob"],
  ["/msg Hello Bob!", "send", carol, "Hello Bob!"],
  ["/msg  set in", "send", carol, " set in"],
  ["/msg /quit", "send", carol, "/quit"],
  ["/me waves", "send", carol, "/me waves"],
  ["/me  waves\n\nand goes", "send", carol, "/me waves\n\nand goes"],
  ["//me waves", "send", carol, "/me waves"],
  ["/verify bob", "verify", "bob"],
  ["/verify bob~2  yes ", "confirmVerification", "bob~2", true],
  ["/verify bob no", "confirmVerification", "bob", false],
  ["/trust bob", "trust", "bob"],
  ["/trust bob abcd-efgh", "trust", "bob", "abcd-efgh"],
  ["/history bob", "history", "bob", 20],
  ["/history  bob~2   1000 ", "history", "bob~2", 1_000],
  ["/history 50 20", "history", "50", 20],
  ["/search supper", "search", "supper"],
  ["/search  supper  at eight ", "search", "supper  at eight"],
  ["/who", "who"],
  ["/path", "path", carol],
  ["/path bob", "path", "bob"],
  ["/audit", "audit", carol],
  ["/audit bob", "audit", "bob"],
  ["/switch bob~2", "answer", "bob~2"],
  ["/close", "close", carol],
  ["/close bob", "close", "bob"],
  ["Hello Bob!", "send", carol, "Hello Bob!"],
  ["  set in", "send", carol, "  set in"],
  ["//etc/hosts", "send", carol, "/etc/hosts"],
  ["//", "send", carol, "/"],
  ["1/2", "send", carol, "1/2"],
  [" /info", "info"],
  ["\t/chat\tbob", "chat", "bob"],
  ["\u00a0/close\u00a0bob", "close", "bob"],
  ["\ufeff/who", "who"],
  [" /verify bob yes", "confirmVerification", "bob", true],
  ["  /msg  set in", "send", carol, " set in"],
  ["  //etc/hosts", "send", carol, "  /etc/hosts"],
  ["///", "send", carol, "//"],
  ["\u200b//", "send", carol, "\u200b/"],
];

for (const [line, method, ...args] of lines) {
  Deno.test(`'${line}' asks for ${method}(${args.join()})`, async () => {
    const { calls, quits, problems } = await run(line, { current: "carol" });
    // An argument that is undefined counts as absent.
    assertEquals(
      calls.map(([own, ...given]) => [own, ...given.filter((arg) => arg !== undefined)]),
      [
        [method, ...args.filter((arg) => arg !== undefined)],
      ],
    );
    assertEquals(quits, false);
    assertEquals(problems, []);
  });
}

const address = { host: "127.0.0.1", port: 5557, source: { serverHost: "127.0.0.1" } };
const { fingerprint } = Identity.fromSeed(new Uint8Array(32).fill(1));
const words = ["a", "b", "c", "d"];
const conversation = conversationWith("bob");
const why = { code: "not-registered", name: "bob" } as const;

// What the client returns, and what is shown of it.
const answered: [line: string, method: string, returned: unknown, shown: Answer[]][] = [
  ["/bridge", "bridge", undefined, [{ type: "bridged", found: undefined }]],
  ["/bridge bob", "bridge", { id: "bob", address }, [
    { type: "bridged", found: { id: "bob", address } },
  ]],
  ["/info", "info", { count: 1, clients: [{ id: "alice", address }] }, [
    { type: "clients", count: 1, clients: [{ id: "alice", address }], selfId: "alice" },
  ]],
  ["/unregister", "unregister", undefined, [{ type: "unregistered", id: "alice" }]],
  ["/chat bob", "chat", { how: "opened", conversation }, []],
  ["/chat bob", "chat", { how: "already-open", conversation }, [{ type: "switched", name: "bob" }]],
  ["/chat bob", "chat", { how: "away", conversation, why }, [{ type: "away", name: "bob", why }]],
  ["/accept bob", "accept", conversation, [{ type: "accepted", name: "bob" }]],
  [
    "/block bob",
    "block",
    { name: "bob", fingerprint },
    [{ type: "blocked", name: "bob", fingerprint }],
  ],
  [
    "/unblock bob",
    "unblock",
    [{ name: "bob", fingerprint }],
    [{ type: "unblocked", keys: [{ name: "bob", fingerprint }] }],
  ],
  [
    "/ignore bob",
    "ignore",
    { name: "bob", fingerprint },
    [{ type: "ignored", name: "bob", fingerprint }],
  ],
  ["/ignore", "ignored", [], [{ type: "ignoring", keys: [] }]],
  [
    "/unignore bob",
    "unignore",
    [{ name: "bob", fingerprint }],
    [{ type: "unignored", keys: [{ name: "bob", fingerprint }] }],
  ],
  ["/away back at 8", "leave", undefined, [{ type: "gone-away", text: "back at 8" }]],
  ["/away", "comeBack", true, [{ type: "came-back", wasAway: true }]],
  [
    "/nick bro bob",
    "nick",
    { name: "bob", fingerprint, localName: "bro" },
    [{ type: "nicked", name: "bob", fingerprint, localName: "bro" }],
  ],
  [
    "/nick bob",
    "unnick",
    { name: "bob", fingerprint, localName: "bro" },
    [{ type: "unnicked", name: "bob", fingerprint, localName: "bro" }],
  ],
  ["/switch bob", "answer", conversation, [{ type: "switched", name: "bob" }]],
  ["/close bob", "close", undefined, []],
  ["Hello", "send", { id: "1" }, []],
  ["/verify bob", "verify", { state: "coming" }, []],
  ["/verify bob", "verify", { state: "peer-must-begin" }, [
    { type: "verification-waits", name: "bob" },
  ]],
  ["/verify bob", "verify", { state: "words", words }, [
    { type: "verification-words", name: "bob", words },
  ]],
  ["/verify bob yes", "confirmVerification", fingerprint, [
    { type: "verified", name: "bob", fingerprint },
  ]],
  ["/verify bob no", "confirmVerification", undefined, [{ type: "not-verified", name: "bob" }]],
  ["/verify bob no", "withdrawVerification", true, [
    { type: "verification-withdrawn", name: "bob" },
  ]],
  ["/trust bob", "trust", fingerprint, [{ type: "trusted", name: "bob", fingerprint }]],
  ["/history bob", "history", [], [{ type: "history", name: "bob", entries: [], present: [] }]],
  ["/search a b", "search", { entries: [], ignored: [] }, [{
    type: "history",
    words: "a b",
    ignored: [],
    entries: [],
    present: [],
  }]],
  ["/who", "who", [], [{ type: "contacts", contacts: [] }]],
  ["/audit bob", "audit", { streams: [] }, [
    { type: "audited", name: "bob", report: { streams: [] } },
  ]],
  ["/audit", "audit", { streams: [] }, [
    { type: "audited", name: "carol", report: { streams: [] } },
  ]],
];

for (const [line, method, returned, expected] of answered) {
  const shows = expected.map(({ type }) => type).join() || "nothing";
  Deno.test(`'${line}' shows ${shows} if the client returns ${JSON.stringify(returned)}`, async () => {
    const t = sitting("carol");
    t.fake.answers[method] = returned;
    await t.types(line);
    assertEquals(t.shown.all, expected);
  });
}

Deno.test("/register reports at once that it is done, before what follows is done", async () => {
  const t = sitting();
  const { promise: followed, resolve } = Promise.withResolvers<void>();
  t.fake.answers.register = (onRegistered: (one: Registered) => void) => {
    onRegistered(registered);
    return followed;
  };
  const running = t.types("/register");
  assertEquals(t.shown.all, [{ type: "registered", ...registered }]);
  resolve();
  await running;
  assertEquals(t.shown.all.length, 1);
});

Deno.test("/chat says where it calls as soon as that is known", async () => {
  for (const [to, name] of [["bob", "bob"], ["127.0.0.1:5557", undefined]] as const) {
    const t = sitting();
    t.fake.answers.chat = (_: string, onCalling: (address: Address) => void) => {
      onCalling(address);
      return { how: "opened", conversation };
    };
    await t.types(`/chat ${to}`);
    assertEquals(t.shown.all, [{ type: "calling", name, address }]);
  }
});

Deno.test("/chat says at once what stands behind the name, to that one", async () => {
  const { conversation } = conversationWith("bob");
  for (const how of ["opened", "already-open", "away"] as const) {
    const t = sitting();
    t.turnTo("carol");
    const bob = conversationWith("bob");
    t.fake.opens(bob);
    t.fake.answers.chat = () => ({ how, conversation: bob, why });
    await t.types("/chat bob  are\n you there?");
    assertEquals(t.fake.calls.filter(([method]) => method === "send"), [
      ["send", conversation, "are\n you there?"],
    ]);
  }
});

Deno.test("what stands behind a name that cannot be turned to is said to nobody", async () => {
  const t = sitting();
  t.turnTo("carol");
  t.fake.answers.chat = () => {
    throw new UserError({ code: "not-registered", name: "dave" });
  };
  await t.types("/chat dave are you there?");
  assertEquals(t.fake.calls.filter(([method]) => method === "send"), []);
  await t.types("and?");
  assertEquals(sentenceOf(t.shown.all.at(-1)!), "not sent: /chat dave failed");
  assert(holdsText("/chat dave are you there?") && !holdsText("/chat dave "));
});

Deno.test("/peers shows every conversation, and which one is current", async () => {
  const t = sitting();
  await t.types("/peers");
  t.fake.opens(conversation);
  t.turnTo("carol");
  await t.types("/peers");
  assertEquals(t.shown.all, [
    { type: "conversations", conversations: [], current: undefined },
    {
      type: "conversations",
      conversations: [conversation, conversationWith("carol")],
      current: carol,
    },
  ]);
});

Deno.test("a command that takes long is said to be under way, once", async () => {
  const t = sitting();
  const { promise, resolve } = Promise.withResolvers<void>();
  t.fake.answers.unregister = promise;
  const running = t.types("/unregister now or later");
  await running;
  const slow = t.types("/unregister");
  await t.clock.pass(999);
  assertEquals(t.shown.of("still-waiting"), []);
  await t.clock.pass(10_000);
  assertEquals(t.shown.of("still-waiting"), [{ type: "still-waiting", command: "/unregister" }]);
  resolve();
  await slow;
  assertEquals(t.clock.waiting, 0);
});

Deno.test("a message that takes long is said to be under way as a message, whatever it begins with", async () => {
  for (const line of ["the first word", "//etc/passwd"]) {
    const t = sitting("bob");
    const { promise, resolve } = Promise.withResolvers<void>();
    t.fake.answers.send = promise;
    const slow = t.types(line);
    await t.clock.pass(1_000);
    assertEquals(t.shown.of("still-waiting"), [{ type: "still-waiting", command: undefined }]);
    resolve();
    await slow;
  }
});

Deno.test("/history without a name is of the current conversation, or of all", async () => {
  for (const [line, count] of [["/history", 20], ["/history 50", 50]] as const) {
    const { calls } = await run(line, { current: "bob" });
    assertEquals(calls, [["history", "bob", count]]);
    assertEquals((await run(line)).calls, [["history", undefined, count]]);
  }
  const { calls } = await run("/history carol", { current: "bob" });
  assertEquals(calls, [["history", "carol", 20]]);
});

Deno.test("/history and /search say whose key each name has by now", async () => {
  for (const line of ["/history", "/history bob", "/search hello"]) {
    const t = sitting();
    const entries = ["bob", "carol", "bob"].map((name) => ({
      ...{ row: 1, name, key: keyOf(1), direction: "in", id: "1", text: "hello" },
      ...{ sentAtMs: 0, atMs: 0, state: "received", plaintext: false },
    }));
    t.fake.answers.history = entries;
    t.fake.answers.search = { entries, ignored: [] };
    t.fake.answers.keyOf = (name: string) => name === "bob" ? keyOf(2) : undefined;
    assertEquals(await t.types(line), "done");
    assertEquals(
      t.shown.of("history").map(({ present }) => present),
      [[{ name: "bob", key: keyOf(2) }]],
    );
  }
});

Deno.test("/goto turns to the conversation of what was found, and looks at that of somebody unknown", async () => {
  const t = sitting();
  const entries = ["bob", "stranger"].map((name, i) => ({
    ...{ row: i + 1, name, key: keyOf(1), direction: "in", id: "1", text: "hello" },
    ...{ sentAtMs: 0, atMs: 0, state: "received", plaintext: false },
  }));
  t.fake.answers.search = { entries, ignored: [] };
  t.fake.answers.isContact = (name: string) => name === "bob";
  await t.types("/search hello");
  await t.types("/goto 1");
  assertEquals(t.session.current?.name, "bob");
  assertEquals(t.fake.calls.filter(([method]) => method === "history"), [
    ["history", "bob", 6, { before: 2 }],
    ["history", "bob", 5, { behind: 1 }],
  ]);
  await t.types("/goto 2");
  assertEquals([t.session.current, t.session.refusal()?.type], [undefined, "nobody-current"]);
  assertEquals(
    t.shown.of("gone-to").map(({ name, row }) => [name, row]),
    [["bob", 1], ["stranger", 2]],
  );
  // Whoever is current without being a contact stays so.
  t.turnTo("stranger");
  await t.types("/goto 2");
  assertEquals(t.session.current?.name, "stranger");
  assertEquals(turnOf("/goto 2"), { turningTo: undefined });
});

Deno.test("/goto says what it can go to, and what is typed behind it goes to nobody", async () => {
  const t = sitting("carol");
  await t.types("/goto 1");
  assertEquals(t.session.current, undefined);
  assertMatch(sentenceOf(t.shown.all.at(-1)!), /^Nothing was found .*: \/search WORDS /);
  t.fake.answers.search = {
    entries: [{ row: 1, name: "bob" }, { row: 2, name: "bob" }],
    ignored: [],
  };
  await t.types("/search hello");
  for (const number of ["0", "3", "-1", "1 2", "x"]) {
    await t.types(`/goto ${number}`);
    assertEquals(
      sentenceOf(t.shown.all.at(-1)!),
      `'${number}' is not the number of a message that was found: they have 1 to 2`,
    );
  }
  assertEquals(await t.types("hello"), "failed");
});

Deno.test("/history refuses what is not a number of messages", async () => {
  const cases: [line: string, problem: RegExp][] = [
    ["/history bob x", /^'x' is not a number of messages: \/history bob 50 shows /],
    ["/history bob -1", /^'-1' is not a number/],
    ["/history bob 1 2", /^'1' is not a number/],
    ["/history 0", /^Cannot show 0 messages, only 1 to 1000; p2pchat history export /],
    ["/history bob 1001", /^Cannot show 1001 messages/],
    ["/history bob 99999999999999999999999", /^Cannot show 1e\+23 messages/],
  ];
  for (const [line, problem] of cases) {
    const { calls, problems } = await run(line);
    assertEquals([calls, problems.length], [[], 1]);
    assertMatch(problems[0]!, problem);
  }
});

Deno.test("/verify takes yes or no and nothing else", async () => {
  for (const [line, given] of [["/verify bob maybe", "maybe"], ["/verify bob yes no", "yes no"]]) {
    const { calls, problems } = await run(line!);
    assertEquals(calls, []);
    assertEquals(problems, [
      `'${given}' is neither yes nor no: /verify bob yes if you see the same words, else /verify bob no`,
    ]);
  }
});

Deno.test("a line that names nobody needs a current conversation", async () => {
  const cases: [line: string, problem: string][] = [
    ["Hello", "No conversation is open: /chat IP:PORT or /chat NAME opens one"],
    ["/msg Hello", "No conversation is open: /chat IP:PORT or /chat NAME opens one"],
    ["/close", "No conversation is current; /close NAME closes one of /peers"],
    ["/hide", "No conversation is current; /hide NAME names one"],
    ["/audit", "No conversation is current; /audit NAME names one"],
    ["/path", "No conversation is current; /path NAME names one"],
  ];
  for (const [line, problem] of cases) {
    const { calls, problems } = await run(line);
    assertEquals([calls, problems], [[], [problem]]);
  }
  const t = sitting();
  t.fake.opens(conversation);
  t.fake.opens(conversationWith("carol"));
  await t.types("Hello");
  assertEquals(t.shown.all.map(sentenceOf), [
    "No conversation is current: /switch to one of bob, carol",
  ]);
});

/** The commands, as the help names them. */
async function names(): Promise<string[]> {
  const t = sitting();
  await t.types("/help");
  return t.shown.of("help")[0]!.rows.map(([usage]) => /^\/(\S+)/.exec(usage)![1]!);
}

Deno.test("only a message lets the next line begin before it is done", async () => {
  for (const line of ["Hello", "", " ", "//etc", "/msg Hello", "/msg", "/me waves", "1/2"]) {
    assert(isMessage(line), line);
  }
  for (const name of await names()) {
    assertEquals(isMessage(`/${name} x`), ["msg", "me"].includes(name));
  }
  for (const line of ["/", "/msgs x", "/Msg x", " /quit"]) assert(!isMessage(line), line);
  // What was meant as one is worth keeping.
  for (const line of ["/etc/passwd", " /msg x", " //quit"]) assert(isMessage(line), line);
});

const usages: [line: string, usage: string][] = [
  [
    "/chat",
    "Usage: /chat IP:PORT|NAME [TEXT] (open a conversation, also with someone you know who is away)",
  ],
  [
    "/chat  ",
    "Usage: /chat IP:PORT|NAME [TEXT] (open a conversation, also with someone you know who is away)",
  ],
  ["/me ", "Usage: /me TEXT (say what you do: the others see * and your name before it)"],
  ["/msg", "Usage: /msg TEXT (send a message; a line without a slash is one, too)"],
  ["/msg   ", "Usage: /msg TEXT (send a message; a line without a slash is one, too)"],
  [
    "/verify",
    "Usage: /verify NAME [yes|no] (compare words with someone to be sure that nobody is in the middle)",
  ],
  [
    "/trust ",
    "Usage: /trust NAME [FINGERPRINT] " +
    "(accept a key that was refused, for example if someone has a new machine)",
  ],
  ["/switch", "Usage: /switch NAME (make a conversation the current one)"],
  ["/search ", "Usage: /search WORDS (find messages that have all these words)"],
  ["/who bob", "Usage: /who (show the people you talk to and who of them is here)"],
  ["/register now", "Usage: /register (register with the server, so that others find you)"],
  ["/quit now", "Usage: /quit (leave everyone and quit)"],
];

for (const [line, usage] of usages) {
  Deno.test(`'${line}' is answered with its usage`, async () => {
    const { calls, quits, problems } = await run(line);
    assertEquals(problems, [usage]);
    assertEquals(calls, []);
    assertEquals(quits, false);
  });
}

/** What is typed, and whom it means if bob is called bro here, and brock is somebody else. */
const calledBro: [line: string, call: Call | undefined][] = [
  ["/switch ~bro", ["answer", "bob"]],
  ["/switch ~b", ["answer", "bob"]],
  ["/switch bro", ["answer", "bob"]],
  ["/switch bo", ["answer", "bob"]],
  // That may be two people.
  ["/switch br", ["answer", "br"]],
  ["/switch broc", ["answer", "brock"]],
  ["/history ~bro 5", ["history", "bob", 5]],
  ["/chat ~bro", ["chat", "bob"]],
  // Anybody on the network may have that name.
  ["/chat bro", ["chat", "bro"]],
  ["/chat ~br", ["chat", "~br"]],
  ["/trust ~bro lkle", ["trust", "bob", "lkle"]],
  ["/nick ~bro", ["unnick", "bob"]],
  ["/nick - ~bro", ["unnick", "bob"]],
  ["/nick sis ~bro", ["nick", "sis", "bob"]],
  ["/nick ~sis carol", ["nick", "sis", "carol"]],
  ["/nick my sis carol", undefined],
];

for (const [line, call] of calledBro) {
  Deno.test(`of somebody with a local name, ${line} is ${call?.join(" ") ?? "nothing"}`, async () => {
    const { fake, types } = sitting();
    fake.known = ["bob", "brock"];
    fake.localNames.set("bob", "bro");
    fake.answers["nick"] = fake.answers["unnick"] = fake.nicked()[0];
    await types(line);
    assertEquals(fake.calls, call === undefined ? [] : [call]);
  });
}

Deno.test("/hide takes a conversation off the list, and the user out of it", async () => {
  const { fake, types, shown, session } = sitting("carol");
  fake.known = ["bob"];
  await types("/hide bo");
  assertEquals(session.current?.name, "carol");
  await types("/hide");
  assertEquals([session.current, session.recipient.name], [undefined, undefined]);
  await types("/hide nobody");
  assertEquals(fake.calls, [["hide", "bob"], ["hide", "carol"]]);
  const [bob, alsoCarol, nobody] = shown.all;
  assertEquals([bob, alsoCarol], [{ type: "hidden", name: "bob" }, {
    type: "hidden",
    name: "carol",
  }]);
  assertEquals(sentenceOf(nobody!), "No conversation is called nobody: there is carol");
});

Deno.test("/nick says to whom the user has given a local name", async () => {
  const { fake, types, shown } = sitting();
  fake.localNames.set("bob", "bro");
  await types("/nick");
  assertEquals(shown.all, [{ type: "nicks", named: fake.nicked() }]);
});

const misspelt: [line: string, meant: string][] = [
  ["/hlep", "help"],
  ["/chta bob", "chat"],
  ["/swich bob", "switch"],
  ["/quti", "quit"],
  ["/regsiter", "register"],
  ["/help regsiter", "register"],
  ["/CHAT bob", "chat"],
  ["/join", "chat"],
  ["/query bob", "chat"],
  ["/part", "close"],
  ["/exit", "quit"],
];

for (const [line, meant] of misspelt) {
  Deno.test(`'${line}' is answered with the command that was meant`, async () => {
    const { calls, quits, problems } = await run(line);
    assertEquals(problems.length, 1);
    assert(problems[0]!.includes(`did you mean /${meant}?`), problems[0]);
    assertEquals(calls, []);
    assertEquals(quits, false);
  });
}

for (const line of ["/nope", "/xyzzy", "/a1b2", "/help nope", "/constructor", "/__proto__"]) {
  Deno.test(`'${line}' is near no command, and none is guessed`, async () => {
    const { calls, problems } = await run(line);
    const word = line.replace("help ", "");
    assertEquals(problems, [
      `There is no ${word}; /help shows all commands, and // begins a message with a slash`,
    ]);
    assertEquals(calls, []);
  });
}

Deno.test("/quit ends it, and is the only line that does", async () => {
  assertEquals((await run("/quit")).quits, true);
  assertEquals((await run("/quit ")).quits, true);
  assertEquals((await run(" \u200b/quit ")).quits, true);
  await fc.assert(fc.asyncProperty(fc.string(), async (line) => {
    fc.pre(!/^[\s\p{Cc}\p{Cf}\p{DI}]*\/quit\s*$/u.test(line));
    assertEquals((await run(line)).quits, false);
  }));
});

// What becomes of a line, and of those behind it.
const outcomes: [line: string, outcome: LineOutcome, refused?: string][] = [
  ["", "done"],
  ["/info", "done"],
  ["Hello", "done"],
  ["/info x", "failed"],
  ["/etc/passwd", "failed"],
  ["/verify bob maybe", "failed"],
  ["/hepl", "failed"],
  ["/chat", "failed", "/chat"],
  ["/switch ", "failed", "/switch"],
  ["/trust", "failed", "/trust"],
  ["/verify", "failed"],
  ["/chta dave", "failed", "/chta dave"],
  [" /Chat  dave", "failed", "/Chat  dave"],
  ["/cloes", "failed", "/cloes"],
  ["/verfiy bob no", "failed", "/verfiy bob no"],
  ["/swich", "failed", "/swich"],
  ["/query dave", "failed", "/query dave"],
  ["/join #dave", "failed", "/join #dave"],
  ["/ chat dave", "failed", "/ chat dave"],
  ["/hepl dave", "failed", "/hepl dave"],
  ["/chat/dave", "failed", "/chat/dave"],
  ["/etc/chat of dave", "failed"],
  ["/", "failed"],
  ["\0/switch ", "failed", "/switch"],
  ["\b\x1b/switch ", "failed", "/switch"],
  ["\u3164\u115f\ufe0f\u{e0020}/switch ", "failed", "/switch"],
];

for (const [line, outcome, refused] of outcomes) {
  Deno.test(`'${line}' is ${outcome}, and what is behind it is ${refused ? "refused" : "not"}`, async () => {
    const t = sitting("carol");
    assertEquals(await t.types(line), outcome);
    t.shown.all.length = 0;
    assertEquals(await t.types("secret"), refused === undefined ? "done" : "failed");
    assertEquals(
      t.shown.all.map(sentenceOf),
      refused === undefined ? [] : [`not sent: ${refused} failed`],
    );
    assertEquals(t.fake.calls.some((call) => call.includes("secret")), refused === undefined);
  });
}

Deno.test("a command that the client refuses fails, and so does an audit that finds a difference", async () => {
  for (const line of ["/info", "/chat dave", "/switch dave", "/trust dave", "Hello", "/close"]) {
    const error = new UserError({ code: "not-registered", name: "dave" });
    assertEquals((await run(line, { error, current: "carol" })).outcome, "failed", line);
  }
  const aborted = await run("/info", { error: new DOMException("", "AbortError") });
  assertEquals(aborted.outcome, "failed");
  for (const [missingThere, outcome] of [[[], "done"], [["1"], "failed"]] as const) {
    const t = sitting("carol");
    const found = { missingHere: [], missingThere, differing: [], complete: true };
    const stream = { stream: "a", direction: "sent", same: 1, waiting: 0, outOfOrder: [] };
    t.fake.answers.audit = { streams: [{ ...stream, ...found }] };
    assertEquals(await t.types("/audit"), outcome);
  }
});

Deno.test("a message that was begun for somebody else is not sent", async () => {
  const t = sitting("bob");
  const begunFor = t.session.recipient;
  t.turnTo("carol");
  const { session, clock, shown } = t;
  const context = { session, show: shown.take, clock, begunFor };
  assertEquals(await runLine("for bob", context), "failed");
  assertEquals(shown.all, [
    { type: "begun-for-another", begunFor: "bob", current: "carol", asks: false },
  ]);
  assertEquals(t.fake.calls, []);
  // Commands say by themselves whom they are about.
  assertEquals(await runLine("/info", context), "done");
});

const turns: [line: string, to: string | undefined | "none"][] = [
  ["/chat bob", "bob"],
  ["/chat bob  are you there?", "bob"],
  [" /chat  127.0.0.1:5557 ", "127.0.0.1:5557"],
  ["/switch bob", "bob"],
  ["/chat", undefined],
  ["/trust bob", undefined],
  ["/close", undefined],
  ["/verify bob no", undefined],
  ["/chta bob", undefined],
  ["/query bob", undefined],
  ["/switch/bob", undefined],
  ["/ chat bob", undefined],
  ["\0/chat bob", "bob"],
  ["/info", "none"],
  ["/etc/chat", "none"],
  ["/hepl", "none"],
  ["chat bob", "none"],
  ["//chat bob", "none"],
  ["", "none"],
];

for (const [line, to] of turns) {
  Deno.test(`the one to whom '${line}' turns is ${to ?? "not named"}`, () => {
    assertEquals(turnOf(line), to === "none" ? undefined : { turningTo: to });
  });
}

Deno.test("an empty line asks for nothing", async () => {
  for (const line of ["", " ", "\t"]) {
    const { calls, answers, problems } = await run(line);
    assertEquals([calls, answers, problems], [[], [], []]);
  }
});

Deno.test("/help shows every command once, each of which can be typed", async () => {
  const all = await names();
  assertEquals(new Set(all).size, all.length);
  assertEquals(all.length, 33);
  for (const name of all) {
    assertMatch(name, /^[a-z]+$/);
    const { problems } = await run(`/${name} x y z`);
    assert(!problems.some((problem) => problem.startsWith(`There is no /${name};`)), problems[0]);
  }
});

Deno.test("a failure is reported in a sentence", async () => {
  const error = new UserError({ code: "not-registered", name: "bob" });
  const { problems, quits } = await run("/info", { error });
  assertEquals(problems, ["The server knows no bob; /info shows whom it knows"]);
  assertEquals(quits, false);
  const tooLong = await run("Hello", { error: new RangeError("too long"), current: "bob" });
  assertEquals(tooLong.problems, ["too long"]);
});

Deno.test("a defect is reported as one, and ends nothing", async () => {
  const { problems, quits } = await run("/info", { error: new TypeError("x is undefined") });
  assertEquals(problems, ["Something failed: TypeError: x is undefined"]);
  assertEquals(quits, false);
});

Deno.test("what is given up because the client stops is not reported", async () => {
  const { problems, answers } = await run("/info", { error: new DOMException("", "AbortError") });
  assertEquals([problems, answers], [[], []]);
});

Deno.test("no line makes the commands throw", async () => {
  const word = fc.constantFrom("/", "//", " ", "/msg ", "/chat", "\n", "\t", "bob", "__proto__");
  const line = fc.oneof(
    fc.string({ unit: codePoint }),
    fc.array(word).map((words) => words.join("")),
  );
  await fc.assert(fc.asyncProperty(line, fc.boolean(), async (line, hasCurrent) => {
    const run1 = await run(line, hasCurrent ? { current: "bob" } : {});
    const { calls, problems, quits } = run1;
    const answers = calls.length > 0 ? [] : run1.answers;
    // Every line has exactly one effect, an empty one has none.
    // What /chat says behind that is a part of it.
    const done = calls[0]?.[0] === "chat" ? calls.slice(0, 1) : calls;
    const effects = done.length + problems.length + answers.length + (quits ? 1 : 0);
    assertEquals(effects, line.trim() === "" ? 0 : 1);
  }));
});

// Completion

const people = ["bob", "bella", "carol~2", "~sis"];
const completions: [line: string, completed: string[], word: string][] = [
  ["/re", ["/register"], "/re"],
  ["/c", ["/chat ", "/close ", "/clear"], "/c"],
  ["/info", ["/info"], "/info"],
  ["/x", [], "/x"],
  ["/switch b", ["bob", "bella"], "b"],
  [" /re", ["/register"], "/re"],
  [" /switch\tb", ["bob", "bella"], "b"],
  ["//re", [], "//re"],
  ["Hello /re", [], "Hello /re"],
  ["/switch ", people, ""],
  ["/close carol", ["carol~2"], "carol"],
  ["/verify be", ["bella"], "be"],
  ["/trust bo", ["bob"], "bo"],
  ["/bridge be", ["bella"], "be"],
  ["/chat bo", ["bob"], "bo"],
  ["/history bo", ["bob"], "bo"],
  ["/audit be", ["bella"], "be"],
  ["/chat ~", ["~sis"], "~"],
  ["/nick bo", ["bob"], "bo"],
  ["/nick my bo", ["bob"], "bo"],
  ["/trust bob b", [], "b"],
  ["/search b", [], "b"],
  ["/msg b", [], "b"],
  ["/info b", [], "b"],
  ["/nothing b", [], "b"],
  ["b", [], "b"],
  ["", [], ""],
];

Deno.test("Tab knows those who are registered where somebody is called, each once", () => {
  const registered = ["bob", "boris"];
  for (const line of ["/chat bo", "/ch bo", "/bridge bo"]) {
    assertEquals(complete(line, people, registered), [["bob", "boris"], "bo"]);
  }
  assertEquals(complete("/switch bo", people, registered), [["bob"], "bo"]);
  assertEquals(complete("/chat bob hello bo", people, registered)[0], []);
});

for (const [line, completed, word] of completions) {
  Deno.test(`Tab behind '${line}' offers ${completed.join(", ") || "nothing"}`, () => {
    assertEquals(complete(line, people), [completed, word]);
  });
}

Deno.test("Tab behind a slash offers every command", async () => {
  assertEquals(complete("/", []).at(0)?.length, (await names()).length);
});

Deno.test("completions begin with the word that they replace", () => {
  fc.assert(fc.property(fc.string(), fc.array(fc.string()), (line, names) => {
    const [completed, word] = complete("/" + line, names);
    assert(("/" + line).endsWith(word));
    for (const one of completed) assert(one.startsWith(word));
  }));
});

Deno.test("any text can be sent as it is", () => {
  const texts = ["hello", "/quit", " /chat bob", "//etc", "/", "a/b", "\n/quit", "one\n/quit\ntwo"];
  for (const text of texts) {
    assertEquals(parseLine(messageLine(text)), { type: "text", text });
    assertEquals([isMessage(messageLine(text)), turnOf(messageLine(text))], [true, undefined]);
  }
  assertEquals(messageLine(""), "");
});

Deno.test("/help shows the commands that begin as what stands behind it", async () => {
  for (const line of ["/help s", "/help /s", "/he S"]) {
    const t = sitting();
    await t.types(line);
    assertEquals(t.shown.of("help")[0]!.rows.map(([usage]) => usage), [
      "/search WORDS",
      "/switch NAME",
    ]);
  }
});

Deno.test("/help keys shows the keys, and /help of what there is not says so", async () => {
  const t = sitting();
  assertEquals(await t.types("/help keys"), "done");
  const { rows } = t.shown.of("help")[0]!;
  assert(rows.some(([key, what]) => key === "Alt+A" && what.includes("something new")));
  assert(rows.some(([key]) => key === "Ctrl+R"));
  for (const word of ["nonsense", "/nonsense", "//"]) {
    assertEquals((await run(`/help ${word}`)).outcome, "failed");
  }
  assertEquals((await run("/help nonsense")).problems, [
    "There is no /nonsense; /help shows all commands, and // begins a message with a slash",
  ]);
});

Deno.test("/help shows a command alone with examples, each of which can be typed", async () => {
  for (const name of await names()) {
    const t = sitting();
    await t.types(`/help ${name}`);
    const { rows, examples } = t.shown.of("help")[0]!;
    assertEquals(rows.length, 1);
    assertEquals(examples.length > 0, rows[0]![0].includes(" "), name);
    for (const line of examples) {
      assert(line === `/${name}` || line.startsWith(`/${name} `), line);
      const other = sitting();
      await other.types(line);
      assertEquals([...other.shown.of("usage"), ...other.shown.of("unknown-command")], []);
    }
  }
});

Deno.test("the only command that begins so is taken, and no other one", async () => {
  const t = sitting();
  t.fake.opens(conversationWith("carol"));
  await t.types("/sw carol");
  await t.types("/ms Hello");
  assertEquals(t.fake.calls.filter(([method]) => method === "send"), [
    ["send", "id of carol", "Hello"],
  ]);
  assertEquals([turnOf("/sw carol"), isMessage("/ms x")], [{ turningTo: "carol" }, true]);
  // Several begin so, and one of them would have turned to somebody.
  for (const line of ["/c dave", "/s", "/c"]) {
    await t.types("/switch carol");
    await t.types(line);
    assertEquals(t.session.current, undefined, line);
  }
  assertMatch(
    sentenceOf(t.shown.all.at(-1)!),
    /^There is no \/c; did you mean \/chat, \/close or \/clear\?/,
  );
});

Deno.test("the only name that begins so is taken, where nobody else can be meant", async () => {
  const t = sitting();
  for (const name of ["carol", "bob", "bobby"]) t.fake.opens(conversationWith(name));
  t.fake.known = ["dave"];
  await t.types("/switch ca");
  assertEquals(t.session.current?.name, "carol");
  await t.types("/switch bob");
  assertEquals(t.session.current?.name, "bob");
  await t.types("/close ca");
  t.fake.calls.length = 0;
  for (const line of ["/history da", "/path da", "/audit da", "/chat da", "/block da"]) {
    await t.types(line);
  }
  assertEquals(
    t.fake.calls.filter(([method]) => method !== "keyOf").map(([method, to]) => [method, to]),
    [
      ["history", "dave"],
      ["path", "dave"],
      ["audit", "dave"],
      ["chat", "da"],
      ["block", "da"],
    ],
  );
});

Deno.test("/notify takes what there is, and says what that is of anything else", async () => {
  for (const what of ["off", "mention", "all"] as const) {
    assertEquals((await run(`/notify ${what}`)).answers, [{ type: "notifying", what }]);
  }
  assertEquals((await run("/notify")).answers, [{ type: "notifying", what: undefined }]);
  const { answers, problems } = await run("/notify loudly");
  assertEquals(answers, []);
  assertMatch(problems[0]!, /\/notify off\|mention\|all/);
});

Deno.test("/theme takes what there is, and says what that is of anything else", async () => {
  for (const choice of ["auto", "dark", "light", "none"] as const) {
    assertEquals((await run(`/theme ${choice}`)).answers, [{ type: "theme", choice }]);
  }
  assertEquals((await run("/theme")).answers, [{ type: "theme", choice: undefined }]);
  for (const other of ["solarized", "Dark", "dark light"]) {
    const { answers, problems } = await run(`/theme ${other}`);
    assertEquals(answers, []);
    assertMatch(problems[0]!, /\/theme auto\|dark\|light\|none/);
  }
});
