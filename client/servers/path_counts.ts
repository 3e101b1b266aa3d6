/**
 * How this client's conversations go, until its own server is told: a number for each path, and nothing of whom they
 * are with. They wait for a request that is made anyway, minutes later, so that their moment tells nothing either.
 *
 * @module
 */

import { BoundedMap } from "../../shared/collections/bounded_map.ts";
import type { Header } from "../../shared/protocol/message.ts";
import {
  formatPathCount,
  pathCountsMax,
  pathsTaken,
  type PathTaken,
} from "../../shared/protocol/path_count.ts";

/** People of whom it is remembered what was counted last. */
const peopleMax = 1_024;

/** What is to be told. */
export class PathCounts {
  readonly #counts = new Map<PathTaken, number>();
  readonly #last = new BoundedMap<string, PathTaken>(peopleMax);

  /** Counts how a conversation with somebody goes. Whom calls fail to reach again and again is counted once. */
  note(name: string, path: PathTaken): void {
    const isAgain = path === "failed" && this.#last.get(name) === path;
    this.#last.set(name, path);
    if (!isAgain) this.#add(path, 1);
  }

  /** What is told now, and not again unless it is given back: in an order that says nothing of what came first. */
  take(): { readonly headers: readonly Header[]; giveBack(): void } {
    const taken = pathsTaken.flatMap((path): [PathTaken, number][] => {
      const count = this.#counts.get(path);
      return count === undefined ? [] : [[path, count]];
    });
    this.#counts.clear();
    return {
      headers: taken.map(([path, count]) => ["Path", formatPathCount(path, count)]),
      giveBack: () => {
        for (const [path, count] of taken.splice(0)) this.#add(path, count);
      },
    };
  }

  #add(path: PathTaken, more: number): void {
    let counted = 0;
    for (const count of this.#counts.values()) counted += count;
    // The server counts no more at once.
    const added = Math.min(more, pathCountsMax - counted);
    if (added > 0) this.#counts.set(path, (this.#counts.get(path) ?? 0) + added);
  }
}
