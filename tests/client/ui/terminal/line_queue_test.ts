// Lines that are entered while others are being run: their order, and for whom each of them is.

import { assertEquals } from "@std/assert";
import type { Turn } from "../../../../client/ui/commands/commands.ts";
import { LineQueue } from "../../../../client/ui/terminal/line_queue.ts";
import type { Recipient } from "../../../../client/ui/session.ts";
import { until } from "../../../support/events.ts";

const nobody: Recipient = { conversation: undefined, name: undefined };
const someone = (name: string): Recipient => ({ conversation: `id of ${name}`, name });

/** A queue, whose lines end when a test says so. */
class Course {
  readonly queue = new LineQueue();
  /** What was run, and for whom. */
  readonly run: [line: string, begunFor: string | undefined][] = [];
  /** Who is the current one. */
  current = nobody;
  done = 0;
  #running: PromiseWithResolvers<boolean> | undefined;

  start(): void {
    // deno-lint-ignore no-this-alias -- the runner's own getter needs it
    const self = this;
    this.queue.start({
      get recipient() {
        return self.current;
      },
      get behind() {
        return self.current;
      },
      run: (line, begunFor) => {
        this.run.push([line, begunFor.name]);
        this.#running = Promise.withResolvers();
        return this.#running.promise;
      },
      done: () => this.done++,
      overflowed: () => {},
    });
  }

  /** Enters a line that is begun now. */
  enter(line: string, turn?: Turn): void {
    this.queue.enter(line, this.queue.recipient, turn);
  }

  /** The line that is being run ends. */
  async ends(isLast = false): Promise<void> {
    await until(() => this.#running !== undefined);
    const running = this.#running;
    this.#running = undefined;
    running!.resolve(isLast);
    await new Promise((resolve) => setTimeout(resolve));
  }
}

Deno.test("lines are run one after the other, also those that were entered before it starts", async () => {
  const t = new Course();
  t.enter("one");
  assertEquals([t.queue.isIdle, t.queue.waiting], [false, 1]);
  t.start();
  t.enter("two");
  assertEquals(t.run, []);
  await t.ends();
  t.enter("three");
  assertEquals(t.run.map(([line]) => line), ["one", "two"]);
  let settled = false;
  const settling = t.queue.settled().then(() => settled = true);
  await t.ends();
  assertEquals([settled, t.queue.isIdle, t.done], [false, false, 2]);
  await t.ends();
  await settling;
  assertEquals([t.queue.isIdle, t.queue.waiting, t.done], [true, 0, 3]);
  t.enter("four");
  await t.ends();
  assertEquals(t.run.map(([line]) => line), ["one", "two", "three", "four"]);
});

Deno.test("a line is for the one who is current when it is begun, not when it is run", async () => {
  const t = new Course();
  t.start();
  t.current = someone("bob");
  t.enter("slow");
  t.enter("for bob");
  await until(() => t.run.length === 1);
  t.current = someone("carol");
  t.enter("for carol");
  for (let i = 0; i < 3; i++) await t.ends();
  assertEquals(t.run, [["slow", "bob"], ["for bob", "bob"], ["for carol", "carol"]]);
});

Deno.test("a line behind a command that turns to somebody is for the one who is current after that", async () => {
  const t = new Course();
  t.start();
  t.current = someone("bob");
  const [toCarol, toDave] = [{ turningTo: "carol" }, { turningTo: "dave" }];
  t.enter("/chat carol", toCarol);
  assertEquals(t.queue.recipient, toCarol);
  t.enter("for carol");
  t.enter("/chat dave", toDave);
  assertEquals(t.queue.recipient, toDave);
  const begunFor = t.queue.recipient;
  t.enter("for dave");
  await until(() => t.run.length === 1);
  t.current = someone("carol");
  await t.ends();
  assertEquals(t.queue.recipient, toDave);
  await t.ends();
  t.current = nobody;
  await t.ends();
  assertEquals(t.queue.recipient, nobody);
  await t.ends();
  // It was begun while /chat dave was under way, and is entered when that has failed.
  t.queue.enter("also for dave", begunFor, undefined);
  await t.ends();
  assertEquals(t.run, [
    ["/chat carol", "bob"],
    ["for carol", "carol"],
    ["/chat dave", "carol"],
    ["for dave", undefined],
    ["also for dave", undefined],
  ]);
});

Deno.test("before it starts, a line is for nobody, or for the one whom a line before turns to", async () => {
  const t = new Course();
  assertEquals(t.queue.recipient, nobody);
  t.enter("/chat carol", { turningTo: "carol" });
  t.enter("for carol");
  t.start();
  await until(() => t.run.length === 1);
  t.current = someone("carol");
  await t.ends();
  await t.ends();
  assertEquals(t.run, [["/chat carol", undefined], ["for carol", "carol"]]);
});

Deno.test("behind the last line, and once it is dropped, nothing is run", async () => {
  const t = new Course();
  t.start();
  for (const line of ["/quit", "one"]) t.enter(line);
  const settled = t.queue.settled();
  await t.ends(true);
  await settled;
  t.enter("two");
  assertEquals([t.run.length, t.done, t.queue.isIdle], [1, 0, true]);

  const other = new Course();
  other.start();
  for (const line of ["one", "two", "three"]) other.enter(line);
  await until(() => other.run.length === 1);
  assertEquals(other.queue.drop(), ["two", "three"]);
  other.enter("four");
  await other.ends();
  assertEquals([other.run.length, other.queue.drop()], [1, []]);
});
