import { assertEquals, assertThrows } from "@std/assert";
import {
  createPrivateFile,
  keepBeside,
  nameFile,
  replaceFile,
  replacePrivateFile,
  writePrivateFile,
} from "../../../shared/storage/private_file.ts";
import { hasMounts, namesIn, temporaryDirectory, tinyDisk } from "../../support/places.ts";
import { race } from "../../support/race.ts";

const isUnix = Deno.build.os !== "windows";

function assertHolds(path: string, text: string): void {
  assertEquals(Deno.readTextFileSync(path), text);
  if (isUnix) assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
}

Deno.test("a private file is made once, for its owner alone, and leaves nothing beside it", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/file`;
  assertEquals(createPrivateFile(path, "first"), true);
  assertHolds(path, "first");
  assertEquals(createPrivateFile(path, "second"), false);
  assertHolds(path, "first");
  assertEquals(namesIn(directory.path), ["file"]);
});

/** What vfat says to a link. */
const link = () => {
  throw new Deno.errors.PermissionDenied("Operation not permitted (os error 1)");
};

Deno.test("without links a private file is made once as well, and a kept one is a copy", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/file`;
  assertEquals(createPrivateFile(path, "first", { link }), true);
  assertHolds(path, "first");
  assertEquals(createPrivateFile(path, "second", { link }), false);
  assertHolds(path, "first");
  const bytes = new Uint8Array([0xff, 0, 0x80]);
  for (const calls of [{ link }, undefined, { link }]) {
    Deno.writeFileSync(path, bytes);
    const beside = keepBeside(path, calls);
    Deno.writeTextFileSync(path, "next");
    // A link would be the same file.
    if (calls !== undefined) assertEquals(Deno.readFileSync(beside), bytes);
    if (isUnix) assertEquals(Deno.statSync(beside).mode! & 0o777, 0o600);
  }
  assertEquals(namesIn(directory.path), ["file", "file.old-1", "file.old-2", "file.old-3"]);
});

Deno.test("a finished file gets a name that nobody has, with links and without, or replaces another", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/file`;
  const draft = `${directory.path}/draft`;
  for (const calls of [{ link }, undefined]) {
    writePrivateFile(draft, "first");
    assertEquals(nameFile(draft, path, calls), true);
    assertHolds(path, "first");
    // Of a link the draft is still a name.
    if (calls === undefined) Deno.removeSync(draft);
    writePrivateFile(draft, "second");
    assertEquals(nameFile(draft, path, calls), false);
    assertHolds(path, "first");
    replaceFile(draft, path);
    assertHolds(path, "second");
    assertEquals(namesIn(directory.path), ["file"]);
    Deno.removeSync(path);
  }
  assertThrows(
    () => nameFile(draft, `${directory.path}/none/file`, { link }),
    Deno.errors.NotFound,
  );
  // What it was to be called stays free.
  assertThrows(() => nameFile(draft, path, { link }), Deno.errors.NotFound);
  assertEquals(namesIn(directory.path), []);
});

Deno.test("a private file replaces another, even one that others can read", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/file`;
  Deno.writeTextFileSync(path, "first", { mode: 0o644 });
  replacePrivateFile(path, "second");
  assertHolds(path, "second");
  assertEquals(namesIn(directory.path), ["file"]);
});

Deno.test("a new private file never overwrites another", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/file`;
  writePrivateFile(path, "first");
  assertHolds(path, "first");
  assertThrows(() => writePrivateFile(path, "second"), Deno.errors.AlreadyExists);
  assertHolds(path, "first");
  if (!isUnix) return;
  // Nor the target of a link.
  Deno.symlinkSync(`${directory.path}/nowhere`, `${directory.path}/link`);
  const link = `${directory.path}/link`;
  assertEquals(createPrivateFile(link, "second"), false);
  assertThrows(() => writePrivateFile(link, "second"), Deno.errors.AlreadyExists);
  assertEquals(namesIn(directory.path), ["file", "link"]);
});

Deno.test({
  name: "a full disk keeps the old file, and no half of the new one",
  ignore: !hasMounts,
  fn: () => {
    using disk = tinyDisk("64k");
    const path = `${disk.path}/file`;
    writePrivateFile(path, "first");
    disk.fill();
    const writes = [
      () => createPrivateFile(`${disk.path}/new`, "second"),
      () => writePrivateFile(`${disk.path}/new`, "second"),
      () => replacePrivateFile(path, "second"),
    ];
    for (const write of writes) {
      assertEquals(assertThrows(write, Error, "No space left").name, "Error");
      assertEquals(namesIn(disk.path), ["file", "filling"]);
      assertHolds(path, "first");
    }
  },
});

Deno.test("of several processes that make the same private file at once, one succeeds", async () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/file`;
  const module = new URL("../../../shared/storage/private_file.ts", import.meta.url).href;
  const said = await race(8, {
    imports: `import { createPrivateFile } from "${module}";`,
    code: `const text = String(Deno.pid).repeat(1_000);
      const made = createPrivateFile("${path}", text);
      console.log(made, Deno.readTextFileSync("${path}") === text);`,
  });
  assertEquals(said.filter((line) => line === "true true\n").length, 1);
  assertEquals(said.filter((line) => line === "false false\n").length, 7);
  assertEquals(namesIn(directory.path), ["file"]);
});
