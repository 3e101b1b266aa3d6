import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Seal, WriteQueue } from "../../../client/link/write_queue.ts";
import { SecureChannel } from "../../../client/link/secure_channel.ts";
import { CipherState } from "../../../shared/crypto/cipher_state.ts";
import { primitives } from "../../../shared/crypto/primitives.ts";
import { writeTimeoutMs } from "../../../shared/protocol/limits.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const utf8 = new TextEncoder();

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
  const queue = new WriteQueue(sink, unexpected);
  for (let i = 0; i < 100; i++) queue.add(`${i},`);
  await queue.flushed();
  assertEquals(sink.writes, [Array.from({ length: 100 }, (_, i) => `${i},`).join("")]);
});

Deno.test("small bytes and texts of one turn go out in one write, large ones in their own", async () => {
  const sink = new Sink();
  const queue = new WriteQueue(sink, unexpected);
  queue.addBytes(utf8.encode("bytes,"));
  queue.sealWith((bytes) => utf8.encode(`<${new TextDecoder().decode(bytes)}>`));
  queue.add("text");
  await queue.flushed();
  assertEquals(sink.writes, ["bytes,<text>"]);
  const large = "a".repeat(20_000);
  queue.addBytes(utf8.encode(large));
  queue.add("text");
  await queue.flushed();
  assertEquals(sink.writes.slice(1), [large, "<text>"]);
});

Deno.test("what is added while a write is under way goes out with the next one", async () => {
  const gate = Promise.withResolvers<void>();
  const sink = new Sink();
  const queue = new WriteQueue({
    async write(bytes) {
      const count = await sink.write(bytes);
      await gate.promise;
      return count;
    },
  }, unexpected);
  queue.add("first");
  // The write begins after the turn in which the first text was added.
  await undefined;
  for (const text of ["a", "b", "c"]) queue.add(text);
  gate.resolve();
  await queue.flushed();
  assertEquals(sink.writes, ["first", "abc"]);
});

Deno.test("a sink that takes a little at a time gets all of it, in order", async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.array(fc.string({ unit: "binary-ascii" })), { maxLength: 10 }),
    fc.integer({ min: 1, max: 7 }),
    async (bursts, most) => {
      const sink = new Sink(most);
      const queue = new WriteQueue(sink, unexpected);
      for (const burst of bursts) {
        for (const text of burst) queue.add(text);
        await Promise.resolve();
      }
      await queue.flushed();
      assertEquals(sink.writes.join(""), bursts.flat().join(""));
    },
  ));
});

Deno.test("a text goes out as UTF-8", async () => {
  const sink = new Sink();
  const queue = new WriteQueue(sink, unexpected);
  queue.add("é🙂");
  await queue.flushed();
  assertEquals(sink.writes, ["\u00c3\u00a9\u00f0\u0178\u2122\u201a"]);
});

Deno.test("bytes and texts go out in the order in which they were added", async () => {
  const sink = new Sink();
  const queue = new WriteQueue(sink, unexpected);
  queue.add("one ");
  queue.addBytes(utf8.encode("two "));
  queue.add("three ");
  queue.add("four ");
  queue.addBytes(utf8.encode("five"));
  await queue.flushed();
  assertEquals(sink.writes.join(""), "one two three four five");
});

Deno.test("text that is added after sealWith is encrypted, earlier text and bytes are not", async () => {
  const sink = new Sink();
  const queue = new WriteQueue(sink, unexpected);
  queue.add("plain ");
  queue.sealWith((bytes) => utf8.encode(`<${new TextDecoder().decode(bytes)}>`));
  queue.add("a");
  queue.add("b");
  queue.addBytes(utf8.encode(" bytes "));
  queue.add("c");
  await queue.flushed();
  assertEquals(sink.writes.join(""), "plain <ab> bytes <c>");
  queue.add("later");
  await queue.flushed();
  assertEquals(sink.writes.at(-1), "<later>");
});

Deno.test("drained waits only while too much text is queued", async () => {
  const gate = Promise.withResolvers<void>();
  const queue = new WriteQueue({
    async write(bytes) {
      await gate.promise;
      return bytes.length;
    },
  }, unexpected);
  queue.add("taken by the first write");
  await undefined;
  queue.add("a little");
  await queue.drained();
  queue.add("x".repeat(1 << 20));
  let waited = false;
  const room = queue.drained().then(() => waited = true);
  await undefined;
  assertEquals(waited, false);
  gate.resolve();
  await room;
});

Deno.test("a failure ends every wait, and what was to be written is dropped", async () => {
  const failures: unknown[] = [];
  const broken = new Error("broken");
  const queue = new WriteQueue(
    { write: () => Promise.reject(broken) },
    (error) => failures.push(error),
  );
  queue.add("x".repeat(1 << 20));
  await Promise.all([queue.drained(), queue.flushed()]);
  assertEquals(failures, [broken]);
});

Deno.test("a failure is told once, whatever is added later", async () => {
  let failures = 0;
  let writes = 0;
  const queue = new WriteQueue({
    write() {
      writes++;
      return Promise.reject(new Error("broken"));
    },
  }, () => failures++);
  for (let i = 0; i < 3; i++) {
    queue.add("text");
    await queue.flushed();
  }
  assert(writes > 0);
  assertEquals(failures, 1);
});

// Memory for frames that is used again

