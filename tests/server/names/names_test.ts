import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  Names,
  type NamesDatabase,
  type NamesOptions,
  openNamesDatabase,
} from "../../../server/names/names.ts";
import { type Log, type LogFields, silentLog } from "../../../shared/process/log.ts";
import {
  nameLeaseMs,
  namesMax,
  nameUseWrittenMs,
  newNamesWindowMs,
} from "../../../shared/protocol/limits.ts";
import { hasMounts, temporaryDirectory, tinyDisk } from "../../support/places.ts";
import type { PublicKey } from "../../../shared/crypto/public_key.ts";

const host = "192.0.2.1";
const hourMs = 60 * 60_000;

/** Names with clocks that the test sets. */
function setUp(changes: Partial<NamesOptions> & { database?: NamesDatabase } = {}) {
  const { database = openNamesDatabase(undefined), ...options } = changes;
  const clock = { nowMs: 0, now: () => clock.nowMs };
  const wall = { nowMs: Date.UTC(2030, 0), now: () => wall.nowMs };
  const errors: LogFields[] = [];
  const log: Log = { ...silentLog, error: (_event, fields = {}) => errors.push(fields) };
  const names = new Names(database, {
    leaseMs: nameLeaseMs,
    max: 100,
    maxNewPerHost: () => 100,
    clock,
    time: { now: wall.now, isCertain: true },
    log,
    ...options,
  });
  const claim = (name: string, key: string, from = host) =>
    names.claim(name, key as PublicKey, from)?.refused ?? "claimed";
  const unkeyed = (name: string) => names.refusalWithoutKey(name)?.refused ?? "free";
  const { connection } = database;
  const usedAt = (name: string) =>
    connection.prepare("SELECT used_at_ms AS at FROM names WHERE name = ?").get(name)?.at;
  const stored = () => connection.prepare("SELECT count(*) AS n FROM names").get()!.n;
  return { clock, wall, errors, names, claim, unkeyed, connection, usedAt, stored };
}

Deno.test("the first key that claims a name owns it", () => {
  const { claim, unkeyed } = setUp();
  assertEquals(unkeyed("alice"), "free");
  assertEquals(claim("alice", "k1"), "claimed");
  assertEquals(claim("alice", "k2"), "owned");
  assertEquals(unkeyed("alice"), "owned");
  assertEquals(claim("alice", "k1"), "claimed");
  assertEquals(claim("alice", "k1", "203.0.113.9"), "claimed");
  // Upper and lower case make different names.
  assertEquals(claim("Alice", "k2"), "claimed");
  assertEquals(unkeyed("ALICE"), "free");
});

Deno.test("a name is free once it was not used for the lease, and not before", () => {
  const { wall, claim, unkeyed } = setUp({ leaseMs: 30_000 });
  claim("alice", "k1");
  wall.nowMs += 29_999;
  assertEquals([claim("alice", "k2"), unkeyed("alice")], ["owned", "owned"]);
  wall.nowMs += 1;
  assertEquals(unkeyed("alice"), "free");
  assertEquals(claim("alice", "k2"), "claimed");
  assertEquals(claim("alice", "k1"), "owned");
});

Deno.test("the owner of a name is its key, until the lease is over", () => {
  const { wall, names, claim, connection } = setUp({ leaseMs: 30_000 });
  assertEquals(names.owner("alice"), { key: undefined });
  claim("alice", "k1");
  wall.nowMs += 29_999;
  assertEquals(names.owner("alice"), { key: "k1" as PublicKey });
  wall.nowMs += 1;
  assertEquals(names.owner("alice"), { key: undefined });
  connection.exec("DROP TABLE names");
  assertEquals(names.owner("alice"), { refused: "unavailable" });
});

Deno.test("if nobody took a name that has lapsed, its owner can have it again", () => {
  const { wall, claim } = setUp();
  claim("alice", "k1");
  wall.nowMs += 2 * nameLeaseMs;
  assertEquals(claim("alice", "k1"), "claimed");
  assertEquals(claim("alice", "k2"), "owned");
});

