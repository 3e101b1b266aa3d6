/**
 * How long the peer of the conversation that is seen takes to answer.
 *
 * @module
 */

import type { Session } from "../session.ts";

/** The time that was measured last. */
export class RoundTrip {
  readonly #onChange: () => void;
  #name: string | undefined;
  #ms: number | undefined;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** In milliseconds; undefined if it is not known of that peer. */
  of(name: string): number | undefined {
    return name === this.#name ? this.#ms : undefined;
  }

  /** It may be another one by now. */
  forget(): void {
    this.#name = undefined;
  }

  /** Measures it if it is not known. */
  want(session: Session | undefined, name: string): void {
    if (session === undefined || name === this.#name) return;
    this.#name = name;
    this.#ms = undefined;
    session.client.path(name).then(({ paths: [used] }) => {
      if (name !== this.#name) return;
      this.#ms = used?.roundTripMs;
      this.#onChange();
    }, () => {});
  }
}
