/**
 * How long what is shown stands in a view: what has happened for good, and what a line has brought until it has done
 * its work.
 *
 * @module
 */

import type { Shown } from "../wording/wording.ts";

/** Until when an answer stands: until its view is left, or until the user says something there. A key takes off both. */
export type Lasting = "visit" | "reply";

/** How long something stands in a view; undefined for what nothing takes off it. */
export function lastingOf(shown: Shown): Lasting | undefined {
  switch (shown.type) {
    // One turns to what is found, and comes back for the next.
    case "history":
      return "reply";
    case "notifying":
    case "theme":
    case "clients":
    case "bridged":
    case "calling":
    case "away":
    case "hidden":
    case "accepted":
    case "blocked":
    case "unblocked":
    case "ignored":
    case "unignored":
    case "visiting":
    case "visited":
    case "unvisited":
    case "ignoring":
    case "gone-away":
    case "came-back":
    case "nicked":
    case "unnicked":
    case "nicks":
    case "verification-waits":
    case "verification-withdrawn":
    case "contacts":
    case "path-report":
    case "audited":
    case "conversations":
    case "help":
    case "still-waiting":
    case "leave-asked":
    case "pasted-slash":
    case "meant-command":
    case "paste-too-long":
    case "usage":
    case "unknown-command":
    case "path":
    case "turn-failed":
    case "begun-for-another":
    case "nobody-current":
    case "not-found":
    case "not-a-count":
    case "count-out-of-range":
    case "not-yes-or-no":
    case "failed":
      return "visit";
    // What has happened, and what the user should not lose: words to compare, lines that were not sent.
    default:
      return undefined;
  }
}

/** Whether the time stands before something: who asks knows when, and a message has it already. */
export function isTimed(shown: Shown): boolean {
  switch (shown.type) {
    case "message":
    // An address is copied as a whole, for which it needs the columns.
    case "serving":
      return false;
    default:
      return lastingOf(shown) === undefined;
  }
}
