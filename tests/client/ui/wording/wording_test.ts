import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { plainText } from "../../../../client/ui/script/script.ts";
import { terminalLines } from "../../../../client/ui/terminal/terminal_lines.ts";
import {
  errorSentence,
  passphrasePrompt,
  promptText,
  searchPromptText,
  type Shown,
  wordingOf,
} from "../../../../client/ui/wording/wording.ts";
import { themes } from "../../../../client/ui/theme.ts";
import { UserError } from "../../../../client/user_error.ts";
import { hostile, hostileShown, unsafe } from "../../../support/hostile_shown.ts";
import { message, now, sgr } from "../../../support/shown_lines.ts";

for (const [type, arbitrary] of hostileShown) {
  Deno.test(`a terminal obeys nothing that comes from outside in ${type}`, () => {
    fc.assert(fc.property(arbitrary, (shown) => {
      const lines = terminalLines(shown, now);
      for (const line of lines) assert(!unsafe.test(line), JSON.stringify(line));
      // A theme puts its colours around that, and changes nothing else.
      for (const theme of [themes.dark, themes.light]) {
        const coloured = terminalLines(shown, now, undefined, theme);
        assertEquals(coloured.map((line) => line.replaceAll(sgr, "")), lines);
      }
      const printed = plainText(shown);
      assert(printed === "" || printed.endsWith("\n"));
      for (const line of printed.split("\n")) assert(!unsafe.test(line), JSON.stringify(line));
    }));
  });
}

Deno.test("a colour that comes from outside has no effect", () => {
  const lines = terminalLines(
    message("\x1b[31mred"),
    now,
  );
  assert(lines[0]!.endsWith("␛[31mred"), lines[0]);
});

Deno.test("a terminal obeys nothing that comes from outside in an error or a prompt", () => {
  fc.assert(fc.property(hostile, (text) => {
    for (
      const error of [new UserError({ code: "unexpected", reason: text }), new Error(text), text]
    ) {
      assert(!unsafe.test(errorSentence(error)));
    }
    assert(!unsafe.test(promptText("alice", { name: text, waiting: 0 })));
    assert(!unsafe.test(passphrasePrompt({ what: "identity", path: text, attempt: 2 })));
    assert(!unsafe.test(promptText("alice", { turningTo: text })));
  }));
});

Deno.test("what went wrong is a problem, and nothing else is", () => {
  const problems: Shown["type"][] = ["server-lost", "displaced", "unconfirmed", "problem"];
  problems.push("verification-cut");
  problems.push("failed", "usage");
  problems.push("key-changed", "key-refused", "server-contradicted", "not-verified");
  problems.push(
    "unknown-command",
    "nobody-current",
    "not-a-count",
    "not-found",
    "count-out-of-range",
  );
  problems.push(
    "too-many-lines",
    "paste-too-long",
    "meant-command",
    "not-yes-or-no",
    "path",
    "turn-failed",
    "begun-for-another",
    "not-a-line",
  );
  for (const [type, arbitrary] of hostileShown) {
    // This one depends on what was found.
    if (type === "audited") continue;
    const [sample] = fc.sample(arbitrary, 1);
    assertEquals(wordingOf(sample!).tone === "problem", problems.includes(type), type);
  }
});

Deno.test("the prompt says who a line goes to, and how many messages they lack", () => {
  assertEquals(promptText("alice", undefined), "alice> ");
  assertEquals(promptText("alice", { name: "bob", waiting: 0 }), "alice → bob> ");
  assertEquals(promptText("alice", { name: "bob", waiting: 2 }), "alice → bob (2 waiting)> ");
  assertEquals(promptText("alice", { turningTo: "bob" }), "alice → bob …> ");
  assertEquals(promptText("alice", { turningTo: undefined }), "alice …> ");
});

Deno.test("the prompt of a search says what is searched for, and whether it is there", () => {
  assertEquals(searchPromptText({ part: "supper", isFound: true }), "search “supper”> ");
  assertEquals(
    searchPromptText({ part: "\x1b[2J", isFound: false }),
    "search “␛[2J”, which is in no line> ",
  );
});
