/**
 * The sentence for each thing that can go wrong: what failed, with the value, and what to do.
 *
 * @module
 */

import type { Problem, ProblemCode } from "../../user_error.ts";

/** A sentence for each code. */
type Sentences = {
  readonly [C in ProblemCode]: (problem: Extract<Problem, { code: C }>) => string;
};

const sentences: Sentences = {
  text: ({ text }) => text,
};

/** Says what went wrong. The sentence has no full stop at its end and may hold a peer's words. */
export function problemSentence(problem: Problem): string {
  const sentence = sentences[problem.code] as (problem: Problem) => string;
  return sentence(problem);
}
