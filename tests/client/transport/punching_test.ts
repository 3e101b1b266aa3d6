import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  openPunching,
  type Punching,
  type PunchOptions,
} from "../../../client/transport/punching.ts";
import type { PeerConn } from "../../../client/transport/tcp.ts";
import { quicInitial, sendGarbage } from "../../support/quic_initial.ts";
import { selfSigned } from "../../../shared/crypto/self_signed.ts";

const token = new Uint8Array(16).fill(7);

/** A UDP port that is closed at the end of a test. */
class Side implements AsyncDisposable {
  readonly punching: Punching = openPunching(0);

  /** Tries to meet another side. */
  meet(
    { punching: { port, certificate } }: Side,
    calls: boolean,
    options: Partial<PunchOptions> = {},
  ): Promise<PeerConn> {
    return this.punching.punch({
      candidates: [{ host: "127.0.0.1", port }],
      certificate,
      token,
      calls,
      signal: AbortSignal.timeout(5_000),
      ...options,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.punching.close();
  }
}

async function met(one: Side, other: Side): Promise<[PeerConn, PeerConn]> {
  return await Promise.all([one.meet(other, true), other.meet(one, false)]);
}

/** All that comes until the end. */
async function heard(conn: PeerConn): Promise<Uint8Array> {
  const parts: number[] = [];
  const buffer = new Uint8Array(1_000);
  for (let count; (count = await conn.read(buffer)) !== null;) {
    parts.push(...buffer.subarray(0, count));
  }
  return new Uint8Array(parts);
}

Deno.test("two sides that try at the same moment have one connection, in both directions", async () => {
  await using one = new Side();
  await using other = new Side();
  const [a, b] = await met(one, other);
  assertEquals([a.remoteAddr.port, b.remoteAddr.port], [other.punching.port, one.punching.port]);
  assertEquals([a.remoteAddr.hostname, b.remoteAddr.hostname], ["127.0.0.1", "127.0.0.1"]);
  const text = crypto.getRandomValues(new Uint8Array(5_000));
  await a.write(text);
  a.close();
  // What was written before the end comes, however soon that follows.
  assertEquals(await heard(b), text);
  b.close();
});

Deno.test("a read that waits ends when the connection is closed, on both sides", async () => {
  await using one = new Side();
  await using other = new Side();
  const [a, b] = await met(one, other);
  const reads = [a.read(new Uint8Array(1)), b.read(new Uint8Array(1))];
  a.close();
  assertEquals(await Promise.all(reads), [null, null]);
  assertEquals(await a.read(new Uint8Array(1)), null);
  b.close();
});

Deno.test("who shows another certificate is not taken for the one that is meant", async () => {
  await using one = new Side();
  await using other = new Side();
  const over = new AbortController();
  const waiting = other.meet(one, false, { signal: over.signal });
  const { certificate } = selfSigned("p2pchat");
  await assertRejects(() => one.meet(other, true, { certificate }), Error, "certificate");
  over.abort(new Error("enough"));
  await assertRejects(() => waiting, Error, "enough");
});

Deno.test("who says another token is hung up on, and the one that is meant still comes", async () => {
  await using one = new Side();
  await using other = new Side();
  await using stranger = new Side();
  const waiting = other.meet(one, false);
  const strange = await stranger.meet(other, true, { token: new Uint8Array(16) });
  assertEquals(await strange.read(new Uint8Array(1)).catch(() => "broken"), "broken");
  strange.close();
  const conn = await one.meet(other, true);
  const met = await waiting;
  assertEquals(met.remoteAddr.port, one.punching.port);
  conn.close();
  met.close();
});

Deno.test("who is seen at another port than they know of is met there, as behind a symmetric router", async () => {
  await using one = new Side();
  await using other = new Side();
  const candidates = [{ host: "127.0.0.1", port: 9 }];
  const waiting = other.meet(one, false);
  const conn = await one.meet(other, true, { candidates });
  assertEquals(conn.remoteAddr.port, other.punching.port);
  conn.close();
  (await waiting).close();
});

Deno.test("garbage that comes while somebody is expected, or called, keeps nobody from meeting", async () => {
  await using one = new Side();
  await using other = new Side();
  const initial = await quicInitial("p2pchat");
  for (const calls of [true, false]) {
    const waiting = one.meet(other, calls);
    await sendGarbage(one.punching.port, initial);
    const conn = await other.meet(one, !calls);
    (await waiting).close();
    conn.close();
  }
});

Deno.test("nobody is answered who is not expected", async () => {
  await using one = new Side();
  await using other = new Side();
  const signal = AbortSignal.timeout(500);
  await assertRejects(() => one.meet(other, true, { signal }), DOMException, "timeout");
});

Deno.test("a try that is given up leaves nothing behind, and another one succeeds", async () => {
  await using one = new Side();
  await using other = new Side();
  for (const calls of [true, false]) {
    const over = new AbortController();
    const trying = one.meet(other, calls, { signal: over.signal });
    over.abort(new Error("enough"));
    await assertRejects(() => trying, Error, "enough");
    await assertRejects(() => one.meet(other, calls, { signal: over.signal }), Error, "enough");
  }
  for (const conn of await met(one, other)) conn.close();
});

Deno.test("several tries at once each have their own connection", async () => {
  await using hub = new Side();
  const others = await Promise.all(
    [1, 2, 3].map(async (n) => {
      const side = new Side();
      const token = new Uint8Array(16).fill(n);
      const [mine, its] = await Promise.all([
        hub.meet(side, n === 2, { token }),
        side.meet(hub, n !== 2, { token }),
      ]);
      assertEquals(mine.remoteAddr.port, side.punching.port);
      mine.close();
      its.close();
      return side;
    }),
  );
  for (const side of others) await side[Symbol.asyncDispose]();
});

Deno.test("a port that is taken is replaced by another", async () => {
  await using one = new Side();
  const other = openPunching(one.punching.port);
  assert(other.port !== one.punching.port);
  await other.close();
});
