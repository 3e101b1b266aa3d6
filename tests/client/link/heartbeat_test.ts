import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Heartbeat } from "../../../client/link/heartbeat.ts";
import { linkPingMs, linkPongTimeoutMs } from "../../../shared/protocol/limits.ts";
import { ManualClock } from "../../support/manual_clock.ts";

/** A peer that is watched, and what the watch did when. */
function watched(pingMs = 15_000, pongMs = 10_000) {
  const clock = new ManualClock();
  const begunMs = clock.now();
  const did: string[] = [];
  const note = (what: string) => () => did.push(`${what} ${clock.now() - begunMs}`);
  const silence = new Heartbeat({ clock, pingMs, pongMs, ask: note("ask"), gone: note("gone") });
  return { clock, silence, did };
}

Deno.test("who says nothing is asked after 15 s and gone after 25 s, and nothing waits any more", async () => {
  assertEquals(linkPingMs + linkPongTimeoutMs, 25_000);
  const { clock, silence, did } = watched(linkPingMs, linkPongTimeoutMs);
  silence.begin();
  await clock.pass(14_999);
  assertEquals(did, []);
  await clock.pass(100_000);
  assertEquals(did, ["ask 15000", "gone 25000"]);
  assertEquals(clock.waiting, 0);
});

Deno.test("who says something in time is not asked, and one who answers is asked again", async () => {
  const { clock, silence, did } = watched();
  silence.begin();
  for (let i = 0; i < 5; i++) {
    await clock.pass(14_000);
    silence.heard();
  }
  assertEquals(did, []);
  await clock.pass(24_999);
  silence.heard();
  await clock.pass(24_999);
  silence.heard();
  assertEquals(did, ["ask 85000", "ask 109999"]);
  await clock.pass(25_000);
  assertEquals(did.slice(2), ["ask 134998", "gone 144998"]);
});

Deno.test("whenever something was heard last, gone is 25 s later", async () => {
  const gaps = fc.array(fc.nat(24_999), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(gaps, async (gaps) => {
      const { clock, silence, did } = watched();
      silence.begin();
      let heardMs = 0;
      for (const gap of gaps) {
        await clock.pass(gap);
        silence.heard();
        heardMs += gap;
      }
      assert(!did.some((what) => what.startsWith("gone")));
      await clock.pass(25_000);
      assertEquals(did.at(-1), `gone ${heardMs + 25_000}`);
    }),
    { numRuns: 50 },
  );
});

Deno.test("whom we do not listen to is not gone, and hears from us meanwhile", async () => {
  const { clock, silence, did } = watched();
  silence.begin();
  await clock.pass(10_000);
  silence.unheeded(true);
  await clock.pass(60_000);
  assertEquals(did, ["ask 25000", "ask 40000", "ask 55000", "ask 70000"]);
  // From here on it has its time.
  silence.unheeded(false);
  await clock.pass(24_999);
  assertEquals(did.slice(4), ["ask 85000"]);
  await clock.pass(1);
  assertEquals(did.at(-1), "gone 95000");
});

Deno.test("a watch that has ended asks nobody", async () => {
  const { clock, silence, did } = watched();
  silence.begin();
  await clock.pass(16_000);
  silence.end();
  await clock.pass(60_000);
  assertEquals(did, ["ask 15000"]);
});
