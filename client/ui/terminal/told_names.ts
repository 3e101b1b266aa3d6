/**
 * The names of those who are registered, as far as the user was told: they can be called, and so be completed.
 *
 * @module
 */

import { BoundedMap } from "../../../shared/collections/bounded_map.ts";
import type { Shown } from "../wording/wording.ts";

/** Names that are kept, at most. */
const toldMax = 1_000;

/** Names that the user was told. */
export class ToldNames {
  readonly #names = new BoundedMap<string, true>(toldMax);

  /** Takes note of what is shown. */
  take(shown: Shown): void {
    for (const name of namesIn(shown)) this.#names.set(name, true);
  }

  /** All of them, but for the user's own. */
  except(self: string): string[] {
    return [...this.#names.entries()].map(([name]) => name).filter((name) => name !== self);
  }
}

function namesIn(shown: Shown): readonly string[] {
  switch (shown.type) {
    case "others-registered":
      return shown.names;
    case "clients":
      return shown.clients.map(({ id }) => id);
    case "bridged":
      // A legacy server names nobody.
      return shown.found === undefined || shown.found.id === "" ? [] : [shown.found.id];
    default:
      return [];
  }
}