Deno.test("using a name extends the lease, and is written at most once an hour", () => {
  const { wall, claim, unkeyed, usedAt } = setUp();
  claim("alice", "k1");
  const first = wall.nowMs;
  for (let minutes = 1; minutes < 60; minutes++) {
    wall.nowMs += 60_000;
    claim("alice", "k1");
    assertEquals(usedAt("alice"), first);
  }
  wall.nowMs = first + nameUseWrittenMs;
  claim("alice", "k1");
  assertEquals(usedAt("alice"), first + nameUseWrittenMs);
  wall.nowMs = first + nameLeaseMs;
  assertEquals(unkeyed("alice"), "owned");
});

Deno.test("the use of a name is written in time even if the lease is short", () => {
  const { wall, claim, unkeyed } = setUp({ leaseMs: 45_000 });
  for (let i = 0; i < 20; i++) {
    claim("alice", "k1");
    wall.nowMs += 40_000;
    assertEquals(unkeyed("alice"), "owned");
  }
});

Deno.test("if the clock is set back names keep their owners, and are right again after a use", () => {
  const { wall, claim, unkeyed, usedAt } = setUp();
  wall.nowMs += 300 * 24 * hourMs;
  claim("alice", "k1");
  wall.nowMs -= 300 * 24 * hourMs;
  assertEquals(claim("alice", "k2"), "owned");
  claim("alice", "k1");
  assertEquals(usedAt("alice"), wall.nowMs);
  wall.nowMs += nameLeaseMs;
  assertEquals(unkeyed("alice"), "free");
});

Deno.test("when there is no room for new names, old ones can be used and lapsed ones taken", () => {
  const { clock, wall, claim, unkeyed } = setUp({ max: 2, leaseMs: 30_000 });
  claim("alice", "k1");
  wall.nowMs += 20_000;
  claim("bob", "k1");
  assertEquals(claim("carol", "k1"), "names-full");
  assertEquals(unkeyed("carol"), "free");
  assertEquals(claim("bob", "k1"), "claimed");
  wall.nowMs += 10_000;
  assertEquals(claim("carol", "k2"), "names-full");
  // No more than two names are new within a window, whatever became of the others.
  assertEquals(claim("alice", "k2"), "names-full");
  clock.nowMs += newNamesWindowMs;
  assertEquals([claim("carol", "k2"), claim("alice", "k2")], ["names-full", "claimed"]);
});

Deno.test("a host can take so many new names a day, and can use those that it has", () => {
  const { clock, names, claim } = setUp({ maxNewPerHost: (from) => from === "::1" ? Infinity : 2 });
  clock.nowMs = 1_000;
  assertEquals([claim("a", "k"), claim("b", "k"), claim("c", "k")], [
    "claimed",
    "claimed",
    "host-names",
  ]);
  clock.nowMs += 1_000;
  assertEquals(names.claim("c", "k" as PublicKey, host), {
    refused: "host-names",
    retryInMs: newNamesWindowMs - 1_000,
  });
  assertEquals([claim("a", "k"), claim("b", "other")], ["claimed", "owned"]);
  assertEquals(claim("c", "k", "203.0.113.9"), "claimed");
  assertEquals(["d", "e", "f"].map((name) => claim(name, "k", "::1")), Array(3).fill("claimed"));
  clock.nowMs = 1_000 + newNamesWindowMs - 1;
  assertEquals(claim("g", "k"), "host-names");
  clock.nowMs += 1;
  assertEquals(claim("g", "k"), "claimed");
});

/** Fills the database. */
function fill({ connection }: NamesDatabase, count: number, usedAtMs: number): void {
  connection.prepare(
    `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1)
     INSERT INTO names SELECT printf('n%06d', i), 'k', ? FROM n`,
  ).run(count, usedAtMs);
}

