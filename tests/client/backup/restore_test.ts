// A profile is restored wholly, or stays as it was.

import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { DatabaseSync } from "node:sqlite";
import { writeArchive } from "../../../client/backup/archive_writer.ts";
import { readIdentity } from "../../../client/profile/profile.ts";
import { openStore } from "../../../client/store/store.ts";
import { UserError } from "../../../client/user_error.ts";
import {
  contentOf,
  makeBackup,
  nowMs,
  placeWith,
  takeBackup,
  textsIn,
} from "../../support/backups.ts";
import { hasMounts, namesIn, tinyDisk } from "../../support/places.ts";
import { rejectsSaying } from "../../support/problems.ts";
import { makeProfile } from "../../support/profiles.ts";

const isUnix = Deno.build.os !== "windows";

Deno.test("a profile that holds something is kept, and put aside if that is asked for", async () => {
  using at = placeWith({ texts: ["one"] });
  await makeBackup(at.profile, at.backup);
  const there = `${at.path}/there`;
  const before = makeProfile(there, { texts: ["two"] });
  const refused = async (directory: string) => {
    const content = await contentOf(directory);
    await rejectsSaying(
      () => takeBackup(directory, at.backup),
      UserError,
      `Cannot restore to '${directory}': there is an identity, or there are messages`,
    );
    assertEquals(await contentOf(directory), content);
  };
  await refused(there);
  const { keptIn, fingerprint } = await takeBackup(there, at.backup, true);
  assertEquals([keptIn, fingerprint], [`${there}/old-1`, at.identity.fingerprint]);
  assertEquals(await textsIn(there), ["one"]);
  assertEquals(await textsIn(keptIn!), ["two"]);
  assertEquals(readIdentity(keptIn!)!.file.publicKey, before.publicKey);
  assertEquals((await takeBackup(there, at.backup, true)).keptIn, `${there}/old-2`);
  // Half of a profile is one, too, and so is a damaged one.
  for (const name of ["identity.json", "store.db"]) {
    const half = `${at.path}/half-${name}`;
    await Deno.mkdir(half);
    await Deno.writeTextFile(`${half}/${name}`, "damaged");
    await refused(half);
    await takeBackup(half, at.backup, true);
    assertEquals(await Deno.readTextFile(`${half}/old-1/${name}`), "damaged");
    assertEquals(await textsIn(half), ["one"]);
  }
  // Other files are no profile.
  const other = `${at.path}/other`;
  await Deno.mkdir(`${other}/locks`, { recursive: true });
  assertEquals((await takeBackup(other, at.backup)).keptIn, undefined);
});

Deno.test("a profile that a client uses is not put aside", async () => {
  using at = placeWith({ texts: ["one"] });
  await makeBackup(at.profile, at.backup);
  using store = openStore(`${at.profile}/store.db`);
  await rejectsSaying(
    () => takeBackup(at.profile, at.backup, true),
    UserError,
    "another program is using it; close that program, and try again",
  );
  assertEquals([...store.history.export("alice", "bob")].length, 1);
  assertEquals(
    namesIn(at.profile),
    ["identity.json", "store.db", "store.db-shm", "store.db-wal"],
  );
});

Deno.test("what is no backup is refused, and changes nothing", async () => {
  using at = placeWith({ texts: ["one"] });
  const foreign = `${at.path}/foreign`;
  const refused = (from: string, said: string) =>
    rejectsSaying(() => takeBackup(`${at.path}/there`, from), UserError, said);
  const none = "that is no backup; take what p2pchat backup has written";
  for (const bytes of [[], [1], Array(512).fill(0), Array(5_000).fill(0x20)]) {
    await Deno.writeFile(foreign, new Uint8Array(bytes));
    await refused(foreign, none);
  }
  await refused(`${at.profile}/store.db`, none);
  await refused(`${at.profile}/identity.json`, none);
  await refused(at.profile, none);
  await refused(`${at.path}/none`, "there is no such file or directory");
  assertEquals(namesIn(at.path), ["foreign", "profile"]);
});

Deno.test("a backup that is cut off is refused, wherever that is", async () => {
  using at = placeWith({ texts: ["one"] });
  await makeBackup(at.profile, at.backup);
  const whole = await Deno.readFile(at.backup);
  const cut = `${at.path}/cut`;
  const lengths = [511, 512, 600, 1_024, 1_536, 2_000, 2_048, 3_000, 50_000];
  for (const length of [...lengths, ...[1, 500, 512, 1_023].map((n) => whole.length - n)]) {
    await Deno.writeFile(cut, whole.subarray(0, length));
    const said = length < 512 ? "that is no backup" : "it is damaged";
    await rejectsSaying(() => takeBackup(`${at.path}/there`, cut), UserError, said);
  }
  assertEquals(namesIn(at.path), ["backup.tar", "cut", "profile"]);
});

