import { assert, assertEquals, assertThrows } from "@std/assert";
import { DatabaseError } from "../../../shared/storage/database_error.ts";
import { takeLock } from "../../../shared/storage/lock.ts";
import { namesIn, temporaryDirectory } from "../../support/places.ts";

Deno.test("one has a lock at a time, and gives it up with its end", () => {
  using place = temporaryDirectory();
  const path = `${place.path}/locks/a.db`;
  {
    using first = takeLock(path);
    assert(first !== undefined);
    assertEquals(takeLock(path), undefined);
    using other = takeLock(`${place.path}/locks/b.db`);
    assert(other !== undefined);
  }
  for (let i = 0; i < 2; i++) {
    using again = takeLock(path);
    assert(again !== undefined);
  }
  assertEquals(namesIn(`${place.path}/locks`), ["a.db", "b.db"]);
  if (Deno.build.os === "windows") return;
  assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
  assertEquals(Deno.statSync(`${place.path}/locks`).mode! & 0o777, 0o700);
});

Deno.test("a lock is waited for as long as one says", () => {
  using place = temporaryDirectory();
  const path = `${place.path}/a.db`;
  using _held = takeLock(path);
  const begin = performance.now();
  assertEquals(takeLock(path, 200), undefined);
  assert(performance.now() - begin >= 190);
});

Deno.test("a lock that cannot be written is an error that says why", () => {
  using place = temporaryDirectory();
  Deno.writeTextFileSync(`${place.path}/file`, "");
  assertThrows(() => takeLock(`${place.path}/file/a.db`), DatabaseError, "file/a.db");
  Deno.mkdirSync(`${place.path}/directory.db`);
  assertThrows(() => takeLock(`${place.path}/directory.db`), DatabaseError, "directory.db");
  Deno.writeTextFileSync(`${place.path}/other`, "This is no database at all.".repeat(100));
  assertThrows(() => takeLock(`${place.path}/other`), DatabaseError, "not a database");
});
