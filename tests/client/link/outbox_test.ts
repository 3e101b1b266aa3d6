import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Outbox } from "../../../client/link/outbox.ts";

/** A sink that keeps what is written, and takes at most so many bytes at a time. */
class Sink {
  readonly writes: string[] = [];
  readonly #most: number;

  constructor(most = Infinity) {
    this.#most = most;
  }

  write(bytes: Uint8Array): Promise<number> {
    const taken = bytes.subarray(0, this.#most);
    this.writes.push(new TextDecoder("latin1").decode(taken));
    return Promise.resolve(taken.length);
  }
}

function unexpected(error: unknown): never {
  throw error;
}

Deno.test("what is added in one turn goes out in one write, in order", async () => {
  const sink = new Sink();
  const outbox = new Outbox(sink, unexpected);
  for (let i = 0; i < 100; i++) outbox.add(`${i},`);
  await outbox.flushed();
  assertEquals(sink.writes, [Array.from({ length: 100 }, (_, i) => `${i},`).join("")]);
});

Deno.test("what is added while a write is under way goes out with the next one", async () => {
  const gate = Promise.withResolvers<void>();
  const sink = new Sink();
  const outbox = new Outbox({
    async write(bytes) {
      const count = await sink.write(bytes);
      await gate.promise;
      return count;
    },
  }, unexpected);
  outbox.add("first");
  // The write begins after the turn in which the first text was added.
  await undefined;
  for (const text of ["a", "b", "c"]) outbox.add(text);
  gate.resolve();
  await outbox.flushed();
  assertEquals(sink.writes, ["first", "abc"]);
});

Deno.test("a sink that takes a little at a time gets all of it, in order", async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.array(fc.string({ unit: "binary-ascii" })), { maxLength: 10 }),
    fc.integer({ min: 1, max: 7 }),
    async (bursts, most) => {
      const sink = new Sink(most);
      const outbox = new Outbox(sink, unexpected);
      for (const burst of bursts) {
        for (const text of burst) outbox.add(text);
        await Promise.resolve();
      }
      await outbox.flushed();
      assertEquals(sink.writes.join(""), bursts.flat().join(""));
    },
  ));
});

Deno.test("a text goes out as UTF-8", async () => {
  const sink = new Sink();
  const outbox = new Outbox(sink, unexpected);
  outbox.add("é🙂");
  await outbox.flushed();
  assertEquals(sink.writes, ["\u00c3\u00a9\u00f0\u0178\u2122\u201a"]);
});

Deno.test("whoever fills the outbox waits for room, and only then", async () => {
  const gate = Promise.withResolvers<void>();
  const outbox = new Outbox({
    async write(bytes) {
      await gate.promise;
      return bytes.length;
    },
  }, unexpected);
  outbox.add("taken by the first write");
  await undefined;
  outbox.add("a little");
  await outbox.room();
  outbox.add("x".repeat(1 << 20));
  let waited = false;
  const room = outbox.room().then(() => waited = true);
  await undefined;
  assertEquals(waited, false);
  gate.resolve();
  await room;
});

Deno.test("a failure ends every wait, and what was to be written is dropped", async () => {
  const failures: unknown[] = [];
  const broken = new Error("broken");
  const outbox = new Outbox(
    { write: () => Promise.reject(broken) },
    (error) => failures.push(error),
  );
  outbox.add("x".repeat(1 << 20));
  await Promise.all([outbox.room(), outbox.flushed()]);
  assertEquals(failures, [broken]);
});

Deno.test("a failure is told once, whatever is added later", async () => {
  let failures = 0;
  let writes = 0;
  const outbox = new Outbox({
    write() {
      writes++;
      return Promise.reject(new Error("broken"));
    },
  }, () => failures++);
  for (let i = 0; i < 3; i++) {
    outbox.add("text");
    await outbox.flushed();
  }
  assert(writes > 0);
  assertEquals(failures, 1);
});
