/**
 * The end of a client, which leaves everyone: one line for all of them.
 *
 * @module
 */

import type { Shown } from "../wording/wording.ts";

/** Gathers whom the user has left. */
export class Leavings {
  readonly #names: string[] = [];

  /** Takes what is shown while the client ends. @returns Whether it is gathered, and not to be shown. */
  take(shown: Shown): boolean {
    if (shown.type !== "closed" || shown.reason !== "you-left") return false;
    this.#names.push(shown.name);
    return true;
  }

  /** What is to be shown of all of them, once; undefined if there are none. */
  end(): Shown | undefined {
    const names = this.#names.splice(0);
    return names.length === 0 ? undefined : { type: "left", names };
  }
}
