/**
 * Ctrl+C in an empty line: it is pressed by accident, behind one that has cleared the line, so it asks first.
 *
 * @module
 */

import type { Clock } from "../../../shared/time/clock.ts";

/** Within this time Ctrl+C is the answer to what the one before has asked, in milliseconds. */
const answerMs = 3_000;

/** What becomes of Ctrl+C. */
interface Interrupt {
  /** Asks whether it is meant so. */
  ask(): void;
  /** Ends the program. */
  end(): void;
}

/** @returns To be called at each Ctrl+C: the first one asks, and a second one soon behind it ends the program. */
export function askedInterrupt({ ask, end }: Interrupt, clock: Clock): () => void {
  let askedAtMs = -Infinity;
  return () => {
    const nowMs = clock.now();
    const isAnswer = nowMs - askedAtMs <= answerMs;
    askedAtMs = isAnswer ? -Infinity : nowMs;
    if (isAnswer) end();
    else ask();
  };
}
