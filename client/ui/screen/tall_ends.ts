/**
 * The ends of messages that are taller than the screen: such a message was on it once both its first row and its last
 * one were.
 *
 * @module
 */

import { BoundedMap } from "../../../shared/collections/bounded_map.ts";

/** An end of a message. */
export interface TallEnd {
  /** The message's row in the store. */
  readonly row: number;
  readonly which: "first" | "last";
}

/** Ends that are remembered, of a view: more than anybody goes to and fro between. */
const endsMax = 200;

/** The ends that were on the screen. */
export class TallEnds {
  readonly #ends = new BoundedMap<string, true>(endsMax);

  /** Whether an end was on the screen. */
  has({ row, which }: TallEnd): boolean {
    return this.#ends.has(`${row} ${which}`);
  }

  /** Takes note that ends were. */
  note(ends: readonly TallEnd[]): void {
    for (const { row, which } of ends) this.#ends.set(`${row} ${which}`, true);
  }
}
