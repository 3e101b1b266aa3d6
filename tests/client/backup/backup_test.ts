// A backup is whole or it is none, and a profile is restored wholly or stays as it was.

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { DatabaseSync } from "node:sqlite";
import {
  backUp,
  type BackupOptions,
  type BackupReport,
  restore,
} from "../../../client/backup/backup.ts";
import { writeArchive } from "../../../client/backup/archive_writer.ts";
import { encodeIdentity, sealIdentity } from "../../../client/profile/identity_file.ts";
import { openProfile, readIdentity } from "../../../client/profile/profile.ts";
import { openStore, storeKeyOf } from "../../../client/store/store.ts";
import { UserError } from "../../../client/user_error.ts";
import { TemporaryDirectory } from "../../../shared/process/temporary_directory.ts";
import { hasMounts, namesIn, temporaryDirectory, tinyDisk } from "../../support/places.ts";
import { rejectsSaying } from "../../support/problems.ts";
import { cheap, makeProfile, type ProfileContent } from "../../support/profiles.ts";
import { keyOf, say } from "../../support/store_fixture.ts";

const nowMs = Date.UTC(2026, 0, 2, 13, 45, 9);
const isUnix = Deno.build.os !== "windows";

/** A place with a profile of alice's, and with room for backups. */
function placeWith(content: ProfileContent) {
  const place = temporaryDirectory();
  const profile = `${place.path}/profile`;
  const identity = makeProfile(profile, content);
  return { ...place, identity, profile, backup: `${place.path}/backup.tar` };
}

async function makeBackup(
  profile: string,
  to: string,
  options: Partial<BackupOptions> = {},
): Promise<BackupReport> {
  using temporary = new TemporaryDirectory();
  const scratch = (parent: string) => temporary.make(parent);
  return await backUp(profile, to, {
    ...{ overwrite: false, passphrase: undefined, scratch, nowMs },
    ...options,
  });
}

async function takeBackup(profile: string, from: string, replace = false) {
  using temporary = new TemporaryDirectory();
  return await restore(profile, from, { replace, scratch: (parent) => temporary.make(parent) });
}

/** What alice has written to bob, as a profile has it. */
async function textsIn(profile: string, passphrase: string | null = null): Promise<string[]> {
  using open = await openProfile(profile, () => passphrase, { mustExist: true });
  return [...open.store.history.export("alice", "bob")].map(({ text }) => text);
}

/** All bytes of the files in a directory, so that a change shows. */
async function contentOf(directory: string): Promise<Map<string, Uint8Array>> {
  const content = new Map<string, Uint8Array>();
  for (const name of namesIn(directory)) {
    const path = `${directory}/${name}`;
    if ((await Deno.stat(path)).isFile) content.set(name, await Deno.readFile(path));
  }
  return content;
}

const answers = (passphrase: string, fresh = passphrase) => ({
  present: ({ attempt }: { attempt: number }) => attempt === 1 ? passphrase : "",
  fresh: () => Promise.resolve(fresh),
});

Deno.test("a backup gives back the identity, the messages, and what is known of others", async () => {
  using at = placeWith({ texts: ["one", "two"] });
  {
    using store = openStore(`${at.profile}/store.db`);
    store.knownPeers.meet("carol", keyOf(3), undefined);
  }
  assertEquals(await makeBackup(at.profile, at.backup), { messages: 2, protects: "nothing" });
  if (isUnix) assertEquals((await Deno.stat(at.backup)).mode! & 0o777, 0o600);
  assertEquals(namesIn(at.path), ["backup.tar", "profile"]);
  const there = `${at.path}/a/b`;
  assertEquals(await takeBackup(there, at.backup), {
    fingerprint: at.identity.fingerprint,
    messages: 2,
    madeAtMs: nowMs,
    keptIn: undefined,
  });
  assertEquals(namesIn(there), ["identity.json", "store.db"]);
  if (isUnix) {
    for (const name of namesIn(there)) {
      assertEquals((await Deno.stat(`${there}/${name}`)).mode! & 0o777, 0o600);
    }
    assertEquals((await Deno.stat(there)).mode! & 0o777, 0o700);
  }
  assertEquals(await textsIn(there), ["one", "two"]);
  using store = openStore(`${there}/store.db`);
  assertEquals(store.knownPeers.find("carol")?.key, keyOf(3));
});

