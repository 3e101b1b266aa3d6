import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { UserError } from "../../../client/user_error.ts";
import { migrations } from "../../../client/store/schema.ts";
import { storeParts } from "../../../client/store/store_parts.ts";
import { Transactions } from "../../../client/store/transactions.ts";
import { openDatabase } from "../../../shared/storage/database.ts";
import { noteDatabase, noteMigrations } from "../../support/note_database.ts";
import { draft, keyBytesOf, keyOf, stream } from "../../support/store_fixture.ts";

function open() {
  const notes = noteDatabase();
  return { ...notes, transactions: new Transactions(notes.database) };
}

Deno.test("durable transactions are forced onto the disk, and the others are not waited for", () => {
  using t = open();
  const { database, transactions } = t;
  // As SQLite counts: 1 is NORMAL, 2 is FULL.
  const synchronous = () => database.prepare("PRAGMA synchronous").get()!.synchronous;
  for (const _ of "twice") {
    assertEquals(transactions.durable("save-messages", synchronous), 2);
    assertEquals(transactions.swift("save-messages", synchronous), 1);
  }
});

Deno.test("a failed transaction is undone, and its error stays what it was", () => {
  using t = open();
  const { transactions, add, texts } = t;
  transactions.durable("save-messages", () => add("kept"));
  const mistake = new RangeError("a mistake");
  const error = assertThrows(() =>
    transactions.durable("save-messages", () => {
      add("lost");
      throw mistake;
    }), RangeError);
  assertStrictEquals(error, mistake);
  // A mistake of ours: the user could do nothing about it.
  const twice = assertThrows(() => transactions.swift("save-messages", () => add("kept")), Error);
  assertEquals([twice instanceof UserError, twice.message.includes("UNIQUE")], [false, true]);
  assertEquals(texts(), ["kept"]);
  transactions.swift("save-messages", () => add("next"));
  assertEquals(texts(), ["kept", "next"]);
});

Deno.test("a refusal of the database becomes a UserError", () => {
  using t = open();
  const { database, transactions, add, texts } = t;
  database.exec("PRAGMA max_page_count = 1");
  const fill = () => {
    for (let i = 0; i < 1_000; i++) add(`${i}${"x".repeat(1_000)}`);
  };
  const error = assertThrows(() => transactions.durable("save-messages", fill), UserError);
  const reason = "the disk is full; make room, and try again";
  assertEquals(error.problem, { code: "store-refused", action: "save-messages", reason });
  assert(error.cause instanceof Error && error.cause.message.includes("full"));
  assertEquals(texts(), []);
  database.exec("PRAGMA max_page_count = 100000");
  transactions.durable("save-messages", fill);
  assertEquals(texts().length, 1_000);
});

Deno.test("a damaged file is reported", () => {
  using t = open();
  const { database, transactions, add, path } = t;
  transactions.durable("save-messages", () => {
    for (let i = 0; i < 1_000; i++) add(`${i}`);
  });
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  Deno.writeFileSync(path, Deno.readFileSync(path).fill(0x55, 4_096));
  using other = openDatabase(path, noteMigrations);
  const reading = new Transactions(other);
  const damaged = assertThrows(
    () => reading.reading("read-history", () => other.prepare("SELECT * FROM note").all()),
    UserError,
  );
  assertEquals(damaged.problem, {
    code: "store-refused",
    action: "read-history",
    reason: "the file is damaged; restore a copy of it, or move it away, and a new one is made",
  });
});

Deno.test("what a store promises is durable, and what can be recovered is not", () => {
  using database = openDatabase(":memory:", migrations);
  const { conversations, outgoing, incoming } = storeParts(database, {});
  let durables = 0;
  const exec = database.exec.bind(database);
  // As SQLite counts: 2 is FULL.
  const isFull = () => database.prepare("PRAGMA synchronous").get()!.synchronous === 2;
  database.exec = (sql) => {
    if (sql === "COMMIT" && isFull()) durables++;
    exec(sql);
  };
  const durablesOf = (act: () => unknown) => {
    const before = durables;
    act();
    return durables - before;
  };
  const open = (byte: number) =>
    conversations.open({ self: "alice", name: "bob", key: keyOf(byte) }, {
      agreement: keyBytesOf(9),
    })
      .id;
  assertEquals(durablesOf(() => open(1)), 0);
  const [id, other] = [open(1), open(2)];
  assertEquals(
    durablesOf(() => outgoing.accept(["a", "b", "c"].map((text) => draft(id, text)))),
    1,
  );
  assertEquals(durablesOf(() => incoming.receive(id, stream(["x", "y"]), 1)), 1);
  assertEquals(durablesOf(() => outgoing.renumber(id)), 1);
  const [first] = outgoing.unacknowledged(id, 0, 1);
  assertEquals(
    durablesOf(() => {
      outgoing.acknowledge(id, first!.id);
      outgoing.markRead(id, first!.id);
      outgoing.markDeposited(id, 2, 1);
      outgoing.forgetDeposited(id);
      incoming.markShown(id, 5);
    }),
    0,
  );
  assertEquals(durablesOf(() => outgoing.reassign(id, other)), 1);
});
