/**
 * What every measurement of a run has in common.
 *
 * @module
 */

import type { Generator } from "./generator.ts";
import type { Pin } from "./pin.ts";

/** One run of the bench. */
export interface Bench {
  /** Ends the run, and every process that it started. */
  readonly signal: AbortSignal;
  readonly pin: Pin;
  readonly generator: Generator;
}
