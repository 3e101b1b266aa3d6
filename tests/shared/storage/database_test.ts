import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../../../shared/storage/database.ts";
import { DatabaseError } from "../../../shared/storage/database_error.ts";
import { hasMounts, temporaryDirectory, tinyDisk } from "../../support/places.ts";
import { race } from "../../support/race.ts";

const isUnix = Deno.build.os !== "windows";
const first = "CREATE TABLE note (text TEXT NOT NULL) STRICT";
const second = "ALTER TABLE note ADD COLUMN at INTEGER; INSERT INTO note VALUES ('second', 2)";

function versionOf(database: DatabaseSync): unknown {
  return database.prepare("PRAGMA user_version").get()!.user_version;
}

function modeOf(path: string): number {
  return Deno.statSync(path).mode! & 0o777;
}

/** Why opening fails. The error is one sentence, and has a cause. */
function refusal(path: string, migrations = [first]): string {
  const error = assertThrows(
    () => openDatabase(path, migrations, { busyTimeoutMs: 50 }),
    DatabaseError,
  );
  assertInstanceOf(error.cause, Error);
  const start = `Cannot open the database '${path}': `;
  assertEquals(error.message.slice(0, start.length), start);
  assert(!error.message.includes("\n") && !error.message.includes("os error"), error.message);
  assertEquals([error.path, error.reason], [path, error.message.slice(start.length)]);
  return error.reason;
}

Deno.test("a database is made with its directories, for its owner alone", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/a/b/note.db`;
  using database = openDatabase(path, [first]);
  database.exec("INSERT INTO note VALUES ('kept')");
  assertEquals(database.prepare("PRAGMA journal_mode").get()!.journal_mode, "wal");
  assertEquals(database.prepare("PRAGMA synchronous").get()!.synchronous, 1);
  assertEquals(database.prepare("PRAGMA busy_timeout").get()!.timeout, 5_000);
  if (!isUnix) return;
  for (const made of ["a", "a/b"]) assertEquals(modeOf(`${directory.path}/${made}`), 0o700);
  for (const ending of ["", "-wal", "-shm"]) assertEquals(modeOf(path + ending), 0o600, ending);
});

Deno.test("a database keeps what it holds, and gets the migrations that it does not have", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/note.db`;
  {
    using database = openDatabase(path, [first]);
    assertEquals(versionOf(database), 1);
    database.exec("INSERT INTO note VALUES ('kept')");
  }
  for (let opened = 0; opened < 2; opened++) {
    using database = openDatabase(path, [first, second]);
    assertEquals(versionOf(database), 2);
    assertEquals(
      database.prepare("SELECT text FROM note").all().map(({ text }) => text),
      ["kept", "second"],
    );
  }
});

Deno.test("a database can be in memory", () => {
  using database = openDatabase(":memory:", [first, second]);
  assertEquals(versionOf(database), 2);
});

Deno.test("a migration that fails leaves the database as it was", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/note.db`;
  openDatabase(path, [first]).close();
  refusal(path, [first, second, "CREATE TABLE note (text TEXT)"]);
  using database = openDatabase(path, [first]);
  assertEquals(versionOf(database), 1);
  assertEquals(database.prepare("SELECT * FROM note").all(), []);
});

Deno.test("a database of a newer version is refused, and left as it is", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/note.db`;
  openDatabase(path, [first, second]).close();
  assertEquals(
    refusal(path),
    "it is of version 2, and this program knows versions up to 1; use the newer program",
  );
  using database = openDatabase(path, [first, second]);
  assertEquals(database.prepare("SELECT text FROM note").all().length, 1);
});

Deno.test("a file that is not a database is refused, and left as it is", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/note.db`;
  const text = "Dear diary, ".repeat(1_000);
  Deno.writeTextFileSync(path, text);
  assertEquals(refusal(path), "the file is not a database; move it away, and a new one is made");
  assertEquals(Deno.readTextFileSync(path), text);
});

Deno.test("a place that can hold no file is named with the reason", () => {
  using directory = temporaryDirectory();
  Deno.writeTextFileSync(`${directory.path}/file`, "");
  assertEquals(
    refusal(`${directory.path}/file/note.db`),
    "a file of that name is in the way; name another place",
  );
  assertEquals(
    refusal(`${directory.path}/file/data/note.db`),
    "a part of that path is a file and no directory; name another place",
  );
  Deno.mkdirSync(`${directory.path}/note.db`);
  assertEquals(
    refusal(`${directory.path}/note.db`),
    "this user cannot read and write such a file; check its permissions",
  );
});

Deno.test("a database that another program holds is waited for, and then said to be held", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/note.db`;
  using database = openDatabase(path, [first]);
  database.exec("BEGIN IMMEDIATE");
  const held = "another program is using it; close that program, and try again";
  assertEquals(refusal(path), held);
  database.exec("COMMIT");
  // Even while it is new, when SQLite itself does not wait.
  const newer = `${directory.path}/newer.db`;
  using holder = new DatabaseSync(newer);
  holder.exec("BEGIN EXCLUSIVE; CREATE TABLE t (x)");
  assertEquals(refusal(newer), held);
});

Deno.test({
  name: "a database that can only be read, and one on a full disk, are said to be so",
  ignore: !hasMounts,
  fn: () => {
    using disk = tinyDisk("128k");
    const path = `${disk.path}/note.db`;
    {
      using database = openDatabase(path, [first]);
      // Without its log it is one file, that can be opened for reading.
      database.exec("PRAGMA journal_mode = DELETE");
    }
    disk.fill();
    assertEquals(refusal(`${disk.path}/new.db`), "the disk is full; make room, and try again");
    disk.makeReadOnly();
    assertEquals(
      refusal(path),
      "it is read-only; give this user write access to it and its directory",
    );
    assertEquals(refusal(`${disk.path}/newer.db`), "that place is read-only; name another");
  },
});

Deno.test("a new database that another program is about to give up is waited for", async () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/note.db`;
  // Without a write-ahead log yet, as the other has it that comes first; there SQLite does not wait.
  const holder = new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `import { DatabaseSync } from "node:sqlite";
      const database = new DatabaseSync("${path}");
      database.exec("BEGIN IMMEDIATE");
      Deno.stdout.writeSync(new Uint8Array(1));
      setTimeout(() => database.exec("COMMIT"), 300);`,
    ],
    stdout: "piped",
  }).spawn();
  const output = holder.stdout.getReader();
  await output.read();
  openDatabase(path, [first]).close();
  await output.cancel();
  assertEquals((await holder.status).success, true);
});

Deno.test("processes that open a new database at once all succeed, and migrate it once", async () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/new/note.db`;
  const module = new URL("../../../shared/storage/database.ts", import.meta.url).href;
  const migrations = [first, second, "INSERT INTO note VALUES ('third', 3)"];
  const said = await race(8, {
    imports: `import { openDatabase } from "${module}";`,
    code: `using database = openDatabase("${path}", ${JSON.stringify(migrations)});
      database.exec("INSERT INTO note VALUES ('own', 4)");
      console.log(database.prepare("PRAGMA journal_mode").get().journal_mode);`,
  });
  assertEquals(said, Array(8).fill("wal\n"));
  using database = openDatabase(path, migrations);
  const count = (at: number) => database.prepare("SELECT * FROM note WHERE at = ?").all(at).length;
  assertEquals([count(2), count(3), count(4)], [1, 1, 8]);
});
