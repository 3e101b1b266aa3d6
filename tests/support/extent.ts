/**
 * How much is tried of what there are too many cases of: all of it in the long run, which says with `P2PCHAT_SEEDS`
 * how many random courses there are as well; and in an ordinary run a part, which is another one each time.
 *
 * @module
 */

const isWhole = Deno.env.has("P2PCHAT_SEEDS");

/** Decides which part it is. */
const seed = Number(Deno.env.get("P2PCHAT_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);

/** What is tried, for the name of a test: all cases, or which part of them. */
export const extent = isWhole ? "all cases" : `a part of the cases, seed ${seed}`;

/**
 * What is tried of the cases.
 *
 * @param oneIn So many cases are represented by one. It has no divisor in common with the number of kinds of
 * cases that take turns, so that each kind is met.
 */
export function part<T>(cases: readonly T[], oneIn: number): readonly T[] {
  return isWhole ? cases : cases.filter((_, i) => i % oneIn === seed % oneIn);
}
