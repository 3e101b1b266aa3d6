/**
 * A client called bob in a process of its own, of which a test asks how much memory it uses. Its first
 * line is its port. To each line that it reads it answers with one: the bytes that are in use once all
 * garbage is collected, and behind them the types of what has happened so far.
 *
 * @module
 */

import { TextLineStream } from "@std/streams/text-line-stream";
import { writeAll } from "../../shared/net/write_all.ts";
import { nowhere, Person } from "./client_fixture.ts";

const { gc } = globalThis as unknown as { gc: () => void };
const say = (line: string) => writeAll(Deno.stdout, new TextEncoder().encode(line + "\n"));

await using bob = new Person("bob", nowhere);
await say(String(bob.client.address.port));
const lines = Deno.stdin.readable
  .pipeThrough(new TextDecoderStream())
  .pipeThrough(new TextLineStream());
for await (const _ of lines) {
  gc();
  const { heapUsed, external } = Deno.memoryUsage();
  await say([heapUsed + external, ...bob.events.types].join(" "));
}
