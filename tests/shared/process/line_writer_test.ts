import { assertEquals } from "@std/assert";
import { LineWriter } from "../../../shared/process/line_writer.ts";
import { FakeClock } from "../../support/fake_clock.ts";

/** A sink whose writes end as a test says. */
class FakeSink {
  text = "";
  /** What the next writes end with; by default they take everything. */
  ends: (number | "full" | Promise<void>)[] = [];

  async write(bytes: Uint8Array): Promise<number> {
    const end = this.ends.shift();
    if (end === "full") throw new Deno.errors.NotCapable("No space left on device");
    if (end instanceof Promise) await end;
    const count = typeof end === "number" ? end : bytes.length;
    this.text += new TextDecoder().decode(bytes.subarray(0, count));
    return count;
  }
}

/** A writer of lines, with its sink and its clock. */
function writerOf(...ends: FakeSink["ends"]) {
  const sink = new FakeSink();
  sink.ends = ends;
  const clock = new FakeClock();
  const writer = new LineWriter(sink, (count) => `${count} dropped`, clock);
  return { sink, clock, writer };
}

Deno.test("lines are written in their order, in parts if the sink takes parts", async () => {
  const { sink, clock, writer } = writerOf(3, 1);
  writer.write("first");
  writer.write("second");
  await writer.end();
  writer.write("third");
  await writer.end();
  assertEquals([sink.text, clock.waiting], ["first\nsecond\nthird\n", 0]);
});

Deno.test("what the disk does not take is counted, and said once when it takes lines again", async () => {
  const { sink, writer } = writerOf("full", "full");
  for (const lines of [["1", "2"], ["3"], ["4", "5"], ["6"]]) {
    for (const line of lines) writer.write(line);
    await writer.end();
  }
  assertEquals(sink.text, "3 dropped\n4\n5\n6\n");
});

Deno.test("a reader that does not read holds nothing up, and what finds no room is counted", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { sink, clock, writer } = writerOf(promise);
  const line = "x".repeat(1024);
  writer.write("first");
  // The first write has begun.
  await Promise.resolve();
  await Promise.resolve();
  for (let i = 0; i < 2_000; i++) writer.write(line);
  let hasEnded = false;
  const ended = writer.end().then(() => hasEnded = true);
  await clock.pass(999);
  assertEquals([hasEnded, sink.text], [false, ""]);
  await clock.pass(1);
  await ended;
  resolve();
  await writer.end();
  writer.write("last");
  await writer.end();
  const [first, ...rest] = sink.text.trimEnd().split("\n");
  const said = rest.filter((text) => text !== line);
  const kept = rest.length - said.length;
  assertEquals([first, said], ["first", [`${2_000 - kept} dropped`, "last"]]);
  assertEquals(kept, 1023);
});
