// Commands as lines of JSON, and what is answered.

import { assert, assertEquals } from "@std/assert";
import { JsonPrinter, JsonSession, runJson } from "../../../../client/ui/ndjson/ndjson.ts";
import { UserError } from "../../../../client/user_error.ts";
import { Identity } from "../../../../shared/crypto/identity.ts";
import { FakeClient } from "../../../support/fake_client.ts";
import { type Printed, printedIn } from "../../../support/json_lines.ts";

const identity = Identity.fromSeed(new Uint8Array(32).fill(7));

/** Runs commands with a client that talks to nobody. @returns What was printed, and what the client was asked. */
async function run(
  input: string | Uint8Array<ArrayBuffer>,
  { client = new FakeClient(), signal = new AbortController().signal } = {},
): Promise<{ printed: Printed[]; calls: unknown[] }> {
  const lines: string[] = [];
  const decoder = new TextDecoder();
  let rest = "";
  const printer = new JsonPrinter(() => {}, {
    isTerminal: () => false,
    write: (bytes) => {
      const parts = (rest + decoder.decode(bytes)).split("\n");
      rest = parts.pop()!;
      lines.push(...parts);
      return Promise.resolve(bytes.length);
    },
  });
  const session = new JsonSession(printer, { id: "alice", identity }, () => client.client);
  const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
  await runJson(session, printer, signal, new Blob([bytes]).stream());
  await printer.flush();
  assertEquals(rest, "");
  return { printed: lines.map(printedIn), calls: client.calls };
}

/** What was answered, without what is the same for all. */
function answers(printed: Printed[]): Printed[] {
  return printed.map(({ event, at: _at, ...rest }) => {
    assertEquals(event, "done");
    return rest;
  });
}

Deno.test("each command is answered once, with its reference", async () => {
  const { printed, calls } = await run(
    `{"do":"send","ref":"7","to":"bob","text":"two\\nlines","colour":"red"}
{"do":"who","ref":8}

{"do":"ack","id":"m1"}
{"do":"quit","ref":"end"}
{"do":"who","ref":"too late"}
`,
  );
  assertEquals(
    answers(printed).map(({ ref, ok }) => [ref, ok]),
    [
      ["7", true],
      [8, true],
      [undefined, true],
      ["end", true],
    ].toSorted((a, b) => order(printed, a[0]) - order(printed, b[0])),
  );
  assertEquals(printed.at(-1)?.ref, "end");
  assert(calls.some((call) => JSON.stringify(call) === '["send","bob","two\\nlines"]'));
});

function order(printed: Printed[], ref: unknown): number {
  return printed.findIndex((one) => one.ref === ref);
}

Deno.test("a line that is no command is answered with its number, and the others are done", async () => {
  const text = (line: string) => new TextEncoder().encode(line + "\n");
  const lines = [
    text("no json"),
    text("[]"),
    text('{"do":"dance","ref":1}'),
    text('{"do":"toString","ref":2}'),
    text('{"ref":3}'),
    text('{"do":"send","ref":4,"to":"bob"}'),
    text('{"do":"send","ref":5,"to":7,"text":"x"}'),
    text('{"do":"history","ref":6,"limit":0}'),
    text(`{"do":"who","ref":"${"x".repeat(300)}"}`),
    text(`{"do":"send","ref":9,"to":"bob","text":"${"x".repeat(140_000)}"}`),
    new Uint8Array([0x7b, 0xff, 0x0a]),
    text('{"do":"who","ref":10}'),
  ];
  const { printed } = await run(new Uint8Array(await new Blob(lines).arrayBuffer()));
  const found = answers(printed).toSorted((a, b) => (a.line ?? 99) - (b.line ?? 99));
  assertEquals(found.map(({ line, ref, ok, code }) => [line, ref, ok, code]), [
    ...[undefined, undefined, 1, 2, 3, 4, 5, 6, undefined, undefined, undefined].map((
      ref,
      i,
    ) => [i + 1, ref, false, "usage"]),
    [undefined, 10, true, undefined],
  ]);
  assert(found.every(({ ok, message }) => ok || message !== ""));
});