/** Seems to encrypt: no two frames are alike, nor as long as what is in them. */
function sealing(reuses: boolean): { seal: Seal; readonly reused: number } {
  let number = 0;
  let reused = 0;
  return {
    get reused() {
      return reused;
    },
    seal(bytes, target) {
      number++;
      const length = 2 + Math.ceil(bytes.length / 16) * 16;
      const fits = reuses && target !== undefined && target.length >= length;
      if (fits) reused++;
      const frames = fits ? target.subarray(0, length) : new Uint8Array(length);
      frames.fill(0);
      frames[0] = number;
      frames.set(bytes.map((byte) => byte ^ number), 2);
      return frames;
    },
  };
}

type Addition = { readonly text: string } | { readonly bytes: Uint8Array } | {
  readonly turns: number;
};

/** What is written if each write takes some turns, and so many bytes at most. */
async function writesOf(
  additions: readonly Addition[],
  { seal }: { seal: Seal },
  most: number,
  slowness: readonly number[],
): Promise<string[]> {
  const writes: string[] = [];
  let overwritten = false;
  const queue = new WriteQueue({
    async write(bytes) {
      const taken = bytes.subarray(0, most);
      const before = taken.toHex();
      const turns = slowness[writes.length % slowness.length]!;
      for (let i = 0; i < turns; i++) await undefined;
      overwritten ||= taken.toHex() !== before;
      writes.push(before);
      return taken.length;
    },
  }, unexpected);
  queue.sealWith(seal);
  for (const addition of additions) {
    if ("text" in addition) queue.add(addition.text);
    else if ("bytes" in addition) queue.addBytes(addition.bytes);
    else for (let i = 0; i < addition.turns; i++) await undefined;
  }
  await queue.flushed();
  assert(!overwritten, "what is being written was overwritten");
  return writes;
}

const additions = fc.array(
  fc.oneof(
    fc.string({ unit: "binary-ascii", maxLength: 60 }).map((text): Addition => ({ text })),
    fc.uint8Array({ maxLength: 20 }).map((bytes): Addition => ({ bytes })),
    fc.nat(12).map((turns): Addition => ({ turns })),
  ),
  { maxLength: 30 },
);

Deno.test("the same is written whether memory for frames is used again or not, however slowly", async () => {
  let reusedAtAll = 0;
  await fc.assert(
    fc.asyncProperty(
      additions,
      fc.integer({ min: 1, max: 100 }),
      fc.array(fc.nat(20), { minLength: 1, maxLength: 5 }),
      async (additions, most, slowness) => {
        const [reusing, fresh] = [sealing(true), sealing(false)];
        const expected = await writesOf(additions, fresh, most, slowness);
        assertEquals(await writesOf(additions, reusing, most, slowness), expected);
        reusedAtAll += reusing.reused;
      },
    ),
    { numRuns: 400 },
  );
  assert(reusedAtAll > 0);
});

Deno.test("frames that a real channel seals into the same memory are opened on the other side", async () => {
  const key = (byte: number) => {
    const cipher = new CipherState(primitives);
    cipher.initializeKey(new Uint8Array(32).fill(byte));
    return cipher;
  };
  const sender = new SecureChannel({ send: key(1), receive: key(2) });
  const receiver = new SecureChannel({ send: key(2), receive: key(1) });
  const heard: string[] = [];
  const queue = new WriteQueue({
    async write(bytes) {
      for (let i = 0; i < 5; i++) await undefined;
      const contents = receiver.open(bytes.slice());
      assert(contents !== undefined, "a frame does not decrypt");
      heard.push(...contents.map((content) => new TextDecoder().decode(content)));
      return bytes.length;
    },
  }, unexpected);
  queue.sealWith((bytes, target) => sender.seal(bytes, target));
  let said = "";
  for (let i = 0; i < 200; i++) {
    const text = `${i},`.repeat((i * 37) % 300);
    said += text;
    queue.add(text);
    for (let turn = 0; turn < i % 7; turn++) await undefined;
  }
  await queue.flushed();
  assertEquals(heard.join(""), said);
});

Deno.test("little memory is kept, however long one text was", async () => {
  const targets: (number | undefined)[] = [];
  const queue = new WriteQueue(new Sink(), unexpected);
  queue.sealWith((bytes, target) => {
    targets.push(target?.length);
    return bytes;
  });
  for (const length of [1_000, 500, 64 * 1024, 64 * 1024 + 1, 10]) {
    queue.add("x".repeat(length));
    await queue.flushed();
  }
  assertEquals(targets, [0, 1_000, 1_000, 64 * 1024, 64 * 1024]);
});

Deno.test("a slow reader is written to for as long as it takes, and one that does not read is given up", async () => {
  for (const everyMs of [writeTimeoutMs - 1, writeTimeoutMs + 1]) {
    const clock = new FakeClock();
    const failures: unknown[] = [];
    let taken = 0;
    const sink = {
      write: (bytes: Uint8Array) =>
        new Promise<number>((resolve) =>
          clock.after(everyMs, () => {
            const count = Math.min(10, bytes.length);
            taken += count;
            resolve(count);
          })
        ),
    };
    const queue = new WriteQueue(sink, (error) => failures.push(error), clock);
    queue.addBytes(new Uint8Array(15));
    queue.add("x".repeat(100));
    await clock.finish(queue.flushed(), 20 * everyMs);
    if (everyMs < writeTimeoutMs) assertEquals([taken, failures], [115, []]);
    else assert(failures.length === 1 && failures[0] instanceof Deno.errors.TimedOut);
  }
});
