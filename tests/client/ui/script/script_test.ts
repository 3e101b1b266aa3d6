// The front end for scripts: what is done with lines that come in, and how those that go out are printed.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../../../client/user_error.ts";
import {
  LinePrinter,
  runLines,
  type RunLinesOptions,
} from "../../../../client/ui/script/script.ts";
import type { Shown } from "../../../../client/ui/wording/wording.ts";
import { FakeSession, peer } from "../../../support/fake_client.ts";
import { until } from "../../../support/events.ts";

/** A client that saves messages when a test tells it to. */
class SlowClient {
  /** What it has been asked for, in order. */
  readonly asked: string[] = [];
  /** Ends what is under way, in order. */
  readonly #writing: PromiseWithResolvers<void>[] = [];
  mostAtOnce = 0;

  get atOnce(): number {
    return this.#writing.length;
  }

  /** Everything that is under way is done, or fails. */
  finish(error?: Error): void {
    for (const { resolve, reject } of this.#writing.splice(0)) error ? reject(error) : resolve();
  }

  begin(what: string): Promise<void> {
    this.asked.push(what);
    const writing = Promise.withResolvers<void>();
    this.#writing.push(writing);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#writing.length);
    return writing.promise;
  }
}

/** Runs lines that a test writes. */
function running(options: Partial<RunLinesOptions> = {}, stop = new AbortController()) {
  const client = new SlowClient();
  const t = new FakeSession();
  const { fake, session, shown, display } = t;
  t.turnTo("bob");
  fake.answers.send = (_: string, text: string) => client.begin(text);
  for (const method of ["register", "allDelivered"]) {
    fake.answers[method] = () => client.begin(method);
  }
  const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>>();
  const writer = writable.getWriter();
  const write = (text: string) => void writer.write(new TextEncoder().encode(text)).catch(() => {});
  const input = { input: readable, isTyped: false, strict: false, ...options };
  const ended = runLines(session, display, stop.signal, input);
  return { client, shown, stop, write, end: () => void writer.close(), ended };
}

Deno.test("messages are under way together, in order; a command waits for them, and they for it", async () => {
  const { client, write, end, ended } = running();
  write("one\n/msg two\n//three\n/register\nfour\n/register\n");
  await until(() => client.atOnce === 3);
  assertEquals(client.asked, ["one", "two", "/three"]);
  client.finish();
  await until(() => client.atOnce === 1);
  assertEquals(client.asked.slice(3), ["register"]);
  client.finish();
  await until(() => client.atOnce === 1);
  assertEquals(client.asked.slice(4), ["four"]);
  client.finish();
  await until(() => client.asked.length === 6);
  client.finish();
  end();
  await until(() => client.asked.at(-1) === "allDelivered");
  client.finish();
  await ended;
});

Deno.test("no more than a thousand messages or so are on their way at once", async () => {
  const { client, write, end, ended } = running();
  const texts = Array.from({ length: 3_000 }, (_, i) => String(i));
  write(texts.join("\n") + "\n");
  end();
  for (let done = 0; done < texts.length;) {
    await until(() => client.atOnce === Math.min(1_024, texts.length - done));
    done += client.atOnce;
    client.finish();
  }
  await until(() => client.asked.length === texts.length + 1);
  assertEquals(client.mostAtOnce, 1_024);
  assertEquals(client.asked, [...texts, "allDelivered"]);
  client.finish();
  await ended;
});

Deno.test("each message that cannot be saved is reported", async () => {
  const { client, shown, write, end, ended } = running();
  write("one\ntwo\n");
  await until(() => client.atOnce === 2);
  const error = new UserError({ code: "not-kept", reason: "the disk is full" });
  client.finish(error);
  end();
  await until(() => client.asked.at(-1) === "allDelivered");
  assertEquals(shown.of("failed").map(({ error }) => error), [error, error]);
  client.finish();
  await ended;
});

Deno.test("/quit waits for what was sent before it, and nothing behind it is done", async () => {
  const { client, write, ended } = running();
  write("one\n/quit\ntwo\n");
  await until(() => client.atOnce === 1);
  client.finish();
  await until(() => client.asked.length === 2);
  client.finish();
  await ended;
  assertEquals(client.asked, ["one", "allDelivered"]);
});

Deno.test("a signal ends it, whatever it waits for", async () => {
  const cases: [text: string, atOnce: number][] = [
    ["", 0],
    ["one\n", 1],
    ["/register\n", 1],
    ["one\n/register\n", 1],
    ["x\n".repeat(1_025), 1_024],
  ];
  for (const [text, atOnce] of cases) {
    const { client, stop, write, ended } = running();
    write(text);
    await until(() => client.atOnce === atOnce);
    stop.abort();
    await ended;
    assert(!client.asked.includes("allDelivered"));
    client.finish();
    await undefined;
  }
});

/** Runs lines to their end. @returns Whether all were done, what was sent, and what was shown. */
async function ran(input: string | Uint8Array, options: Partial<RunLinesOptions> = {}) {
  const t = new FakeSession();
  t.turnTo("bob");
  t.fake.answers.send = (_: string, text: string) => {
    if (text === "too long") throw new RangeError(text);
    return Promise.resolve({ id: "1" });
  };
  const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
  const done = await runLines(t.session, t.display, new AbortController().signal, {
    input: ReadableStream.from([new Uint8Array(bytes)]),
    isTyped: false,
    strict: false,
    ...options,
  });
  const sent = t.fake.calls.filter(([method]) => method === "send").map(([, , text]) => text);
  return { done, sent, shown: t.shown.all };
}

/** One byte for each character. */
const latin1 = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

Deno.test("that a line has failed is known at the end, and the lines behind it are done", async () => {
  const cases: [input: string, done: boolean, sent: string[]][] = [
    ["", true, []],
    ["one\n\ntwo", true, ["one", "two"]],
    ["one\n/hepl\ntwo\n", false, ["one", "two"]],
    ["too long\ntwo\n", false, ["too long", "two"]],
    ["one\n/etc/passwd\ntwo\n", false, ["one", "two"]],
    ["one\n/chta dave\ntwo\n", false, ["one"]],
    ["one\n/quit\n/hepl\n", true, ["one"]],
  ];
  for (const [input, done, sent] of cases) {
    const result = await ran(input);
    assertEquals([result.done, result.sent], [done, sent], input);
  }
});

Deno.test("with --strict the first line that fails is the last one", async () => {
  const cases: [input: string, done: boolean, sent: string[]][] = [
    ["one\ntwo\n", true, ["one", "two"]],
    ["one\ntoo long\nthree\n", false, ["one", "too long"]],
    ["one\n/hepl\ntwo\n", false, ["one"]],
    ["one\n\xff\ntwo\n", false, ["one"]],
  ];
  for (const [input, done, sent] of cases) {
    const result = await ran(latin1(input), { strict: true });
    assertEquals([result.done, result.sent], [done, sent], input);
  }
});

Deno.test("with --strict no message is begun before the one before is saved", async () => {
  const { client, write, end, ended } = running({ strict: true });
  write("one\ntwo\nthree\n");
  await until(() => client.atOnce === 1);
  client.finish();
  await until(() => client.atOnce === 1);
  client.finish(new UserError({ code: "not-kept", reason: "the disk is full" }));
  await until(() => client.asked.at(-1) === "allDelivered");
  client.finish();
  assertEquals(await ended, false);
  end();
  assertEquals(client.asked, ["one", "two", "allDelivered"]);
});

Deno.test("a line that is not UTF-8 is refused by its number, and nothing of it is sent", async () => {
  const { done, sent, shown } = await ran(latin1("one\nna\xefve\nthree\n"));
  assertEquals([done, sent], [false, ["one", "three"]]);
  assertEquals(shown, [{ type: "not-a-line", number: 2, why: "not-utf8" }]);
});

const unreadableCommands: [input: string, refusedFor: string][] = [
  ["/chat d\xefve\n", "/chat d\ufffdve"],
  [" /sw\xefch dave\n", "/sw\ufffdch dave"],
  ["\xff\xfe/\0c\0h\0a\0t\0 \0d\0\n", "/\0c\0h\0a\0t\0 \0d\0"],
  ["\0/\0c\0h\0a\0t\0 \0d\0\n", "/\0c\0h\0a\0t\0 \0d\0"],
  ["/chat " + "d".repeat(70_000) + "\n", "/chat " + "d".repeat(250)],
];

for (const [input, refusedFor] of unreadableCommands) {
  Deno.test(`behind ${JSON.stringify(input.slice(0, 20))} nothing goes to the one before`, async () => {
    const { done, sent, shown } = await ran(latin1(`one\n${input}secret\n`));
    assertEquals([done, sent], [false, ["one"]]);
    assertEquals(shown.at(-1), { type: "turn-failed", command: refusedFor });
  });
}

Deno.test("behind an unreadable line that is no command the others are sent", async () => {
  for (const line of ["x\xff /chat dave", "//\xff", "x".repeat(70_000)]) {
    assertEquals((await ran(latin1(`one\n${line}\nthree\n`))).sent, ["one", "three"], line);
  }
});

Deno.test("what is typed and not ended by Enter is not sent", async () => {
  assertEquals((await ran("one\ntwo")).sent, ["one", "two"]);
  assertEquals((await ran("one\ntwo", { isTyped: true })).sent, ["one"]);
});

Deno.test("an input that fails is an error, unless it is a terminal, which has ended then", async () => {
  for (const isTyped of [false, true]) {
    const input = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("one\ntwo"));
      },
      pull: () => Promise.reject(new Error("Input/output error")),
    });
    const running = ran("", { input, isTyped });
    if (isTyped) assertEquals((await running).done, true);
    else await assertRejects(() => running, Error, "Input/output error");
  }
});