Deno.test("a profile without messages is backed up as well, and none is not", async () => {
  using at = placeWith({});
  await Deno.remove(`${at.profile}/store.db`);
  assertEquals((await makeBackup(at.profile, at.backup)).messages, 0);
  assertEquals((await takeBackup(`${at.path}/there`, at.backup)).messages, 0);
  assertEquals(namesIn(at.profile), ["identity.json"]);
  await rejectsSaying(
    () => makeBackup(`${at.path}/none`, `${at.backup}-2`),
    UserError,
    `There is no identity in '${at.path}/none'`,
  );
  assertEquals(namesIn(at.path), ["backup.tar", "profile", "there"]);
});

Deno.test({
  name: "other programs can read a backup: it is a tar archive of a profile",
  ignore: !isUnix,
  fn: async () => {
    using at = placeWith({ texts: ["one"] });
    await makeBackup(at.profile, at.backup);
    await Deno.mkdir(`${at.path}/there`);
    const { code, stdout } = await new Deno.Command("tar", {
      args: ["-xvf", at.backup, "-C", `${at.path}/there`],
    }).output();
    const names = ["p2pchat-backup.json", "identity.json", "store.db"];
    assertEquals([code, new TextDecoder().decode(stdout)], [0, names.join("\n") + "\n"]);
    // What tar has packed is a backup, too, also with more zeros at its end.
    const again = `${at.path}/again.tar`;
    await new Deno.Command("tar", {
      args: ["--format=ustar", "-cf", again, "-C", `${at.path}/there`, ...names],
    }).output();
    await takeBackup(`${at.path}/again`, again);
    assertEquals(await textsIn(`${at.path}/again`), ["one"]);
    assertEquals(await textsIn(`${at.path}/there`), ["one"]);
  },
});

Deno.test("whatever is written meanwhile, a backup is whole, and has all that was said before", async () => {
  using at = placeWith({ texts: [] });
  using store = openStore(`${at.profile}/store.db`);
  const { id } = store.conversations.find("alice", "bob")[0]!;
  let said = 0;
  const write = () => {
    const texts = Array.from({ length: 20 }, () => `${said++} ${"x".repeat(1_000)}`);
    say(store.outgoing, id, ...texts);
  };
  for (let i = 0; i < 100; i++) write();
  for (let round = 0; round < 5; round++) {
    const before = said;
    const writing = setInterval(write, 0);
    const backup = `${at.backup}-${round}`;
    try {
      await makeBackup(at.profile, backup);
    } finally {
      clearInterval(writing);
    }
    assert(said > before);
    await takeBackup(`${at.path}/${round}`, backup);
    const texts = await textsIn(`${at.path}/${round}`);
    assert(texts.length >= before, `${texts.length} of ${before}`);
    assertEquals(texts.map((text) => parseInt(text)), texts.map((_, i) => i));
  }
});

Deno.test("a backup is under the passphrase of the profile, without asking for it", async () => {
  using at = placeWith({ passphrase: "correct horse", texts: ["a text to look for"] });
  assertEquals(await makeBackup(at.profile, at.backup), { messages: 1, protects: "all" });
  await takeBackup(`${at.path}/there`, at.backup);
  assertEquals(await textsIn(`${at.path}/there`, "correct horse"), ["a text to look for"]);
  // If it is given, it is checked.
  await makeBackup(at.profile, `${at.backup}-2`, { passphrase: answers("correct horse") });
  await rejectsSaying(
    () => makeBackup(at.profile, `${at.backup}-3`, { passphrase: answers("battery") }),
    UserError,
    "wrong passphrase",
  );
  assertEquals(namesIn(at.path), ["backup.tar", "backup.tar-2", "profile", "there"]);
});

Deno.test("a backup of a profile without a passphrase can be put under one, messages and all", async () => {
  using at = placeWith({ texts: ["a text to look for"] });
  const isReadable = async () =>
    new TextDecoder("latin1").decode(await Deno.readFile(at.backup)).includes("to look for");
  await makeBackup(at.profile, at.backup);
  assert(await isReadable());
  assertEquals(
    await makeBackup(at.profile, at.backup, { overwrite: true, passphrase: answers("new") }),
    { messages: 1, protects: "all" },
  );
  assert(!await isReadable());
  await takeBackup(`${at.path}/there`, at.backup);
  assertEquals(await textsIn(`${at.path}/there`, "new"), ["a text to look for"]);
  // The profile itself stays as it is.
  assertEquals(await textsIn(at.profile), ["a text to look for"]);
  await rejectsSaying(
    () => makeBackup(at.profile, `${at.backup}-2`, { passphrase: answers("x", "") }),
    UserError,
    "no passphrase was given",
  );
});

