// The time of day by which names and mail lapse: what a wrong clock of the machine does to them.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Identity } from "../../../shared/crypto/identity.ts";
import { createLog } from "../../../shared/process/log.ts";
import { releasedAtMs } from "../../../shared/process/release.ts";
import { mailTtlMs, nameLeaseMs } from "../../../shared/protocol/limits.ts";
import { openNamesDatabase } from "../../../server/names/names.ts";
import { migrations } from "../../../server/names/schema.ts";
import { openDatabase } from "../../../shared/storage/database.ts";
import { CoreServer, depositLines } from "../../support/core_fixture.ts";
import { ProcessClock } from "../../support/fake_clock.ts";
import { temporaryDirectory } from "../../support/places.ts";

const hourMs = 60 * 60_000;
const dayMs = 24 * hourMs;
const yearMs = 365 * dayMs;
const [alice, bob, mallory] = [Identity.generate(), Identity.generate(), Identity.generate()];

/** A server with a name and a mail, on a machine whose clock can be set. */
async function setUp() {
  const lines: string[] = [];
  const log = createLog({ level: "info", format: "text", write: (line) => lines.push(line) });
  const server = new CoreServer({ log });
  const wall = { offsetMs: 0 };
  const clock = {
    now: () => server.clock.now(),
    timeOfDay: () => server.clock.timeOfDay() + wall.offsetMs,
    after: (ms: number, then: () => void) => server.clock.after(ms, then),
  };
  await server.restart({ log, clock });
  await server.connectAs("alice", alice);
  const sender = await server.connectAs("bob", bob);
  sender.send(...depositLines("bob", "alice", alice, "0".repeat(32), new Uint8Array(100)));
  await server.pass(1_000);
  const count = (table: "names" | "mails") =>
    server[table === "names" ? "names" : "mailbox"].connection
      .prepare(`SELECT count(*) AS n FROM ${table}`).get()!.n;
  const left = () => [count("names"), count("mails")];
  assertEquals(left(), [2, 1]);
  return {
    server,
    lines,
    left,
    /** Sets the machine's clock. @param offsetMs How far ahead of the right time. */
    set: (offsetMs: number) => wall.offsetMs = offsetMs,
    restart: () => server.restart({ log, clock }),
    /** Lets much time pass, with a sweep every hour. */
    passHours: async (hours: number) => {
      for (let i = 0; i < hours; i++) {
        await server.clock.pass(hourMs);
        await server.sweep();
      }
      // Deleting goes on a batch at a time.
      await server.pass(3_000);
    },
    register: async (id: string, identity: Identity) =>
      (await server.connect().register(id, identity)).split("\n")[0] === "REGACK",
  };
}

