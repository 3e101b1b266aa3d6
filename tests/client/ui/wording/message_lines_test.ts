// How a message reads, and that none can pass for anything else.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { plainText } from "../../../../client/ui/script/script.ts";
import { hostile } from "../../../support/hostile_shown.ts";
import { message, seenLines, yesterday } from "../../../support/shown_lines.ts";

Deno.test("a message whose text was changed on the disk is marked as such", () => {
  assertEquals(
    plainText(message("", { unreadable: true })),
    "bob: (this text was changed on the disk, and cannot be read)\n",
  );
});

Deno.test("scripts read one line for each message, whatever it contains", () => {
  fc.assert(fc.property(hostile, (text) => {
    assertEquals(plainText(message(text)).match(/\n/g)?.length, 1);
  }));
  assertEquals(
    plainText(message("one\ntwo")),
    "bob: one␊two\n",
  );
  assertEquals(
    plainText(message("one\ntwo", { plaintext: true })),
    "bob [plaintext]: one␊two\n",
  );
});

Deno.test("people read each line of a message, further ones indented", () => {
  const lines = seenLines(message("one\nalice: two"));
  assertEquals(lines, ["13:45 bob: one", "      │ alice: two"]);
});

Deno.test("people see a mark on each line that came in plaintext", () => {
  const lines = seenLines(message("one\nalice: two", { plaintext: true }));
  assertEquals(lines, ["13:45 bob [plaintext]: one", "      │ [plaintext] alice: two"]);
});

Deno.test("no message of a peer can pass for a notice, a problem or an encrypted message", () => {
  for (const [plaintext, mark] of [[false, ""], [true, " [plaintext]"]] as const) {
    fc.assert(fc.property(hostile, (text) => {
      const printed = plainText(message(text, { plaintext }));
      assert(printed.startsWith(`bob${mark}: `));
      const [first, ...further] = seenLines(message(text, { plaintext }));
      assert(first!.startsWith(`13:45 bob${mark}: `));
      for (const line of further) assert(line.startsWith(`      │${mark} `));
    }));
  }
});

Deno.test("a message of another day has its date with the time, in local time", () => {
  const [first, second] = seenLines(message("one\ntwo", { sentAtMs: yesterday }));
  assertEquals(first, "2026-01-01 23:05 bob: one");
  assertEquals(second, "                 │ two");
});

Deno.test("what somebody says that they do begins with their name, as nothing else does", () => {
  assertEquals(seenLines(message("/me waves\nalice: hi")), [
    "13:45 * bob waves",
    "      │ alice: hi",
  ]);
  assertEquals(seenLines(message("/me waves", { plaintext: true })), [
    "13:45 * bob [plaintext] waves",
  ]);
  // A script has the text as it was written.
  assertEquals(plainText(message("/me waves")), "bob: /me waves\n");
  for (const [plaintext, mark] of [[false, ""], [true, " [plaintext]"]] as const) {
    fc.assert(fc.property(hostile.filter((text) => /^\S/.test(text)), (text) => {
      const action = message(`/me ${text}`, { plaintext });
      assert(plainText(action).startsWith(`bob${mark}: `));
      const [first, ...further] = seenLines(action);
      assert(first!.startsWith(`13:45 * bob${mark} `));
      for (const line of further) assert(line.startsWith(`      │${mark} `));
    }));
  }
});
