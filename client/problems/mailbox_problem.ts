/**
 * What can go wrong with mail, as codes and fields.
 *
 * @module
 */

/** What goes wrong with mail. */
export type MailboxProblem =
  | { readonly code: "no-mailbox" }
  | { readonly code: "too-long-for-mail" }
  | {
    /** The server does not keep a mail. */
    readonly code: "deposit-refused";
    readonly status: string;
    /** The server's reason, in its own words. */
    readonly said: string;
  }
  | { readonly code: "mail-unreadable"; readonly count: number }
  | { readonly code: "mail-not-fetched"; readonly reason: string };
