import { assertEquals, assertThrows } from "@std/assert";
import { join } from "node:path";
import { requireOwn } from "../../../shared/storage/own_files.ts";
import { temporaryDirectory } from "../../support/places.ts";

const isUnix = Deno.build.os !== "windows";

/** Whether a file can be given to somebody else, as root can. */
const canGiveAway = isUnix && (() => {
  using place = temporaryDirectory();
  try {
    Deno.chownSync(place.path, 12_345, 12_345);
    return true;
  } catch {
    return false;
  }
})();

/** A directory with a file in it. */
function scene() {
  const place = temporaryDirectory();
  const directory = join(place.path, "mine");
  Deno.mkdirSync(directory, { mode: 0o700 });
  const file = join(directory, "store.db");
  Deno.writeTextFileSync(file, "", { mode: 0o600 });
  return { ...place, directory, file, check: () => requireOwn(directory, ["store.db", "missing"]) };
}

Deno.test("what is one's own alone can be used, and what is missing is nobody else's", () => {
  using there = scene();
  there.check();
  requireOwn(join(there.path, "nowhere"), ["store.db"]);
  // Only its owner writes, whoever reads.
  if (isUnix) {
    Deno.chmodSync(there.directory, 0o755);
    there.check();
    // As it is made where each user has a group of their own.
    Deno.chmodSync(there.directory, 0o775);
    there.check();
  }
  assertEquals([...Deno.readDirSync(there.directory)].map(({ name }) => name), ["store.db"]);
});

for (const which of ["directory", "file"] as const) {
  Deno.test({
    name: `a ${which} of another user is refused, also behind a link`,
    ignore: !canGiveAway,
    fn: () => {
      using there = scene();
      Deno.chownSync(there[which], 12_345, 12_345);
      assertThrows(there.check, Error, `'${there[which]}' belongs to another user`);
      const link = join(there.path, "link");
      Deno.symlinkSync(there.directory, link);
      assertThrows(() => requireOwn(link, ["store.db"]), Error, "belongs to another user");
    },
  });

  Deno.test({
    name: `a ${which} that others may write is refused, and stays as it is`,
    ignore: !isUnix,
    fn: () => {
      using there = scene();
      const path = there[which];
      Deno.chmodSync(path, 0o722);
      assertThrows(there.check, Error, `others may write to '${path}'`);
      assertEquals(Deno.statSync(path).mode! & 0o777, 0o722);
      Deno.chmodSync(path, 0o700);
      there.check();
    },
  });
}

Deno.test({
  name: "what a group that is not one's own may write is refused",
  ignore: !canGiveAway,
  fn: () => {
    using there = scene();
    Deno.chownSync(there.directory, null, 12_345);
    Deno.chmodSync(there.directory, 0o770);
    assertThrows(there.check, Error, "others may write");
  },
});

Deno.test({
  name: "a link to what is one's own is followed",
  ignore: !isUnix,
  fn: () => {
    using there = scene();
    const link = join(there.path, "link");
    Deno.symlinkSync(there.directory, link);
    requireOwn(link, ["store.db"]);
  },
});

Deno.test({
  name: "on a disk without modes others may write, and nothing can be done",
  ignore: !isUnix,
  fn: () => {
    using there = scene();
    Deno.chmodSync(there.directory, 0o777);
    const silent = { chmod: () => {} };
    requireOwn(there.directory, [], silent);
    const loud = {
      chmod: () => {
        throw new Deno.errors.PermissionDenied();
      },
    };
    requireOwn(there.directory, [], loud);
  },
});
