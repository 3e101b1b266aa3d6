/**
 * The type of a table of sentences: it is complete if it compiles.
 *
 * @module
 */

import type { Problem } from "../../user_error.ts";

/** A sentence for each code of a part of the table of problems. It has no full stop at its end. */
export type Sentences<P extends Problem> = {
  readonly [C in P["code"]]: (problem: Extract<P, { code: C }>) => string;
};