Deno.test("names that have lapsed are deleted, a few at a time, over and over", () => {
  using place = temporaryDirectory();
  {
    using database = openNamesDatabase(place.path);
    fill(database, 1_000, Date.UTC(2029, 0));
    database.connection.exec("INSERT INTO names VALUES ('n000500+', 'k', 1e15), ('z', 'k', 1e15)");
  }
  using database = openNamesDatabase(place.path);
  const { clock, names, claim, stored } = setUp({ database, max: 1_002 });
  assertEquals(claim("alice", "k1"), "names-full");
  const left = [];
  for (let second = 0; second < 7; second++) {
    clock.nowMs = second * 1_000;
    names.expire();
    names.expire();
    left.push(stored());
  }
  assertEquals(left, [802, 602, 403, 203, 3, 2, 2]);
  assertEquals(claim("alice", "k1"), "claimed");
  // The next pass begins some time after the end of the one before.
  database.connection.exec("UPDATE names SET used_at_ms = 0 WHERE name = 'n000500+'");
  clock.nowMs = 5_000 + hourMs - 1;
  names.expire();
  assertEquals(stored(), 3);
  clock.nowMs += 1;
  names.expire();
  assertEquals(stored(), 2);
});

Deno.test("a million names take no longer to open, look up and go through than ten", () => {
  using place = temporaryDirectory();
  {
    using database = openNamesDatabase(place.path);
    fill(database, namesMax, Date.UTC(2030, 0));
  }
  using database = openNamesDatabase(place.path);
  assertEquals(database.count, namesMax);
  const { wall, names, claim, unkeyed, stored } = setUp({ database, max: namesMax });
  assertEquals([unkeyed("n000000"), unkeyed("n999999")], ["owned", "owned"]);
  assertEquals([claim("n777777", "k"), claim("n777777", "other")], ["claimed", "owned"]);
  assertEquals([unkeyed("x"), claim("x", "k")], ["free", "names-full"]);
  wall.nowMs += nameLeaseMs;
  names.expire();
  assertEquals(stored(), namesMax - 200);
});

Deno.test("if the database fails, claims are refused, and the log says so from time to time", () => {
  const { clock, errors, names, claim, unkeyed, connection } = setUp();
  claim("alice", "k1");
  connection.exec("ALTER TABLE names RENAME TO elsewhere");
  assertEquals([claim("alice", "k1"), claim("bob", "k2")], ["unavailable", "unavailable"]);
  assertEquals(unkeyed("carol"), "unavailable");
  names.expire();
  assertEquals(errors.length, 1);
  assert(String(errors[0]!.error).includes("no such table"), String(errors[0]!.error));
  clock.nowMs += 10_000;
  assertEquals(unkeyed("carol"), "unavailable");
  assertEquals(errors.length, 2);
  connection.exec("ALTER TABLE elsewhere RENAME TO names");
  assertEquals([claim("alice", "k1"), claim("bob", "k2")], ["claimed", "claimed"]);
  assertEquals(unkeyed("carol"), "free");
});

Deno.test("in memory and without any names the database is not asked", () => {
  const { unkeyed, connection } = setUp();
  connection.exec("DROP TABLE names");
  assertEquals(unkeyed("alice"), "free");
});

Deno.test("what another server writes to the same file is seen at once, and it cannot take a name that is taken", () => {
  using place = temporaryDirectory();
  using mine = openNamesDatabase(place.path);
  using theirs = openNamesDatabase(place.path);
  const [first, second] = [setUp({ database: mine }), setUp({ database: theirs })];
  assertEquals(second.unkeyed("alice"), "free");
  assertEquals(first.claim("alice", "k1"), "claimed");
  assertEquals([second.unkeyed("alice"), second.claim("alice", "k2")], ["owned", "owned"]);
  // While one program holds the file, the others refuse instead of waiting.
  theirs.connection.exec("BEGIN IMMEDIATE");
  assertEquals([first.claim("bob", "k1"), first.unkeyed("bob")], ["unavailable", "free"]);
  theirs.connection.exec("ROLLBACK");
  assertEquals(first.claim("bob", "k1"), "claimed");
});