Deno.test("a line that is given up because of a signal has failed, a wait for deliveries has not", async () => {
  for (const [text, done] of [["one\n", false], ["/register\n", false], ["", true]] as const) {
    const { client, stop, write, ended } = running();
    write(text);
    await until(() => client.atOnce === (done ? 0 : 1));
    stop.abort();
    assertEquals(await ended, done, text);
    client.finish();
  }
  const { client, stop, write, end, ended } = running();
  write("one\n");
  await until(() => client.atOnce === 1);
  client.finish();
  end();
  await until(() => client.asked.at(-1) === "allDelivered");
  stop.abort();
  assertEquals(await ended, true);
  client.finish();
});

Deno.test("a signal that came before the first line is not missed", async () => {
  const stop = new AbortController();
  stop.abort();
  const { client, write, ended } = running({}, stop);
  assertEquals(await ended, true);
  write("one\n");
  assertEquals(client.asked, []);
});

/** An output that takes what it is given when a test tells it to. */
class SlowSink {
  readonly writes: string[] = [];
  error: Error | undefined;
  #open = Promise.withResolvers<void>();

  isTerminal(): boolean {
    return false;
  }

  async write(bytes: Uint8Array): Promise<number> {
    this.writes.push(new TextDecoder().decode(bytes));
    await this.#open.promise;
    if (this.error !== undefined) throw this.error;
    return bytes.length;
  }

