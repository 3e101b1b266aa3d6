/**
 * Lines that are half typed, each with the conversation that it was begun in.
 *
 * @module
 */

import { BoundedMap } from "../../../shared/collections/bounded_map.ts";
import type { LineText } from "./edited_line.ts";
import type { HeldLine } from "./input_line.ts";

/** A line that is put aside, and for whom it was begun. */
interface Draft {
  readonly line: LineText;
  readonly held: HeldLine;
}

/** Lines that are kept at most. */
const draftsMax = 64;

/** Half-typed lines, in memory: the end of the program is theirs, too. */
export class Drafts {
  readonly #drafts = new BoundedMap<string, Draft>(draftsMax);

  /** Puts a line aside. @param name Whose conversation is left; empty if none is current. */
  keep(name: string, draft: Draft): void {
    if (draft.line.text !== "") this.#drafts.set(name, draft);
  }

  /** The line that was begun in a conversation, once. */
  take(name: string): Draft | undefined {
    const draft = this.#drafts.get(name);
    this.#drafts.delete(name);
    return draft;
  }
}
