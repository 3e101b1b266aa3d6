/**
 * Whether messages of peers without a key are in the store, and so in their views. They are shown also if the store
 * fails, since they are not sent again.
 *
 * @module
 */

import { BoundedMap } from "../../../shared/collections/bounded_map.ts";
import type { MessageEvent } from "../../events.ts";
import type { Messages } from "./page.ts";

/** Messages among which one is looked for that has just come: more than come together. */
const latelyMax = 2_000;
const pageSize = 200;

/** The messages that came lately. */
export class StoredMessages {
  readonly #messagesOf: (name: string) => Messages;
  readonly #ids = new BoundedMap<string, true>(latelyMax);
  /** By names, the row of the store up to which the messages are noted. */
  readonly #rows = new BoundedMap<string, number>(latelyMax);

  constructor(messagesOf: (name: string) => Messages) {
    this.#messagesOf = messagesOf;
  }

  /** Whether a message that has just come is in the store. */
  has({ plaintext, name, id }: MessageEvent): boolean {
    if (!plaintext || this.#ids.has(id)) return true;
    const messages = this.#messagesOf(name);
    const row = this.#rows.get(name);
    if (row === undefined) this.#note(name, messages.before(Number.MAX_SAFE_INTEGER, latelyMax));
    else {
      for (let from: number | undefined = row; from !== undefined;) {
        from = this.#note(name, messages.behind(from, pageSize));
      }
    }
    return this.#ids.has(id);
  }

  /** @returns The last row, if there was one. */
  #note(name: string, entries: ReturnType<Messages["behind"]>): number | undefined {
    for (const { id } of entries) this.#ids.set(id, true);
    const last = entries.at(-1)?.row;
    if (last !== undefined) this.#rows.set(name, last);
    return last;
  }
}
