/**
 * The sentences for what goes wrong with mail.
 *
 * @module
 */

import type { MailboxProblem } from "../../problems/mailbox_problem.ts";
import type { Sentences } from "./sentences.ts";

export const mailboxSentences: Sentences<MailboxProblem> = {
  "no-mailbox": () => "There is no server that keeps mail",
  "too-long-for-mail": () => "The server keeps no mail as long as this message",
  "deposit-refused": ({ said }) => said,
  "mail-unreadable": ({ count }) =>
    `${count === 1 ? "A mail" : `${count} mails`} for you could not be read; the content is lost`,
  "mail-not-fetched": ({ reason }) => `Cannot fetch mail: ${reason}`,
};
