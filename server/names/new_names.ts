/**
 * How many names that nobody had are taken within a window of time: so many in all, and so many from one host.
 *
 * @module
 */

import { newNamesWindowMs } from "../../shared/protocol/limits.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { HostQuota, type PerHost } from "../limits/limits.ts";

/** Why no new name can be taken. */
export type NewNameRefusal =
  | { readonly refused: "names-full" }
  | { readonly refused: "host-names"; readonly retryInMs: number };

/** What the bounds are. */
export interface NewNamesOptions {
  /** The most new names within the window, which also bounds what is counted here. */
  readonly max: number;
  /** The most new names from one host within the window. */
  readonly maxNewPerHost: PerHost;
  readonly clock: Clock;
}

/** The new names of the window that has begun last. */
export class NewNames {
  readonly #max: number;
  readonly #clock: Clock;
  readonly #perHost: HostQuota;
  #count = 0;
  #windowEndsAtMs = 0;

  constructor({ max, maxNewPerHost, clock }: NewNamesOptions) {
    this.#max = max;
    this.#clock = clock;
    this.#perHost = new HostQuota(maxNewPerHost);
  }

  /** Why a host cannot take a new name now; undefined if it can. */
  refusal(observedHost: string): NewNameRefusal | undefined {
    const nowMs = this.#clock.now();
    if (nowMs >= this.#windowEndsAtMs) {
      this.#windowEndsAtMs = nowMs + newNamesWindowMs;
      this.#perHost.clear();
      this.#count = 0;
    }
    if (this.#count >= this.#max) return { refused: "names-full" };
    return this.#perHost.isFull(observedHost)
      ? { refused: "host-names", retryInMs: this.#windowEndsAtMs - nowMs }
      : undefined;
  }

  /** Counts a new name. */
  add(observedHost: string): void {
    this.#perHost.add(observedHost);
    this.#count++;
  }
}