  open(): void {
    this.#open.resolve();
  }
}

function printing() {
  const [out, err] = [new SlowSink(), new SlowSink()];
  let closed = 0;
  const printer = new LinePrinter(() => closed++, { out, err });
  return { out, err, printer, closed: () => closed };
}

const switched = (name: string): Shown => ({ type: "switched", name });

Deno.test("what comes during a write goes out in one write afterwards, in order", async () => {
  const { out, err, printer } = printing();
  assertEquals(printer.shown(), undefined);
  printer.show(switched("a"));
  await until(() => out.writes.length === 1);
  printer.show(switched("b"));
  printer.show(switched("c"));
  printer.show({ type: "failed", error: new RangeError("x") });
  printer.show(switched("d"));
  const printed = printer.shown()!;
  out.open();
  await until(() => err.writes.length === 1);
  assertEquals(out.writes, ["* talking to a\n", "* talking to b\n* talking to c\n"]);
  err.open();
  await printed;
  assertEquals(out.writes.slice(2), ["* talking to d\n"]);
  assertEquals(err.writes, ["error: x\n"]);
  assertEquals(printer.shown(), undefined);
});

Deno.test("in a script nobody becomes the current one by calling, and a loss is noted", () => {
  const { printer } = printing();
  assertEquals([printer.isIdle(), printer.hasLost], [false, false]);
  printer.show(switched("bob"));
  assertEquals(printer.hasLost, false);
  printer.show({ type: "unconfirmed", ...peer("bob"), texts: ["Hello"] });
  assertEquals(printer.hasLost, true);
});

Deno.test("a message that could not be printed does not count as printed", async () => {
  const { out, printer, closed } = printing();
  out.error = new Deno.errors.BrokenPipe();
  printer.show(switched("a"));
  const printed = printer.shown()!;
  out.open();
  await assertRejects(() => printed, Error, "Nobody reads what is printed");
  assert(closed() > 0);
  await assertRejects(() => printer.shown()!, Error);
  await printer.flush();
  assertEquals(printer.failure, undefined, "whoever has read it has had enough");
});

Deno.test("why an output takes nothing more is known", async () => {
  const { err, printer, closed } = printing();
  assertEquals(printer.failure, undefined);
  err.error = new Error("No space left on device");
  printer.show({ type: "failed", error: new RangeError("x") });
  err.open();
  await printer.flush();
  assertEquals(printer.failure, { cause: err.error });
  assert(closed() > 0);
});

Deno.test("an output that is slower than the events makes them wait", async () => {
  const { out, printer } = printing();
  assertEquals(printer.room(), undefined);
  const text = "x".repeat(15_000);
  for (let i = 0; i < 20; i++) {
    printer.show({
      type: "message",
      ...peer("bob"),
      id: "1",
      stream: undefined,
      seq: undefined,
      kind: "text",
      plaintext: false,
      text,
      sentAtMs: 0,
    });
  }
  const room = printer.room()!;
  assert(room !== undefined);
  out.open();
  await room;
  assertEquals(printer.room(), undefined);
});
