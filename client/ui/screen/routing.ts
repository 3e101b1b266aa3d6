/**
 * In which view something is shown: what is about somebody in theirs, and everything else where the user looks.
 *
 * @module
 */

import type { Shown } from "../wording/wording.ts";

/** Where something is shown. */
export interface Route {
  /** Whose view has it; undefined if only the view has it that is seen. */
  readonly name?: string;
  /** Whether the view that is seen has it as well. */
  readonly isUrgent: boolean;
}

/** Whether it changes only what stands beside a message, or on the status line. */
export function isState(shown: Shown): boolean {
  switch (shown.type) {
    case "waiting":
    case "deposited":
    case "delivered":
    case "arrived":
    case "read":
    case "switched":
      return true;
    default:
      return false;
  }
}

/** Where something is shown that is no message, and no coming or going. */
export function routeOf(shown: Shown): Route {
  switch (shown.type) {
    // Who takes somebody for somebody else would not look there.
    case "first-contact":
      return { name: shown.name, isUrgent: shown.similarTo !== undefined };
    case "missed":
    case "absent":
    case "deposit-refused":
      return { name: shown.name, isUrgent: false };
    // The user knows whom they have left.
    case "closed":
      return shown.reason === "you-left"
        ? { isUrgent: true }
        : { name: shown.name, isUrgent: true };
    case "opened":
    case "key-changed":
    case "key-refused":
    case "server-contradicted":
    case "verification-asked":
    case "verification-cut":
    case "verification-words":
    case "unconfirmed":
      return { name: shown.name, isUrgent: true };
    default:
      return { isUrgent: true };
  }
}
