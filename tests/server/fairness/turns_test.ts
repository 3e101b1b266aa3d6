import { assert, assertEquals } from "@std/assert";
import { Turns, WaitingConnections } from "../../../server/fairness/turns.ts";
import { FakeClock } from "../../support/fake_clock.ts";

/** Lets a connection wait, and notes when it has its turn. */
function wait(
  turns: Turns,
  host: WaitingConnections,
  log: string[],
  name: string,
  isFirst = false,
) {
  turns.next(host, 100, isFirst).then(() => log.push(name));
}

Deno.test("hosts have their turns one after the other, however many connections of one wait", async () => {
  const clock = new FakeClock();
  const turns = new Turns(clock);
  const [a, b] = [new WaitingConnections(), new WaitingConnections()];
  const log: string[] = [];
  for (let i = 1; i <= 5; i++) wait(turns, a, log, `a${i}`);
  for (let i = 1; i <= 2; i++) wait(turns, b, log, `b${i}`);
  await clock.settle();
  assertEquals(log, [], "the network is looked at first");
  await clock.pass(0);
  assertEquals(log, ["a1", "b1", "a2", "b2", "a3", "a4", "a5"]);
  assertEquals([turns.areAwaited, clock.waiting], [false, 0]);
});

Deno.test("who has just asked is before those of their host who have had a turn", async () => {
  const clock = new FakeClock();
  const turns = new Turns(clock);
  const host = new WaitingConnections();
  const log: string[] = [];
  for (let i = 1; i <= 3; i++) wait(turns, host, log, `much${i}`);
  wait(turns, host, log, "little", true);
  await clock.pass(0);
  assertEquals(log[0], "little");
});

Deno.test("between two looks at the network only so much is done", async () => {
  const clock = new FakeClock();
  const turns = new Turns(clock);
  let spent = 0;
  while (turns.spend(10)) spent += 10;
  assert(spent >= 500 && spent <= 700, `${spent}`);
  assertEquals(clock.waits, [0]);
  await clock.pass(0);
  assert(turns.spend(10));
  turns.close();
  assertEquals(clock.waiting, 0);
});

Deno.test("at the end nobody waits for ever", async () => {
  const clock = new FakeClock();
  const turns = new Turns(clock);
  const log: string[] = [];
  for (let i = 0; i < 100; i++) wait(turns, new WaitingConnections(), log, `${i}`);
  turns.close();
  await clock.settle();
  assertEquals([log.length, clock.waiting], [100, 0]);
});
