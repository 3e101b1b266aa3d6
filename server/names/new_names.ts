/**
 * How many names that nobody had are taken within a window of time: so many in all, and so many from one host.
 *
 * @module
 */

import { hostPrefix } from "../../shared/net/host_prefix.ts";
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
  readonly #options: NewNamesOptions;
  readonly #perHost: HostQuota;
  /** Names that nobody owns and each host that has taken them, which it may take again. */
  readonly #taken = new Set<string>();
  #count = 0;
  #windowEndsAtMs = 0;

  constructor(options: NewNamesOptions) {
    this.#options = options;
    this.#perHost = new HostQuota(options.maxNewPerHost);
  }

  /** Why a host cannot take a new name now; undefined if it can. */
  refusal(observedHost: string): NewNameRefusal | undefined {
    const nowMs = this.#options.clock.now();
    if (nowMs >= this.#windowEndsAtMs) {
      this.#windowEndsAtMs = nowMs + newNamesWindowMs;
      this.#perHost.clear();
      this.#taken.clear();
      this.#count = 0;
    }
    if (this.#count >= this.#options.max) return { refused: "names-full" };
    return this.#perHost.isFull(observedHost)
      ? { refused: "host-names", retryInMs: this.#windowEndsAtMs - nowMs }
      : undefined;
  }

  /** Counts a new name. */
  add(observedHost: string): void {
    this.#perHost.add(observedHost);
    this.#count++;
  }

  /**
   * Takes a name that nobody owns, and that is free again when its registration ends. Within the window a host
   * may take each of its names as often as it likes.
   *
   * @returns Why it cannot; undefined if it can.
   */
  take(name: string, observedHost: string): NewNameRefusal | undefined {
    // Nothing is remembered of a host that has no bound.
    if (this.#options.maxNewPerHost(observedHost) === Infinity) return undefined;
    const refusal = this.refusal(observedHost);
    const taken = `${name} ${hostPrefix(observedHost)}`;
    if (this.#taken.has(taken)) return undefined;
    if (refusal !== undefined) return refusal;
    this.#taken.add(taken);
    this.add(observedHost);
    return undefined;
  }
}
