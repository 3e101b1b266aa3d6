import { assertEquals } from "@std/assert";
import { TemporaryDirectory } from "../../../shared/process/temporary_directory.ts";
import { namesIn, temporaryDirectory } from "../../support/places.ts";

const isUnix = Deno.build.os !== "windows";
const module = new URL("../../../shared/process/temporary_directory.ts", import.meta.url).href;

Deno.test("a temporary directory is made when it is needed, for this user alone, and goes", async () => {
  using place = temporaryDirectory();
  {
    using directory = new TemporaryDirectory();
    assertEquals(namesIn(place.path), []);
    const path = directory.make(place.path);
    assertEquals(directory.make(), path);
    assertEquals(namesIn(place.path).map((name) => `${place.path}/${name}`), [path]);
    if (isUnix) assertEquals((await Deno.stat(path)).mode! & 0o777, 0o700);
    await Deno.mkdir(`${path}/a`);
    await Deno.writeTextFile(`${path}/a/b`, "c");
  }
  assertEquals(namesIn(place.path), []);
});

Deno.test("a temporary directory that somebody has removed is no failure", async () => {
  using place = temporaryDirectory();
  using directory = new TemporaryDirectory();
  await Deno.remove(directory.make(place.path));
});

/** Runs a program that has such a directory. @returns Its status, and what is left of it. */
async function ended(code: string, signal?: Deno.Signal) {
  using place = temporaryDirectory();
  const program = `import { TemporaryDirectory } from "${module}";
    const directory = new TemporaryDirectory();
    Deno.writeTextFileSync(directory.make("${place.path}") + "/secret", "text");
    console.log("made");
    ${code}`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", "--no-check", program],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  assertEquals(namesIn(place.path).length, 1);
  if (signal !== undefined) child.kill(signal);
  const [{ code: exitCode, signal: killedBy }] = await Promise.all([
    child.status,
    reader.cancel(),
    child.stderr.cancel(),
  ]);
  return { status: killedBy ?? exitCode, left: namesIn(place.path) };
}

const waiting = "setTimeout(() => {}, 60_000);";

Deno.test({
  name: "a signal that ends the program takes the directory with it",
  ignore: !isUnix,
  fn: async () => {
    assertEquals(await ended(waiting, "SIGINT"), { status: 130, left: [] });
    assertEquals(await ended(waiting, "SIGTERM"), { status: 143, left: [] });
    // Without a terminal, as with nohup, the program goes on or ends as it was told to be started.
    const { status } = await ended(waiting, "SIGHUP");
    assertEquals(status, "SIGHUP");
  },
});

Deno.test("an exit takes the directory with it", async () => {
  const exiting = "setTimeout(() => Deno.exit(3), 500);";
  assertEquals(await ended(exiting), { status: 3, left: [] });
});
