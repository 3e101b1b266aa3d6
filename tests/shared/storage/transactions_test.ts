import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { openDatabase } from "../../../shared/storage/database.ts";
import { isDatabaseFailure } from "../../../shared/storage/database_error.ts";
import { inTransaction } from "../../../shared/storage/transactions.ts";
import { noteDatabase, noteMigrations } from "../../support/note_database.ts";

function open() {
  const notes = noteDatabase();
  return { ...notes, run: <T>(work: () => T) => inTransaction(notes.database, work) };
}

Deno.test("what fails is undone, and its own error is not another's", () => {
  using t = open();
  const { run, add, texts } = t;
  run(() => add("kept"));
  const mistake = new RangeError("a mistake");
  const error = assertThrows(() =>
    run(() => {
      add("lost");
      throw mistake;
    }), RangeError);
  assertStrictEquals(error, mistake);
  const twice = assertThrows(() => run(() => add("kept")), Error);
  assertEquals([isDatabaseFailure(twice), twice.message.includes("UNIQUE")], [false, true]);
  assertEquals(texts(), ["kept"]);
  run(() => add("next"));
  assertEquals(texts(), ["kept", "next"]);
});

Deno.test("a full disk, on which SQLite itself undoes the transaction, is its own error", () => {
  using t = open();
  const { database, run, add, texts } = t;
  database.exec("PRAGMA max_page_count = 1");
  const fill = () => {
    for (let i = 0; i < 1_000; i++) add(`${i}${"x".repeat(1_000)}`);
  };
  const error = assertThrows(() => run(fill), Error, "full");
  assertEquals([isDatabaseFailure(error), database.isTransaction, texts()], [true, false, []]);
  database.exec("PRAGMA max_page_count = 100000");
  run(fill);
  assertEquals(texts().length, 1_000);
});

Deno.test("what one transaction reads holds until it writes, though another program writes", () => {
  using t = open();
  using other = openDatabase(t.path, noteMigrations, { busyTimeoutMs: 0 });
  inTransaction(t.database, () => {
    const before = t.texts().length;
    assertThrows(() => inTransaction(other, () => {}), Error, "locked");
    t.add(`${before}`);
  });
  inTransaction(other, () => other.exec("INSERT INTO note VALUES ('other')"));
  assertEquals(t.texts(), ["0", "other"]);
});
