import { assert, assertEquals, assertThrows } from "@std/assert";
import { readPassphrase } from "../../../../client/ui/cli/passphrase_source.ts";
import { UserError } from "../../../../client/user_error.ts";
import { passphraseBytesMax } from "../../../../shared/protocol/limits.ts";
import { temporaryDirectory } from "../../../support/places.ts";

/** Reads the passphrase in a file of that content. */
function passphraseIn(content: string | Uint8Array): string {
  using place = temporaryDirectory();
  const path = `${place.path}/passphrase`;
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  Deno.writeFileSync(path, bytes as Uint8Array<ArrayBuffer>);
  return readPassphrase(path);
}

/** What is wrong with it. */
function faultOf(run: () => unknown) {
  const { problem } = assertThrows(run, UserError);
  assert(problem.code === "passphrase-not-read");
  return problem.fault;
}

Deno.test("the first line of a file is the passphrase, without its end", () => {
  const long = "é".repeat(passphraseBytesMax / 2);
  const cases: [content: string, passphrase: string][] = [
    ["correct horse", "correct horse"],
    ["correct horse\n", "correct horse"],
    ["correct horse\r\n", "correct horse"],
    ["correct\nhorse\n", "correct"],
    // Blanks belong to it.
    [" \u00a0 \n", " \u00a0 "],
    // What some editors put before a text does not.
    ["\ufeffpässword\n", "pässword"],
    [`${long}\r\nx`, long],
  ];
  for (const [content, passphrase] of cases) assertEquals(passphraseIn(content), passphrase);
});

Deno.test("a file without a passphrase in its first line is refused", () => {
  for (const content of ["", "\n", "\r\n", "\nsecond", "\ufeff\n"]) {
    assertEquals(faultOf(() => passphraseIn(content)), { is: "empty" });
  }
  const notText = [
    new Uint8Array([0x61, 0xe9, 0x0a]),
    // UTF-16.
    new Uint8Array([0xff, 0xfe, 0x61, 0x00]),
    new TextEncoder().encode("a\0b\n"),
    new TextEncoder().encode("a\rb\n"),
    new TextEncoder().encode("\x1b[A\n"),
  ];
  for (const content of notText) {
    assertEquals(faultOf(() => passphraseIn(content)), { is: "not-text" });
  }
  for (const length of [passphraseBytesMax + 1, passphraseBytesMax + 2, 1_000_000]) {
    for (const end of ["", "\n", "\r\n"]) {
      assertEquals(
        faultOf(() => passphraseIn("x".repeat(length) + end)),
        { is: "too-long", max: passphraseBytesMax },
      );
    }
  }
});

Deno.test("what cannot be read is said to be so", () => {
  using place = temporaryDirectory();
  assertEquals(
    faultOf(() => readPassphrase(`${place.path}/none`)),
    { is: "system", reason: "there is no such file or directory" },
  );
  assertEquals(
    faultOf(() => readPassphrase(place.path)),
    { is: "system", reason: "that is a directory; name a file" },
  );
  // Not open.
  assertEquals(faultOf(() => readPassphrase(777)), { is: "no-pipe" });
});
