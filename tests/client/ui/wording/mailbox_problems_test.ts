import type { MailboxProblem } from "../../../../client/problems/mailbox_problem.ts";
import { assertSentences, type SentenceCases } from "../../../support/problems.ts";

const cases: SentenceCases<MailboxProblem> = {
  "no-mailbox": [[{ code: "no-mailbox" }, "There is no server that keeps mail"]],
  "too-long-for-mail": [[
    { code: "too-long-for-mail" },
    "The server keeps no mail as long as this message",
  ]],
  "deposit-refused": [[
    { code: "deposit-refused", status: "507", said: "The mailbox is full" },
    "The mailbox is full",
  ]],
  "mail-unreadable": [
    [
      { code: "mail-unreadable", count: 1 },
      "A mail for you could not be read; the content is lost",
    ],
    [
      { code: "mail-unreadable", count: 2 },
      "2 mails for you could not be read; the content is lost",
    ],
  ],
  "mail-not-fetched": [[
    { code: "mail-not-fetched", reason: "database or disk is full" },
    "Cannot fetch mail: database or disk is full",
  ]],
};

Deno.test("each thing that can go wrong with mail has its sentence", () => {
  assertSentences(cases);
});
