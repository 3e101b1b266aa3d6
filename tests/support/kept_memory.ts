// A program: what a server keeps in memory of each registration and each subscription, in bytes, as JSON. Its
// argument is how many bytes each request has beside what is needed. Needs `--v8-flags=--expose-gc`.

import { writeAll } from "../../shared/net/write_all.ts";
import { type CoreClient, CoreServer } from "./core_fixture.ts";
import { settle } from "./fake_clock.ts";
import { withoutRates } from "./rates.ts";
import { Identity } from "../../shared/crypto/identity.ts";

const padding = "X-Padding: ".padEnd(Number(Deno.args[0]), "x");
const registrations = 2_000;
const subscriptions = 100;
const { gc } = globalThis as unknown as { gc(): void };

const server = new CoreServer({
  capacity: { newNamesPerHost: Infinity, ...withoutRates, registrationsPerHost: Infinity },
});
const host = "2001:db8:1111:2222:3333:4444:5555:6666";
const client = server.connect(host);
const registration = await bytesFor(registrations, async (n) => {
  const lines = [`clientID: a-long-client-id-${n}`, `IP: ${host}`, "Port: 5556"];
  await askAmongOthers(client, ["REGISTER", ...lines]);
});
const watchers: CoreClient[] = [];
for (let n = 0; n < subscriptions; n++) {
  watchers.push(await server.connectAs(`watcher-${n}`, Identity.generate()));
  await server.sweep();
}
const subscription = await bytesFor(subscriptions, async (n) => {
  await askAmongOthers(watchers[n]!, ["WATCH", "Version: 1", `Target: somebody-who-is-away-${n}`]);
});
await writeAll(
  Deno.stdout,
  new TextEncoder().encode(JSON.stringify({ registration, subscription })),
);
await server.restart();

/** Sends a message between two others, so that the server reads it with what is around it. */
async function askAmongOthers(client: CoreClient, lines: readonly string[]): Promise<void> {
  const messages = [["PING"], lines, ["PING"]];
  client.conn.feed(messages.map((lines) => [...lines, padding, "", ""].join("\r\n")).join(""));
  await client.heard();
  await server.sweep();
}

/** Does something many times. @returns How many bytes it takes each time, once all that is not kept is gone. */
async function bytesFor(count: number, task: (n: number) => Promise<void>): Promise<number> {
  // Once, so that what is made only once is not counted.
  await task(0);
  const before = await heapBytes();
  for (let n = 1; n < count; n++) await task(n);
  return (await heapBytes() - before) / (count - 1);
}

async function heapBytes(): Promise<number> {
  // Buffers are given back between two turns.
  for (let round = 0; round < 3; round++) {
    gc();
    await settle();
  }
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}
