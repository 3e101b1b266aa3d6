import { assertEquals } from "@std/assert";
import { Suspension } from "../../../../client/ui/terminal/suspension.ts";
import { FakeClock } from "../../../support/fake_clock.ts";

/** A terminal, and what was done with it. */
function made(stopSelf: () => void) {
  const clock = new FakeClock();
  const done: string[] = [];
  const terminal = {
    giveBack: () => Promise.resolve(void done.push("given back")),
    askAgain: () => void done.push("asked"),
    takeOver: () => void done.push("taken over"),
  };
  return { clock, done, suspension: new Suspension(terminal, clock, stopSelf) };
}

Deno.test("a program that no shell stops takes its terminal over again", async () => {
  const { clock, done, suspension } = made(() => done.push("stopped"));
  using _suspension = suspension;
  await suspension.stop();
  assertEquals([done, suspension.isAsking], [["given back", "stopped"], false]);
  await clock.pass(20);
  assertEquals(done, ["given back", "stopped", "taken over"]);
});

Deno.test("a program that may not stop itself leaves that to the terminal for a while", async () => {
  const { clock, done, suspension } = made(() => {
    throw new Deno.errors.NotCapable("no");
  });
  using _suspension = suspension;
  await suspension.stop();
  await clock.pass(2_999);
  assertEquals([done, suspension.isAsking], [["given back", "asked"], true]);
  await clock.pass(1);
  assertEquals([done, suspension.isAsking], [["given back", "asked", "taken over"], false]);
});