Deno.test("a database that cannot grow takes no new names, and knows the old ones", () => {
  const { wall, errors, claim, unkeyed, connection, usedAt } = setUp({
    max: namesMax,
    maxNewPerHost: () => Infinity,
  });
  const { page_count: pages } = connection.prepare("PRAGMA page_count").get()!;
  connection.exec(`PRAGMA max_page_count = ${pages}`);
  let taken = 0;
  while (claim(`name${taken}`, "k1") === "claimed") taken++;
  assert(taken > 0);
  assertEquals(claim(`name${taken}`, "k1"), "unavailable");
  assert(String(errors[0]!.error).includes("full"), String(errors[0]!.error));
  assertEquals([claim("name0", "k1"), claim("name0", "k2")], ["claimed", "owned"]);
  assertEquals([unkeyed("name0"), unkeyed("another")], ["owned", "free"]);
  wall.nowMs += nameUseWrittenMs;
  assertEquals(claim("name0", "k1"), "claimed");
  assertEquals(usedAt("name0"), wall.nowMs);
});

Deno.test({
  name: "with a full disk the names that are there stay, and can be used",
  ignore: !hasMounts,
  fn: () => {
    using disk = tinyDisk("512k");
    {
      using database = openNamesDatabase(disk.path);
      const { wall, errors, claim, unkeyed } = setUp({ database });
      claim("alice", "k1");
      disk.fill();
      wall.nowMs += 2 * hourMs;
      let last = "";
      for (let i = 0; i < 100 && last !== "unavailable"; i++) last = claim(`name${i}`, "k1");
      assertEquals(last, "unavailable");
      assertEquals(errors.length, 1);
      // Its owner keeps it although the use is not written.
      assertEquals([claim("alice", "k1"), claim("alice", "k2")], ["claimed", "owned"]);
      assertEquals([unkeyed("alice"), unkeyed("another")], ["owned", "free"]);
      Deno.removeSync(`${disk.path}/filling`);
      assertEquals(claim("bob", "k1"), "claimed");
    }
    using database = openNamesDatabase(disk.path);
    assertEquals(setUp({ database }).claim("bob", "k2"), "owned");
  },
});

Deno.test("any sequence of claims gives what a plain map gives, even with restarts", () => {
  const leaseMs = 100_000;
  const operation = fc.record({
    what: fc.constantFrom("claim", "claim", "unkeyed", "expire", "reopen"),
    name: fc.constantFrom("a", "b", "A", "__proto__"),
    key: fc.constantFrom("k1", "k2"),
    passMs: fc.oneof(fc.nat(9_000), fc.constant(leaseMs / 2), fc.constant(leaseMs)),
  });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
      using place = temporaryDirectory();
      let database = openNamesDatabase(place.path);
      let names = setUp({ database, leaseMs });
      const owners = new Map<string, { key: string; writtenAtMs: number }>();
      let nowMs = names.wall.nowMs;
      try {
        for (const { what, name, key, passMs } of operations) {
          nowMs += passMs;
          names.wall.nowMs = names.clock.nowMs = nowMs;
          const owner = owners.get(name);
          const owned = owner !== undefined && nowMs - owner.writtenAtMs < leaseMs;
          if (what === "claim") {
            assertEquals(
              names.claim(name, key),
              owned && owner.key !== key ? "owned" : "claimed",
            );
            if (!owned || owner.key === key) {
              const isSame = owner?.key === key;
              const writtenAtMs = isSame && nowMs - owner.writtenAtMs < leaseMs / 10
                ? owner.writtenAtMs
                : nowMs;
              owners.set(name, { key, writtenAtMs });
            }
          } else if (what === "unkeyed") {
            assertEquals(names.unkeyed(name), owned ? "owned" : "free");
          } else if (what === "expire") {
            names.names.expire();
          } else {
            database[Symbol.dispose]();
            database = openNamesDatabase(place.path);
            names = setUp({ database, leaseMs });
          }
        }
      } finally {
        database[Symbol.dispose]();
      }
    }),
    { numRuns: 30 },
  );
});
