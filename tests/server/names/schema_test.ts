import { assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import { openNamesDatabase } from "../../../server/names/names.ts";
import { serverBusyTimeoutMs } from "../../../shared/protocol/limits.ts";
import { temporaryDirectory } from "../../support/places.ts";

Deno.test("names and realm stay in the directory", () => {
  using place = temporaryDirectory();
  const directory = `${place.path}/a/b`;
  let realm;
  {
    using database = openNamesDatabase(directory);
    assertEquals(database.count, 0);
    realm = database.realm;
    database.connection.exec("INSERT INTO names VALUES ('alice', 'k', 1), ('bob', 'k', 2)");
    assertEquals(database.count, 2);
  }
  using database = openNamesDatabase(directory);
  assertEquals(database.count, 2);
  assertEquals(database.realm, realm);
  assertEquals([...Deno.readDirSync(directory)].map(({ name }) => name).includes("names.db"), true);
});

Deno.test("a realm has 128 bits, cannot be taken for an address, and differs for each database", () => {
  using first = openNamesDatabase(undefined);
  using second = openNamesDatabase(undefined);
  assertMatch(first.realm, /^[0-9a-f]{32}$/);
  assertNotEquals(first.realm, second.realm);
});

Deno.test("servers that share a directory have the same realm, and do not wait long for each other", () => {
  using place = temporaryDirectory();
  using first = openNamesDatabase(place.path);
  using second = openNamesDatabase(place.path);
  assertEquals(first.realm, second.realm);
  const { timeout } = second.connection.prepare("PRAGMA busy_timeout").get()!;
  assertEquals(timeout, serverBusyTimeoutMs);
});

Deno.test("the error for a file that is not a database, or is damaged, says so", () => {
  using place = temporaryDirectory();
  const file = `${place.path}/names.db`;
  Deno.writeTextFileSync(file, "x".repeat(10_000));
  const error = assertThrows(() => openNamesDatabase(place.path), Error, "names.db");
  assertMatch(error.message, /not a database/);
  assertEquals(error.cause instanceof Error, true);
  Deno.removeSync(file);
  {
    using database = openNamesDatabase(place.path);
    const insert = database.connection.prepare("INSERT INTO names VALUES (?, 'k', 1)");
    for (let i = 0; i < 1_000; i++) insert.run(`name${i}`);
  }
  // The first page, which says where everything else is, stays intact.
  const bytes = Deno.readFileSync(file);
  Deno.writeFileSync(file, bytes.fill(0x55, 4_096));
  const damaged = assertThrows(() => openNamesDatabase(place.path), Error, "Cannot ");
  assertMatch(damaged.message, /^Cannot .*names\.db'?: .*(malformed|damaged)/);
});
