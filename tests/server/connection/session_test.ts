import { assertEquals } from "@std/assert";
import { Session } from "../../../server/connection/session.ts";
import { Fairness } from "../../../server/fairness/fairness.ts";
import { defaultCapacity } from "../../../server/limits/limits.ts";
import type { Context } from "../../../server/handlers/context.ts";
import { createLog } from "../../../shared/process/log.ts";
import { ThrottledLog } from "../../../shared/process/throttled_log.ts";
import { header, message } from "../../../shared/protocol/message.ts";
import { Deadlines } from "../../../shared/time/deadlines.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { MemoryConn } from "../../support/memory_conn.ts";

Deno.test("a handler that fails again and again is one line a period, with a count", async () => {
  const clock = new FakeClock();
  const lines: string[] = [];
  const log = createLog({
    level: "info",
    format: "text",
    write: (line) => lines.push(line.replace(/^\S+ /, "")),
  });
  const [conn] = MemoryConn.pair();
  const connection = Object.assign(conn, {
    localAddr: { hostname: "127.0.0.1", port: 5555 },
    closeWrite: () => Promise.resolve(),
    setNoDelay() {},
  });
  const options = {
    clock,
    log,
    failures: new ThrottledLog(log, clock),
    // No handler works without a context.
    context: {} as Context,
    fairness: new Fairness({ clock, timer: clock, capacity: defaultCapacity, owns: () => false }),
    incomplete: new Deadlines<Session>(1_000),
  };
  const session = new Session(connection, "127.0.0.1", options);
  const replies = () =>
    Promise.all(Array.from({ length: 100 }, () => session.answer(message("INFO"))));
  for (const reply of await replies()) assertEquals(header(reply, "Code"), "500");
  await clock.pass(60_000);
  await replies();
  assertEquals(lines.length, 2, lines.join("\n"));
  assertEquals(/^error a handler failed verb=INFO error=/.test(lines[0]!), true, lines[0]);
  assertEquals(/ dropped=99$/.test(lines[1]!), true, lines[1]);
});