Deno.test("a backup with a changed byte gives back the very files, or nothing", async () => {
  using at = placeWith({ texts: ["one"] });
  await makeBackup(at.profile, at.backup);
  const whole = await Deno.readFile(at.backup);
  await takeBackup(`${at.path}/whole`, at.backup);
  const content = await contentOf(`${at.path}/whole`);
  let refused = 0;
  const changes = fc.record({
    at: fc.nat({ max: whole.length - 1 }),
    by: fc.integer({ min: 1, max: 255 }),
  });
  await fc.assert(
    fc.asyncProperty(changes, async (change) => {
      const changed = whole.slice();
      changed[change.at]! ^= change.by;
      await Deno.writeFile(`${at.path}/changed`, changed);
      const there = `${at.path}/there`;
      try {
        await takeBackup(there, `${at.path}/changed`);
        assertEquals(await contentOf(there), content);
        await Deno.remove(there, { recursive: true });
      } catch (error) {
        assert(error instanceof UserError && error.code === "backup-unusable", String(error));
        refused++;
      }
      assert(!namesIn(at.path).includes("there"));
    }),
    { numRuns: 200 },
  );
  assert(refused > 150, `${refused}`);
});

Deno.test("a whole archive of something else is refused, and changes nothing", async () => {
  using at = placeWith({ texts: ["one"] });
  const parts = `${at.path}/parts`;
  await Deno.mkdir(parts);
  const refused = async (said: string) => {
    await Deno.remove(at.backup).catch(() => {});
    await writeArchive(at.backup, parts, nowMs);
    const there = `${at.path}/there`;
    await Deno.mkdir(there);
    await rejectsSaying(() => takeBackup(there, at.backup), UserError, said);
    assertEquals(namesIn(there), []);
    await Deno.remove(there);
  };
  const put = async (name: string) => {
    await Deno.copyFile(`${at.profile}/${name}`, `${parts}/${name}`);
    if (isUnix) await Deno.chmod(`${parts}/${name}`, 0o600);
  };
  const asStore = async (...statements: string[]) => {
    await put("store.db");
    {
      using database = new DatabaseSync(`${parts}/store.db`);
      for (const sql of [...statements, "PRAGMA journal_mode = DELETE"]) database.exec(sql);
    }
  };
  await asStore();
  for (const text of ["{}", "Dear diary"]) {
    await Deno.writeTextFile(`${parts}/identity.json`, text, { mode: 0o600 });
    await refused("it is damaged");
  }
  await Deno.writeTextFile(`${parts}/identity.json`, '{"version": 2}', { mode: 0o600 });
  await refused("it is of version 2, and this program knows version 1");
  await put("identity.json");
  await Deno.writeTextFile(`${parts}/store.db`, "no database");
  await refused("it is damaged");
  await asStore("PRAGMA user_version = 99");
  await refused("it is of version 99, and this program knows version");
  await asStore("DROP TABLE known_peers");
  await refused("it is damaged");
  // The trigger names the column.
  await asStore("DROP TRIGGER rejected_no_more", "ALTER TABLE known_peers DROP COLUMN verified");
  await refused("it is damaged");
  // A page of zeros in the middle.
  await asStore();
  {
    using file = await Deno.open(`${parts}/store.db`, { write: true });
    await file.seek(4_096 * 5, Deno.SeekMode.Start);
    await file.write(new Uint8Array(4_096));
  }
  await refused("it is damaged");
  // A later program may have added something.
  await asStore("CREATE TABLE more (text TEXT)", "ALTER TABLE known_peers ADD COLUMN more TEXT");
  await Deno.remove(at.backup);
  await writeArchive(at.backup, parts, nowMs);
  await takeBackup(`${at.path}/there`, at.backup);
});

Deno.test({
  name: "a full disk gets neither half a backup nor half a profile",
  ignore: !hasMounts,
  fn: async () => {
    using at = placeWith({ texts: ["one"] });
    await makeBackup(at.profile, at.backup);
    using disk = tinyDisk("128k");
    const full = "the disk is full";
    await rejectsSaying(() => makeBackup(at.profile, `${disk.path}/b.tar`), UserError, full);
    assertEquals(namesIn(disk.path), []);
    // Also if there is no room for the first file, which nobody has asked for.
    await assertRejects(() => Deno.writeFile(`${disk.path}/more`, new Uint8Array(1 << 20)));
    await rejectsSaying(
      () => makeBackup(at.profile, `${disk.path}/b.tar`),
      UserError,
      `Cannot write the backup '${disk.path}/b.tar': the disk is full; make room, and try again`,
    );
    assertEquals(namesIn(disk.path), ["more"]);
    using tiny = tinyDisk("64k");
    await rejectsSaying(() => takeBackup(tiny.path, at.backup), UserError, full);
    assertEquals(namesIn(tiny.path), []);
    tiny.makeReadOnly();
    await rejectsSaying(
      () => takeBackup(tiny.path, at.backup),
      UserError,
      `Cannot restore to '${tiny.path}': that place is read-only; name another`,
    );
  },
});