for (const isRunning of [true, false]) {
  const when = isRunning ? "while the server runs" : "at a restart";

  for (
    const [what, offsetMs] of [
      ["a year ahead", yearMs],
      ["two days ahead", 2 * dayMs],
      ["a year behind", -yearMs],
      ["in 1970", -Date.UTC(2029, 11, 31)],
    ] as const
  ) {
    Deno.test(`a clock that is ${what} ${when} deletes nothing and gives no name away`, async () => {
      const { server, lines, left, set, restart, register, passHours } = await setUp();
      set(offsetMs);
      if (!isRunning) await restart();
      await server.pass(3_000);
      assertEquals(left(), [2, 1]);
      assertEquals(await register("alice", mallory), false);
      assertMatch(lines.join("\n"), /^\S+ warn +the machine's clock may be wrong; no name/);
      await passHours(22);
      assertEquals(left(), [2, 1]);
      assertEquals(await register("alice", mallory), false);
      // It is put right.
      set(0);
      if (!isRunning) await restart();
      await server.pass(3_000);
      assertEquals([await register("alice", mallory), await register("alice", alice)], [
        false,
        true,
      ]);
      assertEquals(left(), [2, 1]);
      assertEquals(lines.length, 2);
      assertMatch(lines[1]!, / info +the machine's clock is trusted again/);
    });
  }
}

Deno.test("what is written while the clock is wrong counts as used when it is right again", async () => {
  for (const offsetMs of [yearMs, -yearMs, -Date.UTC(2029, 11, 31)]) {
    const { server, left, set, restart, register, passHours } = await setUp();
    set(offsetMs);
    await restart();
    assert(await register("carol", Identity.generate()));
    await server.pass(3_000);
    // Then the server is off for long.
    set(nameLeaseMs + dayMs);
    await restart();
    await server.pass(3_000);
    assertEquals(left(), [3, 1], "the clock is not trusted yet");
    assertEquals(await register("carol", mallory), false);
    await passHours(25);
    assertEquals(left(), [1, 0], "alice and bob have not used theirs, carol has");
    assertEquals(await register("carol", mallory), false);
    assertEquals(await register("alice", mallory), true);
  }
});

Deno.test("a clock that has run evenly for a day is trusted, ahead or behind", async () => {
  const { server, lines, left, set, restart, register, passHours } = await setUp();
  set(mailTtlMs + 2 * dayMs);
  await restart();
  await passHours(12);
  // It is set once more: the day begins anew.
  set(mailTtlMs + 3 * dayMs);
  await passHours(23);
  assertEquals(left(), [2, 1]);
  await passHours(2);
  assertEquals(left(), [2, 0], "mail lapses before names do");
  set(-3 * dayMs);
  await passHours(26);
  assertEquals(lines.map((line) => line.split(/ +/)[1]), ["warn", "info", "warn", "info"]);
  // And then everything lapses as before.
  await server.clock.pass(nameLeaseMs + 20 * dayMs);
  await server.sweep();
  assertEquals(await register("alice", mallory), true);
});

Deno.test("a clock from before the program's release is not trusted however long it runs", async () => {
  const lines: string[] = [];
  const log = createLog({ level: "info", format: "text", write: (line) => lines.push(line) });
  const server = new CoreServer();
  const offsetMs = releasedAtMs - 1 - 40 * dayMs - server.clock.timeOfDay();
  await server.restart({ log, clock: new ProcessClock(server.clock, offsetMs) });
  // No time is known but the release's: the one before saw the right one.
  server.names.time.write({ latestMs: 0, doubtedFromMs: undefined });
  await server.restart({ log, clock: new ProcessClock(server.clock, offsetMs) });
  await server.connectAs("alice", alice);
  for (let i = 0; i < 39 * 24; i++) {
    await server.clock.pass(hourMs);
    await server.sweep();
  }
  assert(!(await server.connect().register("alice", mallory)).startsWith("REGACK"));
  assertEquals(lines.filter((line) => line.includes(" info ")), []);
});

Deno.test("small steps of the clock are taken as they are", async () => {
  const { server, lines, set, register } = await setUp();
  for (const offsetMs of [hourMs, -hourMs, 20 * hourMs, 0]) {
    set(offsetMs);
    await server.pass(1_000);
  }
  assertEquals(lines, []);
  await server.clock.pass(nameLeaseMs + dayMs);
  await server.sweep();
  assertEquals(await register("alice", mallory), true);
});

Deno.test("the names of version 0.3.0 say how late it is at least", () => {
  using place = temporaryDirectory();
  const path = `${place.path}/names.db`;
  {
    using old = openDatabase(path, migrations.slice(0, 1));
    old.exec("INSERT INTO names VALUES ('a', 'k', 5), ('b', 'k', 7), ('c', 'k', 6)");
  }
  using database = openNamesDatabase(place.path);
  assertEquals(database.time.read(), { latestMs: 7, doubtedFromMs: undefined });
  assertEquals(database.count, 3);
});

Deno.test("if the time cannot be kept the server goes on, and the log says why", async () => {
  const { server, lines, set, register } = await setUp();
  server.names.connection.exec("ALTER TABLE time RENAME TO elsewhere");
  set(yearMs);
  await server.pass(1_000);
  assertMatch(lines.at(-1)!, / error +cannot keep the time error=".*no such table/);
  assertEquals(await register("alice", mallory), false);
  server.names.connection.exec("ALTER TABLE elsewhere RENAME TO time");
});
