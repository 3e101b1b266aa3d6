// A store is read where nothing can be written, and copied while others write to it.

import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { openStore, openStoreToRead } from "../../../client/store/store.ts";
import { copyStoreFiles } from "../../../client/store/store_copy.ts";
import { UserError } from "../../../client/user_error.ts";
import { hasMounts, namesIn, temporaryDirectory, tinyDisk } from "../../support/places.ts";
import { rejectsSaying } from "../../support/problems.ts";
import { conversationIn, fileStore, say } from "../../support/store_fixture.ts";

const never = () => {
  throw new Error("no copy is needed");
};

/** The texts with bob in a store. */
function textsOf(store: Pick<ReturnType<typeof openStore>, "history">): string[] {
  return [...store.history.export("alice", "bob")].map(({ text }) => text);
}

/** Makes a store whose last message is in its log alone, as after a crash. */
function makeWithLog(path: string): void {
  const crashing = `
    import { openStore } from "${new URL("../../../client/store/store.ts", import.meta.url)}";
    import { keyOf, say } from "${new URL("../../support/store_fixture.ts", import.meta.url)}";
    const { conversations, outgoing } = openStore("${path}");
    const { id } = conversations.open({ self: "alice", name: "bob", key: keyOf(2) });
    say(outgoing, id, "last");
    Deno.kill(Deno.pid, "SIGKILL");`;
  const config = new URL("../../../deno.json", import.meta.url).pathname;
  new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", "--no-check", "--config", config, crashing],
  }).outputSync();
  assert(Deno.statSync(`${path}-wal`).size > 0);
  // With it SQLite could read both of them on a read-only disk, too.
  Deno.removeSync(`${path}-shm`);
}

Deno.test("a store to be read is opened where it is if that is possible", async () => {
  using file = fileStore();
  using store = await openStoreToRead(file.path, { copyTo: never });
  assertEquals(textsOf(store), []);
});

Deno.test({
  name: "on a read-only disk a copy is read, with what is in the log alone",
  ignore: !hasMounts,
  fn: async () => {
    using disk = tinyDisk("4m");
    using place = temporaryDirectory();
    const path = `${disk.path}/store.db`;
    makeWithLog(path);
    const names = namesIn(disk.path);
    disk.makeReadOnly();
    {
      using store = await openStoreToRead(path, { copyTo: () => place.path });
      assertEquals(textsOf(store), ["last"]);
    }
    assertEquals(namesIn(disk.path), names);
    // Where there is none, there is no message.
    await Deno.remove(`${place.path}/store.db`);
    using none = await openStoreToRead(`${disk.path}/none.db`, { copyTo: () => place.path });
    assertEquals(textsOf(none), []);
  },
});

Deno.test({
  name: "a copy for which there is no room is said to be so",
  ignore: !hasMounts,
  fn: async () => {
    using disk = tinyDisk("4m");
    using full = tinyDisk("64k");
    const path = `${disk.path}/store.db`;
    makeWithLog(path);
    disk.makeReadOnly();
    full.fill();
    await rejectsSaying(
      () => openStoreToRead(path, { copyTo: () => full.path }),
      UserError,
      `Cannot copy the store '${path}' to '${full.path}/store.db': the disk is full`,
    );
  },
});

Deno.test("a store that is not one is not copied", async () => {
  using file = fileStore();
  await Deno.writeTextFile(file.path, "no database ".repeat(100));
  await rejectsSaying(
    () => openStoreToRead(file.path, { copyTo: never }),
    UserError,
    "the file is not a database",
  );
});

Deno.test("whatever is written meanwhile, a copy is whole, and has all that was said before", async () => {
  using file = fileStore();
  using place = temporaryDirectory();
  using store = file.open();
  using checkpointing = new DatabaseSync(file.path);
  const id = conversationIn(store);
  let said = 0;
  const write = () => {
    const texts = Array.from({ length: 20 }, () => `${said++} ${"x".repeat(1_000)}`);
    say(store.outgoing, id, ...texts);
  };
  // Some 4 MB, which take several reads.
  for (let i = 0; i < 200; i++) write();
  for (let round = 0; round < 6; round++) {
    const before = said;
    let writes = 0;
    const writing = setInterval(() => {
      write();
      // A new log begins.
      if (writes++ === round % 4) checkpointing.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    }, 0);
    const copy = `${place.path}/${round}`;
    try {
      await copyStoreFiles(file.path, copy);
    } finally {
      clearInterval(writing);
    }
    {
      using database = new DatabaseSync(copy);
      const { integrity_check } = database.prepare("PRAGMA integrity_check").get()!;
      assertEquals(integrity_check, "ok");
    }
    using copied = openStore(copy);
    const texts = textsOf(copied);
    assert(texts.length >= before, `${texts.length} of ${before}`);
    assertEquals(texts.map((text) => parseInt(text)), texts.map((_, i) => i));
  }
});
