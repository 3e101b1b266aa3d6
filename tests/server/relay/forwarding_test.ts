import { assertEquals, assertRejects } from "@std/assert";
import { Buffers, forward } from "../../../server/relay/forwarding.ts";

/** What is read in pieces, the first ones at once and each further one when the test gives it. */
class Pieces {
  /** How long the buffer was of each read that has been answered. */
  readonly buffers: number[] = [];
  #pieces: (Uint8Array | null)[] = [];
  #changed = Promise.withResolvers<void>();

  constructor(...pieces: (Uint8Array | null)[]) {
    this.give(...pieces);
  }

  give(...pieces: (Uint8Array | null)[]): void {
    this.#pieces.push(...pieces);
    this.#changed.resolve();
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#pieces.length === 0) {
      this.#changed = Promise.withResolvers();
      await this.#changed.promise;
    }
    const piece = this.#pieces.shift()!;
    if (piece === null) return null;
    this.buffers.push(into.length);
    const taken = piece.subarray(0, into.length);
    into.set(taken);
    if (taken.length < piece.length) this.#pieces.unshift(piece.subarray(taken.length));
    return taken.length;
  }
}

/** What is written, a part of it at a time. */
class Sink {
  readonly got: number[] = [];
  ended = false;

  write(bytes: Uint8Array): Promise<number> {
    const taken = Math.ceil(bytes.length / 2);
    for (const byte of bytes.subarray(0, taken)) this.got.push(byte);
    return Promise.resolve(taken);
  }

  closeWrite(): Promise<void> {
    this.ended = true;
    return Promise.resolve();
  }
}

const none = () => undefined;

/** Bytes that are all different for a while. */
function bytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * 7 + (i >> 8));
}

Deno.test("what comes is forwarded whole, and then the end", async () => {
  const sent = bytes(700_000);
  const sink = new Sink();
  await forward(new Pieces(sent, bytes(3), null), sink, new Buffers(), none);
  assertEquals(sink.got, [...sent, ...bytes(3)]);
  assertEquals(sink.ended, true);
});

Deno.test("a large buffer is lent while much flows, and given back", async () => {
  const pieces = new Pieces(bytes(10), bytes(300_000), bytes(10), bytes(10), null);
  const buffers = new Buffers();
  await forward(pieces, new Sink(), buffers, none);
  const [first, ...rest] = pieces.buffers;
  assertEquals(first, 512);
  assertEquals(rest.includes(256 * 1024), true);
  assertEquals(rest.at(-1), 512);
  // All 64 can be lent again.
  const lent = Array.from({ length: 65 }, () => buffers.lend());
  assertEquals(lent.map((buffer) => buffer?.length), [...Array(64).fill(256 * 1024), undefined]);
});

Deno.test("without a large buffer, and if a connection breaks, nothing is lost or kept", async () => {
  const buffers = new Buffers();
  const lent = Array.from({ length: 64 }, () => buffers.lend()!);
  const sink = new Sink();
  await forward(new Pieces(bytes(50_000), null), sink, buffers, none);
  assertEquals(sink.got, [...bytes(50_000)]);
  for (const buffer of lent) buffers.giveBack(buffer);

  const broken = { ...new Sink(), write: () => Promise.reject(new Error("broken")) };
  const sentence = "broken";
  await assertRejects(
    () =>
      forward(new Pieces(bytes(50_000)), { ...broken, closeWrite: none as never }, buffers, none),
    Error,
    sentence,
  );
  assertEquals(Array.from({ length: 64 }, () => buffers.lend()).includes(undefined), false);
});

Deno.test("nothing more is read before what was forwarded may go on", async () => {
  const pieces = new Pieces(bytes(10));
  const sink = new Sink();
  const pause = Promise.withResolvers<void>();
  let count = 0;
  const forwarding = forward(
    pieces,
    sink,
    new Buffers(),
    () => count++ === 0 ? pause.promise : undefined,
  );
  pieces.give(bytes(20), null);
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(sink.got.length, 10);
  pause.resolve();
  await forwarding;
  assertEquals(sink.got.length, 30);
});
