import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { Challenge } from "../../../server/handlers/challenge.ts";
import { challengeTtlMs } from "../../../shared/protocol/limits.ts";

/** A challenge, and its clock, which the test sets. */
function setUp() {
  const clock = { nowMs: 5_000, now: () => clock.nowMs };
  return { clock, challenge: new Challenge(clock) };
}

Deno.test("a nonce has 128 bits, is new each time, and is valid once", () => {
  const { challenge } = setUp();
  const nonce = challenge.give();
  assertMatch(nonce, /^[0-9a-f]{32}$/);
  assert(challenge.take(nonce));
  assert(!challenge.take(nonce));
  assertNotEquals(challenge.give(), nonce);
});

Deno.test("a nonce is valid for its time and no longer", () => {
  for (const [passMs, isGood] of [[challengeTtlMs - 1, true], [challengeTtlMs, false]] as const) {
    const { clock, challenge } = setUp();
    const nonce = challenge.give();
    clock.nowMs += passMs;
    assertEquals(challenge.take(nonce), isGood);
  }
});

Deno.test("a nonce that came too late is used up, too", () => {
  const { clock, challenge } = setUp();
  const nonce = challenge.give();
  clock.nowMs += challengeTtlMs;
  assert(!challenge.take(nonce));
  clock.nowMs = 5_000;
  assert(!challenge.take(nonce));
});

Deno.test("a new nonce replaces the one before", () => {
  const { challenge } = setUp();
  const first = challenge.give();
  const second = challenge.give();
  assert(!challenge.take(first));
  assert(challenge.take(second));
});

Deno.test("another text does not pass for the nonce, and does not use it up", () => {
  const { challenge } = setUp();
  assert(!challenge.take(undefined));
  assert(!challenge.take(""));
  const nonce = challenge.give();
  const last = nonce.endsWith("0") ? "1" : "0";
  const others = [undefined, "", nonce.slice(1), nonce + "0", nonce.slice(0, -1) + last]
    .concat(nonce.toUpperCase().padStart(33), "é".repeat(32), "é".repeat(16));
  for (const other of others) assert(!challenge.take(other), other);
  assert(challenge.take(nonce));
  assert(!new Challenge({ now: () => 0 }).take(nonce), "another connection's");
});
