import { assertEquals } from "@std/assert";
import { problemSentence } from "../../../../client/ui/wording/problem_sentences.ts";
import { errorSentence } from "../../../../client/ui/wording/wording.ts";
import { UserError } from "../../../../client/user_error.ts";
import type { StoreAction, StoreProblem } from "../../../../client/problems/store_problem.ts";
import { assertSentences, type SentenceCases } from "../../../support/problems.ts";

const path = "/home/bob/\x1bstore.db";
const reason = "the disk is full; make room, and try again";

const cases: SentenceCases<StoreProblem> = {
  "store-not-opened": [[
    { code: "store-not-opened", path, reason },
    `Cannot open the store '${path}': the disk is full; make room, and try again`,
  ]],
  "store-not-copied": [[
    { code: "store-not-copied", path, to: "/tmp/a/store.db", reason },
    `Cannot copy the store '${path}' to '/tmp/a/store.db': the disk is full; make room, and try again`,
  ]],
  "store-sealed": [[
    { code: "store-sealed", path: "/home/bob/store.db" },
    "Cannot open the store '/home/bob/store.db': its messages are sealed for another identity; " +
    "import that one, or move the file away for a new one",
  ]],
  "store-refused": [[
    { code: "store-refused", action: "save-messages", reason },
    "Cannot save the message: the disk is full; make room, and try again",
  ]],
  "nothing-to-search-for": [[
    { code: "nothing-to-search-for", words: "?!" },
    "Cannot search for “?!”: a search finds letters, digits and emoji, but no punctuation",
  ]],
  "sealed-meanwhile": [[
    { code: "sealed-meanwhile" },
    "Cannot use the messages: another program has sealed them; start again",
  ]],
  "message-unreadable": [[
    { code: "message-unreadable", id: "17", name: "bob" },
    "Cannot send the message 17 to bob: it has been changed on the disk",
  ]],
};

Deno.test("each problem with the store has its sentence", () => {
  assertSentences(cases);
});

Deno.test("a path cannot command the terminal on which an error is printed", () => {
  assertEquals(
    errorSentence(new UserError({ code: "store-not-opened", path, reason })),
    "Cannot open the store '/home/bob/␛store.db': the disk is full; make room, and try again",
  );
});

Deno.test("each thing that is tried with the store has its words", () => {
  const words: Record<StoreAction, string> = {
    "save-conversation": "save the conversation",
    "read-conversations": "read the conversations",
    "save-messages": "save the message",
    "read-unacknowledged": "read what is waiting to be sent",
    "note-outcome": "save what became of a message",
    "renumber": "renumber the messages",
    "reassign": "send the messages to another key",
    "save-received": "save what was received",
    "read-received": "read what was received",
    "note-shown": "save what has been shown",
    "read-history": "read what was said",
    "search": "search the messages",
    "index": "index the messages",
    "read-streams": "read what has to be compared",
    "save-key": "save the key",
    "read-keys": "read the saved keys",
    "save-draft": "save the line that is half typed",
    "read-draft": "read the line that was half typed",
    "save-setting": "keep what was chosen for later runs",
    "read-settings": "read what was chosen in earlier runs",
    "seal": "seal the messages",
    "unseal": "make the messages readable",
  };
  for (const [action, said] of Object.entries(words)) {
    const problem = { code: "store-refused", action: action as StoreAction, reason } as const;
    assertEquals(problemSentence(problem), `Cannot ${said}: ${reason}`);
  }
});
