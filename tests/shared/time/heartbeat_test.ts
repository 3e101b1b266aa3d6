import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { linkPingMs, linkPongTimeoutMs } from "../../../shared/protocol/limits.ts";
import { Heartbeat } from "../../../shared/time/heartbeat.ts";
import { FakeClock } from "../../support/fake_clock.ts";

/** A heartbeat, and what it did when. */
function watched(pingMs = 15_000, pongMs = 10_000) {
  const clock = new FakeClock();
  const begunMs = clock.now();
  const did: string[] = [];
  const note = (what: string) => () => did.push(`${what} ${clock.now() - begunMs}`);
  const heartbeat = new Heartbeat({
    clock,
    pingMs,
    pongMs,
    ping: note("ping"),
    lost: note("lost"),
  });
  return { clock, heartbeat, did };
}

Deno.test("a silent peer is pinged after 15 s and lost after 25 s, and no timer is left", async () => {
  assertEquals(linkPingMs + linkPongTimeoutMs, 25_000);
  const { clock, heartbeat, did } = watched(linkPingMs, linkPongTimeoutMs);
  heartbeat.start();
  await clock.pass(14_999);
  assertEquals(did, []);
  await clock.pass(100_000);
  assertEquals(did, ["ping 15000", "lost 25000"]);
  assertEquals(clock.waiting, 0);
});

Deno.test("a peer that says something in time is not pinged, and one that answers is pinged again", async () => {
  const { clock, heartbeat, did } = watched();
  heartbeat.start();
  for (let i = 0; i < 5; i++) {
    await clock.pass(14_000);
    heartbeat.heard();
  }
  assertEquals(did, []);
  await clock.pass(24_999);
  heartbeat.heard();
  await clock.pass(24_999);
  heartbeat.heard();
  assertEquals(did, ["ping 85000", "ping 109999"]);
  await clock.pass(25_000);
  assertEquals(did.slice(2), ["ping 134998", "lost 144998"]);
});

Deno.test("whenever something was heard last, the peer is lost 25 s later", async () => {
  const gaps = fc.array(fc.nat(24_999), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(gaps, async (gaps) => {
      const { clock, heartbeat, did } = watched();
      heartbeat.start();
      let heardMs = 0;
      for (const gap of gaps) {
        await clock.pass(gap);
        heartbeat.heard();
        heardMs += gap;
      }
      assert(!did.some((what) => what.startsWith("lost")));
      await clock.pass(25_000);
      assertEquals(did.at(-1), `lost ${heardMs + 25_000}`);
    }),
    { numRuns: 50 },
  );
});

Deno.test("a peer that we do not listen to is not lost, and hears from us meanwhile", async () => {
  const { clock, heartbeat, did } = watched();
  heartbeat.start();
  await clock.pass(10_000);
  heartbeat.pause(true);
  await clock.pass(60_000);
  assertEquals(did, ["ping 25000", "ping 40000", "ping 55000", "ping 70000"]);
  // From here on it has its time.
  heartbeat.pause(false);
  await clock.pass(24_999);
  assertEquals(did.slice(4), ["ping 85000"]);
  await clock.pass(1);
  assertEquals(did.at(-1), "lost 95000");
});

Deno.test("if what is said counts, a peer that talks all the time is pinged after our own silence", async () => {
  const { clock, heartbeat, did } = watched();
  heartbeat.said();
  heartbeat.start();
  for (let i = 0; i < 10; i++) {
    await clock.pass(2_000);
    heartbeat.heard();
  }
  assertEquals(did, ["ping 15000"]);
  heartbeat.said();
  await clock.pass(14_999);
  assertEquals(did.slice(1), []);
  // What was heard at 20000 is as long ago as what was said.
  await clock.pass(1);
  assertEquals(did.slice(1), ["ping 35000"]);
  await clock.pass(10_000);
  assertEquals(did.slice(2), ["lost 45000"]);
});

Deno.test("a heartbeat that is stopped pings nobody, and may be started again", async () => {
  const { clock, heartbeat, did } = watched();
  heartbeat.start();
  await clock.pass(16_000);
  heartbeat.stop();
  await clock.pass(60_000);
  assertEquals(did, ["ping 15000"]);
  assertEquals(clock.waiting, 0);
  heartbeat.start();
  await clock.pass(10_000);
  assertEquals(did.slice(1), ["ping 76000", "lost 86000"]);
});

Deno.test("a heartbeat that is stopped by its own ping does not go on", async () => {
  const clock = new FakeClock();
  let pings = 0;
  const heartbeat = new Heartbeat({
    clock,
    pingMs: 10,
    pongMs: 10,
    ping: () => {
      pings++;
      heartbeat.stop();
    },
    lost: () => pings += 100,
  });
  heartbeat.start();
  await clock.pass(1_000);
  assertEquals([pings, clock.waiting], [1, 0]);
});
