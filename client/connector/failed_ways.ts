/**
 * Why no better way to somebody is open, as far as it was tried: nobody has to guess it.
 *
 * @module
 */

import { BoundedMap } from "../../shared/collections/bounded_map.ts";
import { type Problem, UserError } from "../user_error.ts";

/** Names of which it is kept. */
const namesMax = 256;

/** Why the last tries came to nothing; undefined of a way that was not tried, or on which somebody was reached. */
export interface WhyNot {
  /** At the peer's own address. */
  readonly straight?: Problem | undefined;
  /** Through the routers. */
  readonly punched?: Problem | undefined;
}

/** The tries that came to nothing. */
export class FailedWays {
  readonly #whyNot = new BoundedMap<string, WhyNot>(namesMax);

  /** Why no better way to somebody is open. */
  of(name: string): WhyNot {
    return this.#whyNot.get(name) ?? {};
  }

  /** Notes why a way was not open. @param problem Undefined if it was. */
  note(name: string, way: keyof WhyNot, problem: Problem | undefined): void {
    this.#whyNot.set(name, { ...this.of(name), [way]: problem });
  }

  /** Calls somebody at an address, and notes what has become of it. @throws {unknown} What `calling` throws. */
  async straight<T>(name: string, calling: () => Promise<T>): Promise<T> {
    try {
      const link = await calling();
      this.note(name, "straight", undefined);
      return link;
    } catch (error) {
      if (error instanceof UserError) this.note(name, "straight", error.problem);
      throw error;
    }
  }
}
