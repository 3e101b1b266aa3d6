import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { UserError } from "../../../../client/user_error.ts";
import type { ChatClient } from "../../../../client/client.ts";
import {
  commands,
  complete,
  helpRows,
  overlaps,
  runLine,
} from "../../../../client/ui/commands/commands.ts";
import type { ChatEvent } from "../../../../client/events.ts";
import { Events } from "../../../support/events.ts";
import { sentenceOf } from "../../../support/problems.ts";

type Call = [method: string, ...args: unknown[]];

/** Runs a line with a client that only keeps what it is asked for. */
async function run(line: string, fail?: Error, current?: string) {
  const calls: Call[] = [];
  const client = new Proxy({}, {
    get: (_, method) =>
      method === "current" ? current : (...args: unknown[]) => {
        calls.push([String(method), ...args]);
        if (fail !== undefined) throw fail;
      },
  }) as ChatClient;
  const events = new Events<ChatEvent>();
  const quits = await runLine(line, { client, emit: events.take });
  return {
    calls,
    quits,
    problems: events.of("problem").map(({ problem }) => sentenceOf(problem)),
    events,
  };
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
  ["/msg Hello Bob!", "send", "Hello Bob!"],
  ["/msg  set in", "send", " set in"],
  ["/msg /quit", "send", "/quit"],
  ["/verify bob", "verify", "bob"],
  ["/verify bob~2  yes ", "verify", "bob~2  yes"],
  ["/trust bob", "trust", "bob"],
  ["/trust bob abcd-efgh", "trust", "bob abcd-efgh"],
  ["/history", "history", undefined, 20],
  ["/history bob", "history", "bob", 20],
  ["/history 50", "history", undefined, 50],
  ["/history  bob~2   1000 ", "history", "bob~2", 1_000],
  ["/history 50 20", "history", "50", 20],
  ["/search supper", "search", "supper"],
  ["/search  supper  at eight ", "search", "supper  at eight"],
  ["/who", "who"],
  ["/audit", "audit", undefined],
  ["/audit bob", "audit", "bob"],
  ["/peers", "peers"],
  ["/switch bob~2", "switchTo", "bob~2"],
  ["/close", "close", undefined],
  ["/close bob", "close", "bob"],
  ["Hello Bob!", "send", "Hello Bob!"],
  ["  set in", "send", "  set in"],
  ["//etc/hosts", "send", "/etc/hosts"],
  ["//", "send", "/"],
  ["1/2", "send", "1/2"],
];

