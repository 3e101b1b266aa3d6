/**
 * A program: a closed-loop load generator, with the arguments and the output of lineload.c, for when that
 * is not at hand.
 *
 *     load.ts HOST PORT CONNECTIONS SECONDS persist|oneshot TEMPLATE PREFIX
 *
 * Each connection sends a request, waits for the reply, and sends the next; `oneshot` makes a new
 * connection for each. In the template `\r` and `\n` are escapes and `%d` is the connection's number.
 * A reply that does not begin with the prefix counts as unexpected.
 *
 * @module
 */

import { writeAll } from "../../shared/net/write_all.ts";
import { MessageEnds } from "./message_ends.ts";

const [hostname, port, connections, seconds, mode, template, prefix] = Deno.args;
const address = { hostname: hostname!, port: Number(port) };
const expected = new TextEncoder().encode(prefix);
const loop = mode === "oneshot" ? useOnce : keep;

let requests = 0;
let errors = 0;
let unexpected = 0;
let running = true;
const open = new Set<Deno.TcpConn>();

const begin = performance.now();
const loops = Array.from({ length: Number(connections) }, (_, i) => repeat(requestOf(i)));
await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
const elapsedS = (performance.now() - begin) / 1000;
const line = JSON.stringify({ requests, errors, unexpected, rate: requests / elapsedS });
running = false;
for (const conn of open) conn.close();
await Promise.all(loops);
await writeAll(Deno.stdout, new TextEncoder().encode(line + "\n"));

function requestOf(connection: number): Uint8Array<ArrayBuffer> {
  const text = template!.replaceAll("\\r", "\r").replaceAll("\\n", "\n");
  return new TextEncoder().encode(text.replaceAll("%d", String(connection)));
}

async function repeat(request: Uint8Array<ArrayBuffer>): Promise<void> {
  const buffer = new Uint8Array(2048);
  while (running) {
    try {
      await loop(request, buffer);
    } catch {
      // Closed at the end of the run, or the server's doing.
      if (running) errors++;
    }
  }
}

async function keep(request: Uint8Array<ArrayBuffer>, buffer: Uint8Array): Promise<void> {
  const conn = await connect();
  const ends = new MessageEnds();
  try {
    while (running) await ask(conn, request, buffer, ends);
  } finally {
    close(conn);
  }
}

async function useOnce(request: Uint8Array<ArrayBuffer>, buffer: Uint8Array): Promise<void> {
  const conn = await connect();
  try {
    await ask(conn, request, buffer, new MessageEnds());
  } finally {
    close(conn);
  }
}

async function ask(
  conn: Deno.TcpConn,
  request: Uint8Array<ArrayBuffer>,
  buffer: Uint8Array,
  ends: MessageEnds,
): Promise<void> {
  // Nothing else is on its way, so that the socket takes so few bytes at once.
  await conn.write(request);
  let count = await conn.read(buffer);
  if (count !== null && !isExpected(buffer, count)) unexpected++;
  while (count !== null && ends.count(buffer, count) === 0) count = await conn.read(buffer);
  if (count === null) throw new Error("The server closed the connection");
  requests++;
}

function isExpected(buffer: Uint8Array, count: number): boolean {
  for (let i = 0; i < expected.length && i < count; i++) {
    if (buffer[i] !== expected[i]) return false;
  }
  return true;
}

async function connect(): Promise<Deno.TcpConn> {
  const conn = await Deno.connect(address);
  open.add(conn);
  return conn;
}

function close(conn: Deno.TcpConn): void {
  // At the end of the run they are closed from outside.
  if (running) conn.close();
  open.delete(conn);
}
