/**
 * How much is simulated, and how one case of it is run again.
 *
 * @module
 */

import type { Case } from "./cases.ts";

/** How many random courses there are. */
export const seeds = Number(Deno.env.get("P2PCHAT_SEEDS") ?? 2_000);

/** Whether there is time for each way in which a connection may be cut at a byte, and not only for one. */
export const isThorough = seeds > 2_000;

/** How a case is run again by itself. It says what has happened. */
export function replay(what: Case): string {
  const which = what.type === "seed"
    ? `P2PCHAT_SEED=${what.seed}`
    : `P2PCHAT_CASE='${JSON.stringify(what)}'`;
  return `${which} deno test -A tests/simulation/one_case_test.ts`;
}
