/**
 * Asking who is there: not more often than the answer may be another one.
 *
 * @module
 */

import { readable } from "../readable.ts";
import type { Session } from "../session.ts";
import { isContact } from "./talks.ts";
import type { ViewList } from "./view_list.ts";

/** It is asked at most this often, in milliseconds. */
const peopleMs = 250;

/** Who is there, as it was asked last. */
export class PeopleWatch {
  #askedAtMs = -Infinity;
  #isOld = true;

  /** Something has happened after which another answer may be had. */
  changed(): void {
    this.#isOld = true;
  }

  /** Has the views know who is there. @returns False if it is too early to ask anew, and has to be done later. */
  ask(session: Session | undefined, views: ViewList): boolean {
    if (session === undefined || !this.#isOld) return true;
    const now = performance.now();
    if (now - this.#askedAtMs < peopleMs) return false;
    this.#askedAtMs = now;
    this.#isOld = false;
    const people = readable(() => session.client.who(), []);
    views.takePeople(people, (name) => isContact(session, name));
    return true;
  }
}