Deno.test("messages that are not sealed yet are, if the passphrase of the identity is given", async () => {
  using at = placeWith({ texts: ["one"] });
  const { identity } = at;
  await Deno.writeTextFile(
    `${at.profile}/identity.json`,
    encodeIdentity(sealIdentity(identity, "x", cheap)),
  );
  assertEquals((await makeBackup(at.profile, at.backup)).protects, "identity");
  const options = { overwrite: true, passphrase: answers("x") };
  assertEquals((await makeBackup(at.profile, at.backup, options)).protects, "all");
  await takeBackup(`${at.path}/there`, at.backup);
  assertEquals(await textsIn(`${at.path}/there`, "x"), ["one"]);
});

Deno.test("a file is never overwritten, but an older backup if that is asked for", async () => {
  using at = placeWith({ texts: ["one"] });
  await makeBackup(at.profile, at.backup);
  const first = await Deno.readFile(at.backup);
  const refused = (to: string, overwrite: boolean, said: string) =>
    rejectsSaying(() => makeBackup(at.profile, to, { overwrite }), UserError, said);
  await refused(at.backup, false, "': there is one; --overwrite replaces it");
  assertEquals(await Deno.readFile(at.backup), first);
  const before = await contentOf(at.profile);
  const other = "': something else of that name is in the way; name another file";
  for (const overwrite of [false, true]) {
    await refused(`${at.profile}/store.db`, overwrite, other);
    await refused(`${at.profile}/identity.json`, overwrite, other);
    await refused(at.profile, overwrite, other);
  }
  assertEquals(await contentOf(at.profile), before);
  await refused(`${at.path}/none/backup.tar`, false, "there is no such file or directory");
  await makeBackup(at.profile, at.backup, { overwrite: true, nowMs: nowMs + 1 });
  assertNotEquals(await Deno.readFile(at.backup), first);
  assertEquals((await takeBackup(`${at.path}/there`, at.backup)).madeAtMs, nowMs + 1);
});

Deno.test("a profile that is damaged, or of a later version, is not backed up", async () => {
  using at = placeWith({ texts: ["one"] });
  const store = `${at.profile}/store.db`;
  {
    using database = new DatabaseSync(store);
    database.exec("PRAGMA user_version = 99");
  }
  const refused = (said: string) =>
    rejectsSaying(() => makeBackup(at.profile, at.backup), UserError, said);
  await refused(`Cannot open the store '${store}': it is of version 99, and this program knows`);
  await Deno.writeTextFile(store, "no database");
  await refused("the file is not a database");
  assertEquals(namesIn(at.path), ["profile"]);
});

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
  await asStore("ALTER TABLE known_peers ADD COLUMN more TEXT");
  await refused("it is damaged");
  await asStore("CREATE TRIGGER a AFTER INSERT ON messages BEGIN DELETE FROM known_peers; END");
  await refused("it is damaged");
  // A page of zeros in the middle.
  await asStore();
  {
    using file = await Deno.open(`${parts}/store.db`, { write: true });
    await file.seek(4_096 * 5, Deno.SeekMode.Start);
    await file.write(new Uint8Array(4_096));
  }
  await refused("it is damaged");
  await asStore();
  await Deno.remove(at.backup);
  await writeArchive(at.backup, parts, nowMs);
  await takeBackup(`${at.path}/there`, at.backup);
});

Deno.test("a sealed store goes with the identity that opens it", async () => {
  using at = placeWith({ passphrase: "x", texts: ["one"] });
  await makeBackup(at.profile, at.backup);
  await takeBackup(`${at.path}/there`, at.backup);
  using store = openStore(`${at.path}/there/store.db`, {
    textKey: storeKeyOf(at.identity),
    sealed: true,
  });
  assertEquals([...store.history.export("alice", "bob")].map(({ text }) => text), ["one"]);
});

Deno.test({
  name: "a profile on a read-only disk is backed up",
  ignore: !hasMounts,
  fn: async () => {
    using at = placeWith({});
    using disk = tinyDisk("4m");
    makeProfile(`${disk.path}/profile`, { texts: ["one"] });
    disk.makeReadOnly();
    await makeBackup(`${disk.path}/profile`, at.backup);
    await takeBackup(`${at.path}/there`, at.backup);
    assertEquals(await textsIn(`${at.path}/there`), ["one"]);
  },
});

Deno.test({
  name: "a full disk gets neither half a backup nor half a profile",
  ignore: !hasMounts,
  fn: async () => {
    using at = placeWith({ texts: ["one"] });
    await makeBackup(at.profile, at.backup);
    using disk = tinyDisk("128k");
    const full = "the disk is full; make room, and try again";
    await rejectsSaying(() => makeBackup(at.profile, `${disk.path}/b.tar`), UserError, full);
    assertEquals(namesIn(disk.path), []);
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