Deno.test("a field that is empty is not said to be no text", async () => {
  const fields = [{ text: "" }, { text: 7 }, {}];
  const lines = fields.map((one) => JSON.stringify({ do: "send", to: "bob", ...one }));
  const { printed } = await run(`${lines.join("\n")}\n`);
  assertEquals(answers(printed).map(({ message }) => message), [
    '"text" is empty',
    '"text" has to be a text',
    '"text" has to be a text',
  ]);
});

Deno.test("what fails is answered with the kind of the failure", async () => {
  const client = new FakeClient();
  client.answers["chat"] = () => {
    throw new UserError({ code: "not-registered", name: "zoe" });
  };
  const { printed } = await run('{"do":"chat","ref":1,"to":"zoe"}\n', { client });
  const [answer] = answers(printed);
  assertEquals([answer?.ok, answer?.code, answer?.problem], [
    false,
    "unknown-name",
    "not-registered",
  ]);
});

Deno.test("a program goes away and comes back, and calls people what it likes", async () => {
  const client = new FakeClient();
  const sis = { name: "carol", fingerprint: "k", localName: "sis" };
  Object.assign(client.answers, { comeBack: true, nick: sis, unnick: sis });
  const { printed, calls } = await run(
    `{"do":"away","ref":1,"text":"back at eight"}
{"do":"away","ref":2}
{"do":"away","ref":3,"text":7}
{"do":"nick","ref":4,"to":"carol","localName":"sis"}
{"do":"nick","ref":5,"to":"carol"}
{"do":"nick","ref":6}
`,
    { client },
  );
  const found = answers(printed).toSorted((a, b) => Number(a.ref) - Number(b.ref));
  assertEquals(found.map(({ ref: _, message: __, line: ___, ...rest }) => rest), [
    { ok: true },
    { ok: true, wasAway: true },
    { ok: false, code: "usage" },
    { ok: true, ...sis },
    { ok: true, ...sis },
    { ok: false, code: "usage" },
  ]);
  assertEquals(calls, [
    ["leave", "back at eight"],
    ["comeBack"],
    ["nick", "sis", "carol"],
    ["unnick", "carol"],
    ["allDelivered"],
  ]);
});

Deno.test("what is sent to somebody new waits for one call, in its order", async () => {
  const client = new FakeClient();
  const order: string[] = [];
  const called = Promise.withResolvers<void>();
  client.answers["answer"] = () => {
    if (order.includes("chat, done")) return {};
    throw new UserError({ code: "no-conversation", to: "zoe", open: [] });
  };
  client.answers["chat"] = async () => {
    order.push("chat");
    await called.promise;
    order.push("chat, done");
    return { conversation: { conversation: "c1" } };
  };
  client.answers["send"] = (_to: string, text: string) => {
    order.push(text);
    return Promise.resolve({ id: text });
  };
  const commands = Array.from(
    { length: 5 },
    (_, i) => `{"do":"send","ref":${i},"to":"zoe","text":"${i}"}\n`,
  );
  const running = run(commands.join(""), { client });
  called.resolve();
  const { printed } = await running;
  assertEquals(order, ["chat", "chat, done", "0", "1", "2", "3", "4"]);
  assertEquals(answers(printed).map(({ ref, id }) => `${ref}${id}`), [
    "00",
    "11",
    "22",
    "33",
    "44",
  ]);
});

Deno.test("a signal ends it, whatever it waits for", async () => {
  const client = new FakeClient();
  client.answers["search"] = () => new Promise(() => {});
  const stopping = new AbortController();
  client.answers["who"] = () => {
    stopping.abort();
    return [];
  };
  await run('{"do":"search","words":"x"}\n{"do":"who"}\n', { client, signal: stopping.signal });
});
