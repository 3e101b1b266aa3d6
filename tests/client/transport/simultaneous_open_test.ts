// One side here is a listener: on one machine nothing drops what comes too early, so two that only call refuse each
// other. How two meet through routers is tried in tests/nat.

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { MeetOptions } from "../../../client/transport/meet_options.ts";
import { simultaneousOpen } from "../../../client/transport/simultaneous_open.ts";
import { type PeerConn, rankOf, ranks } from "../../../client/transport/transport.ts";

const token = new Uint8Array(16).fill(7);

/** The other side, which takes calls at one port of several addresses of this machine. */
class Other implements AsyncDisposable {
  readonly #listeners: Deno.TcpListener[] = [];
  readonly #accepting: Promise<void>[] = [];
  /** Those who have called, in order. */
  readonly conns: Deno.TcpConn[] = [];
  #called = Promise.withResolvers<void>();

  constructor(hosts = ["127.0.0.1"]) {
    let port = 0;
    for (const hostname of hosts) {
      const listener = Deno.listen({ hostname, port });
      port = listener.addr.port;
      this.#listeners.push(listener);
      this.#accepting.push(this.#accept(listener));
    }
  }

  get candidates(): { host: string; port: number }[] {
    return this.#listeners.map(({ addr: { hostname: host, port } }) => ({ host, port }));
  }

  /** The one who has called as the nth. */
  async caller(n: number): Promise<Deno.TcpConn> {
    while (this.conns.length <= n) await this.#called.promise;
    return this.conns[n]!;
  }

  async #accept(listener: Deno.TcpListener): Promise<void> {
    for await (const conn of listener) {
      this.conns.push(conn);
      this.#called.resolve();
      this.#called = Promise.withResolvers();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const listener of this.#listeners) listener.close();
    await Promise.all(this.#accepting);
    for (const conn of this.conns) {
      try {
        conn.close();
      } catch {
        // The test has closed it.
      }
    }
  }
}

/** One side calls the other. */
async function meet(
  { candidates }: Other,
  options: Partial<MeetOptions> = {},
): Promise<PeerConn> {
  const { open } = await simultaneousOpen();
  const signal = new AbortController().signal;
  return await open({ candidates, token, calls: true, signal, ...options });
}

async function read(conn: Pick<PeerConn, "read">, count: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  for (let had = 0; had < count;) {
    const more = await conn.read(bytes.subarray(had));
    assert(more !== null, `${had} bytes and the end`);
    had += more;
  }
  return bytes;
}

/** Two sides that have met: our end, and the other one's. */
async function met(other: Other): Promise<[PeerConn, Deno.TcpConn]> {
  const meeting = meet(other);
  const caller = await other.caller(0);
  assertEquals(await read(caller, 16), token);
  await caller.write(token);
  return [await meeting, caller];
}

/** Whether the other end hangs up. */
async function hangsUp(conn: Deno.TcpConn): Promise<boolean> {
  try {
    while (await conn.read(new Uint8Array(16)) !== null);
  } catch {
    // Reset.
  }
  return true;
}

Deno.test("it calls from the port that it has named", async () => {
  await using other = new Other();
  const { port, open } = await simultaneousOpen();
  const over = new AbortController();
  const meeting = open({
    candidates: other.candidates,
    token,
    calls: true,
    signal: over.signal,
  });
  const { remoteAddr } = await other.caller(0);
  assertEquals(remoteAddr.port, port);
  over.abort(new Error("enough"));
  await assertRejects(() => meeting, Error, "enough");
});

Deno.test("a connection carries bytes in both directions, and what was written before the end", async () => {
  await using other = new Other();
  const [conn, caller] = await met(other);
  assertEquals([rankOf(conn), conn.punched], [ranks.punched, "tcp"]);
  assertEquals([conn.remoteAddr.hostname, conn.localAddr.hostname], ["127.0.0.1", "127.0.0.1"]);
  await caller.write(new Uint8Array([1, 2, 3]));
  assertEquals(await read(conn, 2), new Uint8Array([1, 2]));
  assertEquals(await read(conn, 1), new Uint8Array([3]));
  const text = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
  const hearing = read(caller, text.length);
  assertEquals(await conn.write(text), text.length);
  conn.close();
  assertEquals(await hearing, text);
  assertEquals(await caller.read(new Uint8Array(1)), null);
});

Deno.test("a read that waits ends when the connection is closed, on either side", async () => {
  for (const closesHere of [true, false]) {
    await using other = new Other();
    const [conn, caller] = await met(other);
    const reading = conn.read(new Uint8Array(1));
    if (closesHere) conn.close();
    else caller.close();
    assertEquals(await reading, null);
    assertEquals(await conn.read(new Uint8Array(1)), null);
    conn.close();
    await assertRejects(() => conn.write(new Uint8Array(1)));
  }
});

Deno.test("what comes is held up as long as nobody reads it", async () => {
  await using other = new Other();
  const [conn, caller] = await met(other);
  let written = 0;
  // More than fits into the buffers between them.
  const bytes = 64 << 20;
  const writing = (async () => {
    while (written < bytes) written += await caller.write(new Uint8Array(1 << 20));
  })();
  for (let before = -1; before < written;) {
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert(written < bytes, `${written} bytes`);
  await read(conn, bytes);
  await writing;
  conn.close();
});

Deno.test("of several connections both sides take the one on which the token is repeated", async () => {
  await using other = new Other(["127.0.0.1", "127.0.0.2", "127.0.0.3"]);
  const meeting = meet(other);
  const callers = [await other.caller(0), await other.caller(1), await other.caller(2)];
  for (const caller of callers) assertEquals(await read(caller, 16), token);
  await callers[1]!.write(token);
  const conn = await meeting;
  assert(await hangsUp(callers[0]!) && await hangsUp(callers[2]!));
  await conn.write(new Uint8Array([9]));
  assertEquals(await read(callers[1]!, 1), new Uint8Array([9]));
  conn.close();
});

Deno.test("the side that does not choose repeats the token on the first connection that says it", async () => {
  await using other = new Other(["127.0.0.1", "127.0.0.2"]);
  const meeting = meet(other, { calls: false });
  const callers = [await other.caller(0), await other.caller(1)];
  await callers[1]!.write(token);
  assertEquals(await read(callers[1]!, 16), token);
  const conn = await meeting;
  assert(await hangsUp(callers[0]!));
  conn.close();
});

for (const calls of [true, false]) {
  const who = calls ? "the side that chooses" : "the other side";
  Deno.test(`${who} takes nobody who says nothing, too little or something else, and is met still`, async () => {
    await using other = new Other();
    const meeting = meet(other, { calls });
    await (await other.caller(0)).closeWrite();
    const second = await other.caller(1);
    await second.write(token.subarray(0, 15));
    second.close();
    const third = await other.caller(2);
    await third.write(new Uint8Array(100_000));
    assert(await hangsUp(third));
    const last = await other.caller(3);
    await last.write(token);
    assertEquals(await read(last, 16), token);
    (await meeting).close();
  });
}

Deno.test("a try that is given up leaves nothing behind", async () => {
  const over = new AbortController();
  await using other = new Other();
  const trying = meet(other, { signal: over.signal });
  const caller = await other.caller(0);
  over.abort(new Error("enough"));
  await assertRejects(() => trying, Error, "enough");
  assert(await hangsUp(caller));
  await assertRejects(() => meet(other, { signal: over.signal }), Error, "enough");
  assertEquals(other.conns.length, 1);
});
