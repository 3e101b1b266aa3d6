import { assertEquals } from "@std/assert";
import { fileReason } from "../../../shared/errors/file_error.ts";
import { systemReason } from "../../../shared/errors/system_error.ts";
import { temporaryDirectory } from "../../support/places.ts";

function errorOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("it went well");
}

Deno.test("a file system's error becomes words that say what to do", () => {
  using directory = temporaryDirectory();
  const { path } = directory;
  Deno.writeTextFileSync(`${path}/file`, "");
  const cases: [run: () => unknown, reason: string][] = [
    [() => Deno.readTextFileSync(`${path}/none`), "there is no such file or directory"],
    [() => Deno.readTextFileSync(path), "that is a directory; name a file"],
    [
      () => Deno.openSync(`${path}/file`, { createNew: true, write: true }),
      "a file of that name is in the way; name another place",
    ],
    [
      () => Deno.mkdirSync(`${path}/file/below`),
      "a part of that path is a file and no directory; name another place",
    ],
  ];
  for (const [run, reason] of cases) {
    const error = errorOf(run);
    // Windows has other errors for some of these.
    if (Deno.build.os !== "windows") assertEquals(fileReason(error), reason);
  }
});

Deno.test("a file that Deno does not let the program use, and too many open ones, have words as well", () => {
  // What it says otherwise is for who compiles the program.
  const said = 'Requires all access to "/dev/full", specify the required permissions during ...';
  const notCapable = new Deno.errors.NotCapable(said);
  assertEquals(fileReason(notCapable), "the program may use nothing there; name another place");
  const tooMany = Object.assign(new Error("Too many open files (os error 24)"), { code: "EMFILE" });
  assertEquals(
    fileReason(tooMany),
    "too many files are open; raise ulimit -n, and try again",
  );
});

Deno.test("what there are no better words for keeps the system's, without its number and the path", () => {
  const cases: [message: string, words: string][] = [
    ["Network is unreachable (os error 101)", "Network is unreachable"],
    ["Input/output error (os error 5): readfile '/a\nb'", "Input/output error"],
    [
      "failed to lookup address information: Name or service not known",
      "there is no such host",
    ],
    [
      "failed to lookup address information: Temporary failure in name resolution",
      "its name cannot be looked up at the moment; is this machine online?",
    ],
    ["Something else", "Something else"],
  ];
  for (const [message, words] of cases) {
    for (const reason of [systemReason, fileReason]) {
      assertEquals(reason(new Error(message)), words);
    }
  }
  assertEquals(systemReason("thrown as text"), "thrown as text");
});
