/**
 * How much is simulated, and how one case of it is run again.
 *
 * @module
 */

import type { Case } from "./cases.ts";

/** How many random courses are run. */
export const seeds = Number(Deno.env.get("P2PCHAT_SEEDS") ?? 100);

/** Whether there is time for every byte and every event, and not only for a part of them. */
export const isLong = seeds >= 2_000;

/** Whether there is time for each way in which a connection may be cut there, and not only for one. */
export const isThorough = seeds > 2_000;

/** How a case is run again by itself. It says what has happened. */
export function replay(what: Case): string {
  const which = what.type === "seed"
    ? `P2PCHAT_SEED=${what.seed}`
    : `P2PCHAT_CASE='${JSON.stringify(what)}'`;
  return `${which} deno test -A tests/simulation/one_case_test.ts`;
}