for (const [line, method, ...args] of lines) {
  Deno.test(`'${line}' asks for ${method}(${args.join()})`, async () => {
    const { calls, quits, problems } = await run(line);
    // An argument that is undefined is as good as none.
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

Deno.test("/history without a name is of the current conversation", async () => {
  for (const [line, count] of [["/history", 20], ["/history 50", 50]] as const) {
    const { calls } = await run(line, undefined, "bob");
    assertEquals(calls, [["history", "bob", count]]);
  }
  const { calls } = await run("/history carol", undefined, "bob");
  assertEquals(calls, [["history", "carol", 20]]);
});

Deno.test("/history says what is no number of messages", async () => {
  const cases: [line: string, problem: RegExp][] = [
    ["/history bob x", /^'x' is no number of messages: \/history bob 50 shows /],
    ["/history bob -1", /^'-1' is no number/],
    ["/history bob 1 2", /^'1' is no number/],
    ["/history 0", /^Cannot show 0 messages: it is 1 to 1000; p2pchat history export /],
    ["/history bob 1001", /^Cannot show 1001 messages/],
    ["/history bob 99999999999999999999999", /^Cannot show 1e\+23 messages/],
  ];
  for (const [line, problem] of cases) {
    const { calls, problems } = await run(line);
    assertEquals([calls, problems.length], [[], 1]);
    assertMatch(problems[0]!, problem);
  }
});

Deno.test("only behind a message is the next line begun before it is done", () => {
  for (const line of ["Hello", "", " ", "//etc", "/msg Hello", "/msg", "1/2"]) {
    assert(overlaps(line), line);
  }
  for (const { name } of commands) assertEquals(overlaps(`/${name} x`), name === "msg");
  for (const line of ["/", "/msgs x", "/Msg x", " /quit"]) {
    assertEquals(overlaps(line), line.startsWith(" "), line);
  }
});

const usages: [line: string, usage: string][] = [
  [
    "/chat",
    "Usage: /chat IP:PORT|NAME (open a conversation, also with someone you know who is away)",
  ],
  [
    "/chat  ",
    "Usage: /chat IP:PORT|NAME (open a conversation, also with someone you know who is away)",
  ],
  ["/msg", "Usage: /msg TEXT (send a message; a line without a slash is one, too)"],
  ["/msg   ", "Usage: /msg TEXT (send a message; a line without a slash is one, too)"],
  [
    "/verify",
    "Usage: /verify NAME [yes|no] (compare words with someone, to be sure that nobody is in the middle)",
  ],
  [
    "/trust ",
    "Usage: /trust NAME [FINGERPRINT] " +
    "(accept the key that was refused, as when someone has a new machine)",
  ],
  ["/switch", "Usage: /switch NAME (make a conversation the current one)"],
  ["/search ", "Usage: /search WORDS (find messages that have all these words)"],
  ["/who bob", "Usage: /who (show whom you talk to, and who of them is here)"],
  ["/register now", "Usage: /register (be known to the server, so that others find you)"],
  ["/quit now", "Usage: /quit (leave everyone and end)"],
  ["/help me", "Usage: /help (show this)"],
];

for (const [line, usage] of usages) {
  Deno.test(`'${line}' is told how it is used`, async () => {
    const { calls, quits, problems } = await run(line);
    assertEquals(problems, [usage]);
    assertEquals(calls, []);
    assertEquals(quits, false);
  });
}

const misspelt: [line: string, meant: string][] = [
  ["/regsiter", "register"],
  ["/quti", "quit"],
  ["/CHAT bob", "chat"],
  ["/swich bob", "switch"],
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

Deno.test("/quit ends it, and is the only line that does", async () => {
  assertEquals((await run("/quit")).quits, true);
  assertEquals((await run("/quit ")).quits, true);
  await fc.assert(fc.asyncProperty(fc.string(), async (line) => {
    fc.pre(line.trimEnd() !== "/quit");
    assertEquals((await run(line)).quits, false);
  }));
});

Deno.test("an empty line asks for nothing", async () => {
  for (const line of ["", " ", "\t"]) {
    const { calls, events } = await run(line);
    assertEquals(calls, []);
    assertEquals(events.all, []);
  }
});

Deno.test("/help shows every command and how it is used", async () => {
  const { events } = await run("/help");
  assertEquals(events.all, [{ type: "help", rows: helpRows }]);
  assertEquals(helpRows.length, commands.length);
  for (const [i, { name, help }] of commands.entries()) {
    assertMatch(helpRows[i]![0], new RegExp(`^/${name}( |$)`));
    assertEquals(helpRows[i]![1], help);
  }
});

Deno.test("every command is named once, and can be typed", () => {
  assertEquals(new Set(commands.map(({ name }) => name)).size, commands.length);
  for (const { name } of commands) assertMatch(name, /^[a-z]+$/);
});

Deno.test("what a user cannot have is told in the words of the error", async () => {
  for (const error of [new UserError("Nobody is there"), new RangeError("too long")]) {
    const { problems, quits } = await run("/info", error);
    assertEquals(problems, [error.message]);
    assertEquals(quits, false);
  }
});

Deno.test("a defect is told as one, and ends nothing", async () => {
  const { problems, quits } = await run("/info", new TypeError("x is undefined"));
  assertEquals(problems, ["Something failed: TypeError: x is undefined"]);
  assertEquals(quits, false);
});

Deno.test("no line makes the commands throw", async () => {
  const word = fc.constantFrom("/", "//", " ", "/msg ", "/chat", "\n", "\t", "bob", "__proto__");
  const line = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(word).map((words) => words.join("")),
  );
  await fc.assert(fc.asyncProperty(line, async (line) => {
    const { calls, problems, events, quits } = await run(line);
    // Every line has exactly one effect, an empty one has none.
    const effects = calls.length + problems.length + events.of("help").length + (quits ? 1 : 0);
    assertEquals(effects, line.trim() === "" ? 0 : 1);
  }));
});

// Completion

const names = ["bob", "bella", "carol~2"];
const completions: [line: string, completed: string[], word: string][] = [
  ["/re", ["/register"], "/re"],
  ["/c", ["/chat ", "/close "], "/c"],
  ["/info", ["/info"], "/info"],
  ["/x", [], "/x"],
  ["/switch b", ["bob", "bella"], "b"],
  ["/switch ", names, ""],
  ["/close carol", ["carol~2"], "carol"],
  ["/verify be", ["bella"], "be"],
  ["/trust bo", ["bob"], "bo"],
  ["/bridge be", ["bella"], "be"],
  ["/chat bo", ["bob"], "bo"],
  ["/history bo", ["bob"], "bo"],
  ["/audit be", ["bella"], "be"],
  ["/search b", [], "b"],
  ["/msg b", [], "b"],
  ["/info b", [], "b"],
  ["/nothing b", [], "b"],
  ["b", [], "b"],
  ["", [], ""],
];

for (const [line, completed, word] of completions) {
  Deno.test(`Tab behind '${line}' offers ${completed.join(", ") || "nothing"}`, () => {
    assertEquals(complete(line, names), [completed, word]);
  });
}

Deno.test("Tab behind a slash offers every command", () => {
  assertEquals(complete("/", []).at(0)?.length, commands.length);
});

Deno.test("completions begin as the word does that they replace", () => {
  fc.assert(fc.property(fc.string(), fc.array(fc.string()), (line, names) => {
    const [completed, word] = complete("/" + line, names);
    assert(("/" + line).endsWith(word));
    for (const one of completed) assert(one.startsWith(word));
  }));
});
