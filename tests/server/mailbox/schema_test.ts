import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { type MailboxDatabase, openMailboxDatabase } from "../../../server/mailbox/mailbox.ts";
import { serverBusyTimeoutMs } from "../../../shared/protocol/limits.ts";
import { namesIn, temporaryDirectory } from "../../support/places.ts";

const insert = `INSERT INTO mails (name, key, sender, id, at_ms, bytes, data)
  VALUES ('bob', x'01', x'02', '03', 4, 5, x'0102030405')`;

function totalOf({ connection }: MailboxDatabase): unknown {
  return { ...connection.prepare("SELECT mails, bytes FROM total").get() };
}

Deno.test("mails stay in the directory, and only its owner can read them", async () => {
  using place = temporaryDirectory();
  const directory = `${place.path}/a/b`;
  {
    using database = openMailboxDatabase(directory);
    database.connection.exec(insert);
  }
  assertEquals(namesIn(directory), ["mailbox.db"]);
  if (Deno.build.os !== "windows") {
    assertEquals((await Deno.stat(`${directory}/mailbox.db`)).mode! & 0o777, 0o600);
  }
  using database = openMailboxDatabase(directory);
  assertEquals(totalOf(database), { mails: 1, bytes: 5 });
  const { timeout } = database.connection.prepare("PRAGMA busy_timeout").get()!;
  assertEquals(timeout, serverBusyTimeoutMs);
});

Deno.test("the total follows each mail, even if a transaction is rolled back", () => {
  using database = openMailboxDatabase(undefined);
  const { connection } = database;
  connection.exec(insert);
  connection.exec(`BEGIN; ${insert}; DELETE FROM mails WHERE number = 1; ROLLBACK`);
  assertEquals(totalOf(database), { mails: 1, bytes: 5 });
  connection.exec("DELETE FROM mails");
  assertEquals(totalOf(database), { mails: 0, bytes: 0 });
});

Deno.test("a mail whose length is not the one that its row says cannot be added", () => {
  using database = openMailboxDatabase(undefined);
  assertThrows(() => database.connection.exec(insert.replace("4, 5,", "4, 6,")), Error, "CHECK");
});

Deno.test("the total is corrected when the file is opened", () => {
  using place = temporaryDirectory();
  {
    using database = openMailboxDatabase(place.path);
    database.connection.exec(`${insert}; UPDATE total SET mails = 7, bytes = 0`);
  }
  using database = openMailboxDatabase(place.path);
  assertEquals(totalOf(database), { mails: 1, bytes: 5 });
});

Deno.test("the error for a file that is not a database, or is damaged, says so", () => {
  using place = temporaryDirectory();
  const file = `${place.path}/mailbox.db`;
  Deno.writeTextFileSync(file, "x".repeat(10_000));
  assertMatch(
    assertThrows(() => openMailboxDatabase(place.path), Error, "mailbox.db").message,
    /not a database/,
  );
  Deno.removeSync(file);
  {
    using database = openMailboxDatabase(place.path);
    for (let i = 0; i < 1_000; i++) database.connection.exec(insert);
  }
  const bytes = Deno.readFileSync(file);
  Deno.writeFileSync(file, bytes.fill(0x55, 4_096));
  const damaged = assertThrows(() => openMailboxDatabase(place.path), Error, "Cannot ");
  assertMatch(damaged.message, /^Cannot .*mailbox\.db'?: .*(malformed|damaged)/);
});

Deno.test("no query of one mailbox goes through the mails of others", () => {
  using database = openMailboxDatabase(undefined);
  const queries = [
    "SELECT count(*), sum(bytes) FROM mails WHERE name = ? AND key = ?",
    "SELECT count(*), sum(bytes) FROM mails WHERE name = ? AND key = ? AND sender = ?",
    "SELECT count(*), sum(bytes) FROM mails WHERE sender = ?",
    "SELECT min(number) FROM mails WHERE name = ? AND key = ? AND number > ?",
    "SELECT number FROM mails WHERE at_ms <= ? ORDER BY at_ms LIMIT 50",
  ];
  for (const query of queries) {
    const plan = database.connection.prepare(`EXPLAIN QUERY PLAN ${query}`)
      .all(...Array.from(query.matchAll(/\?/g), () => null)) as { detail: string }[];
    const details = plan.map(({ detail }) => detail).join("; ");
    assert(/SEARCH mails USING COVERING INDEX/.test(details), `${query}: ${details}`);
    assert(!/SCAN|TEMP B-TREE/.test(details), `${query}: ${details}`);
  }
});
