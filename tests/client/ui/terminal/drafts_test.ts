// Half-typed lines: what the store is told of them and when, and what comes back.

import { assertEquals } from "@std/assert";
import type { LineText } from "../../../../client/ui/terminal/edited_line.ts";
import { Drafts } from "../../../../client/ui/terminal/drafts.ts";
import type { HeldLine } from "../../../../client/ui/terminal/input_line.ts";
import { FakeClock } from "../../../support/fake_clock.ts";

const typed = (text: string): LineText => ({ text, typed: text.length });
const unheld: HeldLine = { begunFor: undefined, asked: undefined };

/** An input line, and a store that outlives it. */
class Typing {
  readonly clock = new FakeClock();
  readonly stored: Map<string, { text: string; isForAnother: boolean }>;
  writes = 0;
  reads = 0;
  isFull = false;
  isDone = true;
  hasClient = true;
  readonly drafts = new Drafts({
    clock: this.clock,
    isDone: () => this.isDone,
    isForAnother: ({ begunFor }) => begunFor !== undefined,
    kept: () => this.hasClient ? { read: this.#read, write: this.#write } : undefined,
  });

  constructor(before: Record<string, string> = {}) {
    const lines = Object.entries(before);
    this.stored = new Map(lines.map(([name, text]) => [name, { text, isForAnother: false }]));
  }

  types(name: string, text: string, held = unheld): void {
    this.drafts.note(name, { line: typed(text), held });
  }

  get texts(): Record<string, string> {
    return Object.fromEntries([...this.stored].map(([name, { text }]) => [name, text]));
  }

  readonly #read = (name: string) => {
    this.reads++;
    if (this.isFull) throw new Error("It cannot be read");
    const line = this.stored.get(name);
    return line && { ...line, typed: line.text.length };
  };

  readonly #write = (name: string, line: { text: string; isForAnother: boolean }) => {
    this.writes++;
    if (this.isFull) throw new Error("The disk is full");
    if (line.text === "") this.stored.delete(name);
    else this.stored.set(name, { text: line.text, isForAnother: line.isForAnother });
  };
}

Deno.test("what is typed is stored a little later, and not with each key", async () => {
  const t = new Typing();
  const text = "the quick brown fox jumps over the lazy dog";
  for (let i = 1; i <= text.length; i++) {
    t.types("bob", text.slice(0, i));
    await t.clock.pass(50);
  }
  await t.clock.pass(1_000);
  assertEquals(t.texts, { bob: text });
  assertEquals([t.writes <= 6, t.reads], [true, 1]);
  // What changes nothing is not written.
  const { writes } = t;
  for (let i = 0; i < 5; i++) t.types("bob", text);
  await t.clock.pass(60_000);
  assertEquals([t.writes, t.clock.waits], [writes, []]);
});

Deno.test("what was sent is gone as soon as it is on the disk, and not before", async () => {
  const t = new Typing();
  t.types("bob", "hello");
  await t.clock.pass(1_000);
  t.isDone = false;
  t.types("bob", "");
  await t.clock.pass(5_000);
  assertEquals(t.texts, { bob: "hello" });
  t.isDone = true;
  t.types("bob", "");
  assertEquals(t.texts, {});
  // Nor is the next line stored because of that one.
  t.types("bob", "n");
  assertEquals(t.texts, {});
  t.drafts.end(true);
  assertEquals(t.texts, { bob: "n" });
});

Deno.test("at the end all is stored, but for what was entered and is not done", () => {
  const t = new Typing({ bob: "entered" });
  t.types("bob", "");
  assertEquals(t.drafts.take("bob")?.line.text, "entered");
  t.isDone = false;
  t.types("bob", "");
  t.drafts.keep("carol", { line: typed("aside"), held: unheld });
  t.types("dave", "half");
  t.drafts.end(false);
  assertEquals(t.texts, { bob: "entered", carol: "aside", dave: "half" });
  assertEquals(t.clock.waits, []);
});

Deno.test("a line of an earlier run comes back once, and is stored until it is sent", async () => {
  const t = new Typing({ bob: "earlier" });
  assertEquals(t.drafts.has("bob"), true);
  t.types("bob", "");
  assertEquals([t.texts, t.writes], [{ bob: "earlier" }, 0]);
  const draft = t.drafts.take("bob");
  assertEquals([draft?.line.text, draft?.held], ["earlier", unheld]);
  assertEquals(t.drafts.take("bob"), undefined);
  t.types("bob", "earlier, and more");
  await t.clock.pass(1_000);
  assertEquals(t.texts, { bob: "earlier, and more" });
  // While another one is aside, the line is stored in its place, and it is back when the line is sent.
  const ahead = new Typing({ bob: "earlier" });
  ahead.types("bob", "typed ahead");
  await ahead.clock.pass(1_000);
  assertEquals(ahead.texts, { bob: "typed ahead" });
  ahead.types("bob", "");
  assertEquals(ahead.texts, { bob: "earlier" });
  assertEquals(ahead.drafts.take("bob")?.line.text, "earlier");
});

Deno.test("a line that goes along to another conversation is stored there, and asks", async () => {
  const t = new Typing();
  t.types("", "for nobody");
  await t.clock.pass(1_000);
  const begunFor = { conversation: undefined, name: undefined };
  t.types("bob", "for nobody", { ...unheld, begunFor });
  await t.clock.pass(1_000);
  assertEquals([...t.stored], [["bob", { text: "for nobody", isForAnother: true }]]);
  const later = new Typing();
  later.stored.set("bob", t.stored.get("bob")!);
  assertEquals(later.drafts.take("bob")?.held, { begunFor, asked: undefined });
});

Deno.test("a store that fails is told again later, and what it had is not lost", async () => {
  const t = new Typing({ bob: "earlier" });
  t.isFull = true;
  for (let i = 1; i <= 100; i++) {
    t.types("bob", "x".repeat(i));
    await t.clock.pass(50);
  }
  assertEquals(t.writes, 0);
  assertEquals(t.drafts.take("carol"), undefined);
  t.types("bob", "");
  t.types("bob", "y");
  t.isFull = false;
  await t.clock.pass(20_000);
  assertEquals(t.texts, { bob: "y" });
  t.types("bob", "");
  assertEquals(t.drafts.take("bob")?.line.text, "earlier");

  const full = new Typing();
  full.types("bob", "one");
  await full.clock.pass(1_000);
  full.isFull = true;
  for (let i = 1; i <= 100; i++) {
    full.types("bob", "x".repeat(i % 7));
    await full.clock.pass(50);
  }
  assertEquals(full.writes <= 3, true);
  full.isFull = false;
  await full.clock.pass(20_000);
  assertEquals(full.texts, { bob: "xx" });
});

Deno.test("before there is a client, lines wait for it, and nothing is written over", async () => {
  const t = new Typing({ "": "earlier" });
  t.hasClient = false;
  t.types("", "typed");
  await t.clock.pass(5_000);
  t.hasClient = true;
  t.types("", "typed ahead");
  await t.clock.pass(1_000);
  assertEquals(t.texts, { "": "typed ahead" });
  t.types("", "");
  assertEquals(t.texts, { "": "earlier" });
});
