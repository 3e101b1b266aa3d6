import { assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { lateStatements } from "../../../shared/storage/late_statements.ts";

Deno.test("a statement is prepared once, when it is first run", () => {
  using database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE notes (id INTEGER PRIMARY KEY, text)");
  const prepared: string[] = [];
  const statements = lateStatements({
    prepare: (sql) => {
      prepared.push(sql);
      return database.prepare(sql);
    },
  });
  const add = statements.prepare("INSERT INTO notes (text) VALUES (?)");
  const find = statements.prepare("SELECT text FROM notes WHERE id = :id");
  const list = statements.prepare("SELECT id FROM notes ORDER BY id");
  assertEquals(prepared, []);

  assertEquals(add.run("one").lastInsertRowid, 1);
  assertEquals(add.run("two").changes, 1);
  assertEquals(prepared, ["INSERT INTO notes (text) VALUES (?)"]);
  assertEquals(find.get({ id: 2 })?.text, "two");
  assertEquals(list.all().map(({ id }) => id), [1, 2]);
  assertEquals([...list.iterate()].map(({ id }) => id), [1, 2]);
  assertEquals(prepared.length, 3);
});

Deno.test("what is wrong with a statement is thrown when it is run, each time", () => {
  using database = new DatabaseSync(":memory:");
  const wrong = lateStatements(database).prepare("SELECT * FROM absent");
  assertThrows(() => wrong.get(), Error, "no such table");
  assertThrows(() => wrong.all(), Error, "no such table");
});
