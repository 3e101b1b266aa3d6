import { assert, assertEquals, assertThrows } from "@std/assert";
import { AuditBudget } from "../../../client/audit/audit_budget.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { keyOf } from "../../support/store_fixture.ts";

/** A budget, and answers that take so long. */
function scene() {
  let nowMs = 1_000;
  const budget = new AuditBudget({ now: () => nowMs });
  return {
    budget,
    pass: (ms: number) => nowMs += ms,
    answer: (peer: number, ms: number) => budget.spend(keyOf(peer), () => nowMs += ms),
    pauseMs: (peer: number) => budget.pauseMs(keyOf(peer)),
  };
}

Deno.test("a peer that asks for little never waits", () => {
  const { answer, pass, pauseMs } = scene();
  for (let i = 0; i < 1_000; i++) {
    assertEquals(pauseMs(1), 0);
    answer(1, 20);
    pass(180);
  }
});

Deno.test("a peer that asks all the time gets a tenth of it, and others what they need", () => {
  const { answer, pass, pauseMs } = scene();
  let answered = 0;
  for (let ms = 0; ms < 60_000; ms += 20) {
    if (pauseMs(1) > 0) {
      pass(20);
      continue;
    }
    answer(1, 20);
    answered++;
  }
  assert(answered * 20 >= 6_000 && answered * 20 < 6_700, `${answered * 20} ms`);
  assertEquals(pauseMs(2), 0);
  answer(2, 250);
  // Between two answers it rests, so that its links do not follow each other.
  assertEquals(pauseMs(2), 250);
  pass(250);
  assertEquals(pauseMs(2), 0);
});

Deno.test("the pause ends", () => {
  const { answer, pass, pauseMs } = scene();
  answer(1, 2_000);
  const ms = pauseMs(1);
  assert(ms > 0);
  pass(ms - 1);
  assertEquals(pauseMs(1), 1);
  pass(1);
  assertEquals(pauseMs(1), 0);
});

Deno.test("an answer that fails costs its time, too", () => {
  const clock = new FakeClock();
  let nowMs = 0;
  const budget = new AuditBudget({ now: () => clock.now() + nowMs });
  const fail = () => {
    nowMs += 9_999;
    throw new RangeError("no such conversation");
  };
  assertThrows(() => budget.spend(keyOf(1), fail), RangeError);
  assert(budget.pauseMs(keyOf(1)) > 0);
});
