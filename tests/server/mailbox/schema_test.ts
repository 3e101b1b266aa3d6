import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { migrations } from "../../../server/mailbox/schema.ts";
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

Deno.test("a database of version 0.3.0 opens with its mails, and everything is counted", () => {
  using place = temporaryDirectory();
  const path = `${place.path}/mailbox.db`;
  {
    using old = new DatabaseSync(path);
    old.exec(migrations[0]!);
    old.exec(`PRAGMA user_version = 1; ${insert}; ${insert.replace("x'02'", "x'03'")}`);
  }
  const amountsOf = ({ connection }: MailboxDatabase) =>
    connection.prepare("SELECT scope, who, mails, bytes FROM amounts").all()
      .map(({ scope, who, mails, bytes }) => `${scope} ${who} ${mails} ${bytes}`);
  const wanted = ["0/bob/01  2 10", "0/bob/01 2 1 5", "0/bob/01 3 1 5"]
    .concat("all 2 1 5", "all 3 1 5", "key 2 1 5", "key 3 1 5");
  {
    using database = openMailboxDatabase(place.path);
    assertEquals(amountsOf(database), wanted);
    // As a program does that does not know the triggers.
    database.connection.exec("UPDATE total SET mails = 7; DELETE FROM amounts");
  }
  using database = openMailboxDatabase(place.path);
  assertEquals(totalOf(database), { mails: 2, bytes: 10 });
  assertEquals(amountsOf(database), wanted);
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
    "SELECT 1 FROM mails WHERE name = ? AND key = ? AND sender = ? AND id = ?",
    "SELECT min(number) FROM mails INDEXED BY mails_in_order WHERE name = ? AND key = ? AND number > ?",
    "SELECT number FROM mails WHERE sender = ? AND source = ? ORDER BY number LIMIT 1",
    `SELECT number FROM mails WHERE iif(source = '', sender, source) = ? ORDER BY number LIMIT 1`,
    `SELECT number FROM mails WHERE name = ? AND key = ? AND contact = ?
     AND iif(contact, sender, iif(source = '', sender, source)) = ? ORDER BY number LIMIT 1`,
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
