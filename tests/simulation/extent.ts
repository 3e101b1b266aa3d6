/**
 * How much is simulated, and how one case of it is run again.
 *
 * @module
 */

import type { Case } from "./cases.ts";

const asked = Deno.env.get("P2PCHAT_SEEDS");

/** How many random courses there are. */
export const seeds = Number(asked ?? 2_000);

/** Whether there is time for each way in which a connection may be cut at a byte, and not only for one. */
export const isThorough = seeds > 2_000;

/** Whether there is time for all cases, as `P2PCHAT_SEEDS` says, and not only for a part of them. */
const isWhole = asked !== undefined;

/** Decides which part it is. */
const seed = Number(Deno.env.get("P2PCHAT_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);

/** What is run, for the name of a test: all cases, or which part of them. */
export const extent = isWhole ? "all cases" : `a part of the cases, seed ${seed}`;

/**
 * What is run of the cases: all of them, or in an ordinary run a part, which is another one each time.
 *
 * @param oneIn So many cases are represented by one. It has no divisor in common with the number of kinds of
 * cases that take turns, so that each kind is met.
 */
export function part<T>(cases: readonly T[], oneIn: number): readonly T[] {
  return isWhole ? cases : cases.filter((_, i) => i % oneIn === seed % oneIn);
}

/** How a case is run again by itself. It says what has happened. */
export function replay(what: Case): string {
  const which = what.type === "seed"
    ? `P2PCHAT_SEED=${what.seed}`
    : `P2PCHAT_CASE='${JSON.stringify(what)}'`;
  return `${which} deno test -A tests/simulation/one_case_test.ts`;
}
