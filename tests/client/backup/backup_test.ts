// A backup is whole, or there is none.

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { encodeIdentity, sealIdentity } from "../../../client/profile/identity_file.ts";
import { openStore, storeKeyOf } from "../../../client/store/store.ts";
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
import { cheap, makeProfile } from "../../support/profiles.ts";
import { keyOf, say } from "../../support/store_fixture.ts";

const isUnix = Deno.build.os !== "windows";

const answers = (passphrase: string, fresh = passphrase) => ({
  present: ({ attempt }: { attempt: number }) => attempt === 1 ? passphrase : "",
  fresh: () => Promise.resolve(fresh),
});

Deno.test("a backup gives back the identity, the messages, and what is known of others", async () => {
  const halfTyped = { text: "half", typed: 4, isForAnother: false };
  using at = placeWith({ texts: ["one", "two"] });
  {
    using store = openStore(`${at.profile}/store.db`);
    store.knownPeers.meet("carol", keyOf(3), undefined);
    store.lineDrafts.of("alice").write("", halfTyped);
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
  assertEquals(store.lineDrafts.of("alice").read(""), halfTyped);
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
